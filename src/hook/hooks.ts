/**
 * Hooks beside a run: they are told of its events, in order, and what becomes of them is recorded.
 *
 * What must stay true: the run waits for hooks only at its end, and there no longer than their time limits; one hook is
 * told of one event once; a hook that fails is an event of the record and nothing else, unless it is critical.
 *
 * @module
 */

import { type Failure, OsirisError } from "../diagnostic.ts";
import type { SessionEvent, SessionWriter } from "../session/mod.ts";
import type { HookTools, Told } from "./_opened.ts";
import type { OpenHook } from "./open.ts";

/** What hooks say at the end of a run. */
export interface HookRun {
  /**
   * Waits until all that was told is done; when `signal` is aborted, only a moment longer. The failure of a critical hook, when there
   * was one since the last time.
   */
  settled(signal: AbortSignal): Promise<Failure | undefined>;
}

/** Events that may wait for one hook; what is more is not told, and said. */
const MOST_WAITING = 1000;
/** How long hooks go on after the run was told to stop. */
const AFTER_STOP_MS = 3000;

/** Lets hooks accompany a run that has just begun. */
export function accompany(
  session: SessionWriter,
  hooks: readonly OpenHook[],
  run: Told["run"],
  tools: HookTools,
): HookRun {
  const accompanied = new Accompanied(session, hooks, run, tools);
  session.onEvent((event) => accompanied.event(event));
  return accompanied;
}

class Accompanied implements HookRun {
  readonly #session: SessionWriter;
  readonly #hooks: readonly OpenHook[];
  readonly #run: Told["run"];
  readonly #tools: HookTools;
  readonly #enough = new AbortController();
  /** Events by the hooks that wait for them, and those that were too many. */
  readonly #waiting = new Map<OpenHook, { count: number; dropped: number }>();
  readonly #beside = new Set<Promise<void>>();
  #told = 0;
  #queue: Promise<void> = Promise.resolve();
  #objection: Failure | undefined;

  constructor(session: SessionWriter, hooks: readonly OpenHook[], run: Told["run"], tools: HookTools) {
    this.#session = session;
    this.#hooks = hooks;
    this.#run = run;
    this.#tools = tools;
    for (const hook of hooks) this.#waiting.set(hook, { count: 0, dropped: 0 });
  }

  event(event: SessionEvent): void {
    const listening = this.#hooks.filter(({ hook }) => hook.on.includes(event.event_type));
    const told = listening.filter((hook) => this.#hasRoom(hook));
    if (told.length === 0) return;
    this.#queue = this.#queue.then(async () => {
      for (const hook of told) {
        const done = this.#tell(hook, event);
        if (hook.hook.mode === "sync") await done;
        else this.#besides(done);
      }
    });
  }

  async settled(signal: AbortSignal): Promise<Failure | undefined> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const hurry = () => timer ??= setTimeout(() => this.#enough.abort(), AFTER_STOP_MS);
    if (signal.aborted) hurry();
    signal.addEventListener("abort", hurry, { once: true });
    await this.#queue;
    await Promise.all(this.#beside);
    signal.removeEventListener("abort", hurry);
    clearTimeout(timer);
    for (const hook of this.#hooks) this.#sayDropped(hook);
    const objection = this.#objection;
    this.#objection = undefined;
    return objection;
  }

  #hasRoom(hook: OpenHook): boolean {
    const waiting = this.#waiting.get(hook)!;
    const room = waiting.count < MOST_WAITING;
    if (room) waiting.count++;
    else waiting.dropped++;
    return room;
  }

  #besides(done: Promise<void>): void {
    this.#beside.add(done);
    done.finally(() => this.#beside.delete(done));
  }

  /** Tells a hook of an event, and records what became of it. Never throws. */
  async #tell(open: OpenHook, event: SessionEvent): Promise<void> {
    const { name, timeout_ms } = open.hook;
    const about = { hook: name, event: event.event_type };
    this.#session.event("hook.start", about);
    const began = performance.now();
    const late = AbortSignal.timeout(timeout_ms);
    const told: Told = {
      hook: name,
      event,
      delivery: `${this.#run.session_id}/${name}/${++this.#told}`,
      run: this.#run,
      folder: this.#session.folder,
      signal: AbortSignal.any([late, this.#enough.signal]),
    };
    try {
      await inTime(open.act(told, this.#tools), told.signal);
      const duration_ms = Math.round((performance.now() - began) * 10) / 10;
      this.#session.event("hook.complete", { ...about, duration_ms });
    } catch (error) {
      this.#failed(open, about, late.aborted ? tooLong(name, timeout_ms) : failureOf(name, error));
    } finally {
      this.#waiting.get(open)!.count--;
    }
  }

  #failed(
    { hook }: OpenHook,
    about: { readonly hook: string; readonly event: string },
    error: Failure,
  ): void {
    this.#session.event("hook.error", { ...about, error });
    if (hook.priority === "critical") {
      this.#objection ??= { ...error, message: `${error.message} (critical)` };
    }
  }

  #sayDropped(open: OpenHook): void {
    const waiting = this.#waiting.get(open)!;
    if (waiting.dropped === 0) return;
    const { name, on } = open.hook;
    const is = `${waiting.dropped} events were more than could wait for it`;
    waiting.dropped = 0;
    this.#failed(
      open,
      { hook: name, event: on[0]! },
      failure("HKS850", `Cannot tell hook '${name}' all: ${is}`),
    );
  }
}

/** What a hook does, or that its time is over. */
function inTime(work: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    work.then(resolve, reject);
  });
}

function tooLong(name: string, ms: number): Failure {
  return failure("HKS851", `Cannot wait for hook '${name}' any longer: it took more than ${ms} ms`);
}

function failureOf(name: string, error: unknown): Failure {
  if (error instanceof OsirisError) {
    const { step: _, ...known } = error.toFailure();
    return { ...known, message: `Hook '${name}': ${known.message}` };
  }
  const stopped = error instanceof DOMException && error.name === "AbortError";
  const why = stopped ? "the run was told to stop" : error instanceof Error ? error.message : String(error);
  return failure("HKS850", `Cannot do hook '${name}': ${why}`);
}

function failure(code: "HKS850" | "HKS851", message: string): Failure {
  const help = "give it another 'timeout', or see what it reaches; the event is in the run's record";
  return { code, category: "run", message, help, retryable: true };
}

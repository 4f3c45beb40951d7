/**
 * The thread that starts the processes of drivers, carries their messages and ends them. It is a worker with
 * all rights and no foreign code.
 *
 * It is apart from the host's thread so that a deadline is kept however busy the host is, and so that it can
 * confine itself: what it starts inherits its walls from the first instruction on.
 *
 * What must stay true: a child that is to end is ended with its whole process group, and is not called gone
 * before nothing of the group is left; what a child says is carried no faster than the host deals with it.
 *
 * @module
 */

import process from "node:process";
import { type DiskLimit, watchDisk } from "./disk_watch.ts";
import { BrokenFrame, type Frame, framePieces, FrameReader } from "./frames.ts";
import { confine } from "./landlock.ts";
import type { End, Ending, FromWarden, ToWarden } from "./_messages.ts";
import type { Program } from "./_program.ts";

/** Frames, and bytes in them, that may wait for the host. */
const WINDOW_FRAMES = 64;
const WINDOW_BYTES = 268_435_456;
/** How much of what a child writes to its standard error is told, and how much of its end is kept. */
const MAX_STDERR = 65_536;
const STDERR_TAIL = 4_096;
/** How long a child may live on after it closed its pipe. */
const EXIT_MS = 250;
/** How long the dead of a killed group are waited for; in a container nobody may ever ask for their exit code. */
const BURIAL_MS = 5_000;

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<ToWarden>) => void;
  postMessage(message: FromWarden, transfer?: Transferable[]): void;
};
const children = new Map<number, Child>();
let program: Program;

scope.onmessage = ({ data }) => {
  switch (data.type) {
    case "begin":
      return begin(data);
    case "spare":
      return keepSpare();
    case "spawn":
      return spawn(data);
    case "frame":
      return children.get(data.id)?.send(data);
    case "dealt":
      return children.get(data.id)?.dealt(data.frames, data.bytes);
    case "kill":
      return children.get(data.id)?.kill("told");
    case "end":
      return void end();
  }
};

function begin(message: ToWarden & { type: "begin" }): void {
  program = message.program;
  try {
    if (message.wall !== undefined) confine(message.wall);
    scope.postMessage({ type: "ready" });
  } catch (error) {
    scope.postMessage({ type: "failed", reason: (error as Error).message });
  }
}

/** A process that waits to be told what it hosts: it is there sooner than one that is still to be started. */
let spare: Deno.ChildProcess | undefined;

function keepSpare(): void {
  try {
    const kept = spare ??= start();
    kept.status.finally(() => {
      if (spare === kept) spare = undefined;
    });
  } catch {
    // The driver that would have used it starts its own, and says what is in the way.
  }
}

function takeSpare(): Deno.ChildProcess | undefined {
  const taken = spare;
  spare = undefined;
  return taken;
}

function start(): Deno.ChildProcess {
  return new Deno.Command(program.path, {
    args: [...program.args],
    cwd: "/", // nothing lies there that a relative path could mean
    clearEnv: true,
    env: { ...program.env },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    detached: true,
  }).spawn();
}

/** Ends what waits; the host ends what works before. */
async function end(): Promise<void> {
  const left = takeSpare();
  if (left !== undefined) {
    killGroup(left);
    await left.status;
    await Promise.all([left.stdin.abort(), left.stdout.cancel(), left.stderr.cancel()]).catch(() => {});
    await groupGone(left.pid);
  }
  scope.postMessage({ type: "ended" });
}

function spawn({ id, boot, deadline, disk }: ToWarden & { type: "spawn" }): void {
  try {
    children.set(id, new Child(id, boot, deadline, disk));
  } catch (error) {
    const end: End = { code: 1, signal: null, by: "unstarted", reason: (error as Error).message, stderr: "" };
    scope.postMessage({ type: "gone", id, end });
  }
}

class Child {
  readonly #id: number;
  readonly #process: Deno.ChildProcess;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  #writing: Promise<void> = Promise.resolve();
  #ending: Ending | undefined;
  #reason: string | undefined;
  #deadline: number | undefined;
  #unwatch = () => {};
  #frames = 0;
  #bytes = 0;
  #resume: (() => void) | undefined;

  constructor(id: number, boot: string, deadline: number | undefined, disk: DiskLimit | undefined) {
    this.#id = id;
    this.#process = takeSpare() ?? start();
    this.#stdin = this.#process.stdin.getWriter();
    if (deadline !== undefined) this.#keepDeadline(deadline);
    if (disk !== undefined) {
      this.#unwatch = watchDisk(disk, this.#process.pid, (what) => this.kill("full", what));
    }
    this.send({ json: boot });
    this.#live();
  }

  send(frame: Frame): void {
    this.#writing = this.#writing.then(async () => {
      for (const piece of framePieces(frame)) await this.#stdin.write(piece);
    }).catch(() => {}); // a child that reads no more is on its way out, and its end says why
  }

  dealt(frames: number, bytes: number): void {
    this.#frames -= frames;
    this.#bytes -= bytes;
    this.#resume?.();
  }

  kill(why: Ending, reason?: string): void {
    this.#ending ??= why;
    this.#reason ??= reason;
    killGroup(this.#process);
    this.#resume?.();
  }

  #keepDeadline(at: number): void {
    const left = at - performance.timeOrigin - performance.now();
    this.#deadline = setTimeout(() => this.kill("deadline"), Math.max(0, left));
  }

  async #live(): Promise<void> {
    const stderr = this.#readErrors();
    const heard = this.#listen();
    const { code, signal } = await this.#process.status;
    clearTimeout(this.#deadline);
    this.#unwatch();
    killGroup(this.#process);
    await Promise.all([heard, stderr, this.#stdin.abort().catch(() => {})]);
    await groupGone(this.#process.pid);
    children.delete(this.#id);
    const by = this.#ending === "broken" && leftByItself(signal) ? undefined : this.#ending;
    const end: End = {
      code,
      signal,
      stderr: await stderr,
      ...(by === undefined ? {} : { by }),
      ...(by === undefined || this.#reason === undefined ? {} : { reason: this.#reason }),
    };
    scope.postMessage({ type: "gone", id: this.#id, end });
  }

  /** Carries the child's frames, as long as it may. */
  async #listen(): Promise<void> {
    const frames = new FrameReader(this.#process.stdout);
    try {
      for (let frame = await frames.next(); frame !== undefined; frame = await frames.next()) {
        if (this.#ending !== undefined) continue;
        this.#frames++;
        this.#bytes += sizeOf(frame);
        const transfer = frame.payload === undefined ? [] : [frame.payload.buffer];
        scope.postMessage({ type: "frame", id: this.#id, ...frame }, transfer);
        await this.#room();
      }
      this.#demandExit("it closed its pipe and went on");
    } catch (error) {
      this.#demandExit(error instanceof BrokenFrame ? error.message : String(error));
    }
  }

  async #room(): Promise<void> {
    while (this.#ending === undefined && (this.#frames >= WINDOW_FRAMES || this.#bytes >= WINDOW_BYTES)) {
      await new Promise<void>((resolve) => (this.#resume = resolve));
    }
  }

  /** A child that says no more, or nothing that can be read, is ended; one that is dying has its own reason. */
  #demandExit(otherwise: string): void {
    const late = setTimeout(() => this.kill("broken", otherwise), EXIT_MS);
    this.#process.status.finally(() => clearTimeout(late));
  }

  /** Tells what the child writes to its standard error; gives the end of it. */
  async #readErrors(): Promise<string> {
    const decoder = new TextDecoder();
    let told = 0, tail = "";
    try {
      for await (const chunk of this.#process.stderr) {
        const text = decoder.decode(chunk, { stream: true });
        tail = (tail + text).slice(-STDERR_TAIL);
        if (told < MAX_STDERR) {
          scope.postMessage({ type: "stderr", id: this.#id, text: text.slice(0, MAX_STDERR - told) });
        }
        told += text.length;
      }
    } catch {
      // The pipe is gone with the process.
    }
    return tail;
  }
}

function sizeOf({ json, payload }: Frame): number {
  return json.length + (payload?.byteLength ?? 0);
}

/** Whether a child that was to be killed was on its way out already, only slowly: then its own reason counts. */
function leftByItself(signal: Deno.Signal | null): boolean {
  return signal !== "SIGKILL" && Deno.build.os !== "windows"; // which knows no signals
}

/** Where there are no groups, the process alone: it can start none. */
function killGroup(child: Deno.ChildProcess): void {
  try {
    if (Deno.build.os === "windows") child.kill("SIGKILL");
    else Deno.kill(-child.pid, "SIGKILL");
  } catch {
    // It is gone already.
  }
}

/** Resolves when no process of a killed group is left, or only dead ones whom the machine's first process lets lie. */
async function groupGone(group: number): Promise<void> {
  if (Deno.build.os === "windows") return;
  for (const end = performance.now() + BURIAL_MS; performance.now() < end;) {
    try {
      process.kill(-group, 0);
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

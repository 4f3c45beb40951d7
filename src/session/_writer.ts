/** Writing the record of one run. */

import { basename, join } from "node:path";
import { clearInterval, clearTimeout, setInterval, setTimeout } from "node:timers";
import { OsirisError } from "../diagnostic.ts";
import { AppendFile } from "./_append_file.ts";
import type { EventData, EventKind, SessionEvent } from "./_event.ts";
import { requireArtifactName, requireSessionId, requireStepId } from "./_id.ts";
import { jsonText, plainData, type Scrub, scrubJson, UNLIMITED } from "./_json.ts";
import type { MetricName, SessionMetric } from "./_metric.ts";
import { thisProcess } from "./_process.ts";
import { moveFile, removeIfThere, replaceFile, syncFolder, writeWhole } from "./_replace_file.ts";
import { isRunEnd } from "./_run_end.ts";
import type { Status } from "./_status.ts";

/** Where the time comes from. */
export interface Clock {
  /** The wall clock, for display. */
  now(): Date;
  /** Milliseconds that never run backwards. */
  monotonic(): number;
}

/** How to begin a session. */
export interface SessionOptions {
  /** The `logs` folder, absolute. Created when needed. */
  readonly root: string;
  readonly id: string;
  /** The manifest's very bytes. No secret may stand in it, and it is kept as it is. */
  readonly manifest: string;
  /** The pipeline's text, where the manifest was made of one; kept scrubbed as `pipeline.oml`, to show its lines. */
  readonly source?: string;
  /** Order and grants. */
  readonly plan: unknown;
  readonly status: Status;
  /** Removes secrets from a text; every text goes through it before it is written or told to a listener. */
  readonly scrub?: Scrub;
  readonly clock?: Clock;
}

/** Writes one session. Nothing here but `artifact` and `adopt` fails a run: what cannot be written is counted. */
export interface SessionWriter extends AsyncDisposable {
  readonly id: string;
  /** Absolute. */
  readonly folder: string;
  /** Appends one line to `events.jsonl`, at once. */
  event<K extends EventKind>(kind: K, data: EventData[K]): void;
  /** Appends one line to `metrics.jsonl`, at once. A value that is not a finite number was not measured and is left out. */
  metric(
    name: MetricName,
    value: number,
    unit: string,
    step_id?: string,
    tags?: Record<string, string>,
  ): void;
  /**
   * Keeps a file of a step, whole or not at all, and returns its absolute path. Text is scrubbed, that
   * of a `.json` file so that it stays JSON; bytes
   * are kept as they are. Throws `SES703` for a name that is not plain, `SES704` when it cannot be written.
   */
  artifact(step: string, name: string, content: string | Uint8Array): Promise<string>;
  /** Moves a finished file in, and returns its new absolute path. Throws like `artifact`. */
  adopt(step: string, name: string, file: string): Promise<string>;
  /**
   * Changes where the run stands. The change counts at once; the file follows at once when the run's own
   * state changed, and within about 200 ms when only a step's did.
   */
  status(update: (status: Status) => Status): void;
  /** Events, metrics and artifacts that could not be written. */
  readonly lost: number;
  /** Tells a listener of every event, written or lost, after it was tried. */
  onEvent(listener: (event: SessionEvent) => void): void;
  /** Seals the session. A run that still stands as running is sealed as interrupted. */
  close(): Promise<void>;
}

/** Where a run holds no secret. */
const nothingSecret: Scrub = (text) => text;

/** At most this long between a step's change and the file that says so. */
const COALESCE_MS = 200;
/** A sign of life at least this often. */
const HEARTBEAT_MS = 15_000;

/** Fields that name things of the manifest, where no secret may stand; scrubbing them would break the links between records. */
const NAMES = new Set([
  "step_id",
  "because_of",
  "fused_into",
  "order",
  "pipeline",
  "fingerprint",
  "profile",
  "component",
  "path",
  "key",
  "from_session",
  "resumes",
]);

const wallClock: Clock = { now: () => new Date(), monotonic: () => performance.now() };

/**
 * Begins a session. Its folder appears with manifest, plan and status in it, or not at all.
 *
 * Throws `SES702` when the id is taken, `SES704` when the disk refuses.
 */
export function createSession(options: SessionOptions): Promise<SessionWriter> {
  return Promise.resolve().then(() => {
    requireSessionId(options.id);
    const folder = join(options.root, options.id);
    const scrub = options.scrub ?? nothingSecret;
    const clock = options.clock ?? wallClock;
    const status: Status = { ...options.status, session_id: options.id, process: thisProcess() };
    layOut(options.root, folder, {
      "status.json": statusText(status, scrub, clock),
      "manifest.yaml": options.manifest,
      ...(options.source === undefined ? {} : { "pipeline.oml": scrub(options.source) }),
      "plan.json": jsonText(plainData(options.plan, scrub, UNLIMITED), 2) + "\n",
      "events.jsonl": "",
      "metrics.jsonl": "",
      [RESERVE]: "\n".repeat(RESERVE_BYTES + RESERVE_BYTES_PER_STEP * status.steps.length),
    });
    return new FolderWriter(folder, status, scrub, clock);
  });
}

/**
 * Room kept for the last words of a run on a full disk: removing this file makes space for the final
 * event and the final status, so that a run that succeeded does not read as interrupted.
 */
const RESERVE = ".reserve";
const RESERVE_BYTES = 16_384;
const RESERVE_BYTES_PER_STEP = 512;

/** Puts a folder with these files in place in one instant. */
function layOut(root: string, folder: string, files: { readonly [name: string]: string }): void {
  const temporary = join(root, `.${basename(folder)}.new`);
  if (exists(folder) || exists(temporary)) throw taken(folder);
  try {
    Deno.mkdirSync(root, { recursive: true });
    Deno.mkdirSync(temporary);
    for (const [name, content] of Object.entries(files)) {
      // What says nothing yet need not wait for the disk.
      writeWhole(join(temporary, name), content, { durable: content.trim() !== "" });
    }
    syncFolder(temporary);
    Deno.renameSync(temporary, folder);
    syncFolder(root);
  } catch (cause) {
    removeFolderIfPossible(temporary);
    if (exists(folder)) throw taken(folder);
    throw new OsirisError("SES704", `Cannot create the session's folder ${folder}: ${reason(cause)}`, {
      help: "free some space or make the folder writable; a run that cannot be recorded is not started",
      cause,
    });
  }
}

function taken(folder: string): OsirisError {
  return new OsirisError(
    "SES702",
    `Cannot create session ${basename(folder)}: one of that id exists already`,
    {
      help: "start the run again; it takes another id",
      retryable: true,
    },
  );
}

function removeFolderIfPossible(folder: string): void {
  try {
    Deno.removeSync(folder, { recursive: true });
  } catch {
    // Nothing was made, or the disk refuses this too; `logs gc` clears it away later.
  }
}

class FolderWriter implements SessionWriter {
  readonly id: string;
  readonly folder: string;
  readonly #scrub: Scrub;
  readonly #clock: Clock;
  readonly #events: AppendFile;
  readonly #metrics: AppendFile;
  readonly #listeners: ((event: SessionEvent) => void)[] = [];
  readonly #stepFolders = new Set<string>();
  readonly #heartbeat: ReturnType<typeof setInterval>;
  #status: Status;
  #lost = 0;
  /** When status.json was last tried, by the monotonic clock. */
  #writtenAt: number;
  #pending: ReturnType<typeof setTimeout> | undefined;
  /** What status.json shows. */
  #shown: { readonly status: Status; readonly lost: number } | undefined;
  #closed = false;

  constructor(folder: string, status: Status, scrub: Scrub, clock: Clock) {
    this.id = status.session_id;
    this.folder = folder;
    this.#status = status;
    this.#scrub = scrub;
    this.#clock = clock;
    this.#events = AppendFile.open(join(folder, "events.jsonl"));
    this.#metrics = AppendFile.open(join(folder, "metrics.jsonl"));
    this.#writtenAt = clock.monotonic();
    this.#heartbeat = setInterval(() => this.#writeStatus(), HEARTBEAT_MS);
    this.#heartbeat.unref();
  }

  get lost(): number {
    return this.#lost;
  }

  event<K extends EventKind>(kind: K, data: EventData[K]): void {
    const event = {
      timestamp: this.#now(),
      event_type: kind,
      session_id: this.id,
      data: plainFields(data, this.#scrub),
    } as unknown as SessionEvent;
    const line = jsonText(event);
    this.#append(this.#events, line, isRunEnd(event));
    for (const listener of this.#listeners) listener(event);
  }

  metric(
    name: MetricName,
    value: number,
    unit: string,
    step_id?: string,
    tags?: Record<string, string>,
  ): void {
    if (!Number.isFinite(value)) return;
    const metric: SessionMetric = {
      timestamp: this.#now(),
      metric: name,
      value,
      unit,
      ...(step_id === undefined ? {} : { step_id }),
      ...(tags === undefined ? {} : { tags: plainData(tags, this.#scrub) as Record<string, string> }),
    };
    this.#append(this.#metrics, jsonText(metric), false);
  }

  artifact(step: string, name: string, content: string | Uint8Array): Promise<string> {
    const safe = typeof content === "string" ? this.#scrubbed(name, content) : content;
    return this.#keep(step, name, (path) => replaceFile(path, safe, { durable: false }));
  }

  #scrubbed(name: string, text: string): string {
    if (this.#scrub === nothingSecret) return text;
    return name.endsWith(".json") ? scrubJson(text, this.#scrub) : this.#scrub(text);
  }

  adopt(step: string, name: string, file: string): Promise<string> {
    return this.#keep(step, name, (path) => moveFile(file, path));
  }

  status(update: (status: Status) => Status): void {
    const before = this.#status.state;
    this.#status = update(this.#status);
    if (this.#closed) return;
    const due = this.#clock.monotonic() - this.#writtenAt >= COALESCE_MS;
    if (this.#status.state !== before || due) this.#writeStatus();
    else this.#pending ??= setTimeout(() => this.#writeStatus(), COALESCE_MS);
  }

  onEvent(listener: (event: SessionEvent) => void): void {
    this.#listeners.push(listener);
  }

  close(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    if (this.#status.state === "running") {
      this.#status = { ...this.#status, state: "interrupted", ended_at: this.#now() };
    }
    if (this.#shown?.status !== this.#status || this.#shown.lost !== this.#lost) this.#writeStatus();
    clearTimeout(this.#pending);
    this.#closed = true;
    clearInterval(this.#heartbeat);
    this.#events.close();
    this.#metrics.close();
    this.#freeReserve();
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Appends a line, or counts it as lost. The run's last words may use the reserve. */
  #append(file: AppendFile, line: string, lastWords: boolean): void {
    if (!this.#closed && file.line(line)) return;
    if (lastWords && !this.#closed && this.#freeReserve() && file.line(line)) return;
    this.#lost++;
  }

  /** Puts a file into the step's folder and tells of it. */
  async #keep(step: string, name: string, place: (path: string) => void): Promise<string> {
    requireStepId(step);
    requireArtifactName(name);
    await Promise.resolve();
    const path = join(this.folder, "artifacts", step, name);
    try {
      this.#makeStepFolder(step);
      place(path);
    } catch (cause) {
      this.#lost++;
      throw new OsirisError("SES704", `Cannot keep artifact ${name} of step '${step}': ${reason(cause)}`, {
        step,
        help: "free some space or make the session's folder writable",
        cause,
      });
    }
    const { size } = Deno.statSync(path);
    this.event("artifact.created", { step_id: step, name, path: `artifacts/${step}/${name}`, bytes: size });
    return path;
  }

  #makeStepFolder(step: string): void {
    if (this.#stepFolders.has(step)) return;
    Deno.mkdirSync(join(this.folder, "artifacts", step), { recursive: true });
    this.#stepFolders.add(step);
  }

  /** Makes the lines durable, then the status: it never claims more than the lines tell. */
  #writeStatus(): void {
    clearTimeout(this.#pending);
    this.#pending = undefined;
    this.#writtenAt = this.#clock.monotonic();
    this.#events.sync();
    this.#metrics.sync();
    if (this.#tryStatus() || this.#status.state === "running") return;
    if (this.#freeReserve()) this.#tryStatus();
  }

  #tryStatus(): boolean {
    const status: Status = { ...this.#status, ...(this.#lost === 0 ? {} : { lost: this.#lost }) };
    try {
      replaceFile(join(this.folder, "status.json"), statusText(status, this.#scrub, this.#clock), {
        durable: true,
      });
      this.#shown = { status: this.#status, lost: this.#lost };
      return true;
    } catch {
      return false;
    }
  }

  /** Whether there was room to free. */
  #freeReserve(): boolean {
    const path = join(this.folder, RESERVE);
    try {
      if (!exists(path)) return false;
      removeIfThere(path);
      return true;
    } catch {
      return false;
    }
  }

  #now(): string {
    return this.#clock.now().toISOString();
  }
}

/** The fields of an event: names as they are, all else as scrubbed plain data. */
function plainFields(data: object, scrub: Scrub): { [key: string]: unknown } {
  const asIs = (text: string) => text;
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, plainData(value, NAMES.has(key) ? asIs : scrub)]),
  );
}

/** The bytes of status.json. Only its free texts are scrubbed: the rest are names of the manifest and words of ours. */
function statusText(status: Status, scrub: Scrub, clock: Clock): string {
  const free = (value: unknown) => plainData(value, scrub);
  const steps = status.steps.map((step) => ({
    ...step,
    ...(step.error === undefined ? {} : { error: free(step.error) }),
    ...(step.reason === undefined ? {} : { reason: free(step.reason) }),
  }));
  const error = status.error === undefined ? {} : { error: free(status.error) };
  return jsonText({ ...status, steps, ...error, updated_at: clock.now().toISOString() }, 2) + "\n";
}

/** Whether a path can be seen. */
function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/**
 * The host's end of a warden and of the children that it keeps.
 *
 * What must stay true: what a child says is parsed here and checked by the session, and the warden hears
 * that it was dealt with only then.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { OsirisError } from "../../diagnostic.ts";
import { isStandalone } from "../_standalone.ts";
import type { Grants } from "../driver.ts";
import type { HostMessage } from "../protocol.ts";
import { type Death, deathOf } from "./_death.ts";
import type { Boot, ChildSays, End, FromWarden, ToWarden } from "./_messages.ts";
import type { Program } from "./_program.ts";
import { covers } from "./_wall.ts";
import { WARDEN_FILE } from "./_warden_file.ts";
import type { DiskLimit } from "./disk_watch.ts";
import type { Wall } from "./landlock.ts";

/** Frames, and bytes in them, after which the warden is told that they were dealt with. */
const DEALT_FRAMES = 16;
const DEALT_BYTES = 16_777_216;

/** Who wants to hear of a driver. The messages and texts come from a stranger. */
export interface Listener {
  message(raw: unknown): void;
  /** What it wrote to its standard error: one line without control characters. */
  line(text: string): void;
  /** It is no more, and nobody asked for that. */
  died(death: Death): void;
}

/** A driver in a process of its own. */
export interface IsolatedDriver {
  post(message: HostMessage, transfer: Transferable[]): void;
  /** Ends it at once; resolves when nothing of it is left. */
  end(): Promise<void>;
}

/** What a driver is held to from the moment it is started. */
export interface Bounds {
  /** Milliseconds from now after which it is killed. */
  readonly deadlineMs?: number;
  /** What it may fill of the disk. */
  readonly disk?: DiskLimit;
}

/** The thread that starts drivers. */
export class Warden {
  readonly #worker: Worker;
  readonly #wall: Wall | undefined;
  readonly #children = new Map<number, Child>();
  readonly #ended = Promise.withResolvers<void>();
  #ids = 0;
  #alive = true;

  private constructor(worker: Worker, wall: Wall | undefined) {
    this.#worker = worker;
    this.#wall = wall;
  }

  /** Starts the thread; it confines itself when there is a wall. */
  static async begin(program: Program, wall: Wall | undefined): Promise<Warden> {
    const worker = new Worker(wardenUrl(), {
      type: "module",
      name: "warden",
      deno: { permissions: "inherit" },
    });
    const warden = new Warden(worker, wall);
    const begun = Promise.withResolvers<void>();
    worker.onmessage = ({ data }: MessageEvent<FromWarden>) => {
      if (data.type === "ready") begun.resolve();
      else if (data.type === "ended") warden.#ended.resolve();
      else if (data.type === "failed") begun.reject(notConfined(data.reason));
      else warden.#children.get(data.id)?.take(data);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      begun.reject(notStarted(event.message));
      warden.#lost(event.message);
    };
    warden.#post({ type: "begin", program, ...(wall === undefined ? {} : { wall }) });
    try {
      await begun.promise;
    } catch (error) {
      warden.#alive = false;
      worker.terminate();
      throw error;
    }
    return warden;
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Whether it, and all that it starts, is confined by the kernel. */
  get confined(): boolean {
    return this.#wall !== undefined;
  }

  /** Whether its wall has room for these grants. */
  covers(grants: Grants): boolean {
    return this.#wall === undefined || covers(this.#wall, grants);
  }

  /** Starts a driver. */
  start(boot: Boot, { deadlineMs, disk }: Bounds, listener: Listener): IsolatedDriver {
    if (!this.#alive) throw notStarted("it has ended");
    const id = ++this.#ids;
    const allowed = {
      memory: boot.memory,
      ...(deadlineMs === undefined ? {} : { deadlineMs }),
      ...(disk === undefined ? {} : { disk }),
    };
    const post = (message: Outgoing, transfer?: Transferable[]) => this.#post({ ...message, id }, transfer);
    const child = new Child(post, listener, (end) => {
      this.#children.delete(id);
      if (end.by !== "told") listener.died(deathOf(end, allowed));
    });
    this.#children.set(id, child);
    const deadline = deadlineMs === undefined
      ? {}
      : { deadline: performance.timeOrigin + performance.now() + deadlineMs };
    post({ type: "spawn", boot: JSON.stringify(boot), ...deadline, ...(disk === undefined ? {} : { disk }) });
    return child;
  }

  /** Has a process ready for the next driver. */
  prepare(): void {
    if (this.#alive) this.#post({ type: "spare" });
  }

  /** Ends its children, then itself. */
  async end(): Promise<void> {
    await Promise.all([...this.#children.values()].map((child) => child.end()));
    if (!this.#alive) return;
    this.#alive = false;
    this.#post({ type: "end" });
    await this.#ended.promise;
    this.#worker.terminate();
  }

  #post(message: ToWarden, transfer: Transferable[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  /** The thread died, and with it, by the kernel, all that it had started. */
  #lost(reason: string): void {
    this.#alive = false;
    const end: End = { code: 1, signal: null, by: "unstarted", reason, stderr: "" };
    for (const child of this.#children.values()) child.take({ type: "gone", id: 0, end });
    this.#ended.resolve();
  }
}

type About = "spawn" | "frame" | "dealt" | "kill";
type WithoutId<M> = M extends unknown ? Omit<M, "id"> : never;
type Outgoing = WithoutId<Extract<ToWarden, { type: About }>>;

/** The host's end of one driver. */
class Child implements IsolatedDriver {
  readonly #post: (message: Outgoing, transfer?: Transferable[]) => void;
  readonly #listener: Listener;
  readonly #ended: (end: End) => void;
  readonly #gone = Promise.withResolvers<void>();
  #over = false;
  #line = "";
  #frames = 0;
  #bytes = 0;

  constructor(
    post: (message: Outgoing, transfer?: Transferable[]) => void,
    listener: Listener,
    ended: (end: End) => void,
  ) {
    this.#post = post;
    this.#listener = listener;
    this.#ended = ended;
  }

  post(message: HostMessage, transfer: Transferable[]): void {
    if (this.#over) return;
    if (message.type !== "batch") return this.#post({ type: "frame", json: JSON.stringify(message) });
    const { data, ...rest } = message;
    const payload = data as Uint8Array<ArrayBuffer>;
    this.#post({ type: "frame", json: JSON.stringify(rest), payload }, transfer);
  }

  end(): Promise<void> {
    if (!this.#over) this.#post({ type: "kill" });
    this.#over = true;
    return this.#gone.promise;
  }

  /** Takes what the warden tells of it. */
  take(told: Extract<FromWarden, { id: number }>): void {
    if (told.type === "gone") {
      if (this.#line !== "") this.#tell(this.#line);
      this.#over = true;
      this.#ended(told.end);
      this.#gone.resolve();
    } else if (told.type === "stderr") this.#lines(told.text);
    else if (!this.#over) {
      this.#says(told.json, told.payload);
      this.#dealt(told.json.length + (told.payload?.byteLength ?? 0));
    }
  }

  #says(json: string, payload: Uint8Array<ArrayBuffer> | undefined): void {
    const said = parsed(json);
    if (said === undefined) {
      return this.#broken("a frame is not JSON of the kind that a driver's host writes");
    }
    if ("lost" in said) return this.#dies({ what: `it stopped: ${said.lost}`, help: BY_AUTHOR });
    if ("unconfined" in said) {
      return this.#dies({
        code: "DRV417",
        what: `it could not be confined: ${said.unconfined}`,
        help: BY_SYSTEM,
      });
    }
    this.#listener.message(payload === undefined ? said.driver : { ...said.driver as object, data: payload });
  }

  #broken(what: string): void {
    this.#dies({ code: "DRV402", what, help: BY_AUTHOR });
  }

  #dies(death: Death): void {
    this.#listener.died(death);
    this.end();
  }

  #dealt(bytes: number): void {
    this.#frames++;
    this.#bytes += bytes;
    if (this.#frames < DEALT_FRAMES && this.#bytes < DEALT_BYTES) return;
    this.#post({ type: "dealt", frames: this.#frames, bytes: this.#bytes });
    this.#frames = this.#bytes = 0;
  }

  #lines(text: string): void {
    const lines = (this.#line + text).split("\n");
    this.#line = lines.pop()!.slice(0, MAX_LINE);
    for (const line of lines) this.#tell(line);
  }

  #tell(line: string): void {
    // deno-lint-ignore no-control-regex
    const clean = line.slice(0, MAX_LINE).replaceAll(/\x1b\[[0-9;]*m|[\x00-\x1f\x7f-\x9f\u2028\u2029]/g, "")
      .trim();
    if (clean !== "") this.#listener.line(clean);
  }
}

const MAX_LINE = 1_000;
const BY_AUTHOR = "this is a fault of the component; tell its author";
const BY_SYSTEM =
  "run without --require-os-sandbox and with OSIRIS_OS_SANDBOX=off to do without the kernel's wall";

/** What a frame says; undefined when it is not of any known kind. */
function parsed(json: string): ChildSays | undefined {
  try {
    const said: unknown = JSON.parse(json);
    if (typeof said !== "object" || said === null || Array.isArray(said)) return undefined;
    const [[key, value] = [], ...more] = Object.entries(said);
    if (more.length > 0) return undefined;
    if (key === "driver") return typeof value === "object" && value !== null ? { driver: value } : undefined;
    if ((key !== "lost" && key !== "unconfined") || typeof value !== "string") return undefined;
    return key === "lost" ? { lost: value } : { unconfined: value };
  } catch {
    return undefined;
  }
}

function wardenUrl(): string {
  if (!isStandalone()) return new URL("./warden.ts", import.meta.url).href;
  const text = readFileSync(new URL(`./assets/${WARDEN_FILE}`, import.meta.url), "utf8");
  return `data:application/javascript,${encodeURIComponent(text)}`;
}

function notStarted(reason: string): OsirisError {
  return new OsirisError("DRV405", `Cannot start the thread that starts drivers: ${reason}`);
}

function notConfined(reason: string): OsirisError {
  return new OsirisError("DRV417", `Cannot confine drivers: ${reason}`, {
    category: "permission",
    help: BY_SYSTEM,
  });
}

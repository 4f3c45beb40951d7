/**
 * The process of one driver: a trusted main thread, which confines itself and then starts the driver in a
 * worker without any rights but its grants, and carries messages between that worker and the pipes.
 *
 * What must stay true: nothing foreign runs before the walls stand; the process never outlives whoever
 * started it; the main thread has no rights left once the driver has loaded.
 *
 * @module
 */

import { type Frame, framePieces, FrameReader } from "./frames.ts";
import { confine } from "./landlock.ts";
import { limitProcess, type Limits } from "./limits.ts";
import type { Boot, ChildSays } from "./_messages.ts";

/** Hosts the driver that standard input names; ends with the process. */
export async function hostDriver(): Promise<void> {
  const limits = limitProcess();
  const end = () => limits === undefined ? Deno.kill(Deno.pid, "SIGKILL") : limits.end();
  const frames = new FrameReader(Deno.stdin.readable);
  const first = await frames.next();
  if (first === undefined) return end();
  const boot = JSON.parse(first.json) as Boot;
  if (limits?.parentIs(boot.parent) === false) return end();
  try {
    if (boot.wall !== undefined) confine(boot.wall);
  } catch (error) {
    say({ unconfined: (error as Error).message });
    return end();
  }
  const driver = new DriverWorker(boot, limits);
  try {
    for (let frame = await frames.next(); frame !== undefined; frame = await frames.next()) {
      driver.post(frame);
    }
  } finally {
    end(); // the host is gone, or says what no host says
  }
}

/** The worker of the driver. */
class DriverWorker {
  readonly #worker: Worker;
  readonly #boot: Boot;
  readonly #limits: Limits | undefined;
  /** What came before the driver was there. */
  #waiting: Frame[] | undefined = [];

  constructor(boot: Boot, limits: Limits | undefined) {
    this.#boot = boot;
    this.#limits = limits;
    const url = `data:application/javascript,${encodeURIComponent(boot.module)}`;
    this.#worker = new Worker(url, {
      type: "module",
      name: boot.name,
      deno: { permissions: boot.permissions },
    });
    this.#worker.onmessage = ({ data }) => this.#take(data);
    this.#worker.onmessageerror = () => say({ lost: "a message could not be read" });
    this.#worker.onerror = (event) => {
      event.preventDefault();
      say({ lost: event.message });
    };
    if (boot.load === undefined) this.#pass();
  }

  /** Hands a message of the host to the driver. */
  post(frame: Frame): void {
    if (this.#waiting !== undefined) return void this.#waiting.push(frame);
    const message = JSON.parse(frame.json);
    if (frame.payload === undefined) return this.#worker.postMessage(message);
    message.data = frame.payload;
    this.#worker.postMessage(message, [frame.payload.buffer]);
  }

  #take(data: unknown): void {
    if (this.#limited) return sayDriver(data);
    this.#limit();
    if (this.#boot.load === undefined) return sayDriver(data);
    this.#worker.postMessage(this.#boot.load);
    this.#pass();
  }

  #limited = false;

  /** The first message: what is needed to run is loaded, and nothing foreign has run yet. */
  #limit(): void {
    this.#limited = true;
    this.#limits?.memory(this.#boot.memory);
    if (this.#boot.fileBytes !== undefined) this.#limits?.fileSize(this.#boot.fileBytes);
    for (const name of ["run", "ffi", "read", "write", "net", "env", "sys", "import"] as const) {
      Deno.permissions.revokeSync({ name });
    }
  }

  #pass(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const frame of waiting) this.post(frame);
  }
}

/** Sends a message of the driver; what is not plain data is not sent. */
function sayDriver(message: unknown): void {
  try {
    const { data, ...rest } = message as { data?: unknown };
    const payload = isBatch(message) ? data as Uint8Array<ArrayBuffer> : undefined;
    say({ driver: payload === undefined ? message : rest }, payload);
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
    say({ lost: "a message is not plain data" });
  }
}

function isBatch(message: unknown): boolean {
  const { type, data } = message as { type?: unknown; data?: unknown };
  return type === "batch" && data instanceof Uint8Array && data.buffer instanceof ArrayBuffer;
}

/**
 * Writes and waits: a driver that says more than is heard stands still, and what it piled up counts as its
 * own memory.
 */
function say(said: ChildSays, payload?: Uint8Array<ArrayBuffer>): void {
  const frame = { json: JSON.stringify(said), ...(payload === undefined ? {} : { payload }) };
  for (const piece of framePieces(frame)) {
    for (let done = 0; done < piece.byteLength;) done += Deno.stdout.writeSync(piece.subarray(done));
  }
}

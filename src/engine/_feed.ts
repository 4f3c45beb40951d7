/**
 * Texts in: CSV that comes from outside while a statement reads it.
 *
 * What must stay true: nothing of the text waits on a disk or in memory but a few pieces (where there are named
 * pipes), a text that fails is never taken for a short one, and as many rows are read as its source says it gave.
 *
 * @module
 */

import { OsirisError } from "../diagnostic.ts";
import { compose, type Composed, type ScanPart } from "./_compose.ts";
import type { Column, RunOptions, Text, TextSource } from "./engine.ts";
import { holdOpen, makeNamedPipe } from "./_named_pipe.ts";
import { DuckRelation } from "./_relation.ts";
import type { Scan } from "./_scan.ts";
import { LONGEST_ROW, readText, SHORT_ROW } from "./_text_values.ts";
import type { Taken } from "./_profile.ts";

/** A text that is no longer than this is put in a file at once: a pipe could be closed before it is opened. */
const SMALL = 1024 * 1024;

/** A text as a scan. */
export interface Feed {
  readonly source: TextSource;
  readonly path: string;
  /** Bytes of the text that came last. */
  bytes: number;
  /** Whether it has to be read in its order, because it could not be read in parts. */
  careful: boolean;
  /** Whether it is put in a file before the statement begins, however long it is. */
  readonly before: boolean;
}

/** The relation of a text, which is asked for whenever it is computed; `before` a statement begins, or while it runs. */
export function fedRelation(step: string, source: TextSource, path: string, before = false): DuckRelation {
  const feed: Feed = { source, path, bytes: 0, careful: false, before };
  const query = () => readText(path, source.columns, source.nullText, feed.careful);
  const scan: Scan = {
    columns: source.columns,
    files: [path],
    get bytes() {
      return feed.bytes;
    },
    feed,
    read: query,
    head: query(),
    operator: /CSV/,
    parts: 1,
    onBadRow: "error",
    filtered: false,
    judgedBeside: false,
    async *culprits() {},
    unit: "line",
  };
  return new DuckRelation(step, source.columns.map(({ name, type }): Column => ({ name, type })), {
    kind: "scan",
    scan,
  });
}

/** What is said when a text was read otherwise than it was given. */
export function notAllRead(step: string, given: number, read: number | undefined): OsirisError {
  return new OsirisError(
    "ENG505",
    `Cannot read step '${step}': its source gave ${given} rows, and ${
      read ?? "others"
    } were read of its text`,
    { step, help: "this is a fault of the component or of Osiris; nothing was kept" },
  );
}

/** Has the texts among these scans read in their order from now on; false when there are none that were not. */
export function readCarefully(scans: readonly ScanPart[]): boolean {
  const feeds = scans.flatMap(({ scan: { feed } }) => feed === undefined || feed.careful ? [] : [feed]);
  for (const feed of feeds) feed.careful = true;
  return feeds.length > 0;
}

/** Composes a statement that can be carried out once only. */
export function composeCarefully(relation: DuckRelation): Composed {
  const composed = compose(relation);
  return readCarefully(composed.scans) ? compose(relation) : composed;
}

/** Runs a statement while the texts that it reads are fed to it. */
export class Feeding implements AsyncDisposable {
  readonly #running: { readonly part: ScanPart; readonly work: Feeder }[] = [];
  readonly #failed = new AbortController();
  /** Stops the statement when a text fails. */
  readonly signal: AbortSignal | undefined;
  readonly #asked: AbortSignal | undefined;

  private constructor(readonly parts: readonly ScanPart[], options: RunOptions) {
    this.#asked = options.signal;
    const signals = [
      ...(options.signal ? [options.signal] : []),
      ...(parts.length > 0 ? [this.#failed.signal] : []),
    ];
    this.signal = signals.length > 1 ? AbortSignal.any(signals) : signals[0];
  }

  /** Opens the texts; the statement can be started when it resolves. */
  static async begin(scans: readonly ScanPart[], options: RunOptions): Promise<Feeding> {
    const feeding = new Feeding(scans.filter(({ scan }) => scan.feed !== undefined), options);
    try {
      for (const part of feeding.parts) {
        const work = new Feeder(part.scan.feed!, (error) => feeding.#failed.abort(error));
        feeding.#running.push({ part, work });
        await work.begin();
      }
    } catch (error) {
      await feeding[Symbol.asyncDispose]();
      throw error;
    }
    return feeding;
  }

  /** The statement has ended; throws when a text had failed, or was read otherwise than it was given. */
  async end(rowsRead: (part: ScanPart) => Taken): Promise<void> {
    for (const { part, work } of this.#running) {
      const given = await work.end();
      const { rows: read, mayBeFewer } = rowsRead(part);
      if (given === undefined || read === given) continue;
      // The parallel reader passes over a row of many parts in silence, so what its plan cannot prove is read again.
      const isTrusted = part.scan.feed!.careful || part.scan.feed!.bytes <= SHORT_ROW;
      if (isTrusted && (mayBeFewer || read === undefined)) continue;
      throw notAllRead(part.relation.step, given, read);
    }
  }

  /** What went wrong with a text, or else the error of the statement. */
  reason(error: unknown): unknown {
    if (this.#asked?.aborted === true) return this.#asked.reason;
    if (this.#failed.signal.aborted) return this.#failed.signal.reason;
    const [part] = this.parts;
    const isLong = error instanceof OsirisError && /a line is longer than/.test(error.message);
    if (part === undefined || !isLong) return error;
    return new OsirisError(
      "ENG503",
      `Cannot read step '${part.relation.step}': a row is longer than ${LONGEST_ROW / 1e6} MB`,
      { step: part.relation.step, help: "leave its longest column out, or read it in parts" },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { work } of this.#running) await work[Symbol.asyncDispose]();
  }
}

/** One text on its way. */
class Feeder implements AsyncDisposable {
  #text: Text | undefined;
  #holder: Deno.FsFile | undefined;
  #writer: Deno.FsFile | undefined;
  #moving: Promise<void> = Promise.resolve();
  #emptied: Promise<void> = Promise.resolve();
  #rows: number | undefined;
  #stopped = false;

  constructor(readonly feed: Feed, readonly fail: (error: unknown) => void) {}

  async begin(): Promise<void> {
    const { source, path } = this.feed;
    this.feed.bytes = 0;
    this.#text = await source.open();
    const first: Uint8Array[] = [];
    let held = 0;
    while (this.feed.before || held <= SMALL) {
      const next = await this.#next();
      if (next === undefined) break;
      first.push(next);
      held += next.byteLength;
    }
    if (this.#rows !== undefined || !makeNamedPipe(path)) return await this.#writeFile(first);
    this.#holder = await holdOpen(path);
    this.#writer = await Deno.open(path, { write: true });
    this.#moving = this.#move(first);
  }

  /** Waits for what is still under way, and gives the rows of the text; undefined when its end was not needed. */
  async end(): Promise<number | undefined> {
    if (this.#rows === undefined) this.#stop();
    await Promise.all([this.#moving, this.#emptied]);
    return this.#rows;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop();
    await this.#text?.[Symbol.asyncDispose]();
    await Promise.all([this.#moving, this.#emptied]);
    await Deno.remove(this.feed.path).catch(() => {}); // it may not have come to be
  }

  async #next(): Promise<Uint8Array | undefined> {
    const next = await this.#text!.pieces.next();
    if (next.done === true) return void (this.#rows = next.value);
    this.feed.bytes += next.value.byteLength;
    return next.value;
  }

  async #writeFile(first: readonly Uint8Array[]): Promise<void> {
    using file = await Deno.open(this.feed.path, { write: true, create: true, truncate: true });
    for (const piece of first) await writeAll(file, piece);
    while (this.#rows === undefined) {
      const next = await this.#next();
      if (next !== undefined) await writeAll(file, next);
    }
  }

  async #move(first: readonly Uint8Array[]): Promise<void> {
    try {
      for (const piece of first) await writeAll(this.#writer!, piece);
      while (true) {
        const next = await this.#next();
        if (next === undefined || this.#stopped) break;
        await writeAll(this.#writer!, next);
        letGo(next);
      }
    } catch (error) {
      if (!this.#stopped) this.fail(error); // before the pipe is closed, which reads as the end of the text
    } finally {
      this.#release();
      try {
        this.#writer!.close();
      } catch {
        // A write that is under way keeps it.
      }
    }
  }

  /** The statement reads no more. */
  #stop(): void {
    this.#stopped = true;
    if (this.#holder === undefined) return;
    this.#emptied = this.#empty(this.#holder);
    this.#holder = undefined;
  }

  /**
   * Takes what nobody reads any more, so that a write that is under way comes to its end: the engine may keep the pipe
   * open long after its statement failed.
   */
  async #empty(holder: Deno.FsFile): Promise<void> {
    const reader = await Deno.open(this.feed.path).finally(() => holder.close());
    try {
      const room = new Uint8Array(65_536);
      while (await reader.read(room) !== null);
    } finally {
      reader.close();
    }
  }

  #release(): void {
    this.#holder?.close();
    this.#holder = undefined;
  }
}

async function writeAll(file: Deno.FsFile, data: Uint8Array): Promise<void> {
  for (let at = 0; at < data.byteLength;) at += await file.write(data.subarray(at));
}

/** Gives a piece's memory back at once: a collector would let tens of megabytes of them wait. */
function letGo({ buffer }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer) buffer.transfer(0);
}

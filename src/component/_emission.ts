/** Rows that a driver gives, on their way to batches. @module */

import type { Values } from "./_buffers.ts";
import { BatchEncoder } from "./_encode.ts";
import type { Batch } from "./driver.ts";
import type { Column } from "./protocol.ts";

/** Rows of a batch. */
const BATCH_ROWS = 65_536;
/** Characters of text after which a batch is full, however few its rows. */
const BATCH_CHARACTERS = 16_777_216;
/** Rows of a list looked at, to find out how long their texts are and whether their columns are the declared ones. */
const LOOK_AT = 100;

/** A row by column name. A column that a row lacks is null there. A `type` of your own fits, an `interface` does not. */
export type Row = { readonly [column: string]: unknown };

/** Some rows as one list or typed array per column. */
export class ColumnChunk {
  constructor(readonly values: { readonly [column: string]: Values }) {}
}

/** What a driver yields: rows, or columns. */
export type Chunk = readonly Row[] | ColumnChunk;

/** Where chunks come from; what a generator returns is the new cursor. */
export type ChunkSource =
  | Iterable<Chunk>
  | AsyncIterable<Chunk>
  | (() => Iterator<Chunk, unknown, void> | AsyncIterator<Chunk, unknown, void>);

/** The schema of the rows to come, and where they come from. */
export class Emission {
  constructor(readonly columns: readonly Column[], readonly source: ChunkSource) {}

  /** The batches, made when they are pulled; the return value is the new cursor. */
  async *batches(): AsyncGenerator<Batch, unknown, void> {
    const collector = new Collector(this.columns);
    const chunks = iterate(this.source);
    let done = false;
    try {
      while (true) {
        const next = await chunks.next();
        if (next.done === true) {
          done = true;
          yield* collector.rest();
          return next.value ?? null;
        }
        yield* collector.add(next.value);
      }
    } finally {
      if (!done) await chunks.return?.();
    }
  }
}

function iterate(source: ChunkSource): Iterator<Chunk, unknown, void> | AsyncIterator<Chunk, unknown, void> {
  if (typeof source === "function") return source();
  return Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
}

/** Gathers rows until a batch is full. */
class Collector {
  readonly #names: readonly string[];
  readonly #encoder: BatchEncoder;
  #rows: Row[] = [];
  #full = BATCH_ROWS;

  constructor(columns: readonly Column[]) {
    this.#names = columns.map((column) => column.name);
    this.#encoder = new BatchEncoder(columns);
  }

  *add(chunk: Chunk): Iterable<Batch> {
    if (chunk instanceof ColumnChunk) {
      yield* this.rest();
      yield* this.#columns(chunk);
      return;
    }
    if (!Array.isArray(chunk)) throw new TypeError("a driver yields lists of rows, or columns({…})");
    this.#full = Math.min(this.#full, rowsThatFit(chunk, this.#names));
    for (const row of chunk) {
      this.#rows.push(row);
      if (this.#rows.length >= this.#full) yield* this.rest();
    }
  }

  *rest(): Iterable<Batch> {
    const rows = this.#rows;
    if (rows.length === 0) return;
    this.#rows = [];
    const values = this.#names.map((name) => rows.map((row) => row[name]));
    yield { data: this.#encoder.encode(values, rows.length), rows: rows.length };
  }

  *#columns({ values }: ColumnChunk): Iterable<Batch> {
    const unknown = Object.keys(values).find((name) => !this.#names.includes(name));
    if (unknown !== undefined) throw new TypeError(`the column '${unknown}' is not among the declared ones`);
    const ordered = this.#names.map((name) => {
      const given = values[name];
      if (given === undefined) throw new TypeError(`the column '${name}' is missing`);
      return given;
    });
    const length = ordered[0]?.length ?? 0;
    if (ordered.some((each) => each.length !== length)) {
      throw new TypeError("the columns have different lengths");
    }
    for (let start = 0; start < length; start += BATCH_ROWS) {
      const rows = Math.min(BATCH_ROWS, length - start);
      const part = rows === length ? ordered : ordered.map((each) => slice(each, start, start + rows));
      yield { data: this.#encoder.encode(part, rows), rows };
    }
  }
}

function slice(values: Values, from: number, to: number): Values {
  if (ArrayBuffer.isView(values)) return (values as unknown as Int8Array).subarray(from, to);
  return Array.prototype.slice.call(values, from, to);
}

/** How many rows like these make a full batch. A column of theirs that was not declared would be lost: an error. */
function rowsThatFit(rows: readonly Row[], names: readonly string[]): number {
  const looked = rows.slice(0, LOOK_AT);
  const declared = new Set(names);
  let characters = 0;
  for (const row of looked) {
    for (const [name, value] of Object.entries(row)) {
      if (!declared.has(name)) throw new TypeError(`the column '${name}' is not among the declared ones`);
      if (typeof value === "string") characters += value.length;
    }
  }
  const average = characters / Math.max(1, looked.length);
  return Math.max(1, Math.min(BATCH_ROWS, Math.floor(BATCH_CHARACTERS / Math.max(1, average))));
}

import { type ColumnReader, found, ListReader, locate } from "./column_reader.ts";

const FIRST_ROOM = 65_536;
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Text, which is UTF-8 on the wire. */
export function textReader(rows: number): ColumnReader {
  return new TextReader(rows);
}

/**
 * The bytes of all values are gathered and decoded in one go. Where every character is one byte, a value is then a
 * piece of that text; decoding one by one takes several times as long.
 */
class TextReader implements ColumnReader {
  readonly #ends: Float64Array;
  readonly #missing: number[] = [];
  #bytes = new Uint8Array(FIRST_ROOM);
  #size = 0;

  constructor(rows: number) {
    this.#ends = new Float64Array(rows);
  }

  read(bytes: Uint8Array, at: number, row: number): number {
    locate(bytes, at);
    const { start, end } = found;
    const size = this.#size + end - start;
    if (size > this.#bytes.length) this.#grow(size);
    const own = this.#bytes;
    if (end - start > 24) own.set(bytes.subarray(start, end), this.#size);
    else for (let from = start, to = this.#size; from < end; from++, to++) own[to] = bytes[from]!;
    this.#size = size;
    this.#ends[row] = size;
    return end;
  }

  none(row: number): void {
    this.#missing.push(row);
    this.#ends[row] = this.#size;
  }

  take(rows: number): ArrayLike<unknown> {
    const bytes = this.#bytes.subarray(0, this.#size);
    const whole = decoder.decode(bytes);
    const plain = whole.length === bytes.length;
    const values: unknown[] = new Array(rows);
    for (let row = 0, start = 0; row < rows; row++) {
      const end = this.#ends[row]!;
      values[row] = plain ? whole.substring(start, end) : decoder.decode(bytes.subarray(start, end));
      start = end;
    }
    for (const row of this.#missing) values[row] = null;
    return values;
  }

  #grow(size: number): void {
    const more = new Uint8Array(Math.max(size, this.#bytes.length * 2));
    more.set(this.#bytes.subarray(0, this.#size));
    this.#bytes = more;
  }
}

/** Bytes. */
export function blobReader(rows: number): ColumnReader {
  return new BlobReader(rows);
}

class BlobReader extends ListReader {
  read(bytes: Uint8Array, at: number, row: number): number {
    locate(bytes, at);
    this.values[row] = Uint8Array.prototype.slice.call(bytes, found.start, found.end);
    return found.end;
  }
}

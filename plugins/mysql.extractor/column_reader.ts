import { DriverError } from "osiris/driver";

/** The values of one column of a batch, read from the rows as the server sends them. */
export interface ColumnReader {
  /** Reads the value at an offset, as row number `row` of the batch; gives the offset after it. */
  read(bytes: Uint8Array, at: number, row: number): number;
  /** Notes that the row has none. */
  none(row: number): void;
  /** The first `rows` values. */
  take(rows: number): ArrayLike<unknown>;
}

/** Values in a typed array, and the rows that have none. */
export abstract class FixedReader<T extends ArrayLike<unknown> & ArrayBufferView> implements ColumnReader {
  protected readonly values: T;
  readonly #missing: number[] = [];

  constructor(values: T) {
    this.values = values;
  }

  abstract read(bytes: Uint8Array, at: number, row: number): number;

  none(row: number): void {
    this.#missing.push(row);
  }

  take(rows: number): ArrayLike<unknown> {
    const all = this.values as unknown as { subarray(from: number, to: number): ArrayLike<unknown> };
    const taken = all.subarray(0, rows);
    if (this.#missing.length === 0) return taken;
    const list: unknown[] = Array.from(taken);
    for (const row of this.#missing) list[row] = null;
    return list;
  }
}

/** Values in a list. */
export abstract class ListReader implements ColumnReader {
  protected readonly values: unknown[];

  constructor(rows: number) {
    this.values = new Array(rows).fill(null);
  }

  abstract read(bytes: Uint8Array, at: number, row: number): number;

  none(): void {
    // There is none until one is read.
  }

  take(rows: number): ArrayLike<unknown> {
    return this.values.length === rows ? this.values : this.values.slice(0, rows);
  }
}

/** Where a value with its length before it lies, after the last call of {@linkcode locate}. */
export const found = { start: 0, end: 0 };

/** Finds a value that has its length before it. */
export function locate(bytes: Uint8Array, at: number): void {
  const head = bytes[at]!;
  let length = head, start = at + 1;
  if (head === 0xfc) {
    length = bytes[at + 1]! + (bytes[at + 2]! << 8);
    start = at + 3;
  } else if (head === 0xfd) {
    length = bytes[at + 1]! + (bytes[at + 2]! << 8) + (bytes[at + 3]! << 16);
    start = at + 4;
  } else if (head === 0xfe) {
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    length = Number(view.getBigUint64(at + 1, true));
    start = at + 9;
  }
  found.start = start;
  found.end = start + length;
}

/** A value that no type holds. */
export function unfit(column: string, value: string, why: string, help: string): DriverError {
  return new DriverError(`Cannot read column '${column}' (data): ${value} ${why}`, { help });
}

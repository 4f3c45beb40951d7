import { DriverError } from "osiris/driver";
import type { RowText } from "./row_text.ts";

/**
 * Writes a value of one column down, which begins at an offset of the server's binary row; gives the offset after it.
 */
export type ColumnWriter = (bytes: Uint8Array, at: number, text: RowText) => number;

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

/** Four bytes, the lowest first, as a number with a sign. */
export function word(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** A value that no type holds. */
export function unfit(column: string, value: string, why: string, help: string): DriverError {
  return new DriverError(`Cannot read column '${column}' (data): ${value} ${why}`, { help });
}

/**
 * Columns of single values into Arrow's buffers.
 *
 * Typed arrays of the column's own kind pass without a look at their values. Texts are joined and
 * encoded in one go, which is several times faster than one by one.
 *
 * @module
 */

import { bitmapBytes, type Buffers, demandSmall, NONE, Nulls, type Refuse, type Values } from "./_buffers.ts";
import { parseInterval } from "./_interval.ts";
import { scaled } from "./_decimal.ts";
import { large, type NumberArray, NUMERIC, type Numeric, TEXTS } from "./_numeric.ts";

export function encodeScalar(name: string, values: Values, rows: number, refuse: Refuse): Buffers {
  const numeric = NUMERIC[name];
  if (numeric !== undefined) return encodeNumbers(numeric, values, rows, refuse);
  if (name === "BOOLEAN") return encodeBooleans(values, rows, refuse);
  if (name === "HUGEINT" || name === "UHUGEINT") return encodeHuge(name, values, rows, refuse);
  if (name === "INTERVAL") return encodeIntervals(values, rows, refuse);
  if (name === "BLOB") return encodeBlobs(values, rows, refuse);
  if (name === "NULL") return encodeNulls(values, rows, refuse);
  return encodeTexts(values, rows, refuse, TEXTS[name]);
}

function encodeNumbers({ array, convert }: Numeric, values: Values, rows: number, refuse: Refuse): Buffers {
  if (values instanceof array) {
    return { length: rows, nullCount: 0, validity: NONE, values: head(values, rows) };
  }
  const stored = new array(rows) as unknown as { [i: number]: number | bigint } & ArrayBufferView;
  const nulls = new Nulls(rows);
  for (let i = 0; i < rows; i++) {
    const value = values[i];
    if (value === null || value === undefined) nulls.add(i);
    else stored[i] = convert(value, refuse);
  }
  return { length: rows, ...nulls.done(), values: stored };
}

function head<T extends NumberArray>(values: T, rows: number): ArrayBufferView {
  return values.length === rows ? values : values.subarray(0, rows);
}

export function encodeDecimals(
  precision: number,
  scale: number,
  values: Values,
  rows: number,
  refuse: Refuse,
): Buffers {
  const stored = new BigUint64Array(rows * 2);
  const nulls = new Nulls(rows);
  for (let i = 0; i < rows; i++) {
    const value = values[i];
    if (value === null || value === undefined) {
      nulls.add(i);
      continue;
    }
    if (typeof value !== "string" && typeof value !== "bigint" && typeof value !== "number") {
      return refuse(value, "should be text, a bigint or a number");
    }
    const units = scaled(String(value), precision, scale);
    if (typeof units === "string") return refuse(value, units);
    storeWide(stored, i, units);
  }
  return { length: rows, ...nulls.done(), values: stored };
}

const HUGE = { "HUGEINT": -(10n ** 38n - 1n), "UHUGEINT": 0n } as const;

/** Integers of up to 38 digits: more than that Arrow does not carry. */
function encodeHuge(name: keyof typeof HUGE, values: Values, rows: number, refuse: Refuse): Buffers {
  const convert = large(HUGE[name], 10n ** 38n - 1n);
  const stored = new BigUint64Array(rows * 2);
  const nulls = new Nulls(rows);
  for (let i = 0; i < rows; i++) {
    const value = values[i];
    if (value === null || value === undefined) nulls.add(i);
    else storeWide(stored, i, convert(value, refuse) as bigint);
  }
  return { length: rows, ...nulls.done(), values: stored };
}

/** An integer of 128 bits, lower half first. */
function storeWide(stored: BigUint64Array, row: number, value: bigint): void {
  stored[row * 2] = BigInt.asUintN(64, value);
  stored[row * 2 + 1] = BigInt.asUintN(64, value >> 64n);
}

function encodeIntervals(values: Values, rows: number, refuse: Refuse): Buffers {
  const stored = new DataView(new ArrayBuffer(rows * 16));
  const nulls = new Nulls(rows);
  for (let i = 0; i < rows; i++) {
    const value = values[i];
    if (value === null || value === undefined) {
      nulls.add(i);
      continue;
    }
    const interval = typeof value === "string" ? parseInterval(value) : undefined;
    if (interval === undefined) {
      return refuse(value, "is not a duration such as P1M2DT3.5S with at most 6 decimals");
    }
    stored.setInt32(i * 16, interval.months, true);
    stored.setInt32(i * 16 + 4, interval.days, true);
    stored.setBigInt64(i * 16 + 8, interval.nanoseconds, true);
  }
  return { length: rows, ...nulls.done(), values: new Uint8Array(stored.buffer) };
}

function encodeBooleans(values: Values, rows: number, refuse: Refuse): Buffers {
  const bits = new Uint8Array(bitmapBytes(rows));
  const nulls = new Nulls(rows);
  for (let i = 0; i < rows; i++) {
    const value = values[i];
    if (value === true) bits[i >> 3]! |= 1 << (i & 7);
    else if (value === null || value === undefined) nulls.add(i);
    else if (value !== false) return refuse(value, "should be true or false");
  }
  return { length: rows, ...nulls.done(), values: bits };
}

function encodeNulls(values: Values, rows: number, refuse: Refuse): Buffers {
  for (let i = 0; i < rows; i++) {
    if (values[i] !== null && values[i] !== undefined) return refuse(values[i], "should be null");
  }
  return { length: rows, nullCount: rows, validity: NONE };
}

function encodeBlobs(values: Values, rows: number, refuse: Refuse): Buffers {
  const offsets = new Int32Array(rows + 1);
  const nulls = new Nulls(rows);
  let total = 0;
  for (let i = 0; i < rows; i++) {
    const value = values[i];
    if (value === null || value === undefined) nulls.add(i);
    else if (value instanceof Uint8Array) total += value.length;
    else return refuse(value, "should be a Uint8Array");
    offsets[i + 1] = demandSmall(total, refuse);
  }
  const bytes = new Uint8Array(total);
  for (let i = 0; i < rows; i++) {
    if (values[i] instanceof Uint8Array) bytes.set(values[i] as Uint8Array, offsets[i]);
  }
  return { length: rows, ...nulls.done(), offsets, values: bytes };
}

const encoder = new TextEncoder();

export function encodeTexts(
  values: Values,
  rows: number,
  refuse: Refuse,
  convert?: (value: unknown, refuse: Refuse) => string,
): Buffers {
  const offsets = new Int32Array(rows + 1);
  const nulls = new Nulls(rows);
  const texts: string[] = new Array(rows);
  let units = 0;
  for (let i = 0; i < rows; i++) {
    const value = values[i];
    if (typeof value === "string" || convert !== undefined && value !== null && value !== undefined) {
      const text = convert === undefined ? value as string : convert(value, refuse);
      texts[i] = text;
      units += text.length;
    } else if (value === null || value === undefined) {
      nulls.add(i);
      texts[i] = "";
    } else return refuse(value, "should be text");
    offsets[i + 1] = units;
  }
  demandSmall(units, refuse);
  const joined = texts.join("");
  let bytes = new Uint8Array(units);
  const { read, written } = encoder.encodeInto(joined, bytes);
  // As many bytes as characters: plain ASCII, and the offsets stand.
  if (read !== units || written !== units) bytes = encodeWideTexts(texts, offsets, refuse);
  return { length: rows, ...nulls.done(), offsets, values: bytes };
}

/** Texts beyond ASCII: the offsets are counted in bytes. */
function encodeWideTexts(
  texts: readonly string[],
  offsets: Int32Array,
  refuse: Refuse,
): Uint8Array<ArrayBuffer> {
  let total = 0;
  for (let i = 0; i < texts.length; i++) {
    const text = texts[i]!;
    if (!text.isWellFormed()) return refuse(text, "contains half a character (a lone surrogate)");
    total += byteLength(text);
    offsets[i + 1] = demandSmall(total, refuse);
  }
  const bytes = new Uint8Array(total);
  encoder.encodeInto(texts.join(""), bytes);
  return bytes;
}

/** Bytes of a well-formed text in UTF-8. */
function byteLength(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    // A surrogate pair has two units and four bytes, so each of its units counts one more.
    if (unit > 0x7f) bytes += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return bytes;
}

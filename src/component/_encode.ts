/**
 * From values to Arrow: each column becomes buffers, exactly or not at all.
 *
 * Typed arrays of the column's own kind pass without a look at their values. Texts are joined and
 * encoded in one go, which is several times faster than one by one.
 *
 * @module
 */

import { type DataType, field, tableToIPC } from "@uwdata/flechette";
import { OsirisError } from "../diagnostic.ts";
import { arrowType } from "./_arrow_type.ts";
import { scaled } from "./_decimal.ts";
import type { Column } from "./protocol.ts";
import { formatTime, parseDate, parseStamp, parseTime } from "./_time.ts";
import { parseInterval } from "./_interval.ts";
import { type ColumnType, parseType } from "./_types.ts";

/** The values of one column: a list with nulls, or a typed array without. */
export type Values = ArrayLike<unknown>;

/** Turns columns of values into Arrow IPC streams of one schema and one record batch. */
export class BatchEncoder {
  readonly #columns: readonly { column: Column; type: ColumnType; arrow: DataType }[];
  readonly #schema: unknown;

  constructor(columns: readonly Column[]) {
    this.#columns = columns.map((column) => {
      const type = parseType(column.type);
      return { column, type, arrow: arrowType(type) };
    });
    this.#schema = {
      version: 4,
      endianness: 0,
      fields: this.#columns.map(({ column, arrow }) => field(column.name, arrow)),
      metadata: null,
    };
  }

  /** Encodes the first `rows` values of each column. Throws DRV408 naming column and value. */
  encode(values: readonly Values[], rows: number): Uint8Array<ArrayBuffer> {
    const children = this.#columns.map(({ column, type, arrow }, i) => ({
      type: arrow,
      data: [encodeValues(type, values[i]!, rows, refusal(column))],
    }));
    const table = { schema: this.#schema, children };
    return tableToIPC(table as unknown as Parameters<typeof tableToIPC>[0], {})! as Uint8Array<ArrayBuffer>;
  }
}

/** The buffers of one column, as Arrow lays them out. */
interface Buffers {
  readonly length: number;
  readonly nullCount: number;
  readonly validity: Uint8Array;
  readonly values?: ArrayBufferView;
  readonly offsets?: Int32Array;
  readonly children?: readonly Node[];
}

/** The library looks at each node's type for dictionaries, of which there are none. */
interface Node extends Buffers {
  readonly type: { readonly typeId: 0 };
}

const PLAIN = { typeId: 0 } as const;

type Refuse = (value: unknown, why: string) => never;

function refusal(column: Column): Refuse {
  return (value, why) => {
    const text = typeof value === "string" ? `'${value}'` : String(value);
    const short = text.length > 80 ? `${text.slice(0, 80)}…` : text;
    throw new OsirisError(
      "DRV408",
      `Cannot carry column '${column.name}' as ${column.type}: ${short} ${why}`,
    );
  };
}

function encodeValues(type: ColumnType, values: Values, rows: number, refuse: Refuse): Node {
  return { ...encodeBuffers(type, values, rows, refuse), type: PLAIN };
}

function encodeBuffers(type: ColumnType, values: Values, rows: number, refuse: Refuse): Buffers {
  if (values.length < rows) {
    return refuse(`${values.length} values`, `are fewer than the batch's ${rows} rows`);
  }
  switch (type.kind) {
    case "scalar":
      return encodeScalar(type.name, values, rows, refuse);
    case "decimal":
      return encodeDecimals(type.precision, type.scale, values, rows, refuse);
    case "enum":
      return encodeTexts(values, rows, refuse, (value) => {
        return type.values.includes(value as string)
          ? (value as string)
          : refuse(value, "is not one of its values");
      });
    case "list":
      return encodeLists(type.item, values, rows, refuse);
    case "array":
      return encodeArrays(type.item, type.length, values, rows, refuse);
    case "struct":
      return encodeStructs(type.fields, values, rows, refuse);
    case "map":
      return encodeMaps(type.key, type.value, values, rows, refuse);
  }
}

/** How the numbers of a scalar type are stored, and how a value becomes one. */
interface Numeric {
  readonly array: new (length: number) => NumberArray;
  readonly convert: (value: unknown, refuse: Refuse) => number | bigint;
}

type NumberArray =
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array;

const INT64 = [-(2n ** 63n), 2n ** 63n - 1n] as const;

const NUMERIC: Readonly<Record<string, Numeric>> = {
  "TINYINT": { array: Int8Array, convert: small(-128, 127) },
  "SMALLINT": { array: Int16Array, convert: small(-32768, 32767) },
  "INTEGER": { array: Int32Array, convert: small(-(2 ** 31), 2 ** 31 - 1) },
  "UTINYINT": { array: Uint8Array, convert: small(0, 255) },
  "USMALLINT": { array: Uint16Array, convert: small(0, 65535) },
  "UINTEGER": { array: Uint32Array, convert: small(0, 2 ** 32 - 1) },
  "BIGINT": { array: BigInt64Array, convert: large(...INT64) },
  "UBIGINT": { array: BigUint64Array, convert: large(0n, 2n ** 64n - 1n) },
  "FLOAT": { array: Float32Array, convert: float },
  "DOUBLE": { array: Float64Array, convert: double },
  "DATE": { array: Int32Array, convert: date },
  "TIME": { array: BigInt64Array, convert: time(6) },
  "TIMESTAMP": { array: BigInt64Array, convert: stamp(6, false) },
  "TIMESTAMP_S": { array: BigInt64Array, convert: stamp(0, false) },
  "TIMESTAMP_MS": { array: BigInt64Array, convert: stamp(3, false) },
  "TIMESTAMP_NS": { array: BigInt64Array, convert: stamp(9, false) },
  "TIMESTAMP WITH TIME ZONE": { array: BigInt64Array, convert: stamp(6, true) },
};

function encodeScalar(name: string, values: Values, rows: number, refuse: Refuse): Buffers {
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

function encodeDecimals(
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

function encodeTexts(
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

function encodeLists(item: ColumnType, values: Values, rows: number, refuse: Refuse): Buffers {
  const offsets = new Int32Array(rows + 1);
  const nulls = new Nulls(rows);
  const items: unknown[] = [];
  for (let i = 0; i < rows; i++) {
    const value = values[i];
    if (value === null || value === undefined) nulls.add(i);
    else if (isList(value)) { for (let k = 0; k < value.length; k++) items.push(value[k]); }
    else return refuse(value, "should be a list");
    offsets[i + 1] = demandSmall(items.length, refuse);
  }
  return {
    length: rows,
    ...nulls.done(),
    offsets,
    children: [encodeValues(item, items, items.length, refuse)],
  };
}

function encodeArrays(item: ColumnType, size: number, values: Values, rows: number, refuse: Refuse): Buffers {
  const nulls = new Nulls(rows);
  const items: unknown[] = [];
  for (let i = 0; i < rows; i++) {
    const value = values[i];
    if (value === null || value === undefined) {
      nulls.add(i);
      for (let k = 0; k < size; k++) items.push(null);
    } else if (isList(value) && value.length === size) {
      for (let k = 0; k < size; k++) items.push(value[k]);
    } else return refuse(value, `should be a list of ${size} values`);
  }
  return { length: rows, ...nulls.done(), children: [encodeValues(item, items, items.length, refuse)] };
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

function encodeStructs(
  fields: readonly { readonly name: string; readonly type: ColumnType }[],
  values: Values,
  rows: number,
  refuse: Refuse,
): Buffers {
  const nulls = new Nulls(rows);
  const members: unknown[][] = fields.map(() => new Array(rows).fill(null));
  const known = new Set(fields.map((each) => each.name));
  for (let i = 0; i < rows; i++) {
    const value = values[i];
    if (value === null || value === undefined) {
      nulls.add(i);
      continue;
    }
    if (typeof value !== "object" || Array.isArray(value)) return refuse(value, "should be an object");
    for (const key of Object.keys(value)) {
      if (!known.has(key)) return refuse(`'${key}'`, "is not one of its fields");
    }
    fields.forEach((each, k) => (members[k]![i] = (value as Record<string, unknown>)[each.name]));
  }
  const children = fields.map((each, k) => encodeValues(each.type, members[k]!, rows, refuse));
  return { length: rows, ...nulls.done(), children };
}

function encodeMaps(
  key: ColumnType,
  value: ColumnType,
  values: Values,
  rows: number,
  refuse: Refuse,
): Buffers {
  const offsets = new Int32Array(rows + 1);
  const nulls = new Nulls(rows);
  const [keys, items]: [unknown[], unknown[]] = [[], []];
  for (let i = 0; i < rows; i++) {
    const given = values[i];
    if (given === null || given === undefined) nulls.add(i);
    else {
      if (typeof given !== "object") return refuse(given, "should be a Map or an object");
      for (const [k, v] of given instanceof Map ? given : Object.entries(given)) {
        if (k === null || k === undefined) return refuse(k, "cannot be the key of a map");
        keys.push(k);
        items.push(v);
      }
    }
    offsets[i + 1] = keys.length;
  }
  const entries: Node = {
    type: PLAIN,
    length: keys.length,
    nullCount: 0,
    validity: NONE,
    children: [
      encodeValues(key, keys, keys.length, refuse),
      encodeValues(value, items, items.length, refuse),
    ],
  };
  return { length: rows, ...nulls.done(), offsets, children: [entries] };
}

const NONE = new Uint8Array(0);

/** Which rows are null; no bitmap when none is. */
class Nulls {
  #bits: Uint8Array | undefined;
  #count = 0;
  readonly #rows: number;

  constructor(rows: number) {
    this.#rows = rows;
  }

  add(row: number): void {
    this.#bits ??= new Uint8Array(bitmapBytes(this.#rows)).fill(0xff);
    this.#bits[row >> 3]! &= ~(1 << (row & 7));
    this.#count++;
  }

  done(): { nullCount: number; validity: Uint8Array } {
    return { nullCount: this.#count, validity: this.#bits ?? NONE };
  }
}

function bitmapBytes(rows: number): number {
  return Math.ceil(rows / 64) * 8;
}

function demandSmall(bytes: number, refuse: Refuse): number {
  return bytes > 2 ** 31 - 1
    ? refuse(`${bytes} bytes`, "in one batch are more than 2 GiB; send smaller batches")
    : bytes;
}

function small(least: number, most: number): Numeric["convert"] {
  return (value, refuse) => {
    const number = typeof value === "bigint" ? Number(value) : value;
    if (!Number.isInteger(number)) return refuse(value, "is not an integer");
    const integer = number as number;
    return integer < least || integer > most ? refuse(value, `is not between ${least} and ${most}`) : integer;
  };
}

function large(least: bigint, most: bigint): Numeric["convert"] {
  return (value, refuse) => {
    const integer = toBigInt(value, refuse);
    return integer < least || integer > most ? refuse(value, `is not between ${least} and ${most}`) : integer;
  };
}

function toBigInt(value: unknown, refuse: Refuse): bigint {
  if (typeof value === "bigint") return value;
  if (typeof value === "number") {
    return Number.isSafeInteger(value)
      ? BigInt(value)
      : refuse(value, "is not an exact integer; give it as a bigint");
  }
  if (typeof value === "string" && /^[+-]?[0-9]{1,60}$/.test(value)) return BigInt(value.replace(/^\+/, ""));
  return refuse(value, "is not an integer");
}

function double(value: unknown, refuse: Refuse): number {
  if (typeof value === "number") return value;
  if (typeof value === "bigint" && BigInt(Number(value)) === value) return Number(value);
  return refuse(value, typeof value === "bigint" ? "is not exact as DOUBLE" : "is not a number");
}

function float(value: unknown, refuse: Refuse): number {
  const number = double(value, refuse);
  return Object.is(Math.fround(number), number)
    ? number
    : refuse(value, "is not exact as FLOAT; declare the column DOUBLE");
}

function date(value: unknown, refuse: Refuse): number {
  if (value instanceof Date) {
    const days = value.getTime() / 86_400_000;
    return Number.isInteger(days) ? days : refuse(value.toJSON(), "is not midnight UTC, so it is not a date");
  }
  if (value === "infinity") return 2 ** 31 - 1;
  if (value === "-infinity") return -(2 ** 31 - 1);
  const days = typeof value === "string" ? parseDate(value) : undefined;
  return days ?? refuse(value, "is not a date such as 2026-01-31");
}

function time(digits: number): Numeric["convert"] {
  const day = 86_400n * 10n ** BigInt(digits);
  return (value, refuse) => {
    const units = typeof value === "string" ? parseTime(value, digits) : value;
    if (typeof units === "bigint" && units >= 0n && units <= day) return units;
    return refuse(value, `is not a time such as 12:34:56 with at most ${digits} decimals`);
  };
}

function stamp(digits: number, zoned: boolean): Numeric["convert"] {
  return (value, refuse) => {
    if (typeof value === "bigint") return within64(value, refuse);
    if (value === "infinity") return INT64[1];
    if (value === "-infinity") return -INT64[1];
    const text = value instanceof Date && !Number.isNaN(value.getTime())
      ? value.toISOString().slice(0, zoned ? 24 : 23)
      : value;
    const found = typeof text === "string" ? parseStamp(text, digits) : undefined;
    if (found === undefined) {
      return refuse(value, `is not a timestamp such as 2026-01-31T12:34:56 with at most ${digits} decimals`);
    }
    if (found.zoned === zoned) return within64(found.units, refuse);
    return refuse(
      value,
      zoned ? "does not say its time zone" : "has a time zone; declare the column TIMESTAMP WITH TIME ZONE",
    );
  };
}

function within64(units: bigint, refuse: Refuse): bigint {
  return units < INT64[0] || units > INT64[1] ? refuse(units, "is out of range") : units;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Types that travel as text, and are more particular than any text. */
const TEXTS: Readonly<Record<string, (value: unknown, refuse: Refuse) => string>> = {
  "UUID": (value, refuse) => {
    const text = typeof value === "string" ? value.toLowerCase() : "";
    return UUID.test(text) ? text : refuse(value, "is not a UUID");
  },
  "TIME_NS": (value, refuse) => formatTime(time(9)(value, refuse) as bigint, 9),
};

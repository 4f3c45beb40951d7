/**
 * Arrow columns into DuckDB vectors. Where both lay a type out alike the bytes are copied whole; where they
 * do not, value by value, and exactly or not at all.
 *
 * @module
 */

import type { DuckDBType } from "@duckdb/node-api";
import type * as Native from "@duckdb/node-bindings";
import type { OsirisError } from "../diagnostic.ts";
import type { loadBindings } from "./_native.ts";

type Bindings = Awaited<ReturnType<typeof loadBindings>>;
type Vector = Native.Vector;

/** What is used of a record batch's column. */
export interface ArrowBatch {
  readonly length: number;
  readonly nullCount: number;
  readonly validity?: Uint8Array | undefined;
  readonly values: Numbers;
  readonly offsets?: Int32Array | BigInt64Array | undefined;
  readonly children?: readonly ArrowBatch[] | undefined;
  at(index: number): unknown;
}

type Numbers = Uint8Array | Int32Array | BigInt64Array | Float64Array;

/** What is used of an Arrow type. */
export interface ArrowType {
  readonly typeId: number;
  readonly bitWidth?: number;
  readonly signed?: boolean;
  readonly precision?: number;
  readonly scale?: number;
  readonly unit?: number;
  readonly stride?: number;
  readonly children?: readonly { readonly name: string; readonly type: ArrowType }[];
  readonly dictionary?: ArrowType;
}

/** Writes rows `from` to `from + count` of a batch into a vector. `absent` marks rows whose parent is null. */
export type Into = (vector: Vector, from: number, count: number, absent?: Uint8Array) => void;

/** Looks at a batch once, then writes it piece by piece. */
export type Filling = (batch: ArrowBatch) => Into;

/** Makes the error of a column: what is wrong with it. */
export type Refusal = (what: string, code?: "ENG540" | "ENG541") => OsirisError;

/** Arrow's type numbers. */
const ARROW = {
  dictionary: -1,
  null: 1,
  int: 2,
  float: 3,
  binary: 4,
  utf8: 5,
  bool: 6,
  decimal: 7,
  date: 8,
  time: 9,
  timestamp: 10,
  interval: 11,
  list: 12,
  struct: 13,
  fixedBinary: 15,
  fixedList: 16,
  map: 17,
  duration: 18,
  largeBinary: 19,
  largeUtf8: 20,
  largeList: 21,
  binaryView: 23,
  utf8View: 24,
} as const;

/** DuckDB's type numbers. */
const DUCK = {
  boolean: 1,
  tinyint: 2,
  smallint: 3,
  integer: 4,
  bigint: 5,
  utinyint: 6,
  usmallint: 7,
  uinteger: 8,
  ubigint: 9,
  float: 10,
  double: 11,
  timestamp: 12,
  date: 13,
  time: 14,
  interval: 15,
  hugeint: 16,
  varchar: 17,
  blob: 18,
  decimal: 19,
  timestampS: 20,
  timestampMs: 21,
  timestampNs: 22,
  list: 24,
  struct: 25,
  map: 26,
  uuid: 27,
  timestampTz: 31,
  uhugeint: 32,
  array: 33,
} as const;

const TEXTS: readonly number[] = [ARROW.utf8, ARROW.largeUtf8];
const BLOBS: readonly number[] = [ARROW.binary, ARROW.largeBinary];
const LISTS: readonly number[] = [ARROW.list, ARROW.largeList];

/** Bits and sign of the integer types. */
const INTEGERS: ReadonlyMap<number, readonly [bits: number, signed: boolean]> = new Map([
  [DUCK.tinyint, [8, true]],
  [DUCK.smallint, [16, true]],
  [DUCK.integer, [32, true]],
  [DUCK.bigint, [64, true]],
  [DUCK.utinyint, [8, false]],
  [DUCK.usmallint, [16, false]],
  [DUCK.uinteger, [32, false]],
  [DUCK.ubigint, [64, false]],
  [DUCK.hugeint, [128, true]],
  [DUCK.uhugeint, [128, false]],
]);

/** Digits after the second in the time types of DuckDB, by type number. */
const TIME_DIGITS: ReadonlyMap<number, number> = new Map([
  [DUCK.timestamp, 6],
  [DUCK.timestampTz, 6],
  [DUCK.timestampS, 0],
  [DUCK.timestampMs, 3],
  [DUCK.timestampNs, 9],
  [DUCK.time, 6],
]);

/** How columns of an Arrow type get into vectors of a DuckDB type; refused where they do not fit. */
export function vectorFiller(
  bindings: Bindings,
  duck: DuckDBType,
  arrow: ArrowType,
  refuse: Refusal,
): Filling {
  const id = duck.typeId as number;
  const write = new Writing(bindings);
  const integer = INTEGERS.get(id);
  if (arrow.typeId === ARROW.null) {
    return () => (vector, _from, count) => write.nulls(vector, new Uint8Array(mask(count)));
  }
  if (integer !== undefined) return integers(write, integer, arrow, refuse);
  if (TIME_DIGITS.has(id)) return times(write, id, arrow, refuse);
  switch (id) {
    case DUCK.boolean:
      if (arrow.typeId === ARROW.bool) return bits(write);
      break;
    case DUCK.float:
      if (arrow.typeId === ARROW.float && arrow.precision === 1) return whole(write, 4);
      break;
    case DUCK.double:
      if (arrow.typeId === ARROW.float && arrow.precision === 2) return whole(write, 8);
      if (arrow.typeId === ARROW.float) {
        return each(write, 8, (view, at, value) => view.setFloat64(at, value as number, true));
      }
      break;
    case DUCK.date:
      return dates(write, arrow, refuse);
    case DUCK.decimal:
      return decimals(write, duck as unknown as { width: number; scale: number }, arrow, refuse);
    case DUCK.interval:
      if (arrow.typeId === ARROW.interval && arrow.unit === 2) return intervals(write, refuse);
      break;
    case DUCK.varchar:
      if (TEXTS.includes(arrow.typeId)) return texts(write, true, refuse);
      if (isTextLike(arrow)) return valuesAsTexts(write, refuse);
      break;
    case DUCK.blob:
      if (BLOBS.includes(arrow.typeId)) return texts(write, false, refuse);
      if (arrow.typeId === ARROW.fixedBinary || arrow.typeId === ARROW.binaryView) {
        return valuesAsTexts(write, refuse);
      }
      break;
    case DUCK.uuid:
      if (TEXTS.includes(arrow.typeId) || (arrow.typeId === ARROW.fixedBinary && arrow.stride === 16)) {
        return uuids(write, refuse);
      }
      break;
    case DUCK.list:
      if (LISTS.includes(arrow.typeId)) return lists(write, bindings, duck, arrow, refuse);
      break;
    case DUCK.map:
      if (arrow.typeId === ARROW.map) return lists(write, bindings, duck, arrow, refuse);
      break;
    case DUCK.struct:
      if (arrow.typeId === ARROW.struct) return structs(write, bindings, duck, arrow, refuse);
      break;
    case DUCK.array:
      if (arrow.typeId === ARROW.fixedList) return arrays(write, bindings, duck, arrow, refuse);
      break;
  }
  throw refuse(`cannot be sent as ${arrowName(arrow)}`);
}

/** Bytes of a validity mask for so many rows. */
function mask(rows: number): number {
  return Math.ceil(rows / 64) * 8;
}

/** The raw writes. */
class Writing {
  constructor(readonly bindings: Bindings) {}

  data(vector: Vector, bytes: Uint8Array): void {
    this.bindings.copy_data_to_vector(
      vector,
      0,
      bytes.buffer as ArrayBuffer,
      bytes.byteOffset,
      bytes.byteLength,
    );
  }

  nulls(vector: Vector, valid: Uint8Array): void {
    this.bindings.vector_ensure_validity_writable(vector);
    this.bindings.copy_data_to_vector_validity(
      vector,
      0,
      valid.buffer as ArrayBuffer,
      valid.byteOffset,
      valid.byteLength,
    );
  }

  /** Writes which rows are null, and gives the mask; undefined when none is. */
  validity(
    vector: Vector,
    batch: ArrowBatch,
    from: number,
    count: number,
    absent?: Uint8Array,
  ): Uint8Array | undefined {
    const valid = validityOf(batch, from, count, absent);
    if (valid !== undefined) this.nulls(vector, valid);
    return valid;
  }
}

/** Bit `i` is set when row `from + i` is there. */
function validityOf(
  batch: ArrowBatch,
  from: number,
  count: number,
  absent?: Uint8Array,
): Uint8Array | undefined {
  const own = batch.nullCount > 0 && batch.validity !== undefined && batch.validity.length > 0
    ? batch.validity
    : undefined;
  if (own === undefined && absent === undefined) return undefined;
  const valid = new Uint8Array(mask(count)).fill(0xff);
  if (own !== undefined && from % 8 === 0) {
    valid.set(own.subarray(from / 8, Math.min(own.length, from / 8 + Math.ceil(count / 8))));
  } else if (own !== undefined) {
    for (let i = 0; i < count; i++) {
      if ((own[(from + i) >> 3]! & (1 << ((from + i) & 7))) === 0) valid[i >> 3]! &= ~(1 << (i & 7));
    }
  }
  if (absent !== undefined) { for (let i = 0; i < valid.length; i++) valid[i]! &= absent[i] ?? 0xff; }
  return valid;
}

function isValid(valid: Uint8Array | undefined, i: number): boolean {
  return valid === undefined || (valid[i >> 3]! & (1 << (i & 7))) !== 0;
}

/** The layouts agree: bytes are copied whole. */
function whole(write: Writing, width: number): Filling {
  return (batch) => {
    const bytes = new Uint8Array(batch.values.buffer, batch.values.byteOffset, batch.values.byteLength);
    // Never hand over rows that the batch claims and does not hold.
    if (bytes.length < batch.length * width) throw new RangeError("the batch is shorter than its length");
    return (vector, from, count, absent) => {
      write.data(vector, bytes.subarray(from * width, (from + count) * width));
      write.validity(vector, batch, from, count, absent);
    };
  };
}

/** Value by value into a fixed width. */
function each(
  write: Writing,
  width: number,
  set: (view: DataView, at: number, value: unknown) => void,
): Filling {
  return (batch) => (vector, from, count, absent) => {
    const valid = write.validity(vector, batch, from, count, absent);
    const view = new DataView(new ArrayBuffer(count * width));
    for (let i = 0; i < count; i++) if (isValid(valid, i)) set(view, i * width, batch.at(from + i));
    write.data(vector, new Uint8Array(view.buffer));
  };
}

function bits(write: Writing): Filling {
  return each(write, 1, (view, at, value) => view.setUint8(at, value === true ? 1 : 0));
}

function integers(
  write: Writing,
  [bitCount, signed]: readonly [number, boolean],
  arrow: ArrowType,
  refuse: Refusal,
): Filling {
  const whole64 = arrow.typeId === ARROW.int;
  if (whole64 && arrow.bitWidth === bitCount && arrow.signed === signed) return whole(write, bitCount / 8);
  if (!whole64 && !(arrow.typeId === ARROW.decimal && arrow.scale === 0)) {
    throw refuse(`cannot be sent as ${arrowName(arrow)}`);
  }
  const [least, most] = signed
    ? [-(1n << BigInt(bitCount - 1)), (1n << BigInt(bitCount - 1)) - 1n]
    : [0n, (1n << BigInt(bitCount)) - 1n];
  return each(write, bitCount / 8, (view, at, value) => {
    const number = BigInt(value as number | bigint);
    if (number < least || number > most) throw refuse(`cannot hold ${number}`, "ENG541");
    setInteger(view, at, bitCount, number);
  });
}

function setInteger(view: DataView, at: number, bitCount: number, value: bigint): void {
  if (bitCount === 8) view.setInt8(at, Number(BigInt.asIntN(8, value)));
  else if (bitCount === 16) view.setInt16(at, Number(BigInt.asIntN(16, value)), true);
  else if (bitCount === 32) view.setInt32(at, Number(BigInt.asIntN(32, value)), true);
  else {
    view.setBigUint64(at, BigInt.asUintN(64, value), true);
    if (bitCount === 128) view.setBigInt64(at + 8, BigInt.asIntN(64, value >> 64n), true);
  }
}

function decimals(
  write: Writing,
  { width, scale }: { width: number; scale: number },
  arrow: ArrowType,
  refuse: Refusal,
): Filling {
  if (arrow.typeId !== ARROW.decimal && arrow.typeId !== ARROW.int) {
    throw refuse(`cannot be sent as ${arrowName(arrow)}`);
  }
  const bitCount = width <= 4 ? 16 : width <= 9 ? 32 : width <= 18 ? 64 : 128;
  const from = arrow.typeId === ARROW.int ? 0 : arrow.scale!;
  if (
    bitCount === 128 && arrow.typeId === ARROW.decimal && arrow.bitWidth === 128 && from === scale &&
    arrow.precision! <= width
  ) {
    return whole(write, 16);
  }
  const limit = 10n ** BigInt(width);
  return each(write, bitCount / 8, (view, at, value) => {
    const given = BigInt(value as number | bigint);
    const number = scaled(given, scale - from);
    if (number === undefined || number >= limit || number <= -limit) {
      throw refuse(`cannot hold ${decimalText(given, from)}`, "ENG541");
    }
    setInteger(view, at, bitCount, number);
  });
}

/** `value × 10^power`; undefined when digits would be lost. */
function scaled(value: bigint, power: number): bigint | undefined {
  if (power >= 0) return value * 10n ** BigInt(power);
  const divisor = 10n ** BigInt(-power);
  return value % divisor === 0n ? value / divisor : undefined;
}

function decimalText(value: bigint, scale: number): string {
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, "0");
  return `${value < 0n ? "-" : ""}${
    scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`
  }`;
}

function times(write: Writing, id: number, arrow: ArrowType, refuse: Refusal): Filling {
  const kind = id === DUCK.time ? ARROW.time : ARROW.timestamp;
  if (arrow.typeId !== kind) throw refuse(`cannot be sent as ${arrowName(arrow)}`);
  const digits = TIME_DIGITS.get(id)!;
  const given = arrow.unit! * 3;
  if (digits === given && (arrow.bitWidth ?? 64) === 64) return whole(write, 8);
  return (batch) =>
    each(write, 8, (view, at, value) => {
      const number = scaled(BigInt(value as number | bigint), digits - given);
      if (number === undefined || BigInt.asIntN(64, number) !== number) {
        throw refuse(`cannot hold ${value} × 10^-${given} s`, "ENG541");
      }
      view.setBigInt64(at, number, true);
    })(raw(batch));
}

/** The stored numbers themselves, without the decoder's conversions. */
function raw(batch: ArrowBatch): ArrowBatch {
  return {
    length: batch.length,
    nullCount: batch.nullCount,
    validity: batch.validity,
    values: batch.values,
    at: (index) => batch.values[index],
  };
}

function dates(write: Writing, arrow: ArrowType, refuse: Refusal): Filling {
  if (arrow.typeId !== ARROW.date) throw refuse(`cannot be sent as ${arrowName(arrow)}`);
  if (arrow.unit === 0) return whole(write, 4);
  return (batch) =>
    each(write, 4, (view, at, value) => {
      const days = scaledDays(value as bigint);
      if (days === undefined) throw refuse(`cannot hold ${value} ms, which is not a whole day`, "ENG541");
      view.setInt32(at, days, true);
    })(raw(batch));
}

function scaledDays(milliseconds: bigint): number | undefined {
  return milliseconds % 86_400_000n === 0n ? Number(milliseconds / 86_400_000n) : undefined;
}

function intervals(write: Writing, refuse: Refusal): Filling {
  return (batch) => {
    const source = new DataView(batch.values.buffer, batch.values.byteOffset, batch.values.byteLength);
    return (vector, from, count, absent) => {
      write.validity(vector, batch, from, count, absent);
      const view = new DataView(new ArrayBuffer(count * 16));
      for (let i = 0; i < count; i++) {
        const at = (from + i) * 16;
        const nanoseconds = source.getBigInt64(at + 8, true);
        if (nanoseconds % 1000n !== 0n) {
          throw refuse(`cannot hold ${nanoseconds} ns, which is not a whole microsecond`, "ENG541");
        }
        view.setInt32(i * 16, source.getInt32(at, true), true);
        view.setInt32(i * 16 + 4, source.getInt32(at + 4, true), true);
        view.setBigInt64(i * 16 + 8, nanoseconds / 1000n, true);
      }
      write.data(vector, new Uint8Array(view.buffer));
    };
  };
}

/** Longest text that DuckDB keeps inside its 16 bytes. */
const INLINE = 12;

function texts(write: Writing, mustBeUtf8: boolean, refuse: Refusal): Filling {
  return (batch) => {
    const offsets = checkedOffsets(batch, batch.values.length, refuse);
    const bytes = batch.values as Uint8Array;
    if (mustBeUtf8) mustBeText(bytes.subarray(offsets[0], offsets[batch.length]), offsets, refuse);
    return (vector, from, count, absent) => {
      const valid = write.validity(vector, batch, from, count, absent);
      const slots = new Uint8Array(count * 16);
      const lengths = new Int32Array(slots.buffer);
      const long: number[] = [];
      for (let i = 0; i < count; i++) {
        const start = offsets[from + i]!;
        const length = offsets[from + i + 1]! - start;
        if (length > INLINE) {
          if (isValid(valid, i)) long.push(i);
          continue;
        }
        lengths[i * 4] = length;
        for (let k = 0, at = i * 16 + 4; k < length; k++) slots[at + k] = bytes[start + k]!;
      }
      write.data(vector, slots);
      for (const i of long) {
        write.bindings.vector_assign_string_element_len(
          vector,
          i,
          bytes.subarray(offsets[from + i], offsets[from + i + 1]),
        );
      }
    };
  };
}

/** A batch's offsets as numbers: rising, and inside what they point into. */
function checkedOffsets(batch: ArrowBatch, limit: number, refuse: Refusal): Int32Array {
  const given = batch.offsets;
  if (given === undefined || given.length < batch.length + 1) {
    if (batch.length === 0) return new Int32Array(1);
    throw refuse("has too few offsets");
  }
  const offsets = given instanceof Int32Array ? given : Int32Array.from(given, Number);
  let last = offsets[0]!;
  if (last < 0) throw refuse("has offsets outside its data");
  for (let i = 1; i <= batch.length; i++) {
    const next = offsets[i]!;
    if (next < last) throw refuse("has offsets that do not rise");
    last = next;
  }
  if (last > limit) throw refuse("has offsets outside its data");
  return offsets;
}

const UTF8 = new TextDecoder("utf-8", { fatal: true });

function mustBeText(bytes: Uint8Array, offsets: Int32Array, refuse: Refusal): void {
  let ascii = true;
  for (let i = 0; i < bytes.length && ascii; i++) ascii = bytes[i]! < 0x80;
  if (ascii) return;
  try {
    UTF8.decode(bytes);
  } catch {
    throw refuse("holds bytes that are not UTF-8", "ENG541");
  }
  const base = offsets[0]!;
  for (const offset of offsets) {
    if ((bytes[offset - base]! & 0xc0) === 0x80) {
      throw refuse("holds a text that ends inside a character", "ENG541");
    }
  }
}

function isTextLike(arrow: ArrowType): boolean {
  return arrow.typeId === ARROW.utf8View ||
    (arrow.typeId === ARROW.dictionary && TEXTS.includes(arrow.dictionary?.typeId ?? 0));
}

const ENCODER = new TextEncoder();

/** Dictionaries, views and fixed widths: one value after the other. */
function valuesAsTexts(write: Writing, refuse: Refusal): Filling {
  return (batch) => (vector, from, count, absent) => {
    const valid = write.validity(vector, batch, from, count, absent);
    write.data(vector, new Uint8Array(count * 16));
    for (let i = 0; i < count; i++) {
      if (!isValid(valid, i)) continue;
      const value = batch.at(from + i);
      const bytes = typeof value === "string" ? ENCODER.encode(value) : value;
      if (!(bytes instanceof Uint8Array)) throw refuse("holds a value that is neither text nor bytes");
      write.bindings.vector_assign_string_element_len(vector, i, bytes);
    }
  };
}

function uuids(write: Writing, refuse: Refusal): Filling {
  return each(write, 16, (view, at, value) => {
    const hex = typeof value === "string"
      ? value.replaceAll("-", "")
      : Array.from(value as Uint8Array, (byte) => byte.toString(16).padStart(2, "0")).join("");
    if (!/^[0-9a-f]{32}$/i.test(hex)) {
      throw refuse(`cannot hold '${String(value).slice(0, 60)}', which is not a UUID`, "ENG541");
    }
    // DuckDB keeps a UUID as an integer with the top bit turned, so that it sorts as text does.
    setInteger(view, at, 128, BigInt.asIntN(128, BigInt(`0x${hex}`) ^ (1n << 127n)));
  });
}

function lists(
  write: Writing,
  bindings: Bindings,
  duck: DuckDBType,
  arrow: ArrowType,
  refuse: Refusal,
): Filling {
  const child = childOf(duck);
  const filling = vectorFiller(bindings, child, arrow.children![0]!.type, refuse);
  return (batch) => {
    const items = batch.children![0]!;
    const offsets = checkedOffsets(batch, items.length, refuse);
    const into = filling(items);
    return (vector, from, count, absent) => {
      write.validity(vector, batch, from, count, absent);
      const [start, end] = [offsets[from]!, offsets[from + count]!];
      const entries = new BigInt64Array(count * 2);
      for (let i = 0; i < count; i++) {
        entries[i * 2] = BigInt(offsets[from + i]! - start);
        entries[i * 2 + 1] = BigInt(offsets[from + i + 1]! - offsets[from + i]!);
      }
      write.data(vector, new Uint8Array(entries.buffer));
      bindings.list_vector_reserve(vector, end - start);
      bindings.list_vector_set_size(vector, end - start);
      if (end > start) into(bindings.list_vector_get_child(vector), start, end - start);
    };
  };
}

/** The type of a list's items; a map is a list of key and value. */
function childOf(duck: DuckDBType): DuckDBType {
  const type = duck as unknown as { valueType: DuckDBType; keyType?: DuckDBType };
  if (type.keyType === undefined) return type.valueType;
  const entry = {
    typeId: DUCK.struct,
    entryNames: ["key", "value"],
    entryTypes: [type.keyType, type.valueType],
  };
  return entry as unknown as DuckDBType;
}

function structs(
  write: Writing,
  bindings: Bindings,
  duck: DuckDBType,
  arrow: ArrowType,
  refuse: Refusal,
): Filling {
  const { entryNames, entryTypes } = duck as unknown as {
    entryNames: readonly string[];
    entryTypes: readonly DuckDBType[];
  };
  const fields = arrow.children ?? [];
  const isMapEntry = entryNames.join() === "key,value" && fields.length === 2;
  if (
    fields.length !== entryNames.length ||
    (!isMapEntry && fields.some((field, i) => field.name !== entryNames[i]))
  ) {
    throw refuse(
      `has the fields ${fields.map((field) => field.name).join(", ")}, and should have ${
        entryNames.join(", ")
      }`,
    );
  }
  const fillings = entryTypes.map((type, i) => vectorFiller(bindings, type, fields[i]!.type, refuse));
  return (batch) => {
    if (batch.children!.some((child) => child.length < batch.length)) {
      throw refuse("has fields of different lengths");
    }
    const intos = fillings.map((filling, i) => filling(batch.children![i]!));
    return (vector, from, count, absent) => {
      const valid = write.validity(vector, batch, from, count, absent);
      intos.forEach((into, i) => into(bindings.struct_vector_get_child(vector, i), from, count, valid));
    };
  };
}

function arrays(
  write: Writing,
  bindings: Bindings,
  duck: DuckDBType,
  arrow: ArrowType,
  refuse: Refusal,
): Filling {
  const { valueType, length } = duck as unknown as { valueType: DuckDBType; length: number };
  if (arrow.stride !== length) throw refuse(`has lists of ${arrow.stride}, and should have ${length}`);
  const filling = vectorFiller(bindings, valueType, arrow.children![0]!.type, refuse);
  return (batch) => {
    const items = batch.children![0]!;
    if (items.length < batch.length * length) throw refuse("has too few items");
    const into = filling(items);
    return (vector, from, count, absent) => {
      write.validity(vector, batch, from, count, absent);
      into(bindings.array_vector_get_child(vector), from * length, count * length);
    };
  };
}

function arrowName(arrow: ArrowType): string {
  const name = Object.entries(ARROW).find(([, id]) => id === arrow.typeId)?.[0] ?? `type ${arrow.typeId}`;
  if (arrow.typeId === ARROW.int) return `Arrow ${arrow.signed ? "" : "u"}int${arrow.bitWidth}`;
  if (arrow.typeId === ARROW.float) return `Arrow float${[16, 32, 64][arrow.precision ?? 2]}`;
  if (arrow.typeId === ARROW.decimal) return `Arrow decimal(${arrow.precision},${arrow.scale})`;
  return `Arrow ${name}`;
}

/**
 * DuckDB vectors into Arrow columns: fixed widths are copied whole, texts go into one growing buffer.
 *
 * @module
 */

import type { DuckDBType } from "@duckdb/node-api";
import type * as Native from "@duckdb/node-bindings";
import type { loadBindings } from "./_native.ts";
import { identifier, literal } from "./_quote.ts";
import { replaceTypes } from "./_types.ts";

type Bindings = Awaited<ReturnType<typeof loadBindings>>;
type Vector = Native.Vector;

/** What flechette needs of a finished column. */
export interface ArrowData {
  readonly type: ArrowTypeOut;
  readonly length: number;
  readonly nullCount: number;
  readonly validity: Uint8Array;
  readonly values?: Uint8Array;
  readonly offsets?: Int32Array;
  readonly children?: readonly ArrowData[];
}

/** An Arrow type as flechette's schema encoder reads it. */
export type ArrowTypeOut = { readonly typeId: number; readonly [key: string]: unknown };

/** Collects the rows of one column. */
export interface ArrowColumnWriter {
  push(vector: Vector, count: number, from?: number): void;
  finish(): ArrowData;
}

/** How a column is selected for sending: types that Arrow has no counterpart for go as text, or fail. */
export function sentAs(name: string, type: string): string {
  const column = identifier(name);
  if (/^U?HUGEINT$/.test(type)) {
    return `CASE WHEN ${column} IS NULL THEN NULL WHEN abs(${column}::DOUBLE) < 1e38 THEN CAST(${column} AS DECIMAL(38,0)) ELSE error(${
      literal(`column '${name}' holds an integer that does not fit in 38 digits: `)
    } || ${column}) END`;
  }
  const target = sentType(type);
  return target === type ? column : `CAST(${column} AS ${target})`;
}

/** The type a column is sent as: nested types keep their shape. */
function sentType(type: string): string {
  const enums = type.replaceAll(/\bENUM\('(?:[^']|'')*'(?:, '(?:[^']|'')*')*\)/g, "VARCHAR");
  const decimals = replaceTypes(enums, /\bU?HUGEINT\b/, "DECIMAL(38,0)");
  const texts = replaceTypes(
    decimals,
    /\b(?:UUID|TIME WITH TIME ZONE|TIME_NS|BIT|BIGNUM|VARIANT)\b/,
    "VARCHAR",
  );
  return texts.replace(/^UNION\(.*\)$/, "VARCHAR");
}

/** A writer for a type. */
export function arrowWriter(bindings: Bindings, duck: DuckDBType, rows: number): ArrowColumnWriter {
  const id = duck.typeId as number;
  const fixed = FIXED.get(id);
  if (fixed !== undefined) return new FixedWriter(bindings, fixed.width, fixed.arrow, rows);
  switch (id) {
    case 1:
      return new BoolWriter(bindings, rows);
    case 15:
      return new IntervalWriter(bindings, rows);
    case 17:
      return new TextWriter(bindings, { typeId: 5, offsets: Int32Array }, rows);
    case 18:
      return new TextWriter(bindings, { typeId: 4, offsets: Int32Array }, rows);
    case 19:
      return decimalWriter(bindings, duck as unknown as { width: number; scale: number }, rows);
    case 24:
      return new ListWriter(bindings, (duck as unknown as { valueType: DuckDBType }).valueType, rows);
    case 25:
      return structWriter(
        bindings,
        duck as unknown as { entryNames: string[]; entryTypes: DuckDBType[] },
        rows,
      );
    case 26:
      return new ListWriter(bindings, mapEntry(duck), rows, true);
    case 33:
      return new ArrayWriter(bindings, duck as unknown as { valueType: DuckDBType; length: number }, rows);
  }
  throw new Error(
    `Not implemented Error: type ${duck} cannot be sent in batches; CAST it to VARCHAR in a query`,
  );
}

const int = (bitWidth: number, signed = true): ArrowTypeOut => ({ typeId: 2, bitWidth, signed });
const timestamp = (unit: number, timezone: string | null = null): ArrowTypeOut => ({
  typeId: 10,
  unit,
  timezone,
});

/** Types whose bytes are the same on both sides. */
const FIXED: ReadonlyMap<number, { readonly width: number; readonly arrow: ArrowTypeOut }> = new Map([
  [2, { width: 1, arrow: int(8) }],
  [3, { width: 2, arrow: int(16) }],
  [4, { width: 4, arrow: int(32) }],
  [5, { width: 8, arrow: int(64) }],
  [6, { width: 1, arrow: int(8, false) }],
  [7, { width: 2, arrow: int(16, false) }],
  [8, { width: 4, arrow: int(32, false) }],
  [9, { width: 8, arrow: int(64, false) }],
  [10, { width: 4, arrow: { typeId: 3, precision: 1 } }],
  [11, { width: 8, arrow: { typeId: 3, precision: 2 } }],
  [12, { width: 8, arrow: timestamp(2) }],
  [13, { width: 4, arrow: { typeId: 8, unit: 0 } }],
  [14, { width: 8, arrow: { typeId: 9, unit: 2, bitWidth: 64 } }],
  [20, { width: 8, arrow: timestamp(0) }],
  [21, { width: 8, arrow: timestamp(1) }],
  [22, { width: 8, arrow: timestamp(3) }],
  [31, { width: 8, arrow: timestamp(2, "UTC") }],
]);

/** Bytes that grow. */
class Bytes {
  data: Uint8Array<ArrayBuffer>;
  length = 0;

  constructor(capacity: number) {
    this.data = new Uint8Array(Math.max(64, capacity));
  }

  /** Room for more bytes; gives where they begin. */
  reserve(more: number): number {
    const needed = this.length + more;
    if (needed > this.data.length) {
      const larger = new Uint8Array(Math.max(needed, this.data.length * 2));
      larger.set(this.data.subarray(0, this.length));
      this.data = larger;
    }
    const at = this.length;
    this.length = needed;
    return at;
  }

  add(bytes: Uint8Array): void {
    const at = this.reserve(bytes.length);
    this.data.set(bytes, at);
  }

  get used(): Uint8Array<ArrayBuffer> {
    return this.data.subarray(0, this.length);
  }
}

/** Which rows are null, bit by bit. */
abstract class Writer implements ArrowColumnWriter {
  protected rows = 0;
  #nulls = 0;
  #validity: Uint8Array | undefined;

  constructor(readonly bindings: Bindings, readonly capacity: number) {}

  abstract push(vector: Vector, count: number, from?: number): void;
  abstract finish(): ArrowData;

  /** Takes over the validity of `count` rows; gives a test for a row, undefined when all are there. */
  protected note(vector: Vector, count: number, from: number): ((i: number) => boolean) | undefined {
    const start = this.rows;
    this.rows += count;
    const own = this.bindings.vector_get_validity(vector, Math.ceil((from + count) / 64) * 8) as
      | Uint8Array
      | null;
    if (own === null || own === undefined || own.length === 0) {
      if (this.#validity !== undefined) this.#ensure();
      return undefined;
    }
    const valid = (i: number) => (own[(from + i) >> 3]! & (1 << ((from + i) & 7))) !== 0;
    let nulls = 0;
    for (let i = 0; i < count; i++) {
      if (valid(i)) continue;
      this.#ensure()[(start + i) >> 3]! &= ~(1 << ((start + i) & 7));
      nulls++;
    }
    this.#nulls += nulls;
    if (this.#validity !== undefined) this.#ensure();
    return nulls === 0 ? undefined : valid;
  }

  #ensure(): Uint8Array {
    const bytes = Math.ceil(this.rows / 8);
    if (this.#validity === undefined || this.#validity.length < bytes) {
      const larger = new Uint8Array(
        Math.max(bytes, Math.ceil(this.capacity / 8), (this.#validity?.length ?? 0) * 2),
      ).fill(0xff);
      if (this.#validity !== undefined) larger.set(this.#validity);
      this.#validity = larger;
    }
    return this.#validity;
  }

  protected done(
    type: ArrowTypeOut,
    parts: { values?: Uint8Array; offsets?: Int32Array; children?: ArrowData[] },
  ): ArrowData {
    const validity = this.#nulls === 0
      ? new Uint8Array(0)
      : this.#validity!.subarray(0, Math.ceil(this.rows / 8));
    return { type, length: this.rows, nullCount: this.#nulls, validity, ...parts };
  }
}

class FixedWriter extends Writer {
  readonly #bytes: Bytes;

  constructor(bindings: Bindings, readonly width: number, readonly arrow: ArrowTypeOut, capacity: number) {
    super(bindings, capacity);
    this.#bytes = new Bytes(width * capacity);
  }

  push(vector: Vector, count: number, from = 0): void {
    this.note(vector, count, from);
    this.#bytes.add(
      this.bindings.vector_get_data(vector, (from + count) * this.width).subarray(from * this.width),
    );
  }

  finish(): ArrowData {
    return this.done(this.arrow, { values: this.#bytes.used });
  }
}

class BoolWriter extends Writer {
  readonly #bytes = new Bytes(0);

  push(vector: Vector, count: number, from = 0): void {
    const start = this.rows;
    this.note(vector, count, from);
    const data = this.bindings.vector_get_data(vector, from + count);
    this.#bytes.reserve(Math.ceil(this.rows / 8) - this.#bytes.length);
    for (let i = 0; i < count; i++) {
      if (data[from + i] === 1) this.#bytes.data[(start + i) >> 3]! |= 1 << ((start + i) & 7);
    }
  }

  finish(): ArrowData {
    return this.done({ typeId: 6 }, { values: this.#bytes.used });
  }
}

class IntervalWriter extends Writer {
  readonly #bytes = new Bytes(0);

  push(vector: Vector, count: number, from = 0): void {
    const valid = this.note(vector, count, from);
    const data = this.bindings.vector_get_data(vector, (from + count) * 16);
    const source = new DataView(data.buffer, data.byteOffset, data.byteLength);
    const start = this.#bytes.reserve(count * 16);
    const target = new DataView(this.#bytes.data.buffer);
    for (let i = 0; i < count; i++) {
      if (valid !== undefined && !valid(i)) continue;
      const [at, to] = [(from + i) * 16, start + i * 16];
      const nanoseconds = source.getBigInt64(at + 8, true) * 1000n;
      if (BigInt.asIntN(64, nanoseconds) !== nanoseconds) {
        throw new Error("Conversion Error: an interval is too long to be sent in nanoseconds");
      }
      target.setInt32(to, source.getInt32(at, true), true);
      target.setInt32(to + 4, source.getInt32(at + 4, true), true);
      target.setBigInt64(to + 8, nanoseconds, true);
    }
  }

  finish(): ArrowData {
    return this.done({ typeId: 11, unit: 2 }, { values: this.#bytes.used });
  }
}

/** Longest text that DuckDB keeps inside its 16 bytes. */
const INLINE = 12;

class TextWriter extends Writer {
  readonly #bytes: Bytes;
  #offsets: Int32Array<ArrayBuffer>;

  constructor(bindings: Bindings, readonly arrow: ArrowTypeOut, capacity: number) {
    super(bindings, capacity);
    this.#bytes = new Bytes(capacity * 16);
    this.#offsets = new Int32Array(capacity + 1);
  }

  push(vector: Vector, count: number, from = 0): void {
    const start = this.rows;
    const valid = this.note(vector, count, from);
    if (this.rows + 1 > this.#offsets.length) {
      const larger = new Int32Array(Math.max(this.rows + 1, this.#offsets.length * 2));
      larger.set(this.#offsets);
      this.#offsets = larger;
    }
    const slots = this.bindings.vector_get_data(vector, (from + count) * 16);
    const lengths = new Int32Array(slots.buffer, slots.byteOffset, (from + count) * 4);
    const bytes = this.#bytes;
    const offsets = this.#offsets;
    for (let i = 0; i < count; i++) {
      if (valid === undefined || valid(i)) {
        const slot = (from + i) * 16;
        const length = lengths[(from + i) * 4]!;
        const at = bytes.reserve(length);
        if (length <= INLINE) {
          const { data } = bytes;
          for (let k = 0; k < length; k++) data[at + k] = slots[slot + 4 + k]!;
        } else {
          bytes.data.set(
            this.bindings.get_data_from_pointer(
              slots.buffer as ArrayBuffer,
              slots.byteOffset + slot + 8,
              length,
            ),
            at,
          );
        }
        if (bytes.length > 0x7fff_ffff) {
          throw new Error("Conversion Error: a batch holds more than 2 GB of text");
        }
      }
      offsets[start + i + 1] = bytes.length;
    }
  }

  finish(): ArrowData {
    return this.done(this.arrow, {
      values: this.#bytes.used,
      offsets: this.#offsets.subarray(0, this.rows + 1),
    });
  }
}

function decimalWriter(
  bindings: Bindings,
  { width, scale }: { width: number; scale: number },
  rows: number,
): ArrowColumnWriter {
  const arrow = { typeId: 7, precision: width, scale, bitWidth: 128 };
  if (width > 18) return new FixedWriter(bindings, 16, arrow, rows);
  return new NarrowDecimalWriter(bindings, arrow, width <= 4 ? 2 : width <= 9 ? 4 : 8, rows);
}

/** A decimal of few digits lies in a small integer; Arrow's has 16 bytes. */
class NarrowDecimalWriter extends Writer {
  readonly #bytes: Bytes;

  constructor(bindings: Bindings, readonly arrow: ArrowTypeOut, readonly width: 2 | 4 | 8, capacity: number) {
    super(bindings, capacity);
    this.#bytes = new Bytes(capacity * 16);
  }

  push(vector: Vector, count: number, from = 0): void {
    this.note(vector, count, from);
    const data = this.bindings.vector_get_data(vector, (from + count) * this.width);
    const start = this.#bytes.reserve(count * 16);
    const target = new BigInt64Array(this.#bytes.data.buffer, start, count * 2);
    const source = this.width === 2
      ? new Int16Array(data.buffer, data.byteOffset, from + count)
      : this.width === 4
      ? new Int32Array(data.buffer, data.byteOffset, from + count)
      : new BigInt64Array(data.buffer, data.byteOffset, from + count);
    for (let i = 0; i < count; i++) {
      const value = BigInt(source[from + i]!);
      target[i * 2] = value;
      target[i * 2 + 1] = value < 0n ? -1n : 0n;
    }
  }

  finish(): ArrowData {
    return this.done(this.arrow, { values: this.#bytes.used });
  }
}

function mapEntry(duck: DuckDBType): DuckDBType {
  const { keyType, valueType } = duck as unknown as { keyType: DuckDBType; valueType: DuckDBType };
  return {
    typeId: 25,
    entryNames: ["key", "value"],
    entryTypes: [keyType, valueType],
  } as unknown as DuckDBType;
}

class ListWriter extends Writer {
  readonly #offsets: number[] = [0];
  readonly #items: ArrowColumnWriter;
  #length = 0;

  constructor(bindings: Bindings, item: DuckDBType, capacity: number, readonly isMap = false) {
    super(bindings, capacity);
    this.#items = arrowWriter(bindings, item, capacity);
  }

  push(vector: Vector, count: number, from = 0): void {
    const valid = this.note(vector, count, from);
    const data = this.bindings.vector_get_data(vector, (from + count) * 16);
    const entries = new BigUint64Array(data.buffer, data.byteOffset, (from + count) * 2);
    const child = this.bindings.list_vector_get_child(vector);
    for (let i = 0; i < count; i++) {
      if (valid === undefined || valid(i)) {
        const [start, length] = [Number(entries[(from + i) * 2]), Number(entries[(from + i) * 2 + 1])];
        if (length > 0) this.#items.push(child, length, start);
        this.#length += length;
      }
      this.#offsets.push(this.#length);
    }
  }

  finish(): ArrowData {
    const items = this.#items.finish();
    const name = this.isMap ? "entries" : "item";
    const type = {
      typeId: this.isMap ? 17 : 12,
      ...(this.isMap ? { keysSorted: false } : {}),
      offsets: Int32Array,
      children: [{ name, type: items.type, nullable: !this.isMap, metadata: null }],
    };
    return this.done(type, { offsets: Int32Array.from(this.#offsets), children: [items] });
  }
}

function structWriter(
  bindings: Bindings,
  duck: { entryNames: readonly string[]; entryTypes: readonly DuckDBType[] },
  rows: number,
): ArrowColumnWriter {
  return new StructWriter(
    bindings,
    duck.entryNames,
    duck.entryTypes.map((type) => arrowWriter(bindings, type, rows)),
    rows,
  );
}

class StructWriter extends Writer {
  constructor(
    bindings: Bindings,
    readonly names: readonly string[],
    readonly fields: readonly ArrowColumnWriter[],
    capacity: number,
  ) {
    super(bindings, capacity);
  }

  push(vector: Vector, count: number, from = 0): void {
    this.note(vector, count, from);
    this.fields.forEach((field, i) =>
      field.push(this.bindings.struct_vector_get_child(vector, i), count, from)
    );
  }

  finish(): ArrowData {
    const children = this.fields.map((field) => field.finish());
    const type = {
      typeId: 13,
      children: children.map((child, i) => ({
        name: this.names[i]!,
        type: child.type,
        nullable: true,
        metadata: null,
      })),
    };
    return this.done(type, { children });
  }
}

class ArrayWriter extends Writer {
  readonly #items: ArrowColumnWriter;

  constructor(
    bindings: Bindings,
    readonly duck: { valueType: DuckDBType; length: number },
    capacity: number,
  ) {
    super(bindings, capacity);
    this.#items = arrowWriter(bindings, duck.valueType, capacity);
  }

  push(vector: Vector, count: number, from = 0): void {
    this.note(vector, count, from);
    this.#items.push(
      this.bindings.array_vector_get_child(vector),
      count * this.duck.length,
      from * this.duck.length,
    );
  }

  finish(): ArrowData {
    const items = this.#items.finish();
    const type = {
      typeId: 16,
      stride: this.duck.length,
      children: [{ name: "item", type: items.type, nullable: true, metadata: null }],
    };
    return this.done(type, { children: [items] });
  }
}

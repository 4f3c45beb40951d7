/**
 * From Arrow to values: columns are views of the batch's own buffers, and a value is made when it is
 * asked for.
 *
 * @module
 */

import { tableFromIPC } from "@uwdata/flechette";
import { OsirisError } from "../diagnostic.ts";
import { arrowType } from "./_arrow_type.ts";
import { decimalText } from "./_decimal.ts";
import { formatInterval } from "./_interval.ts";
import type { Column } from "./protocol.ts";
import { formatDate, formatStamp, formatTime } from "./_time.ts";
import { type ColumnType, parseType } from "./_types.ts";

/** One column of a batch. */
export interface ColumnView {
  readonly name: string;
  readonly type: string;
  readonly length: number;
  /** How many of the values are null. */
  readonly nulls: number;
  /**
   * The stored numbers, without a copy, for integers, floats, dates (days), times and timestamps (in
   * the type's unit). What stands where a value is null means nothing.
   */
  readonly values: ArrayBufferView | undefined;
  /** The value of a row; null when it has none. */
  at(row: number): unknown;
  /** All values. */
  toArray(): unknown[];
}

/** A batch of rows, by column. */
export interface InputBatch {
  readonly rows: number;
  readonly columns: readonly ColumnView[];
  /** The column of that name. Throws when there is none. */
  column(name: string): ColumnView;
  /** The rows as objects. */
  toRows(): Record<string, unknown>[];
}

/** The buffers of one column, as Arrow lays them out. */
interface Node {
  readonly length: number;
  readonly nullCount: number;
  readonly validity?: Uint8Array;
  readonly values?: ArrayLike<number | bigint> & ArrayBufferView;
  readonly offsets?: ArrayLike<number | bigint>;
  readonly children?: readonly Node[];
  readonly type: { readonly typeId: number };
}

type Accessor = (row: number) => unknown;

/** Opens one Arrow IPC stream that holds these columns, in order. */
export function decodeBatch(columns: readonly Column[], data: Uint8Array): InputBatch {
  const aligned = data.byteOffset % 8 === 0 ? data : data.slice();
  const table = tableFromIPC(aligned, { useBigInt: true });
  if (table.children.length !== columns.length) {
    throw new OsirisError(
      "DRV408",
      `Cannot read a batch: it has ${table.children.length} columns, and should have ${columns.length}`,
    );
  }
  const views = columns.map((column, i) =>
    new View(column, table.children[i]!.data[0] as unknown as Node | undefined)
  );
  return new Decoded(table.numRows, views);
}

class Decoded implements InputBatch {
  readonly rows: number;
  readonly columns: readonly ColumnView[];

  constructor(rows: number, columns: readonly ColumnView[]) {
    this.rows = rows;
    this.columns = columns;
  }

  column(name: string): ColumnView {
    const found = this.columns.find((each) => each.name === name);
    if (found !== undefined) return found;
    const names = this.columns.map((each) => each.name).join(", ");
    throw new OsirisError("DRV407", `Cannot read column '${name}': there is none; the columns are ${names}`);
  }

  toRows(): Record<string, unknown>[] {
    const rows: Record<string, unknown>[] = Array.from({ length: this.rows }, () => ({}));
    for (const column of this.columns) {
      const { name } = column;
      for (let i = 0; i < this.rows; i++) rows[i]![name] = column.at(i);
    }
    return rows;
  }
}

/** Types whose stored values are not one number each. */
const PACKED: readonly string[] = ["BOOLEAN", "HUGEINT", "UHUGEINT", "INTERVAL"];

/** A column's type; one that only the engine knows (such as a UNION) comes as text. */
function typeOf(column: Column): ColumnType {
  try {
    return parseType(column.type);
  } catch {
    return { kind: "scalar", name: "VARCHAR" };
  }
}

class View implements ColumnView {
  readonly name: string;
  readonly type: string;
  readonly length: number;
  readonly nulls: number;
  readonly values: ArrayBufferView | undefined;
  readonly #node: Node | undefined;
  #at: Accessor | undefined;

  constructor(column: Column, node: Node | undefined) {
    this.name = column.name;
    this.type = column.type;
    this.#node = node;
    this.length = node?.length ?? 0;
    this.nulls = node?.nullCount ?? 0;
    const type = typeOf(column);
    if (node !== undefined) demandType(column, type, node);
    const stored = type.kind === "scalar" && !PACKED.includes(type.name) && node?.offsets === undefined;
    this.values = stored ? trimmed(node) : undefined;
  }

  at(row: number): unknown {
    if (this.#at === undefined) {
      if (this.#node === undefined) return null;
      this.#at = nullable(this.#node, accessor(typeOf(this), this.#node));
    }
    return this.#at(row);
  }

  toArray(): unknown[] {
    const values = new Array<unknown>(this.length);
    for (let i = 0; i < values.length; i++) values[i] = this.at(i);
    return values;
  }
}

/** Arrow pads buffers; a view ends with its last row. */
function trimmed(node: Node | undefined): ArrayBufferView | undefined {
  const values = node?.values as
    | (ArrayBufferView & { subarray(from: number, to: number): ArrayBufferView })
    | undefined;
  return values?.subarray(0, node!.length);
}

function demandType(column: Column, type: ColumnType, node: Node): void {
  if (arrowType(type).typeId === node.type.typeId) return;
  throw new OsirisError(
    "DRV408",
    `Cannot read column '${column.name}': its Arrow type does not carry ${column.type}`,
  );
}

function nullable(node: Node, at: Accessor): Accessor {
  const { validity, nullCount } = node;
  if (nullCount === 0 || validity === undefined || validity.length === 0) {
    return nullCount === node.length && nullCount > 0 ? () => null : at;
  }
  return (row) => ((validity[row >> 3]! >> (row & 7)) & 1) === 1 ? at(row) : null;
}

function accessor(type: ColumnType, node: Node): Accessor {
  switch (type.kind) {
    case "scalar":
      return scalarAccessor(type.name, node);
    case "enum":
      return textAccessor(node);
    case "decimal":
      return decimalAccessor(type.scale, node);
    case "list":
      return listAccessor(type.item, node);
    case "array": {
      const at = childAccessor(type.item, node.children![0]!);
      return (row) => Array.from({ length: type.length }, (_, i) => at(row * type.length + i));
    }
    case "struct":
      return structAccessor(type.fields, node);
    case "map":
      return mapAccessor(type.key, type.value, node);
  }
}

function childAccessor(type: ColumnType, node: Node): Accessor {
  return nullable(node, accessor(type, node));
}

function scalarAccessor(name: string, node: Node): Accessor {
  const values = node.values!;
  const stamp = STAMP_DIGITS[name];
  if (stamp !== undefined) return (row) => stampText(values[row] as bigint, stamp, name);
  switch (name) {
    case "NULL":
      return () => null;
    case "BOOLEAN":
      return (row) => ((Number(values[row >> 3]) >> (row & 7)) & 1) === 1;
    case "DATE":
      return (row) => dateText(values[row] as number);
    case "TIME":
      return (row) => formatTime(values[row] as bigint, 6);
    case "BLOB":
      return (row) => bytesOf(node).subarray(Number(node.offsets![row]), Number(node.offsets![row + 1]));
    case "HUGEINT":
    case "UHUGEINT":
      return wideAccessor(node);
    case "INTERVAL": {
      const bytes = bytesOf(node);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      return (row) =>
        formatInterval({
          months: view.getInt32(row * 16, true),
          days: view.getInt32(row * 16 + 4, true),
          nanoseconds: view.getBigInt64(row * 16 + 8, true),
        });
    }
    default:
      return node.offsets === undefined ? (row) => values[row] : textAccessor(node);
  }
}

const STAMP_DIGITS: Readonly<Record<string, number>> = {
  "TIMESTAMP": 6,
  "TIMESTAMP_S": 0,
  "TIMESTAMP_MS": 3,
  "TIMESTAMP_NS": 9,
  "TIMESTAMP WITH TIME ZONE": 6,
};

function stampText(units: bigint, digits: number, name: string): string {
  if (units === 2n ** 63n - 1n) return "infinity";
  if (units === -(2n ** 63n - 1n)) return "-infinity";
  return formatStamp(units, digits) + (name.endsWith("ZONE") ? "+00" : "");
}

function dateText(days: number): string {
  if (Math.abs(days) === 2 ** 31 - 1) return days > 0 ? "infinity" : "-infinity";
  return formatDate(days);
}

/** A byte order mark is a character like any other, and bytes that are no text are an error. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });

/** Text is decoded in one go; where every character is one byte, a value is a piece of that. */
function textAccessor(node: Node): Accessor {
  const offsets = node.offsets!;
  const bytes = bytesOf(node).subarray(Number(offsets[0]), Number(offsets[node.length]));
  const first = Number(offsets[0]);
  const whole = decoder.decode(bytes);
  if (whole.length === bytes.length) {
    return (row) => whole.substring(Number(offsets[row]) - first, Number(offsets[row + 1]) - first);
  }
  return (row) =>
    decoder.decode(bytes.subarray(Number(offsets[row]) - first, Number(offsets[row + 1]) - first));
}

function bytesOf(node: Node): Uint8Array {
  return node.values as unknown as Uint8Array;
}

function decimalAccessor(scale: number, node: Node): Accessor {
  const at = wideAccessor(node);
  return (row) => decimalText(at(row), scale);
}

/** Integers of 128 bits, lower half first. */
function wideAccessor(node: Node): (row: number) => bigint {
  const words = node.values as unknown as BigUint64Array;
  return (row) => (BigInt.asIntN(64, words[row * 2 + 1]!) << 64n) | words[row * 2]!;
}

function listAccessor(item: ColumnType, node: Node): Accessor {
  const at = childAccessor(item, node.children![0]!);
  const offsets = node.offsets!;
  return (row) => {
    const start = Number(offsets[row]);
    return Array.from({ length: Number(offsets[row + 1]) - start }, (_, i) => at(start + i));
  };
}

function structAccessor(
  fields: readonly { readonly name: string; readonly type: ColumnType }[],
  node: Node,
): Accessor {
  const members = fields.map((each, i) => [each.name, childAccessor(each.type, node.children![i]!)] as const);
  return (row) => {
    const value: Record<string, unknown> = Object.create(null);
    for (const [name, at] of members) value[name] = at(row);
    return value;
  };
}

function mapAccessor(key: ColumnType, value: ColumnType, node: Node): Accessor {
  const [keys, values] = node.children![0]!.children!;
  const [keyAt, valueAt] = [childAccessor(key, keys!), childAccessor(value, values!)];
  const offsets = node.offsets!;
  return (row) => {
    const map = new Map<unknown, unknown>();
    for (let i = Number(offsets[row]); i < Number(offsets[row + 1]); i++) map.set(keyAt(i), valueAt(i));
    return map;
  };
}

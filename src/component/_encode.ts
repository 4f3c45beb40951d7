/**
 * From values to Arrow: each column becomes buffers, exactly or not at all.
 *
 * @module
 */

import { type DataType, field, tableToIPC } from "@uwdata/flechette";
import { OsirisError } from "../diagnostic.ts";
import { arrowType } from "./_arrow_type.ts";
import {
  type Buffers,
  demandSmall,
  type Node,
  NONE,
  Nulls,
  PLAIN,
  type Refuse,
  type Values,
} from "./_buffers.ts";
import { encodeDecimals, encodeScalar, encodeTexts } from "./_encode_scalars.ts";
import type { Column } from "./protocol.ts";
import { type ColumnType, parseType } from "./_types.ts";

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

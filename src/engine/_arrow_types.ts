/**
 * What an Arrow column and its type are to those who copy them, and the numbers that Arrow and DuckDB give their types.
 *
 * @module
 */

import type { OsirisError } from "../diagnostic.ts";

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

/** Makes the error of a column: what is wrong with it. */
export type Refusal = (what: string, code?: "ENG540" | "ENG541") => OsirisError;

/** Arrow's type numbers. */
export const ARROW = {
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
export const DUCK = {
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

export const TEXTS: readonly number[] = [ARROW.utf8, ARROW.largeUtf8];
export const BLOBS: readonly number[] = [ARROW.binary, ARROW.largeBinary];
export const LISTS: readonly number[] = [ARROW.list, ARROW.largeList];

/** An Arrow type as an error names it. */
export function arrowName(arrow: ArrowType): string {
  const name = Object.entries(ARROW).find(([, id]) => id === arrow.typeId)?.[0] ?? `type ${arrow.typeId}`;
  if (arrow.typeId === ARROW.int) return `Arrow ${arrow.signed ? "" : "u"}int${arrow.bitWidth}`;
  if (arrow.typeId === ARROW.float) return `Arrow float${[16, 32, 64][arrow.precision ?? 2]}`;
  if (arrow.typeId === ARROW.decimal) return `Arrow decimal(${arrow.precision},${arrow.scale})`;
  return `Arrow ${name}`;
}

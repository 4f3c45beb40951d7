/** Looking at files that were just written: samples, and what an append has to fit. @module */

import type { Column, Row, WriteRequest } from "./engine.ts";
import { compressionOf, extensionOf } from "./_copy.ts";
import type { Database } from "./_database.ts";
import { lineSize, SMALL_BUFFER } from "./_csv_reading.ts";
import { literal, structure } from "./_quote.ts";
import { holdsType, replaceTypes } from "./_types.ts";
import { jsonSafe } from "./_values.ts";

/** A line or record longer than the engine reads without being told to. */
const TOO_LONG = /Maximum line size|[Ll]ine size of \d+|maximum_object_size|maximum object size/;

/** The first rows of a written file, partition columns included; undefined when one is too long for a sample. */
export async function readBack(
  database: Database,
  columns: readonly Column[],
  request: WriteRequest,
  file: string,
  rows: number,
): Promise<readonly Row[] | undefined> {
  const partitions = new Set(request.partitionBy.map((name) => name.toLowerCase()));
  const inFile = columns.filter((column) => !partitions.has(column.name.toLowerCase()));
  const table = fileTable(request, file, inFile, request.format === "csv" ? lineSize({}, SMALL_BUFFER) : []);
  try {
    const { names, rows: found } = await database.values(`SELECT * FROM ${table} LIMIT ${rows}`);
    return asRows(names, found);
  } catch (error) {
    if (error instanceof Error && TOO_LONG.test(error.message)) return undefined;
    throw error;
  }
}

/** Rows as plain objects; own keys, whatever they are called. */
export function asRows(names: readonly string[], rows: readonly (readonly unknown[])[]): Row[] {
  return rows.map((row) => Object.fromEntries(names.map((name, i) => [name, jsonSafe(row[i])])));
}

/** A written file as a table; `more` are arguments of its reader. */
export function fileTable(
  request: WriteRequest,
  file: string,
  columns: readonly Column[],
  more: readonly string[] = [],
): string {
  const { options, format, partitionBy } = request;
  const hive = `hive_partitioning = ${partitionBy.length > 0}`;
  const text = (name: string, value: string | undefined) =>
    value === undefined ? [] : [`${name} = ${literal(value)}`];
  if (format === "parquet") return `read_parquet(${literal(file)}, ${hive})`;
  const packed = text(
    "compression",
    partitionBy.length > 0 ? packing(extensionOf(request)) : compressionOf(request),
  );
  const dates = [
    ...text("dateformat", options.date_format),
    ...text("timestampformat", options.timestamp_format),
  ];
  const typed = `columns = ${structure(columns.map(({ name, type }) => [name, readable(type, format)]))}`;
  if (format === "json") {
    return `read_json(${
      [literal(file), hive, typed, ...packed, ...dates].join(", ").replace("'none'", "'uncompressed'")
    })`;
  }
  return `read_csv(${
    [
      literal(file),
      "auto_detect = false",
      hive,
      typed,
      `header = ${options.header ?? true}`,
      `delim = ${literal(options.delimiter ?? ",")}`,
      `quote = ${literal(options.quote ?? '"')}`,
      `escape = ${literal(options.escape ?? options.quote ?? '"')}`,
      "allow_quoted_nulls = false",
      "parallel = false",
      ...more,
      ...text("nullstr", options.null_text === undefined ? undefined : [options.null_text].flat()[0]),
      ...packed,
      ...dates,
    ].join(", ")
  })`;
}

/** Types that a format writes and does not read are read as the texts they are. */
function readable(type: string, format: "csv" | "json"): string {
  if (format === "json") return replaceTypes(type, /\b(?:BIT|BIGNUM)\b/, "VARCHAR");
  return holdsType(type, /\bUNION\b/) ? "VARCHAR" : type;
}

function packing(extension: string): string {
  return extension.endsWith(".gz") ? "gzip" : extension.endsWith(".zst") ? "zstd" : "none";
}

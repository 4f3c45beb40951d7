/**
 * A row as a line of CSV that SQLite itself writes: without a value's way through JavaScript, it takes half the time.
 *
 * What must stay true: a line is what `reading.ts` and `row_stream.ts` make of the same row, or null. It is null where a
 * value is not plainly one of its column's type, or not plainly kept by its text; such rows are read value by value.
 *
 * @module
 */

import { quoted } from "../sqlite/mod.ts";
import type { ReadColumn } from "./read_column.ts";
import { NULL_TEXT } from "./row_stream.ts";

/** Bytes of a text or blob that is written here; so a page of lines has a size that is known before. */
const SHORT = 4096;
/** Columns of a line: the terms of one expression are bounded. */
const MOST_COLUMNS = 200;

const DAY = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]";
const TIME = "[0-9][0-9]:[0-9][0-9]:[0-9][0-9]";
const MOMENTS = ["", ".[0-9][0-9][0-9]", ".[0-9][0-9][0-9][0-9][0-9][0-9]"].map((rest) =>
  `${DAY}[ T]${TIME}${rest}`
);
const hex = (digits: number) => "[0-9a-fA-F]".repeat(digits);

/** The shapes of texts that plainly are of a type; there are others. */
const SHAPES: { readonly [type: string]: readonly string[] } = {
  DATE: [DAY],
  TIME: [TIME],
  TIMESTAMP: MOMENTS,
  TIMESTAMP_NS: MOMENTS,
  "TIMESTAMP WITH TIME ZONE": MOMENTS.flatMap((moment) => [`${moment}+00:00`, `${moment}Z`]),
  UUID: [[8, 4, 4, 4, 12].map(hex).join("-")],
};

/** The expression for a row of a table with these columns; undefined where values of none of them can be told. */
export function lineText(columns: readonly ReadColumn[]): string | undefined {
  const texts = columns.map(({ name, type }) => textOf(quoted(name), type));
  if (columns.length > MOST_COLUMNS || texts.includes(undefined)) return undefined;
  return texts.join(" || ',' || ");
}

function textOf(value: string, type: string): string | undefined {
  const cases = casesOf(value, type);
  return cases && `CASE ${cases} WHEN ${value} IS NULL THEN '${NULL_TEXT}' END`;
}

function casesOf(value: string, type: string): string | undefined {
  const is = (kind: string) => `typeof(${value}) = '${kind}'`;
  const short = `octet_length(${value}) <= ${SHORT}`;
  switch (type) {
    case "BIGINT":
      return `WHEN ${is("integer")} THEN ${value}`;
    case "BOOLEAN":
      return `WHEN ${is("integer")} AND ${value} IN (0, 1) THEN iif(${value}, 'true', 'false')`;
    case "VARCHAR":
    case "JSON":
      return `WHEN ${is("text")} AND ${short} THEN '"' || ${doubled(value)} || '"'`;
    case "BLOB":
      return `WHEN ${is("blob")} AND ${short} THEN '\\x' || hex(${value})`;
    case "DOUBLE":
      return realCase(value, 6);
  }
  const [, precision, scale] = /^DECIMAL\((\d+),(\d+)\)$/.exec(type)?.map(Number) ?? [];
  if (precision !== undefined) {
    return precision > 15 || scale! > 6 ? undefined : realCase(value, scale!);
  }
  const shapes = SHAPES[type]?.map((shape) => `${value} GLOB '${shape}'`);
  if (shapes === undefined) return undefined;
  const usual = type === "TIMESTAMP" ? [`datetime(${value}) = ${value} COLLATE BINARY`] : [];
  return `WHEN ${[...usual, ...shapes].join(" OR ")} THEN ${value}`;
}

/** A text with each quote in it twice; few have one. */
function doubled(value: string): string {
  return `iif(instr(${value}, '"'), replace(${value}, '"', '""'), ${value})`;
}

/**
 * A number of few decimals, as an integer and an exponent: where the integer divided by the power of ten is the number,
 * its text is that number to whoever reads numbers rightly, since both are exact and such a division is.
 */
function realCase(value: string, decimals: number): string {
  const power = `1e${decimals}`;
  const integer = `CAST(${value} * ${power} + iif(${value} < 0, -0.5, 0.5) AS INTEGER)`;
  const fits = `${value} BETWEEN -1e9 AND 1e9 AND ${integer} / ${power} = ${value}`;
  return `WHEN ${fits} THEN ${integer} || 'e-${decimals}'`;
}

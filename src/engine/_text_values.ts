/**
 * How values stand in a CSV text that passes between the engine and a driver. `src/component/protocol.ts`
 * says the same to those who write drivers.
 *
 * @module
 */

import { OsirisError } from "../diagnostic.ts";
import type { Column } from "./engine.ts";
import { identifier, literal, structure } from "./_quote.ts";
import { holdsType } from "./_types.ts";

/** The longest row, in bytes; the engine reads so much at a time that such a one fits. */
export const LONGEST_ROW: number = 64 * 1000 * 1000;
const BUFFER = 64 * 1024 * 1024;

/** A row that is read in small parts, and how small they are; nearly all rows are so short. */
export const SHORT_ROW: number = 500 * 1000;
const SMALL_BUFFER = 1024 * 1024;

/**
 * A query that reads a text of these columns. The engine's parallel reader reads small parts and lets go of them one by
 * one; but it has to find where rows begin, and gives up on some texts that look like rows inside. `careful`
 * reads everything in its order, and the engine holds the whole text while it does.
 */
export function readText(
  path: string,
  columns: readonly Column[],
  nullText: string,
  careful: boolean,
): string {
  const read = columns.map(({ name, type }) => [name, readAs(type)] as const);
  const options = [
    "auto_detect = false",
    "header = false",
    `delim = ','`,
    `quote = '"'`,
    `escape = '"'`,
    `new_line = '\\n'`,
    `nullstr = ${literal(nullText)}`,
    "allow_quoted_nulls = false",
    "strict_mode = true",
    `parallel = ${!careful}`,
    `max_line_size = ${careful ? LONGEST_ROW : SHORT_ROW}`,
    `buffer_size = ${careful ? BUFFER : SMALL_BUFFER}`,
    `columns = ${structure(read)}`,
  ];
  const select = columns.map(({ name, type }) => {
    const column = identifier(name);
    const value = valueOf(column, type);
    return value === column ? column : `${value} AS ${column}`;
  });
  // Under a limit that is never reached one thread does the work. Of several, one would wait for the pipe when another
  // fails, and the loop that feeds it would wait for both.
  const alone = careful ? "" : " LIMIT 9223372036854775806";
  return `SELECT ${select.join(", ")} FROM read_csv(${literal(path)}, ${options.join(", ")})${alone}`;
}

/** A statement that writes a query's rows as such a text. */
export function writeText(
  path: string,
  query: string,
  columns: readonly Column[],
  nullText: string,
): string {
  const select = columns.map(({ name, type }) => `${textOf(name, type)} AS ${identifier(name)}`);
  const quoted = columns.filter(({ type }) => isText(type)).map(({ name }) => identifier(name));
  const options = [
    "FORMAT csv",
    "HEADER false",
    `DELIMITER ','`,
    `QUOTE '"'`,
    `ESCAPE '"'`,
    `NULLSTR ${literal(nullText)}`,
    "USE_TMP_FILE false",
    ...(quoted.length === 0 ? [] : [`FORCE_QUOTE (${quoted.join(", ")})`]),
  ];
  return `COPY (SELECT ${select.join(", ")} FROM (${query})) TO ${literal(path)} (${options.join(", ")})`;
}

const NESTED = /\]$|^STRUCT\(|^MAP\(|^UNION\(/;
/** What the reader of CSV would lose something of: it passes over what follows a date, such as an era. */
const CAST_FROM_TEXT = /^(?:DATE$|ENUM\(|TIME WITH TIME ZONE$|BIT$|UUID$|U?HUGEINT$)/;

function readAs(type: string): string {
  return type === "BLOB" || type === "JSON" || NESTED.test(type) || CAST_FROM_TEXT.test(type)
    ? "VARCHAR"
    : type;
}

function valueOf(column: string, type: string): string {
  if (type === "BLOB") return `unhex(substr(${column}, 3))`;
  if (type === "DATE") return `CAST(replace(${column}, ' BC', ' (BC)') AS DATE)`;
  if (NESTED.test(type)) return `CAST(CAST(${column} AS JSON) AS ${type})`;
  return readAs(type) === type ? column : `CAST(${column} AS ${type})`;
}

/** Whether values of a type may hold anything, and are quoted. */
function isText(type: string): boolean {
  return type === "VARCHAR" || type === "JSON" || type === "BLOB" || type.startsWith("ENUM(") ||
    NESTED.test(type);
}

function textOf(name: string, type: string): string {
  const column = identifier(name);
  if (type === "BLOB") return `'\\x' || lower(hex(${column}))`;
  if (NESTED.test(type)) {
    if (holdsType(type, /\b(?:BLOB|BIT)\b/)) {
      throw new OsirisError(
        "ENG513",
        `Cannot hand on column '${name}': bytes inside a ${type} have no text`,
        {
          help: "make it a column of its own in a query, or cast it",
        },
      );
    }
    return `CASE WHEN ${column} IS NOT NULL THEN CAST(to_json(${column}) AS VARCHAR) END`;
  }
  if (type === "TIMESTAMP_S" || type === "TIMESTAMP_MS") return `CAST(${column} AS TIMESTAMP)`;
  return isText(type) ? `CAST(${column} AS VARCHAR)` : column;
}

/**
 * The rows of a query, as one CSV text that the engine reads while it comes: none is kept on the way.
 *
 * Each row comes with the number of bytes that its texts have in the file, so that a text the runtime cuts short (at a
 * zero character) or mends (bytes that are no UTF-8) is told from one that is whole.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { type Relayed, ServerFailure } from "osiris/driver";
import type { Database } from "../sqlite/mod.ts";
import type { Due } from "./due_rows.ts";
import type { Question } from "./question.ts";
import { namesOf, type ReadColumn } from "./read_column.ts";

/** What stands for null in the text; in quotes it is a text like any other. */
export const NULL_TEXT = "\\N";
/** Characters after which a piece is handed on. */
const PIECE = 262_144;
/** Types whose values never are texts. */
const NO_TEXT = ["BIGINT", "DOUBLE", "BOOLEAN"];
/** Types whose values are texts or numbers. */
const MIXED = /^(?:JSON$|DECIMAL)/;

/** The rows that are wanted of a query. */
export interface Wanted extends Question {
  readonly columns: readonly ReadColumn[];
  readonly due: Due;
}

/** The text of a query's rows, in pieces. */
export async function* rowsOf(
  database: Database,
  attempt: string,
  wanted: Wanted,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array<ArrayBuffer>, Relayed, void> {
  const { columns, due } = wanted;
  const { sql, whole, parameters } = statementsOf(wanted);
  const encoder = new TextEncoder();
  let rows = 0;
  let piece = "";
  for (const row of database.stream(attempt, sql, parameters, whole)) {
    if (!due.keep(row)) continue;
    piece += lineOf(attempt, columns, row);
    rows++;
    if (piece.length < PIECE) continue;
    signal.throwIfAborted();
    yield encoder.encode(piece);
    piece = "";
  }
  if (piece !== "") yield encoder.encode(piece);
  return { rows };
}

/** The statement for {@linkcode Database.stream}, and the one that computes all that it does and tells the failure. */
function statementsOf({ sql, params, columns, due }: Wanted) {
  const names = columns.map((_, at) => `c${at}`);
  const texts = names.flatMap((name, at) => {
    const { type } = columns[at]!;
    if (NO_TEXT.includes(type)) return [];
    return MIXED.test(type)
      ? [`iif(typeof(${name}) = 'text', octet_length(${name}), 0)`]
      : [`ifnull(octet_length(${name}), 0)`];
  });
  const bytes = texts.join(" + ") || "0";
  const q = `WITH q(${namesOf(columns.length)}) AS (${sql}\n)`;
  return {
    sql: `${q} SELECT ${bytes}, ${names.join(", ")} FROM q${due.where} ` +
      `UNION ALL SELECT NULL, ${names.map(() => "NULL").join(", ")}`,
    whole: `${q} SELECT ${names.map((name) => `max(${name})`).join(", ")} FROM q${due.where}`,
    parameters: [...params, ...due.params],
  };
}

/** A row: the bytes of its texts and blobs, then its values. */
function lineOf(attempt: string, columns: readonly ReadColumn[], row: readonly unknown[]): string {
  let line = "";
  let seen = 0;
  let doubtful = false;
  for (let at = 0; at < columns.length; at++) {
    const value = row[at + 1];
    if (at > 0) line += ",";
    if (value === null) {
      line += NULL_TEXT;
      continue;
    }
    if (typeof value === "string") {
      seen += value.length;
      doubtful ||= value.includes("\uFFFD");
    } else if (value instanceof Uint8Array) seen += value.length;
    line += written(columns[at]!.read(value));
  }
  const bytes = Number(row[0]);
  if (doubtful || seen !== bytes) demandWhole(attempt, columns, row, bytes);
  return `${line}\n`;
}

/** A value as the text has it. */
function written(value: unknown): string {
  if (typeof value === "string") {
    return value.includes('"') ? `"${value.replaceAll('"', '""')}"` : `"${value}"`;
  }
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString("hex")}`;
  if (value === Infinity) return "inf";
  return value === -Infinity ? "-inf" : String(value);
}

function demandWhole(
  attempt: string,
  columns: readonly ReadColumn[],
  row: readonly unknown[],
  bytes: number,
): void {
  let seen = 0;
  for (const value of row.slice(1)) {
    if (value instanceof Uint8Array) seen += value.length;
    else if (typeof value === "string") seen += Buffer.byteLength(value, "utf8");
  }
  if (seen === bytes) return;
  const names = columns.filter((_, at) => typeof row[at + 1] === "string").map(({ name }) => `'${name}'`);
  const shown = row.slice(1).filter((value) => typeof value === "string").map((text) => `'${text}'`);
  throw new ServerFailure(
    attempt,
    "data",
    `a text of column ${
      names.join(" or ")
    } has a zero character, or bytes that are no UTF-8: it begins with ${shown.join(" or ").slice(0, 200)}`,
    { help: "read that column as it is with a query: CAST(… AS BLOB)" },
  );
}

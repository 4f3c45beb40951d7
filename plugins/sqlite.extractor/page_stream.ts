/**
 * The rows of a whole table, a page of them at a time, each page one text that SQLite writes. Pages are told apart by the
 * row's number, in whose order the table lies in the file.
 *
 * A page with a value that SQLite cannot plainly write is read again value by value (`row_stream.ts`), which says what is
 * wrong with it if anything is.
 *
 * @module
 */

import { isUtf8 } from "node:buffer";
import type { Relayed } from "osiris/driver";
import { type Database, quoted } from "../sqlite/mod.ts";
import { lineText } from "./line_text.ts";
import { rowsOf, type Wanted } from "./row_stream.ts";

const FIRST_ROW = -9_223_372_036_854_775_808n;
const LAST_ROW = 9_223_372_036_854_775_807n;
/** Bytes of a page, about. */
const PAGE = 262_144;
const FIRST_PAGE_ROWS = 64;
/** Values of a page at most, however short the ones before were. */
const MOST_VALUES = 16_384;
/** After so many pages in a row that had to be read again, no more are tried. */
const GIVE_UP = 3;

const TABLE = `SELECT 1 FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND wr = 0
  AND name = ? COLLATE NOCASE`;
const COLUMNS = "SELECT lower(name) FROM pragma_table_xinfo(?)";

/** How a table is read by pages. */
export interface Pages {
  readonly table: string;
  /** The name by which the row's number goes. */
  readonly number: string;
  readonly line: string;
}

/** How a table is read by pages; undefined when it is a view, has no such numbers, or SQLite cannot write its rows. */
export function pagesOf(
  database: Database,
  attempt: string,
  table: string,
  columns: Wanted["columns"],
): Pages | undefined {
  const ask = (sql: string, ...of: string[]) => database.rows(attempt, sql, of).map(([value]) => value);
  if (ask(TABLE, table).length === 0 || ask("PRAGMA encoding")[0] !== "UTF-8") return undefined;
  const taken = ask(COLUMNS, table);
  const number = ["rowid", "_rowid_", "oid"].find((name) => !taken.includes(name));
  const line = lineText(columns);
  return number === undefined || line === undefined ? undefined : { table, number, line };
}

/** The text of a table's rows, in pieces. */
export async function* pageStream(
  database: Database,
  attempt: string,
  { table, number, line }: Pages,
  wanted: Wanted,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array<ArrayBuffer>, Relayed, void> {
  const valueByValue = (range: string, ...params: bigint[]) => {
    const sql = `${wanted.sql} WHERE ${number} >= ?${range} ORDER BY ${number}`;
    return rowsOf(database, attempt, { ...wanted, sql, params }, signal);
  };
  const page = database.prepare(
    attempt,
    `SELECT count(*), count(line), max(n), CAST(group_concat(line, char(10)) || char(10) AS BLOB) FROM
      (SELECT ${number} AS n, ${line} AS line FROM ${
      quoted(table)
    } WHERE ${number} >= ? ORDER BY ${number} LIMIT ?)`,
  );
  const most = Math.floor(MOST_VALUES / wanted.columns.length);
  let [rows, from, limit, failed] = [0, FIRST_ROW, Math.min(FIRST_PAGE_ROWS, most), 0];
  while (failed < GIVE_UP) {
    const [count, plain, last, text] = database.row(attempt, page, [from, BigInt(limit)]) as [
      bigint,
      bigint,
      bigint,
      Uint8Array<ArrayBuffer>,
    ];
    if (count === 0n) return { rows };
    if (plain === count && !text.includes(0) && isUtf8(text)) {
      limit = Math.max(1, Math.min(most, limit * 2, Math.floor(limit * PAGE / text.length)));
      rows += Number(count);
      failed = 0;
      signal.throwIfAborted();
      yield text;
    } else {
      rows += (yield* valueByValue(` AND ${number} <= ?`, from, last)).rows;
      failed++;
    }
    if (last === LAST_ROW) return { rows };
    from = last + 1n;
  }
  return { rows: rows + (yield* valueByValue("", from)).rows };
}

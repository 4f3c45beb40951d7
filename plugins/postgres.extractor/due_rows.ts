/**
 * The rows of an increment: those whose column lies within bounds, and those that have no value in it, which the
 * host refuses by name.
 *
 * The bounds are bound by the server, as settings of this transaction: a `COPY` takes no values of its own.
 *
 * @module
 */

import { type CursorBounds, ServerFailure } from "osiris/driver";
import { type Described, quoted, type Session } from "../postgres/mod.ts";
import type { ReadColumn } from "./column_type.ts";

/** Texts are compared by their bytes, as the engine does, whatever order the database or the column has. */
const TEXTS: ReadonlySet<number> = new Set([25, 1043]);
const NUMERIC = 1700;
/** int8, int2, int4, oid, date, timestamp, timestamptz, uuid. */
const EXACT: ReadonlySet<number> = new Set([20, 21, 23, 26, 1082, 1114, 1184, 2950]);

/** What a query's columns are to the server and to the engine. */
export interface Columns {
  readonly described: readonly Described[];
  readonly read: readonly ReadColumn[];
}

/** The query, for the rows that are due alone. */
export async function dueRows(
  session: Session,
  attempt: string,
  query: string,
  { described, read }: Columns,
  { column, from, to }: CursorBounds,
): Promise<string> {
  const at = described.findIndex(({ name }) => name === column);
  if (at < 0) {
    const names = described.map(({ name }) => name).join(", ");
    throw new ServerFailure(
      attempt,
      "config",
      `there is no column '${column}' to follow; its columns are ${names}`,
      {
        help: "check `incremental.cursor`; names keep their capitals",
      },
    );
  }
  const { dataTypeID } = described[at]!;
  const isText = TEXTS.has(dataTypeID);
  const type = read[at]!.type;
  if (!isText && !EXACT.has(dataTypeID) && !(dataTypeID === NUMERIC && type !== "VARCHAR")) {
    throw new ServerFailure(
      attempt,
      "config",
      `the values of column '${column}' have no exact order that the engine shares`,
      {
        help:
          "follow a whole number, a numeric(p,s), a date, a point in time, a text or a uuid; cast it in a query",
      },
    );
  }
  const name = `rows_read.${quoted(column)}`;
  const value = isText ? `${name} COLLATE "C"` : name;
  const [row] = await session.rows(
    attempt,
    `SELECT format_type($1, -1), set_config('osiris.from', $2, true), set_config('osiris.to', $3, true)`,
    [dataTypeID, from ?? "", to ?? ""],
  );
  const bound = (setting: string) => `CAST(current_setting('osiris.${setting}') AS ${row![0]})`;
  const within = [
    ...(from === null ? [] : [`${value} >= ${bound("from")}`]),
    ...(to === null ? [] : [`${value} < ${bound("to")}`]),
  ];
  if (within.length === 0) return query;
  return `SELECT * FROM (${query}\n) AS rows_read WHERE ${within.join(" AND ")} OR ${name} IS NULL`;
}

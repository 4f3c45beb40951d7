/** The table as a contract judges it, and how it follows what a contract lets pass. @module */

import { type Column, type Evolution, ServerFailure, type TargetColumn as JudgedColumn } from "osiris/driver";
import { affinityOf, type Database, declaredFor, quoted, readType } from "../sqlite/mod.ts";

const COLUMNS =
  `SELECT name, type, dflt_value IS NOT NULL OR hidden > 1 OR (pk > 0 AND upper(type) = 'INTEGER')
  FROM pragma_table_xinfo(?) WHERE hidden <> 1`;

/** The columns of a table; null when there is none. */
export function tableColumns(
  database: Database,
  attempt: string,
  table: string,
  input: readonly Column[],
): JudgedColumn[] | null {
  const rows = database.rows(attempt, COLUMNS, [table]) as [string, string, bigint][];
  if (rows.length === 0) return null;
  return rows.map(([name, declared, filled]) => {
    const coming = input.find((column) => column.name.toLowerCase() === name.toLowerCase());
    return { name, type: typeBeside(declared, coming?.type), filled: filled === 1n };
  });
}

/** Adds columns, in the open transaction. The type of one that is there cannot be changed. */
export function evolve(
  database: Database,
  attempt: string,
  table: string,
  { add, widen }: Evolution,
): void {
  const config = (what: string, help: string) => new ServerFailure(attempt, "config", what, { help });
  const [stuck] = widen;
  if (stuck !== undefined) {
    throw config(
      `SQLite changes no column's type, and '${stuck.name}' would have to become one that keeps ${stuck.type}`,
      "cast the column in a SQL step before, make the table anew, or choose another action for 'on_type'",
    );
  }
  for (const { name, type } of add) {
    const declared = declaredFor(type);
    if (declared === undefined) {
      throw config(
        `column '${name}' is a ${type}, and SQLite has no type for it`,
        "turn it into JSON (to_json) or text in a SQL step before",
      );
    }
    database.run(attempt, `ALTER TABLE main.${quoted(table)} ADD COLUMN ${quoted(name)} ${declared}`);
  }
}

/** What columns keep of other types than the one they are read as, each value as it is. */
const KEPT: { readonly [type: string]: RegExp } = {
  VARCHAR: /^(?:ENUM\(.*|UUID|JSON)$/s,
  "DECIMAL(38,0)": /^U?HUGEINT$/,
  TIMESTAMP_NS: /^TIMESTAMP(?:_S|_MS)?$/,
};

/** The type of the engine that a column keeps; the one that would come, where only its values can tell. */
function typeBeside(declared: string, coming: string | undefined): string {
  const own = readType(declared);
  if (own === undefined) return coming ?? (affinityOf(declared) === "blob" ? "BLOB" : "VARCHAR");
  return coming !== undefined && KEPT[own]?.test(coming) ? coming : own;
}

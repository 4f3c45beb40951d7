/**
 * Which loads of a database file are done: a row of `_osiris_loads` for each, committed with what was loaded.
 *
 * @module
 */

import { type DatabaseFiles, isThere } from "./_database_file.ts";
import { identifier, literal } from "./_quote.ts";

/** The table that remembers, in the attached file. */
function loadsTable(alias: string): string {
  return `${identifier(alias)}.main._osiris_loads`;
}

/** A query for how many rows a load has. */
export function loadQuery(alias: string, loadId: string): string {
  return `SELECT rows FROM ${loadsTable(alias)} WHERE load_id = ${literal(loadId)}`;
}

/** Whether the file remembers loads at all. */
export function remembersQuery(alias: string): string {
  return `SELECT 1 FROM duckdb_tables() WHERE database_name = ${literal(alias)} AND schema_name = 'main'
    AND table_name = '_osiris_loads'`;
}

/** How many rows a load has that is done; null when it is not. */
export async function rowsOfLoad(
  files: DatabaseFiles,
  step: string,
  path: string,
  loadId: string,
): Promise<number | null> {
  if (!isThere(path)) return null;
  const alias = await files.attach(step, path, "write");
  const { database } = files;
  if ((await database.rows(remembersQuery(alias))).length === 0) return null;
  const [row] = await database.rows(loadQuery(alias, loadId));
  return row === undefined ? null : Number(row[0]);
}

/** Statements that note a load in the open transaction. */
export function noteStatements(
  alias: string,
  load: {
    readonly loadId: string;
    readonly pipeline: string;
    readonly step: string;
    readonly table: string;
    readonly rows: number;
    readonly cursors: { readonly [step: string]: unknown };
  },
): string[] {
  const { loadId, pipeline, step, table, rows, cursors } = load;
  const moved = Object.keys(cursors).length === 0 ? "NULL" : literal(JSON.stringify(cursors));
  return [
    `CREATE TABLE IF NOT EXISTS ${loadsTable(alias)} (load_id VARCHAR PRIMARY KEY, pipeline VARCHAR NOT NULL,
      step VARCHAR NOT NULL, table_name VARCHAR NOT NULL, rows BIGINT NOT NULL, cursors JSON,
      loaded_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now())`,
    `INSERT INTO ${loadsTable(alias)} (load_id, pipeline, step, table_name, rows, cursors)
      VALUES (${[loadId, pipeline, step, table].map(literal).join(", ")}, ${rows}, ${moved})`,
  ];
}

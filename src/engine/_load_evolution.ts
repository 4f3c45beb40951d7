/** A table of a database file as a contract judges it, and how it follows what a contract lets pass. @module */

import { type DatabaseFiles, isThere, tableNamed } from "./_database_file.ts";
import type { Column, LoadRequest, TargetColumn } from "./engine.ts";
import { explained } from "./_failure.ts";
import { identifier, literal } from "./_quote.ts";

/** The columns of a table; null when there is none, or no file. */
export async function targetColumns(
  files: DatabaseFiles,
  step: string,
  path: string,
  table: string,
): Promise<readonly TargetColumn[] | null> {
  if (!isThere(path)) return null;
  const alias = await files.attach(step, path, "write");
  const { database } = files;
  try {
    const found = tableNamed(await files.tables(alias), table);
    if (found === undefined) return null;
    const rows = await database.rows(
      `SELECT column_name FROM duckdb_columns() WHERE database_name = ${literal(alias)}
        AND schema_name = ${literal(found.schema)} AND table_name = ${literal(found.name)}
        AND coalesce(column_default, 'NULL') <> 'NULL'`,
    );
    const filled = new Set(rows.map(([name]) => name));
    return found.columns.map((column) => ({ ...column, filled: filled.has(column.name) }));
  } catch (error) {
    throw explained(error, database.attempt(step, `look at the table '${table}' in '${path}'`));
  }
}

/** The statements that add and widen columns of a table. */
export function evolutionStatements(table: string, { evolution }: Pick<LoadRequest, "evolution">): string[] {
  const { add = [], widen = [] } = evolution ?? {};
  return [
    ...add.map(({ name, type }) => `ALTER TABLE ${table} ADD COLUMN ${identifier(name)} ${type}`),
    ...widen.map(({ name, type }) => `ALTER TABLE ${table} ALTER COLUMN ${identifier(name)} TYPE ${type}`),
  ];
}

/** The columns that a table has once it has followed; other connections do not see them before the commit. */
export function columnsAfter(
  columns: readonly Column[],
  { evolution }: Pick<LoadRequest, "evolution">,
): readonly Column[] {
  const { add = [], widen = [] } = evolution ?? {};
  const types = new Map(widen.map(({ name, type }) => [name, type]));
  return [...columns.map(({ name, type }) => ({ name, type: types.get(name) ?? type })), ...add];
}

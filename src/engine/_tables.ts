/** What lies in a database file: its tables, and of those that are asked for by name their columns, keys and first rows. @module */

import { type DatabaseFiles, listedName, tableNamed } from "./_database_file.ts";
import type { FileContent, TablesRequest } from "./engine.ts";
import { explained } from "./_failure.ts";
import { literal } from "./_quote.ts";
import { asRows } from "./_read_back.ts";

/** The tables of a file. */
export async function tablesOf(
  files: DatabaseFiles,
  step: string,
  path: string,
  { scope, samples }: TablesRequest,
): Promise<readonly FileContent[]> {
  const alias = await files.attach(step, path, "read");
  const { database } = files;
  try {
    const all = await files.tables(alias);
    const counts = await database.rows(
      `SELECT schema_name, table_name, estimated_size FROM duckdb_tables() WHERE database_name = ${
        literal(alias)
      }`,
    );
    const rowsOf = new Map(
      counts.map(([schema, name, rows]) => [JSON.stringify([schema, name]), Number(rows)]),
    );
    const named = scope === undefined ? undefined : tableNamed(all, scope);
    const wanted = scope === undefined ? all : named ? [named] : all.filter(({ schema }) => schema === scope);
    const found: FileContent[] = [];
    for (const table of wanted) {
      const rows = rowsOf.get(JSON.stringify([table.schema, table.name])) ?? 0;
      if (scope === undefined) {
        found.push({ name: listedName(table), columns: [], keys: [], rows, samples: [] });
        continue;
      }
      const [key] = await database.rows(
        `SELECT constraint_column_names FROM duckdb_constraints() WHERE database_name = ${literal(alias)}
          AND schema_name = ${literal(table.schema)} AND table_name = ${literal(table.name)}
          AND constraint_type = 'PRIMARY KEY'`,
      );
      const shown = await database.values(`SELECT * FROM ${table.text} LIMIT ${samples}`);
      found.push({
        name: listedName(table),
        columns: table.columns,
        keys: (key?.[0] ?? []) as string[],
        rows,
        samples: asRows(shown.names, shown.rows) ?? [],
      });
    }
    return found;
  } catch (error) {
    throw explained(error, database.attempt(step, `look through the tables in '${path}'`));
  }
}

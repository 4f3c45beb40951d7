import type { Context, Discovered } from "osiris/driver";
import { quoted, Session, tableText } from "../postgres/mod.ts";
import { readColumns } from "./column_type.ts";

/** Tables and views that the user may read, with their columns; a column of a domain has the type beneath it. */
const TABLES = `SELECT n.nspname, c.relname, c.reltuples::bigint,
    json_agg(json_build_array(a.attname,
        CASE WHEN t.typbasetype <> 0 THEN t.typbasetype ELSE t.oid END::bigint,
        CASE WHEN t.typbasetype <> 0 THEN t.typtypmod ELSE a.atttypmod END) ORDER BY a.attnum),
    (SELECT json_agg(k.attname ORDER BY array_position(i.indkey, k.attnum)) FROM pg_catalog.pg_index AS i
       JOIN pg_catalog.pg_attribute AS k ON k.attrelid = c.oid AND k.attnum = ANY (i.indkey)
      WHERE i.indrelid = c.oid AND i.indisprimary)
  FROM pg_catalog.pg_class AS c
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
 WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
   AND has_table_privilege(c.oid, 'SELECT')
   AND ($1::text IS NULL OR $1 IN (c.relname, n.nspname, n.nspname || '.' || c.relname))
 GROUP BY n.nspname, c.relname, c.reltuples, c.oid
 ORDER BY 1, 2`;

/** What can be read; samples of what `scope` names alone. */
export async function discover(
  connection: Context["connection"],
  signal: AbortSignal,
  scope: string | null,
  samples: number,
): Promise<Discovered[]> {
  await using session = await Session.open(connection, signal);
  const attempt = `Cannot look through the tables at ${session.place}`;
  await session.rows(attempt, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  const found: Discovered[] = [];
  for (const [schema, table, rows, columns, keys] of await session.rows(attempt, TABLES, [scope])) {
    const described = (JSON.parse(columns!) as [string, number, number][]).map((
      [name, dataTypeID, dataTypeModifier],
    ) => ({ name, dataTypeID, dataTypeModifier }));
    const typed = await readColumns(session, attempt, described);
    const text = tableText({ schema: schema!, table: table! });
    const sampled = scope === null || samples === 0
      ? []
      : await session.rows(attempt, `SELECT * FROM ${text} LIMIT ${samples}`);
    found.push({
      name: `${listed(schema!)}.${listed(table!)}`,
      columns: Object.fromEntries(typed.map(({ name, type }) => [name, type])),
      keys: keys === null ? [] : JSON.parse(keys!) as string[],
      ...(Number(rows) >= 0 ? { rows: Number(rows) } : {}),
      samples: sampled.map((row) => Object.fromEntries(typed.map(({ name }, i) => [name, row[i]!]))),
    });
  }
  return found;
}

/** A name as `table` takes it. */
function listed(name: string): string {
  return /[."]/.test(name) ? quoted(name) : name;
}

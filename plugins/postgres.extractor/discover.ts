/**
 * What lies in a database: names alone first, which is one look into the server's catalog; columns, keys, what values
 * are like and samples of what is asked for.
 *
 * @module
 */

import { type Config, type Context, describe, type Discovered } from "osiris/driver";
import { type Described, listedName, quoted, Session, tableText, type Texts } from "../postgres/mod.ts";
import { type ReadColumn, readColumns } from "./column_type.ts";

/** What is asked of a database's contents. */
export interface Question {
  /** A table, its name without the schema, or a schema; everything when null. */
  readonly scope: string | null;
  readonly samples: number;
  readonly profile: boolean;
}

/** Tables and views that the user may read. */
const NAMES = `SELECT n.nspname, c.relname, c.reltuples::bigint, c.oid
  FROM pg_catalog.pg_class AS c
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
   AND has_table_privilege(c.oid, 'SELECT')
 ORDER BY 1, 2`;

/** Columns and keys of one of them; a column of a domain has the type beneath it. */
const SHAPE = `SELECT
    (SELECT json_agg(json_build_array(a.attname,
        CASE WHEN t.typbasetype <> 0 THEN t.typbasetype ELSE t.oid END::bigint,
        CASE WHEN t.typbasetype <> 0 THEN t.typtypmod ELSE a.atttypmod END) ORDER BY a.attnum)
       FROM pg_catalog.pg_attribute AS a JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
      WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped),
    (SELECT json_agg(k.attname ORDER BY array_position(i.indkey, k.attnum)) FROM pg_catalog.pg_index AS i
       JOIN pg_catalog.pg_attribute AS k ON k.attrelid = i.indrelid AND k.attnum = ANY (i.indkey)
      WHERE i.indrelid = $1::oid AND i.indisprimary)`;

/** Rows that a profile is made of at most. */
const PROFILED = 100_000;

/** What can be read. */
export async function discover(
  connection: Context["connection"],
  signal: AbortSignal,
  { scope, samples, profile }: Question,
): Promise<Discovered[]> {
  await using session = await Session.open(connection, signal);
  const attempt = `Cannot look through the tables at ${session.place}`;
  await session.rows(attempt, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  const tables = (await session.rows(attempt, NAMES)).map(listedTable);
  if (scope === null) return tables.map(({ name, rows }) => ({ name, ...rows, columns: {} }));
  const found: Discovered[] = [];
  for (const { name, rows, schema, table, oid } of tables) {
    if (![name, table, schema, `${schema}.${table}`].includes(scope)) continue;
    await session.rows(attempt, "SAVEPOINT before_it");
    found.push(
      await describe({ name, ...rows }, async function* () {
        const [[columns, keys] = []] = await session.rows(attempt, SHAPE, [oid]);
        const described = columnsIn(columns);
        const typed = await readColumns(session, attempt, described);
        const text = tableText({ schema, table });
        yield {
          columns: Object.fromEntries(typed.map(({ name, type }) => [name, type])),
          keys: JSON.parse(keys ?? "[]"),
        };
        if (samples > 0) yield { samples: await sampled(session, attempt, text, typed, samples) };
        if (profile) yield { profile: await profileOf(session, attempt, text, described, typed) };
      }),
    );
    await session.rows(attempt, "ROLLBACK TO before_it"); // what failed ends the transaction otherwise
  }
  return found;
}

async function sampled(
  session: Session,
  attempt: string,
  table: string,
  columns: readonly ReadColumn[],
  samples: number,
): Promise<Config[]> {
  const rows = await session.rows(attempt, `SELECT * FROM ${table} LIMIT ${samples}`);
  return rows.map((values) => Object.fromEntries(columns.map(({ name }, i) => [name, values[i]!])));
}

function listedTable([schema, table, rows, oid]: Texts) {
  return {
    name: listedName({ schema: schema!, table: table! }),
    rows: Number(rows) >= 0 ? { rows: Number(rows) } : {},
    schema: schema!,
    table: table!,
    oid: oid!,
  };
}

/** The columns as the server's catalog has them: name, type, and the type's modifier. */
function columnsIn(text: string | null | undefined): Described[] {
  const columns = text === null || text === undefined ? [] : JSON.parse(text) as [string, number, number][];
  return columns.map(([name, dataTypeID, dataTypeModifier]) => ({ name, dataTypeID, dataTypeModifier }));
}

/** Types whose values the server puts in an order that says something: numbers, dates and times. */
const ORDERED: ReadonlySet<number> = new Set([
  ...[20, 21, 23, 26, 700, 701, 1700],
  ...[1082, 1083, 1114, 1184, 1186, 1266],
]);

/** Counted by the server, among the first rows of a large table. */
async function profileOf(
  session: Session,
  attempt: string,
  table: string,
  described: readonly Described[],
  typed: readonly ReadColumn[],
): Promise<NonNullable<Discovered["profile"]>> {
  const asked = described.map(({ name, dataTypeID }, at) => {
    const column = quoted(name);
    const edge = ORDERED.has(dataTypeID)
      ? column
      : /^(?:VARCHAR|UUID)$/.test(typed[at]!.type)
      ? `${column}::text`
      : "";
    const edges = edge === "" ? "NULL, NULL" : `left(min(${edge})::text, 200), left(max(${edge})::text, 200)`;
    return `count(*) - count(${column}), count(DISTINCT ${column}::text), ${edges}`;
  });
  const rowsOfIt = `SELECT * FROM ${table} LIMIT ${PROFILED}`;
  const [row] = await session.rows(
    attempt,
    `SELECT ${["count(*)", ...asked].join(", ")} FROM (${rowsOfIt}) AS t`,
  );
  const columns = described.map(({ name }, at) => {
    const [nulls, distinct, min, max] = row!.slice(1 + at * 4);
    const edges = min === null || max === null ? {} : { min: min!, max: max! };
    return [name, { nulls: Number(nulls), distinct: Number(distinct), ...edges }] as const;
  });
  return { rows: Number(row![0]), columns: Object.fromEntries(columns) };
}

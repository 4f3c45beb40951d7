/**
 * What lies at a server: names alone first, which is one look into its catalog; columns, keys, what values are like
 * and samples of what is asked for.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { type Config, type Context, describe, type Discovered } from "osiris/driver";
import { listedName, quoted, Session, tableText } from "../mysql/mod.ts";
import { columnsOf, type ReadColumn, type ReadingOptions } from "./column_type.ts";

/** What is asked of a server's contents. */
export interface Question {
  /** A table, its name without the database, or a database; everything when null. */
  readonly scope: string | null;
  readonly samples: number;
  readonly profile: boolean;
}

/** Rows that a profile is made of at most. */
const PROFILED = 100_000;

/** What can be read. */
export async function discover(
  connection: Context["connection"],
  signal: AbortSignal,
  options: ReadingOptions,
  { scope, samples, profile }: Question,
): Promise<Discovered[]> {
  await using session = await Session.open(connection, signal);
  const attempt = `Cannot look through the tables at ${session.place}`;
  const tables = (await session.rows(TABLES, attempt)).map(listedTable);
  if (scope === null) return tables.map(({ name, rows }) => ({ name, ...rows, columns: {} }));
  const found: Discovered[] = [];
  for (const { name, rows, schema, table } of tables) {
    if (![name, table, schema, `${schema}.${table}`].includes(scope)) continue;
    const text = tableText({ schema, table });
    found.push(
      await describe({ name, ...rows }, async function* () {
        const columns = columnsOf(await session.fields(`SELECT * FROM ${text} LIMIT 0`, attempt), options);
        yield {
          columns: Object.fromEntries(columns.map(({ name, type }) => [name, type])),
          keys: await keysOf(session, schema, table, attempt),
        };
        if (samples > 0) yield { samples: await sampled(session, text, columns, samples, attempt) };
        if (profile) yield { profile: await profileOf(session, text, columns, attempt) };
      }),
    );
  }
  return found;
}

const TABLES = `SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_ROWS FROM information_schema.TABLES
  WHERE TABLE_SCHEMA NOT IN ('information_schema', 'performance_schema', 'mysql', 'sys') ORDER BY 1, 2`;

function listedTable([database, named, rows]: readonly unknown[]) {
  const [schema, table] = [String(database), String(named)];
  return {
    name: listedName({ schema, table }),
    rows: rows === null ? {} : { rows: Number(rows) },
    schema,
    table,
  };
}

/** The columns of a table's primary key. */
export async function keysOf(
  session: Session,
  database: string,
  table: string,
  attempt: string,
): Promise<string[]> {
  const sql = `SELECT COLUMN_NAME FROM information_schema.STATISTICS WHERE INDEX_NAME = 'PRIMARY'
    AND TABLE_SCHEMA = ${session.escape(database)} AND TABLE_NAME = ${
    session.escape(table)
  } ORDER BY SEQ_IN_INDEX`;
  return (await session.rows(sql, attempt)).map(([name]) => String(name));
}

async function sampled(
  session: Session,
  table: string,
  columns: readonly ReadColumn[],
  samples: number,
  attempt: string,
): Promise<Config[]> {
  const rows = await session.rows(`SELECT * FROM ${table} LIMIT ${samples}`, attempt);
  return rows.map((row) => Object.fromEntries(columns.map(({ name }, at) => [name, plain(row[at])])));
}

/** Counted by the server, among the first rows of a large table. */
async function profileOf(
  session: Session,
  table: string,
  columns: readonly ReadColumn[],
  attempt: string,
): Promise<NonNullable<Discovered["profile"]>> {
  const asked = columns.map(({ name, type }) => {
    const column = quoted(name);
    const distinct = type === "VARCHAR" ? `CAST(${column} AS BINARY)` : column;
    const edge = (which: string) =>
      UNORDERED.test(type) ? "NULL" : `LEFT(CAST(${which}(${column}) AS CHAR), 200)`;
    return `COUNT(*) - COUNT(${column}), COUNT(DISTINCT ${distinct}), ${edge("MIN")}, ${edge("MAX")}`;
  });
  const [row] = await session.rows(
    `SELECT ${["COUNT(*)", ...asked].join(", ")} FROM (SELECT * FROM ${table} LIMIT ${PROFILED}) AS t`,
    attempt,
  );
  const found = columns.map(({ name }, at) => {
    const [nulls, distinct, min, max] = row!.slice(1 + at * 4);
    const edges = min === null || max === null ? {} : { min: String(min), max: String(max) };
    return [name, { nulls: Number(nulls), distinct: Number(distinct), ...edges }] as const;
  });
  return { rows: Number(row![0]), columns: Object.fromEntries(found) };
}

/** Types whose values have no order that says something. */
const UNORDERED = /^(?:BOOLEAN|BLOB|JSON)$/;

/** A value as JSON has it; bytes as hexadecimal digits. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return `\\x${Buffer.from(value).toString("hex")}`;
  return value ?? null;
}

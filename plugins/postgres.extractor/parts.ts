/**
 * A reading in parts: as many queries as connections, each for a range of a key, and all of them at one moment of the
 * database, which the first connection shares with the others.
 *
 * @module
 */

import type { Context } from "osiris/driver";
import { conditions, demandKey } from "../key_ranges/mod.ts";
import { quoted, Session, tableName, tableText } from "../postgres/mod.ts";
import type { ReadColumn } from "./column_type.ts";

/** How a reading is split. */
export interface PartsConfig {
  readonly table?: string;
  readonly params?: readonly (string | number | boolean | null)[];
  readonly partitions?: number;
  readonly partition_key?: string;
}

/** A query for each part; the query alone where nothing is split. */
export async function partsOf(
  session: Session,
  attempt: string,
  query: string,
  columns: readonly ReadColumn[],
  config: PartsConfig,
): Promise<string[]> {
  const { partitions, partition_key, params, table } = config;
  if (partitions === undefined) return [query];
  const { name, type } = demandKey(
    attempt,
    partition_key ?? (table === undefined ? undefined : await primaryKey(session, attempt, table)),
    columns,
  );
  const key = `rows_read.${quoted(name)}`;
  const from = `FROM (${query}\n) AS rows_read`;
  const [found] = await session.rows(attempt, `SELECT min(${key}), max(${key}) ${from}`, params);
  const [least, greatest] = found!;
  return conditions(attempt, key, { name, type, least: least!, greatest: greatest! }, partitions)
    .map((condition) => `SELECT * ${from} WHERE ${condition}`);
}

/** So many connections more, which see what the first one's transaction sees. */
export async function beside(
  session: Session,
  attempt: string,
  connection: Context["connection"],
  signal: AbortSignal,
  count: number,
): Promise<Session[]> {
  if (count === 0) return [];
  const [row] = await session.rows(attempt, "SELECT pg_export_snapshot()");
  const opened: Session[] = [];
  try {
    for (let i = 0; i < count; i++) {
      const other = await Session.open(connection, signal);
      opened.push(other);
      await other.rows(attempt, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
      await other.rows(attempt, `SET TRANSACTION SNAPSHOT '${row![0]!.replaceAll("'", "''")}'`);
    }
    return opened;
  } catch (error) {
    for (const other of opened) await other[Symbol.asyncDispose]();
    throw error;
  }
}

/** The column of the primary key, where it has one column. */
async function primaryKey(session: Session, attempt: string, table: string): Promise<string | undefined> {
  const [row] = await session.rows(
    attempt,
    `SELECT attname FROM pg_catalog.pg_index JOIN pg_catalog.pg_attribute ON attrelid = indrelid AND attnum = indkey[0]
      WHERE indrelid = to_regclass($1) AND indisprimary AND indnkeyatts = 1`,
    [tableText(tableName(table))],
  );
  return row?.[0] ?? undefined;
}

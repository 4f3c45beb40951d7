/**
 * A reading in parts: as many questions as connections, each for a range of a key, and all of them at one moment.
 *
 * The server has no snapshot that connections could share. So a connection more holds off whoever writes, for as
 * long as the others take to begin: the table where one is read, everything where it is a query.
 *
 * @module
 */

import { type Context, ServerFailure } from "osiris/driver";
import { conditions, demandKey } from "../key_ranges/mod.ts";
import { quoted, Session, tableName, tableText } from "../mysql/mod.ts";
import type { ReadColumn } from "./column_type.ts";
import { keysOf } from "./discover.ts";
import type { Question } from "./row_stream.ts";

/** How a reading is split. */
export interface PartsConfig {
  readonly table?: string;
  readonly partitions?: number;
  readonly partition_key?: string;
}

/** How long others may be held off, and waited for, in seconds. */
const PATIENCE_S = 30;

/** Has the connection, and others beside it where parts are read, see one moment of the database from here on. */
export async function beginTogether(
  first: Session,
  attempt: string,
  connection: Context["connection"],
  signal: AbortSignal,
  { table, partitions = 1 }: PartsConfig,
): Promise<Session[]> {
  if (partitions === 1) {
    await beginSnapshot(first, attempt);
    return [first];
  }
  await using holder = await Session.open(connection, signal);
  const others: Session[] = [];
  try {
    while (others.length < partitions - 1) others.push(await Session.open(connection, signal));
    await holdOff(holder, attempt, table);
    for (const session of [first, ...others]) await beginSnapshot(session, attempt);
    await holder.run("UNLOCK TABLES", attempt);
    return [first, ...others];
  } catch (error) {
    for (const session of others) await session[Symbol.asyncDispose]();
    throw error;
  }
}

async function beginSnapshot(session: Session, attempt: string): Promise<void> {
  await session.run("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ", attempt);
  await session.run("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY", attempt);
}

async function holdOff(holder: Session, attempt: string, table: string | undefined): Promise<void> {
  await holder.run(`SET SESSION lock_wait_timeout = ${PATIENCE_S}`, attempt);
  const statement = table === undefined
    ? "FLUSH TABLES WITH READ LOCK"
    : `LOCK TABLES ${tableText(tableName(table))} READ`;
  try {
    await holder.run(statement, attempt);
  } catch (error) {
    if (!(error instanceof ServerFailure) || error.trouble !== "permission") throw error;
    const right = table === undefined ? "RELOAD" : "LOCK TABLES";
    throw new ServerFailure(
      attempt,
      "permission",
      `its parts would not be of one moment: the user may not hold off writers (${right})`,
      { help: `grant the user ${right}, or leave \`partitions\` out` },
    );
  }
}

/** A question for each part. */
export async function partsOf(
  session: Session,
  question: Question,
  columns: readonly ReadColumn[],
  { partitions, partition_key, table }: PartsConfig,
): Promise<Question[]> {
  if (partitions === undefined) return [question];
  const { attempt, params } = question;
  const named = partition_key ??
    (table === undefined ? undefined : await primaryKey(session, attempt, table));
  const { name, type } = demandKey(attempt, named, columns);
  const key = `rows_read.${quoted(name)}`;
  const from = `FROM (${question.sql.replace(/[;\s]+$/, "")}\n) AS rows_read`; // the line end closes a comment
  const sql = `SELECT CAST(MIN(${key}) AS CHAR), CAST(MAX(${key}) AS CHAR) ${from}`;
  const [found] = await session.boundRows(sql, params, attempt);
  const [least, greatest] = found!.map((value) => value === null ? null : String(value));
  return conditions(attempt, key, { name, type, least: least!, greatest: greatest! }, partitions)
    .map((condition) => ({ attempt, params, sql: `SELECT * ${from} WHERE ${condition}` }));
}

/** The column of the primary key, where it has one column. */
async function primaryKey(session: Session, attempt: string, table: string): Promise<string | undefined> {
  const { schema, table: name } = tableName(table);
  const here = schema ?? String((await session.rows("SELECT DATABASE()", attempt))[0]?.[0]);
  const keys = await keysOf(session, here, name, attempt);
  return keys.length === 1 ? keys[0] : undefined;
}

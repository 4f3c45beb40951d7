/** Rows from a staging table into the one that is written, by their keys. @module */

import { ServerFailure } from "osiris/driver";
import { type Database, quoted } from "../sqlite/mod.ts";
import { type HistoryOptions, mergeHistory } from "./history.ts";
import type { Target } from "./target.ts";

/** How rows with keys get into the table. */
export interface Merging {
  readonly mode: "upsert" | "delete_insert" | "scd2";
  readonly keys: readonly string[];
  readonly history: HistoryOptions | undefined;
}

/** Of this connection alone; SQLite keeps it apart from the file. */
export const STAGING = "temp.osiris_staging";

/** Makes the staging table, with columns that take values as the table's do. */
export function stagingTable(database: Database, attempt: string, { text, columns }: Target): void {
  database.run(
    attempt,
    `CREATE TEMP TABLE osiris_staging AS SELECT ${namesOf(columns)} FROM ${text} LIMIT 0`,
  );
}

/** Merges what is staged. */
export function merge(
  database: Database,
  attempt: string,
  target: Target,
  { mode, keys, history }: Merging,
): void {
  const run = (sql: string) => database.run(attempt, sql);
  demandKeys(database, attempt, target);
  const list = target.keys.map(quoted).join(", ");
  const names = namesOf(target.columns);
  const insert = `INSERT OR ABORT INTO main.${target.text} (${names}) SELECT ${names} FROM ${STAGING}`;
  if (mode === "delete_insert") {
    run(`DELETE FROM main.${target.text} WHERE (${list}) IN (SELECT ${list} FROM ${STAGING})`);
    run(insert);
  } else {
    demandOnce(database, attempt, target, keys);
    if (mode === "scd2") mergeHistory(database, attempt, target, history);
    else upsert(run, target, insert);
  }
  run(`DROP TABLE ${STAGING}`);
}

function upsert(run: (sql: string) => unknown, target: Target, insert: string): void {
  const list = target.keys.map(quoted).join(", ");
  const others = target.columns.map(({ name }) => name).filter((name) => !target.keys.includes(name)).map(
    quoted,
  );
  if (target.keyed) {
    const set = others.map((name) => `${name} = excluded.${name}`).join(", ");
    run(
      `${insert} WHERE true ON CONFLICT (${list}) DO ${
        others.length === 0 ? "NOTHING" : `UPDATE SET ${set}`
      }`,
    );
    return;
  }
  if (others.length > 0) {
    const set = others.map((name) => `${name} = s.${name}`).join(", ");
    const same = target.keys.map(quoted).map((key) => `t.${key} = s.${key}`).join(" AND ");
    run(`UPDATE main.${target.text} AS t SET ${set} FROM ${STAGING} AS s WHERE ${same}`);
  }
  const known = target.keys.map((key) => `${quoted(key)} IS NOT NULL`).join(" AND ");
  run(`${insert} WHERE (${list}) NOT IN (SELECT ${list} FROM main.${target.text} WHERE ${known})`);
}

/** A key that is null is like no other, and would be added anew by every load. */
function demandKeys(database: Database, attempt: string, { keys }: Target): void {
  const isNull = keys.map((key) => `${quoted(key)} IS NULL`).join(" OR ");
  const [row] = database.rows(attempt, `SELECT 1 FROM ${STAGING} WHERE ${isNull} LIMIT 1`);
  if (row !== undefined) throw wrongRows(attempt, `a row has no value in its key (${keys.join(", ")})`);
}

function demandOnce(database: Database, attempt: string, target: Target, keys: readonly string[]): void {
  const list = target.keys.map(quoted).join(", ");
  database.run(attempt, `CREATE INDEX temp.osiris_staging_keys ON osiris_staging (${list})`);
  const [twice] = database.rows(
    attempt,
    `SELECT ${list} FROM ${STAGING} GROUP BY ${list} HAVING count(*) > 1 LIMIT 1`,
  );
  if (twice !== undefined) {
    throw wrongRows(attempt, `two rows have the key ${keys.join(", ")} = ${twice.join(", ")}`);
  }
}

function wrongRows(attempt: string, what: string): ServerFailure {
  return new ServerFailure(attempt, "data", what, {
    help: "mend the rows in a step before; nothing was kept",
  });
}

function namesOf(columns: Target["columns"]): string {
  return columns.map(({ name }) => quoted(name)).join(", ");
}

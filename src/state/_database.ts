/** Opening `state.db`: its schema and versions, other processes at work on it, and damage. */

import type { DatabaseSync } from "node:sqlite";
import { OsirisError } from "../diagnostic.ts";

/** What each version of the schema added. Its place in the list is its version, from 1; an entry never changes. */
const MIGRATIONS = [
  `CREATE TABLE runs (
    session_id TEXT PRIMARY KEY,
    pipeline TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    profile TEXT,
    state TEXT NOT NULL,
    started_at TEXT NOT NULL,
    ended_at TEXT,
    duration_ms REAL,
    exit_code INTEGER,
    error TEXT
  ) STRICT;
  CREATE INDEX runs_by_pipeline ON runs (pipeline, started_at);`,
  `CREATE TABLE schemas (
    pipeline TEXT NOT NULL,
    profile TEXT NOT NULL,
    step TEXT NOT NULL,
    columns TEXT NOT NULL,
    session_id TEXT NOT NULL,
    PRIMARY KEY (pipeline, profile, step)
  ) STRICT;`,
  `CREATE TABLE cursors (
    pipeline TEXT NOT NULL,
    profile TEXT NOT NULL,
    step TEXT NOT NULL,
    version INTEGER NOT NULL,
    session_id TEXT,
    updated_at TEXT NOT NULL,
    column_name TEXT,
    value TEXT,
    type TEXT,
    since TEXT,
    identity TEXT,
    seen BLOB,
    PRIMARY KEY (pipeline, profile, step)
  ) STRICT;
  CREATE TABLE intents (
    pipeline TEXT NOT NULL,
    profile TEXT NOT NULL,
    step TEXT NOT NULL,
    session_id TEXT NOT NULL,
    started_at TEXT NOT NULL,
    base INTEGER NOT NULL,
    loads TEXT NOT NULL,
    backfill TEXT,
    moves INTEGER NOT NULL,
    column_name TEXT,
    value TEXT,
    type TEXT,
    since TEXT,
    identity TEXT,
    seen BLOB,
    PRIMARY KEY (pipeline, profile, step)
  ) STRICT;
  CREATE TABLE backfills (
    pipeline TEXT NOT NULL,
    profile TEXT NOT NULL,
    step TEXT NOT NULL,
    backfill TEXT NOT NULL,
    window_from TEXT NOT NULL,
    window_to TEXT NOT NULL,
    session_id TEXT NOT NULL,
    PRIMARY KEY (pipeline, profile, step, backfill, window_from, window_to)
  ) STRICT;`,
  `ALTER TABLE cursors ADD COLUMN source TEXT;
  ALTER TABLE intents ADD COLUMN source TEXT;`,
];

/** How long SQLite waits for another process by itself, in milliseconds. Nothing else happens meanwhile, so it is short. */
const BLOCKING_MS = 100;

/** A connection, for one operation; what a `durable` one commits outlasts a loss of power. Throws `SES711` when a newer Osiris made the file. */
export async function connect(path: string, durable = false): Promise<DatabaseSync> {
  // Loaded here: most commands never need it.
  const { DatabaseSync } = await import("node:sqlite");
  const db = new DatabaseSync(path);
  try {
    db.exec(`PRAGMA busy_timeout = ${BLOCKING_MS}`);
    // A loss of power may cost the index its last change, never its consistency; the sessions still know it.
    // Of cursors nobody else knows.
    db.exec(`PRAGMA synchronous = ${durable ? "FULL" : "NORMAL"}`);
    refuseNewer(path, versionOf(db));
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Whether the file has no schema yet. */
export function isNew(db: DatabaseSync): boolean {
  return versionOf(db) === 0;
}

/** Whether the schema is the one this program writes. */
export function isCurrent(db: DatabaseSync): boolean {
  return versionOf(db) === MIGRATIONS.length;
}

/** Brings the schema up to date; `fill` runs in the same transaction when the file was new. */
export function migrate(db: DatabaseSync, fill: () => void): void {
  db.exec("PRAGMA journal_mode = WAL");
  transaction(db, () => {
    const version = versionOf(db);
    for (const sql of MIGRATIONS.slice(version)) db.exec(sql);
    db.exec(`PRAGMA user_version = ${MIGRATIONS.length}`);
    if (version === 0) fill();
  });
}

/** All of an operation, or nothing of it. Nobody else writes meanwhile. */
export function transaction<T>(db: DatabaseSync, operation: () => T): T {
  db.exec("BEGIN IMMEDIATE");
  try {
    const result = operation();
    db.exec("COMMIT");
    return result;
  } catch (error) {
    rollBack(db);
    throw error;
  }
}

/** Whether a failure means that another process holds the file. */
export function isBusy(error: unknown): boolean {
  return says(error, [5, 6], /is locked/);
}

/** Whether a failure means that the file is not, or no longer, our database. */
export function isDamage(error: unknown): boolean {
  return says(error, [11, 26], /malformed|not a database|no such (table|column)|disk image/);
}

/** Whether a failure means that the file cannot be opened or written by us. */
export function isOutOfReach(error: unknown): boolean {
  return says(error, [8, 14], /readonly|unable to open/);
}

/** Looks at all of the file. True when it is whole and ours. */
export async function isSound(path: string): Promise<boolean> {
  try {
    const db = await connect(path);
    try {
      const [verdict] = Object.values(db.prepare("PRAGMA quick_check(1)").get() ?? {});
      return verdict === "ok" && (isNew(db) || db.prepare("SELECT * FROM runs LIMIT 1").all().length <= 1);
    } finally {
      db.close();
    }
  } catch (error) {
    if (isDamage(error)) return false;
    throw error;
  }
}

function versionOf(db: DatabaseSync): number {
  return Number(db.prepare("PRAGMA user_version").get()?.user_version);
}

function refuseNewer(path: string, version: number): void {
  if (version <= MIGRATIONS.length) return;
  throw new OsirisError(
    "SES711",
    `Cannot use ${path}: a newer Osiris wrote it (version ${version}), and this one knows up to ${MIGRATIONS.length}`,
    {
      help:
        "use the newer Osiris; or move the file away: the run index is made again from logs/, cursors start anew",
    },
  );
}

function rollBack(db: DatabaseSync): void {
  try {
    db.exec("ROLLBACK");
  } catch {
    // SQLite rolled back by itself, as it does after some failures.
  }
}

/** SQLite's primary result code where the failure carries one (not every call does), else its text. */
function says(error: unknown, codes: readonly number[], text: RegExp): boolean {
  if (!(error instanceof Error)) return false;
  const { code, errcode } = error as { code?: string; errcode?: number };
  if (code !== "ERR_SQLITE_ERROR") return false;
  return errcode === undefined
    ? text.test(error.message)
    : codes.includes(errcode & 0xff) || text.test(error.message);
}

/**
 * Cursors, intents and finished windows as tables.
 *
 * A cursor moves in one way: by an intent that was written while the cursor was the one that the run began with,
 * and only one intent for a cursor may be open. So of two runs at once one is refused before it commits anything.
 */

import type { DatabaseSync } from "node:sqlite";
import type { BackfillWindow, Cursor, CursorKey, Intent, StoredCursor } from "./_cursor.ts";

const KEY = "pipeline = ? AND profile = ? AND step = ?";

/** Why an intent was not written. */
export type Refusal = { readonly by: "another run"; readonly session: string } | { readonly by: "a move" };

/** Whether the database is one that keeps cursors. */
export function hasCursors(db: DatabaseSync): boolean {
  return db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'cursors'").get() !== undefined;
}

export function getCursor(db: DatabaseSync, key: CursorKey): StoredCursor | undefined {
  const row = db.prepare(`SELECT * FROM cursors WHERE ${KEY}`).get(...keyOf(key));
  return row === undefined ? undefined : storedOf(row as CursorRow);
}

/** Every cursor, or every cursor of a pipeline. */
export function getCursors(db: DatabaseSync, pipeline: string | undefined): StoredCursor[] {
  const rows = db.prepare(
    `SELECT * FROM cursors WHERE ?1 IS NULL OR pipeline = ?1 ORDER BY pipeline, profile, step`,
  ).all(pipeline ?? null);
  return (rows as CursorRow[]).map(storedOf);
}

/** Writes a cursor over the one that is there. An open intent is of no use any more. */
export function putCursor(db: DatabaseSync, key: CursorKey, cursor: Cursor, session: string | null): void {
  const version = (getCursor(db, key)?.version ?? 0) + 1;
  db.prepare(
    `INSERT OR REPLACE INTO cursors (pipeline, profile, step, version, session_id, updated_at,
       column_name, source, value, type, since, identity, seen) VALUES (${Array(13).fill("?").join(", ")})`,
  ).run(...keyOf(key), version, session, new Date().toISOString(), ...valuesOf(cursor));
  db.prepare(`DELETE FROM intents WHERE ${KEY}`).run(...keyOf(key));
}

/** Writes an intent, over an earlier one of the same session; or says why it may not be. */
export function putIntent(db: DatabaseSync, intent: Intent): Refusal | undefined {
  const open = getIntent(db, intent);
  if (open !== undefined && open.session_id !== intent.session_id) {
    return { by: "another run", session: open.session_id };
  }
  const { session_id, started_at, base, next, window, loads } = intent;
  if (next !== undefined && (getCursor(db, intent)?.version ?? 0) !== base) return { by: "a move" };
  if (window !== undefined && isFinished(db, intent, window)) return { by: "a move" };
  db.prepare(
    `INSERT OR REPLACE INTO intents (pipeline, profile, step, session_id, started_at, base, loads, backfill,
       moves, column_name, source, value, type, since, identity, seen) VALUES (${
      Array(16).fill("?").join(", ")
    })`,
  ).run(
    ...keyOf(intent),
    session_id,
    started_at,
    base,
    JSON.stringify(loads),
    window === undefined ? null : JSON.stringify(window),
    next === undefined ? 0 : 1,
    ...(next === undefined ? Array(7).fill(null) : valuesOf(next)),
  );
  return undefined;
}

/** The open intents, or those of a pipeline under a profile. */
export function getIntents(
  db: DatabaseSync,
  owner: Pick<CursorKey, "pipeline" | "profile"> | undefined,
): Intent[] {
  const rows = owner === undefined
    ? db.prepare("SELECT * FROM intents ORDER BY pipeline, profile, step").all()
    : db.prepare("SELECT * FROM intents WHERE pipeline = ? AND profile = ? ORDER BY step")
      .all(owner.pipeline, owner.profile ?? "");
  return (rows as IntentRow[]).map(intentOf);
}

/** The loads of an intent are done: its cursor moves, its window is finished. */
export function settleIntent(db: DatabaseSync, key: CursorKey, session: string): void {
  const intent = getIntent(db, key);
  if (intent?.session_id !== session) return;
  if (intent.next !== undefined) putCursor(db, key, intent.next, session);
  if (intent.window !== undefined) {
    const { backfill, from, to } = intent.window;
    db.prepare("INSERT OR IGNORE INTO backfills VALUES (?, ?, ?, ?, ?, ?, ?)")
      .run(...keyOf(key), backfill, from, to, session);
  }
  dropIntent(db, key, session);
}

/** The loads of an intent are not done, and will not be. */
export function dropIntent(db: DatabaseSync, key: CursorKey, session: string): void {
  db.prepare(`DELETE FROM intents WHERE ${KEY} AND session_id = ?`).run(...keyOf(key), session);
}

/** Whether a window of a backfill is finished. */
export function isFinished(db: DatabaseSync, key: CursorKey, window: BackfillWindow): boolean {
  return db.prepare(
    `SELECT 1 FROM backfills WHERE ${KEY} AND backfill = ? AND window_from = ? AND window_to = ?`,
  ).get(...keyOf(key), window.backfill, window.from, window.to) !== undefined;
}

/** The finished windows of a backfill, by their first values. */
export function getFinished(db: DatabaseSync, key: CursorKey, backfill: string): Set<string> {
  const rows = db.prepare(`SELECT window_from FROM backfills WHERE ${KEY} AND backfill = ?`)
    .all(...keyOf(key), backfill);
  return new Set(rows.map(({ window_from }) => String(window_from)));
}

/** Notes a window in which there was nothing to load. */
export function putFinished(
  db: DatabaseSync,
  key: CursorKey,
  { backfill, from, to }: BackfillWindow,
  session: string,
): void {
  db.prepare("INSERT OR IGNORE INTO backfills VALUES (?, ?, ?, ?, ?, ?, ?)")
    .run(...keyOf(key), backfill, from, to, session);
}

/** Forgets the finished windows of a pipeline; gives how many there were. */
export function deleteBackfills(
  db: DatabaseSync,
  { pipeline, profile }: Pick<CursorKey, "pipeline" | "profile">,
): number {
  return Number(
    db.prepare("DELETE FROM backfills WHERE pipeline = ? AND profile = ?").run(pipeline, profile ?? "")
      .changes,
  );
}

function getIntent(db: DatabaseSync, key: CursorKey): Intent | undefined {
  const row = db.prepare(`SELECT * FROM intents WHERE ${KEY}`).get(...keyOf(key));
  return row === undefined ? undefined : intentOf(row as IntentRow);
}

type CursorRow = {
  readonly pipeline: string;
  readonly profile: string;
  readonly step: string;
  readonly version: number;
  readonly session_id: string | null;
  readonly updated_at: string;
  readonly column_name: string | null;
  readonly source: string | null;
  readonly value: string | null;
  readonly type: string | null;
  readonly since: string | null;
  readonly identity: string | null;
  readonly seen: Uint8Array | null;
};

type IntentRow = Omit<CursorRow, "version" | "updated_at" | "session_id"> & {
  readonly session_id: string;
  readonly started_at: string;
  readonly base: number;
  readonly loads: string;
  readonly backfill: string | null;
  readonly moves: number;
};

function keyOf({ pipeline, profile, step }: CursorKey): [string, string, string] {
  return [pipeline, profile ?? "", step];
}

function namedOf({ pipeline, profile, step }: CursorRow | IntentRow): CursorKey {
  return { pipeline, profile: profile === "" ? null : profile, step };
}

function valuesOf({ column, source, value, type, since, identity, seen }: Cursor) {
  return [
    column,
    source === null ? null : JSON.stringify(source),
    value,
    type,
    since,
    JSON.stringify(identity),
    seen,
  ] as const;
}

function cursorOf(
  { column_name, source, value, type, since, identity, seen }: CursorRow | IntentRow,
): Cursor {
  return {
    column: column_name,
    source: source === null ? null : sourceOf(source),
    value,
    type,
    since,
    identity: JSON.parse(identity ?? "[]"),
    seen: seen ?? new Uint8Array(),
  };
}

/** An older Osiris noted a connection, which no name of it has a space in, and a table as one text. */
function sourceOf(text: string): Cursor["source"] {
  if (text.startsWith("{")) return JSON.parse(text);
  const [, connection, table] = /^(@\S+)? ?(.*)$/s.exec(text)!;
  return { ...(connection === undefined ? {} : { connection }), table: table! };
}

function storedOf(row: CursorRow): StoredCursor {
  const { version, session_id, updated_at } = row;
  return { ...namedOf(row), ...cursorOf(row), version, session_id, updated_at };
}

function intentOf(row: IntentRow): Intent {
  const { session_id, started_at, base } = row;
  return {
    ...namedOf(row),
    session_id,
    started_at,
    base,
    loads: JSON.parse(row.loads),
    ...(row.moves === 1 ? { next: cursorOf(row) } : {}),
    ...(row.backfill === null ? {} : { window: JSON.parse(row.backfill) }),
  };
}

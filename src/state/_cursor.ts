/** How far each incremental read has come, and what is on its way there. */

/** One incremental read of one pipeline. Profiles read other sources, so each has cursors of its own. */
export interface CursorKey {
  readonly pipeline: string;
  readonly profile: string | null;
  readonly step: string;
}

/** Where an incremental read stands. */
export interface Cursor {
  /** The column that is followed; null when it was set by hand, before any run. */
  readonly column: string | null;
  /** What was read, part by part; null when nobody noted it, as when a hand set the cursor. */
  readonly source: { readonly [part: string]: string } | null;
  /** The greatest value that was loaded, as exact text; null begins at the start. */
  readonly value: string | null;
  /** The engine's type of the column. */
  readonly type: string | null;
  /** From which value on every row that was loaded is known by `seen`. */
  readonly since: string | null;
  /** The columns that tell rows apart, as they were then. */
  readonly identity: readonly { readonly name: string; readonly type: string }[];
  /** The rows that a next read meets again, as the engine wrote them down. */
  readonly seen: Uint8Array;
}

/** A cursor of which nothing is known. */
export const NO_CURSOR: Cursor = {
  column: null,
  source: null,
  value: null,
  type: null,
  since: null,
  identity: [],
  seen: new Uint8Array(),
};

/** A cursor as it is kept. */
export interface StoredCursor extends CursorKey, Cursor {
  /** Counts the changes; a run may only move the cursor that it began with. */
  readonly version: number;
  /** The session that moved it; null when a person did. */
  readonly session_id: string | null;
  readonly updated_at: string;
}

/** A file that will appear by a rename, which leaves all of this as it is. */
export interface FileMark {
  readonly path: string;
  readonly device: number;
  /** Null where the file system has none. */
  readonly inode: number | null;
  readonly size: number;
  readonly modified_ms: number | null;
}

/** A write that has to be done before the cursor may move. */
export interface PendingLoad {
  readonly step: string;
  /** As `_osiris_loads` of the target names it. */
  readonly load_id: string;
  /** What the step was, as one hash: only the same step knows where to look. */
  readonly target: string;
  /** Whether doing it again changes nothing. */
  readonly repeatable: boolean;
  /** Of a target that is made of files: those that commit puts in place. Absent until they are staged. */
  readonly files?: readonly FileMark[];
}

/** A part of a range that a backfill loads. */
export interface BackfillWindow {
  /** The whole backfill: range and window, as they were given. */
  readonly backfill: string;
  readonly from: string;
  readonly to: string;
}

/** What a run is about to have done: written before the first commit, gone when cursor and target agree. */
export interface Intent extends CursorKey {
  readonly session_id: string;
  /** When that session began. */
  readonly started_at: string;
  /** The version of the cursor that it began with; 0 when there was none. */
  readonly base: number;
  /** Where the cursor goes; absent in a backfill, which moves none. */
  readonly next?: Cursor;
  readonly window?: BackfillWindow;
  readonly loads: readonly PendingLoad[];
}

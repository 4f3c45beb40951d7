/**
 * What outlives a run, in SQLite under `.osiris/`: the index of every run, the columns that steps under a
 * contract had when their pipeline last succeeded, and how far each incremental read has come.
 *
 * It exists so that a run can be found without opening every session. What must stay true: the sessions in
 * `logs/` are the truth and the index of runs is a copy that can be made again; two runs at once lose no record;
 * reading writes nothing, and the database appears only when something is recorded; a database written by
 * a newer Osiris is refused, a damaged one is moved aside and said. Of cursors this is the only record: a cursor
 * moves by an intent that was written before the commit, and one that was lost is never taken for one that never was.
 *
 * @example
 * ```ts
 * const runs = { all: () => listSessions(logs), one: (id: string) => sessionSummary(join(logs, id)) };
 * const state = openState("/project/.osiris", { runs });
 * await state.recordRun(summary);
 * await state.updateRun(summary.session_id, { state: "succeeded", exit_code: 0 });
 * const last = await state.lastRun("sales-to-parquet");
 * ```
 *
 * @module
 */

export { type CursorOwner, openState, type State, type StateOptions } from "./_state.ts";
export type {
  BackfillWindow,
  Cursor,
  CursorKey,
  FileMark,
  Intent,
  PendingLoad,
  StoredCursor,
} from "./_cursor.ts";
export { NO_CURSOR } from "./_cursor.ts";
export type { Refusal } from "./_cursors_table.ts";
export type { SchemaKey, StepSchema } from "./_schemas_table.ts";
export { type Discoveries, openDiscoveries, type Remembered } from "./_discoveries.ts";
export type { RunFilter, RunSource, RunSummary } from "./_run_summary.ts";

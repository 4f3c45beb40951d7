/** The run index as a table. */

import type { DatabaseSync } from "node:sqlite";
import type { RunSummary } from "./_run_summary.ts";

const COLUMNS = [
  "session_id",
  "pipeline",
  "fingerprint",
  "profile",
  "state",
  "started_at",
  "ended_at",
  "duration_ms",
  "exit_code",
  "error",
] as const;

type Row = { readonly [column in (typeof COLUMNS)[number]]: string | number | null };

const INSERT = `INSERT INTO runs (${COLUMNS.join(", ")}) VALUES (${COLUMNS.map(() => "?").join(", ")})`;
const NEW_VALUES = COLUMNS.slice(1).map((column) => `${column} = excluded.${column}`).join(", ");

/** Writes a run over what was known of it. */
export function putRun(db: DatabaseSync, run: RunSummary): void {
  db.prepare(`${INSERT} ON CONFLICT (session_id) DO UPDATE SET ${NEW_VALUES}`).run(...values(run));
}

/** Writes runs that are not known yet. */
export function addRuns(db: DatabaseSync, runs: readonly RunSummary[]): void {
  const insert = db.prepare(`${INSERT} ON CONFLICT (session_id) DO NOTHING`);
  for (const run of runs) insert.run(...values(run));
}

export function getRun(db: DatabaseSync, id: string): RunSummary | undefined {
  const row = db.prepare("SELECT * FROM runs WHERE session_id = ?").get(id);
  return row === undefined ? undefined : summary(row as Row);
}

/** Every run, or every run of a pipeline. */
export function getRuns(db: DatabaseSync, pipeline: string | undefined): RunSummary[] {
  const rows = pipeline === undefined
    ? db.prepare("SELECT * FROM runs").all()
    : db.prepare("SELECT * FROM runs WHERE pipeline = ?").all(pipeline);
  return (rows as Row[]).map(summary);
}

export function deleteRun(db: DatabaseSync, id: string): void {
  db.prepare("DELETE FROM runs WHERE session_id = ?").run(id);
}

function values(run: RunSummary): (string | number | null)[] {
  return COLUMNS.map((column) => {
    if (column === "error") return run.error === undefined ? null : JSON.stringify(run.error);
    return run[column] ?? null;
  });
}

/** A row as a summary: what is null was never known. The profile alone may be null itself. */
function summary(row: Row): RunSummary {
  const known = Object.entries(row).filter(([column, value]) => value !== null || column === "profile");
  const plain = Object.fromEntries(known);
  return (plain.error === undefined
    ? plain
    : { ...plain, error: JSON.parse(String(plain.error)) }) as RunSummary;
}

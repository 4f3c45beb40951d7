/** The columns that steps had when their pipeline last succeeded, as a table. */

import type { DatabaseSync } from "node:sqlite";

/** A step of a pipeline under a profile; null for none. */
export interface SchemaKey {
  readonly pipeline: string;
  readonly profile: string | null;
  readonly step: string;
}

/** The columns of a step's output, in order, and the session that had them. */
export interface StepSchema {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly session_id: string;
}

/** Writes a schema over the one that was known. */
export function putSchema(db: DatabaseSync, key: SchemaKey, { columns, session_id }: StepSchema): void {
  db.prepare(
    "INSERT OR REPLACE INTO schemas (pipeline, profile, step, columns, session_id) VALUES (?, ?, ?, ?, ?)",
  )
    .run(...identity(key), JSON.stringify(columns), session_id);
}

export function getSchema(db: DatabaseSync, key: SchemaKey): StepSchema | undefined {
  const row = db.prepare(
    "SELECT columns, session_id FROM schemas WHERE pipeline = ? AND profile = ? AND step = ?",
  )
    .get(...identity(key));
  if (row === undefined) return undefined;
  return { columns: JSON.parse(String(row["columns"])), session_id: String(row["session_id"]) };
}

/** Null is like no other null to a primary key. */
function identity({ pipeline, profile, step }: SchemaKey): [string, string, string] {
  return [pipeline, profile ?? "", step];
}

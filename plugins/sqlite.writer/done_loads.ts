/**
 * Which loads are done: a row of `_osiris_loads` for each, in the same transaction as what was loaded. So an answer to
 * COMMIT that never arrived, or a step that is tried again, does not load twice.
 *
 * @module
 */

import type { Context, WriteRequest } from "osiris/driver";
import { Database } from "../sqlite/mod.ts";

const THERE = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = '_osiris_loads'";

/** A load that is about to be committed. */
interface Load extends Pick<WriteRequest, "loadId" | "pipeline" | "cursors"> {
  readonly step: string;
  readonly table: string;
  readonly rows: number;
}

export class DoneLoads {
  readonly #database: Database;
  readonly #attempt: string;

  constructor(database: Database, attempt: string) {
    this.#database = database;
    this.#attempt = attempt;
  }

  /** How many rows a load has that is done; waits for one that is under way. */
  static async rowsOf(context: Context<unknown>, loadId: string): Promise<number | null> {
    const database = await Database.open(context, "write");
    try {
      return new DoneLoads(database, `Cannot see which loads are done in ${database.place}`).rows(loadId) ??
        null;
    } finally {
      database.leave();
    }
  }

  /** How many rows a load has, when it is done. */
  rows(loadId: string): number | undefined {
    if (this.#database.rows(this.#attempt, THERE).length === 0) return undefined;
    const sql = "SELECT rows FROM _osiris_loads WHERE load_id = ?";
    const [row] = this.#database.rows(this.#attempt, sql, [loadId]);
    return row === undefined ? undefined : Number(row[0]);
  }

  /** Notes a load in the open transaction. */
  note({ loadId, pipeline, step, table, rows, cursors }: Load): void {
    const moved = Object.keys(cursors).length === 0 ? null : JSON.stringify(cursors);
    this.#database.run(
      this.#attempt,
      `CREATE TABLE IF NOT EXISTS _osiris_loads (load_id TEXT NOT NULL PRIMARY KEY, pipeline TEXT NOT NULL,
        step TEXT NOT NULL, table_name TEXT NOT NULL, rows INTEGER NOT NULL, cursors JSON_TEXT,
        loaded_at TIMESTAMPTZ NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f+00:00', 'now')))`,
    );
    this.#database.run(
      this.#attempt,
      `INSERT INTO _osiris_loads (load_id, pipeline, step, table_name, rows, cursors) VALUES (?, ?, ?, ?, ?, ?)`,
      [loadId, pipeline, step, table, BigInt(rows), moved],
    );
  }
}

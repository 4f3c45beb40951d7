/**
 * Which loads are done: a row of `_osiris_loads` for each, committed with what was loaded.
 *
 * The row is written first and shown last: whoever writes the same one waits for the first one's end, and then
 * either finds it or does the work. So an answer to COMMIT that never arrived is not loaded twice, and a run that
 * was lost is not loaded again.
 *
 * @module
 */

import type { WriteRequest } from "osiris/driver";
import { type Session, tableText } from "../postgres/mod.ts";

const LOADS = "_osiris_loads";

/** How long an attempt is waited for that may still hold the row. */
const PATIENCE = "60s";

/** The loads of one schema. */
export class Loads {
  readonly #table: string;

  constructor(readonly session: Session, readonly attempt: string, readonly schema: string) {
    this.#table = tableText({ schema, table: LOADS });
  }

  /** Remembers a load in the open transaction, or gives the rows that an earlier attempt had loaded. */
  async remember(
    { loadId, pipeline, cursors }: Pick<WriteRequest, "loadId" | "pipeline" | "cursors">,
    step: string,
    table: string,
  ): Promise<number | undefined> {
    if (!await this.#isThere()) {
      await this.#takeTurn();
      await this.#run(
        `CREATE TABLE IF NOT EXISTS ${this.#table} (load_id text PRIMARY KEY, pipeline text NOT NULL, step text NOT NULL,
          table_name text NOT NULL, rows bigint, cursors jsonb, loaded_at timestamptz NOT NULL DEFAULT now())`,
      );
    }
    const cursorsText = Object.keys(cursors).length === 0 ? null : JSON.stringify(cursors);
    const fresh = await this.#run(
      `INSERT INTO ${this.#table} (load_id, pipeline, step, table_name, cursors) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT DO NOTHING RETURNING 1`,
      [loadId, pipeline, step, table, cursorsText],
    );
    return fresh.length > 0 ? undefined : await this.#rowsOf(loadId);
  }

  /** Says how many rows the load has. */
  async count(loadId: string, rows: number): Promise<void> {
    await this.#run(`UPDATE ${this.#table} SET rows = $1 WHERE load_id = $2`, [rows, loadId]);
  }

  /** How many rows a load has; null when it is not done and will not be. Takes back whatever it tries. */
  async find(loadId: string): Promise<number | null> {
    await this.#run(`SELECT set_config('lock_timeout', '${PATIENCE}', true)`);
    if (!await this.#isThere()) {
      await this.#takeTurn(); // the first load of all makes the table, and may be about to be committed
      if (!await this.#isThere()) return null;
    }
    const free = await this.#run(
      `INSERT INTO ${this.#table} (load_id, pipeline, step, table_name) VALUES ($1, '', '', '')
        ON CONFLICT DO NOTHING RETURNING 1`,
      [loadId],
    );
    return free.length > 0 ? null : await this.#rowsOf(loadId);
  }

  /** Waits for whoever makes the table. */
  async #takeTurn(): Promise<void> {
    await this.#run("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [this.#table]);
  }

  async #isThere(): Promise<boolean> {
    // Not by its name alone: where that led to nothing, the server remembers it for the rest of a transaction.
    const [found] = await this.#run(
      "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2",
      [this.schema, LOADS],
    );
    return Number(found![0]) > 0;
  }

  async #rowsOf(loadId: string): Promise<number> {
    const [row] = await this.#run(`SELECT rows FROM ${this.#table} WHERE load_id = $1`, [loadId]);
    return Number(row?.[0] ?? 0);
  }

  #run(text: string, values?: readonly unknown[]) {
    return this.session.rows(this.attempt, text, values);
  }
}

/**
 * Which loads are done: a row of `_osiris_loads` for each, committed together with what was loaded.
 *
 * The row is written first. A second attempt at the same load, while the first one's fate is open, waits for it on
 * that row, and then finds it there or not; so nothing is loaded twice when the answer to a COMMIT was lost.
 *
 * @module
 */

import { type Context, ServerFailure, type WriteRequest } from "osiris/driver";
import { quoted, type Session, tableText } from "../mysql/mod.ts";
import type { TableName } from "../sql_names/mod.ts";

/** The loads of one database, and the one at hand. */
export class DoneLoads {
  readonly #table: string;

  constructor(
    readonly name: TableName,
    readonly load: Pick<WriteRequest, "loadId" | "pipeline" | "cursors">,
    readonly step: Context["step"],
    readonly attempt: string,
  ) {
    this.#table = tableText({ ...name, table: "_osiris_loads" });
  }

  /** Makes the table when there is none. It commits, so no transaction may be open. */
  async prepare(session: Session): Promise<void> {
    await session.run(
      `CREATE TABLE IF NOT EXISTS ${this.#table} (load_id VARCHAR(512) NOT NULL PRIMARY KEY, ` +
        `pipeline TEXT NOT NULL, step TEXT NOT NULL, table_name TEXT NOT NULL, ${
          quoted("rows")
        } BIGINT NOT NULL, ` +
        `cursors LONGTEXT, ` +
        "loaded_at TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6)) " +
        "ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
      this.attempt,
    );
  }

  /** Whether this load is done; waits for an attempt whose fate is open. */
  async has(session: Session): Promise<boolean> {
    return await this.find(session) !== null;
  }

  /** How many rows this load has; null when it is not done. Waits as `has` does. */
  async find(session: Session): Promise<number | null> {
    const where = `load_id = ${session.escape(this.load.loadId)}`;
    const [found] = await session.rows(
      `SELECT ${quoted("rows")} FROM ${this.#table} WHERE ${where} LOCK IN SHARE MODE`,
      this.attempt,
    );
    return found === undefined ? null : Number(found[0]);
  }

  /** Notes, first of all in a transaction, that this load goes on. Another attempt may have ended since it was asked for. */
  async claim(session: Session): Promise<void> {
    const { affectedRows } = await session.run(
      `INSERT IGNORE INTO ${this.#table} ${this.#row(session, 0)}`,
      this.attempt,
    );
    if (affectedRows === 1) return;
    throw new ServerFailure(
      this.attempt,
      "conflict",
      "another attempt at this load was committed meanwhile",
      {
        help: "run it again: what is loaded is not loaded twice",
        transient: true,
      },
    );
  }

  /** Notes this load in the open transaction. */
  async note(session: Session, rows: number): Promise<void> {
    await session.run(
      `INSERT INTO ${this.#table} ${this.#row(session, rows)} ON DUPLICATE KEY UPDATE ${
        quoted("rows")
      } = ${rows}`,
      this.attempt,
    );
  }

  /** This load as columns and values. */
  #row(session: Session, rows: number): string {
    const { loadId, pipeline, cursors } = this.load;
    const values = [loadId, pipeline, this.step, tableText(this.name)].map((text) => session.escape(text));
    const moved = Object.keys(cursors).length === 0 ? "NULL" : session.escape(JSON.stringify(cursors));
    return `(load_id, pipeline, step, table_name, ${quoted("rows")}, cursors) ` +
      `VALUES (${values.join(", ")}, ${rows}, ${moved})`;
  }
}

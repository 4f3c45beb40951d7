/**
 * A table that keeps what was: each version of a row, from when to when it held.
 *
 * What must stay true: of a key at most one version is open; a version ends where the next one begins, or where the
 * key was closed; a load that brings nothing new changes nothing. Times are the server's own in UTC, taken once for a
 * load, and never before one that is there: a clock that was set back does not turn the history around.
 *
 * @module
 */

import { type Column, ServerFailure } from "osiris/driver";
import { quoted, type Session, tableText } from "../mysql/mod.ts";
import type { TableName } from "../sql_names/mod.ts";
import { declared, schemaOf, type Target, type TargetColumn } from "./target.ts";

/** What a step says about the history. */
export interface HistoryOptions {
  readonly valid_from?: string;
  readonly valid_to?: string;
  readonly current?: string;
  readonly close_missing?: boolean;
}

/** How long another load of the same table is waited for. */
const PATIENCE_S = 60;
const TEXTS = /^(?:char|varchar|tinytext|text|mediumtext|longtext|enum|set)$/;

/** A table's history: the columns that it adds to those of the input, and how it goes on. */
export class History {
  readonly #from: string;
  readonly #to: string;
  readonly #current: string;

  constructor(
    readonly name: TableName,
    readonly options: HistoryOptions = {},
    readonly attempt: string,
  ) {
    this.#from = options.valid_from ?? "valid_from";
    this.#to = options.valid_to ?? "valid_to";
    this.#current = options.current ?? "current";
  }

  /** Whether a column says from when to when a version held. */
  has(column: string): boolean {
    return this.#columns.some((name) => name.toLowerCase() === column.toLowerCase());
  }

  get #columns(): readonly string[] {
    return [this.#from, this.#to, this.#current];
  }

  /** Throws where a column of the input, or of the history itself, has the name of another. */
  demandOwnNames(input: readonly Column[]): void {
    const all = [...input.map(({ name }) => name), ...this.#columns].map((name) => name.toLowerCase());
    const taken = this.#columns.find((name) => all.filter((each) => each === name.toLowerCase()).length > 1);
    if (taken === undefined) return;
    throw this.#config(
      `the column '${taken}' is to say how long a version holds, and another has its name`,
      "name another one under 'scd2', such as `scd2: { valid_from: known_from }`",
    );
  }

  /** The statement that makes a table for these columns and their versions. */
  creation(session: Session, columns: readonly Column[], keys: readonly string[]): string {
    const [from, to, current] = this.#columns.map(quoted);
    const lines = columns.map((column) => {
      const isKey = keys.includes(column.name);
      return `${quoted(column.name)} ${declared(session, column, isKey)} ${isKey ? "NOT NULL" : "NULL"}`;
    });
    return `CREATE TABLE ${tableText(this.name)} (${lines.join(", ")}, ${from} DATETIME(6) NOT NULL, ` +
      `${to} DATETIME(6) NULL, ${current} BOOLEAN NOT NULL, ` +
      `PRIMARY KEY (${keys.map(quoted).join(", ")}, ${from})) ` +
      "ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin";
  }

  /** Throws where the table cannot keep versions. */
  demandKept({ columns }: Target): void {
    for (const name of this.#columns) {
      const column = columns.find((each) => each.name.toLowerCase() === name.toLowerCase());
      const fits = name === this.#current
        ? column?.type === "tinyint"
        : /^(?:datetime|timestamp)$/.test(column?.type ?? "") && column?.scale === 6;
      if (fits) continue;
      throw this.#config(
        column === undefined
          ? `the table has no column '${name}'`
          : `the table's column '${name}' is ${column.declared}`,
        `a history needs '${this.#from}' and '${this.#to}' (DATETIME(6)) and '${this.#current}' (BOOLEAN): add them, ` +
          "name others under 'scd2', or load into a table that is not there",
      );
    }
  }

  /** Waits until no other load goes on with the history, and keeps others waiting until the session ends. */
  async takeTurn(session: Session): Promise<void> {
    const name = `CONCAT_WS('.', ${schemaOf(session, this.name)}, ${session.escape(this.name.table)})`;
    const [row] = await session.rows(
      `SELECT GET_LOCK(CONCAT('osiris.', LEFT(SHA2(${name}, 256), 40)), ${PATIENCE_S})`,
      this.attempt,
    );
    if (Number(row![0]) === 1) return;
    throw new ServerFailure(this.attempt, "timeout", "another load goes on with its history", {
      help: "run it again when the other load has ended",
      transient: true,
    });
  }

  /** Brings the history up to what the staging table holds: the rows as they are now. */
  async merge(
    session: Session,
    staging: string,
    columns: readonly TargetColumn[],
    keys: readonly TargetColumn[],
  ): Promise<void> {
    const run = (statement: string) => session.run(statement, this.attempt);
    const table = tableText(this.name);
    const [from, to, current] = this.#columns.map(quoted);
    await this.#demandKeys(session, staging, keys.map(({ name }) => quoted(name)));
    const now = session.escape(await this.#moment(session));
    const same = keys.map(({ name }) => `t.${quoted(name)} = s.${quoted(name)}`).join(" AND ");
    const changed = columns.filter((column) => !keys.includes(column)).map((column) =>
      `NOT (${comparable("t", column)} <=> ${comparable("s", column)})`
    );
    const close = `SET t.${to} = ${now}, t.${current} = 0 WHERE t.${current} = 1`;
    if (changed.length > 0) {
      await run(`UPDATE ${table} t JOIN ${staging} s ON ${same} ${close} AND (${changed.join(" OR ")})`);
    }
    if (this.options.close_missing === true) {
      await run(`UPDATE ${table} t ${close} AND NOT EXISTS (SELECT 1 FROM ${staging} s WHERE ${same})`);
    }
    const list = columns.map(({ name }) => quoted(name)).join(", ");
    await run(
      `INSERT INTO ${table} (${list}, ${from}, ${current}) SELECT ${list}, ${now}, 1 FROM ${staging} s ` +
        `WHERE NOT EXISTS (SELECT 1 FROM ${table} t WHERE t.${current} = 1 AND ${same})`,
    );
  }

  /** A row without its key, or two rows with one, would leave open which version is meant. */
  async #demandKeys(session: Session, staging: string, keys: readonly string[]): Promise<void> {
    const data = (what: string) =>
      new ServerFailure(this.attempt, "data", what, {
        help: "mend the rows in a step before; nothing was kept",
      });
    const isNull = keys.map((key) => `${key} IS NULL`).join(" OR ");
    const [missing] = await session.rows(`SELECT 1 FROM ${staging} WHERE ${isNull} LIMIT 1`, this.attempt);
    if (missing !== undefined) throw data(`a row has no value in its key (${keys.join(", ")})`);
    const list = keys.join(", ");
    const [twice] = await session.rows(
      `SELECT ${list} FROM ${staging} GROUP BY ${list} HAVING COUNT(*) > 1 LIMIT 1`,
      this.attempt,
    );
    if (twice !== undefined) throw data(`two rows have the key (${twice.join(", ")})`);
  }

  /** When this load begins to hold. */
  async #moment(session: Session): Promise<string> {
    const after = [this.#from, this.#to].map((column) =>
      `COALESCE(MAX(${quoted(column)}) + INTERVAL 1 MICROSECOND, UTC_TIMESTAMP(6))`
    );
    const [row] = await session.rows(
      `SELECT CAST(GREATEST(UTC_TIMESTAMP(6), ${after.join(", ")}) AS CHAR) FROM ${tableText(this.name)}`,
      this.attempt,
    );
    return String(row![0]);
  }

  #config(what: string, help: string): ServerFailure {
    return new ServerFailure(this.attempt, "config", what, { help });
  }
}

/** What tells two values apart: a text by its bytes, whatever its collation. */
function comparable(of: "t" | "s", { name, type }: TargetColumn): string {
  const column = `${of}.${quoted(name)}`;
  return TEXTS.test(type) ? `CAST(${column} AS BINARY)` : column;
}

/**
 * One load into one table: taken in where nobody sees it, then made visible all at once.
 *
 * `append`, `upsert`, `delete_insert` and `scd2` are one transaction, with the note that the load is done in it. `overwrite`
 * fills a new table beside the old one and exchanges them by one RENAME, which readers see as one step; the server
 * commits with it, so the note follows, and an attempt in between loads the same rows once more into a table
 * that is replaced by them.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { type Context, DriverError, ServerFailure, type StagedRows, type WriteRequest } from "osiris/driver";
import { quoted, Session, tableText } from "../mysql/mod.ts";
import type { TableName } from "../sql_names/mod.ts";
import { fitted, type FittedColumn } from "./column_fit.ts";
import { DoneLoads } from "./done_loads.ts";
import { evolve } from "./evolution.ts";
import { History, type HistoryOptions } from "./history.ts";
import { load } from "./load.ts";
import { bound, creation, describe, matched, type Target } from "./target.ts";

/** How long the server may take to hear that nothing is to be kept. */
const FORGET_MS = 5_000;

/** What a step says about the table and the way into it. */
export interface LoadOptions {
  readonly table: string;
  readonly write_mode: "append" | "overwrite" | "upsert" | "delete_insert" | "scd2";
  readonly keys?: readonly string[];
  readonly scd2?: HistoryOptions;
  readonly create: boolean;
}

/** What a load goes by. */
export interface Load {
  readonly name: TableName;
  readonly options: LoadOptions;
  readonly input: WriteRequest;
  readonly context: Context<LoadOptions>;
}

/** Takes the input in. */
export async function stage(session: Session, given: Load): Promise<StagedRows> {
  const { name, input, context } = given;
  const attempt = `Cannot write the table '${given.options.table}' at ${session.place}`;
  const done = new DoneLoads(name, input, context.step, attempt);
  await done.prepare(session);
  if (await done.has(session)) {
    for await (const _ of input.batches()) { /* They are there already. */ }
    context.log("this load is done already: nothing is loaded again");
    return { commit: () => session[Symbol.asyncDispose](), abort: () => session[Symbol.asyncDispose]() };
  }
  const job = new Job(session, given, done, attempt);
  try {
    return await job.take();
  } catch (error) {
    await job.forget();
    throw error;
  }
}

class Job {
  readonly #table: string;
  readonly #history: History | undefined;
  #created = false;
  #rows = 0;

  constructor(
    readonly session: Session,
    readonly given: Load,
    readonly done: DoneLoads,
    readonly attempt: string,
  ) {
    this.#table = tableText(given.name);
    const { write_mode, scd2 } = given.options;
    this.#history = write_mode === "scd2" ? new History(given.name, scd2, attempt) : undefined;
  }

  async take(): Promise<StagedRows> {
    const { options, input } = this.given;
    const keys = options.keys ?? [];
    for (const key of keys) this.#demandKey(key);
    const there = await this.#evolved(await describe(this.session, this.given.name, this.attempt));
    const overwrite = options.write_mode === "overwrite";
    if (there === undefined && !options.create) {
      throw new ServerFailure(this.attempt, "config", "there is no such table", {
        help: "make it, or leave `create: false` out",
      });
    }
    if (overwrite) return await this.#replace(there);
    this.#history?.demandOwnNames(input.columns);
    if (there === undefined) {
      await this.#run(this.#creation(keys));
      this.#created = true;
    }
    const target = there ?? await this.#described(this.given.name);
    this.#history?.demandKept(target);
    const columns = this.#fit(target);
    if (options.write_mode === "append") {
      await this.#begin();
      await this.#load(this.#table, columns);
    } else await this.#merge(target, columns, keys);
    await this.done.note(this.session, this.#rows);
    return { commit: () => this.#commit(), abort: () => this.forget() };
  }

  #creation(keys: readonly string[]): string {
    const { options, input } = this.given;
    return this.#history?.creation(this.session, input.columns, keys) ??
      creation(this.session, this.#table, input.columns, keys, options.write_mode === "upsert");
  }

  /** The table with its columns as they have to be; one that is replaced is left as it is. */
  async #evolved(there: Target | undefined): Promise<Target | undefined> {
    const { name, input: { evolution }, options } = this.given;
    if (there === undefined || options.write_mode === "overwrite") return there;
    if (evolution.add.length + evolution.widen.length === 0) return there;
    await evolve(this.session, name, this.attempt, evolution);
    return await this.#described(name);
  }

  /** Takes everything back. */
  async forget(): Promise<void> {
    try {
      await this.#run("ROLLBACK");
      await this.#dropOwn(this.session);
    } catch {
      // The connection is gone, and what was not committed with it; tables are not.
      await this.#forgetAnew().catch(() => {});
    } finally {
      await this.session[Symbol.asyncDispose]();
    }
  }

  async #forgetAnew(): Promise<void> {
    if (!this.#created && this.given.options.write_mode !== "overwrite") return;
    await using again = await Session.open(this.given.context.connection, AbortSignal.timeout(FORGET_MS));
    await this.#dropOwn(again);
  }

  async #dropOwn(session: Session): Promise<void> {
    if (this.#created) await session.run(`DROP TABLE IF EXISTS ${this.#table}`, this.attempt);
    if (this.given.options.write_mode === "overwrite") await this.#dropAside(session);
  }

  async #begin(): Promise<void> {
    await this.#run("START TRANSACTION");
    await this.done.note(this.session, 0);
  }

  async #load(table: string, columns: readonly FittedColumn[]): Promise<void> {
    const { input, context } = this.given;
    this.#rows = await load(this.session, table, columns, input, { attempt: this.attempt, log: context.log });
  }

  /** Rows with the same keys make way or are changed, the others are added; by way of a table that only this connection sees. */
  async #merge(target: Target, columns: readonly FittedColumn[], keys: readonly string[]): Promise<void> {
    const upsert = this.given.options.write_mode === "upsert";
    const byKey = keys.map((key) => columns.find(({ name }) => name === key)!.target);
    if (upsert) this.#demandUnique(target, byKey.map(({ name }) => name));
    const names = columns.map(({ target }) => quoted(target.name));
    const keyNames = byKey.map(({ name }) => quoted(name));
    const index = upsert
      ? `UNIQUE KEY (${keyNames.join(", ")})`
      : byKey.some(({ type }) => /text|blob/.test(type))
      ? ""
      : `KEY (${keyNames.join(", ")})`;
    const staging = quoted(`_osiris_${this.#token()}`);
    await this.#run(
      `CREATE TEMPORARY TABLE ${staging} ${index === "" ? "" : `(${index})`} ENGINE = InnoDB ` +
        `AS SELECT ${names.join(", ")} FROM ${this.#table} LIMIT 0`,
    );
    await this.#history?.takeTurn(this.session);
    await this.#begin();
    await this.#load(staging, columns);
    if (this.#history !== undefined) {
      return await this.#history.merge(this.session, staging, columns.map(({ target }) => target), byKey);
    }
    const same = keyNames.map((key) => `t.${key} <=> s.${key}`).join(" AND ");
    const list = names.join(", ");
    if (!upsert) {
      await this.#run(
        `DELETE t FROM ${this.#table} t JOIN (SELECT DISTINCT ${
          keyNames.join(", ")
        } FROM ${staging}) s ON ${same}`,
      );
      await this.#run(`INSERT INTO ${this.#table} (${list}) SELECT ${list} FROM ${staging}`);
      return;
    }
    const rest = names.filter((name) => !keyNames.includes(name));
    if (rest.length > 0) {
      const sets = rest.map((name) => `t.${name} = s.${name}`).join(", ");
      await this.#run(`UPDATE ${this.#table} t JOIN ${staging} s ON ${same} SET ${sets}`);
    }
    await this.#run(
      `INSERT INTO ${this.#table} (${list}) SELECT ${list} FROM ${staging} s ` +
        `WHERE NOT EXISTS (SELECT 1 FROM ${this.#table} t WHERE ${same})`,
    );
  }

  async #replace(there: Target | undefined): Promise<StagedRows> {
    const { name, input } = this.given;
    const lost = there === undefined ? undefined : await bound(this.session, name, this.attempt);
    if (lost !== undefined) {
      throw new ServerFailure(
        this.attempt,
        "config",
        `the table has ${lost}, which a new table would not have`,
        {
          help: "use `delete_insert`, or empty the table yourself and `append`",
        },
      );
    }
    await this.#dropAside(this.session);
    const fresh = this.#aside("new");
    await this.#run(
      there === undefined
        ? creation(this.session, tableText(fresh), input.columns, [], false)
        : `CREATE TABLE ${tableText(fresh)} LIKE ${this.#table}`,
    );
    if (there !== undefined) await evolve(this.session, fresh, this.attempt, input.evolution);
    const columns = this.#fit(await this.#described(fresh));
    await this.#run("START TRANSACTION");
    await this.#load(tableText(fresh), columns);
    await this.#run("COMMIT");
    return { commit: () => this.#exchange(there !== undefined), abort: () => this.forget() };
  }

  async #exchange(existed: boolean): Promise<void> {
    const [fresh, old] = [tableText(this.#aside("new")), tableText(this.#aside("old"))];
    await using _ = this.session;
    const away = existed ? `${this.#table} TO ${old}, ` : "";
    await this.#run(`RENAME TABLE ${away}${fresh} TO ${this.#table}`);
    await this.done.note(this.session, this.#rows);
    await this.#run(`DROP TABLE IF EXISTS ${old}`);
  }

  async #dropAside(session: Session): Promise<void> {
    await session.run(
      `DROP TABLE IF EXISTS ${tableText(this.#aside("new"))}, ${tableText(this.#aside("old"))}`,
      this.attempt,
    );
  }

  #aside(what: "new" | "old"): TableName {
    return { ...this.given.name, table: `_osiris_${what}_${this.#token()}` };
  }

  #token(): string {
    const { loadId } = this.given.input;
    return createHash("sha256").update(`${loadId} ${this.#table}`).digest("hex").slice(0, 16);
  }

  /** When the answer is lost, the server is asked again what became of it. */
  async #commit(): Promise<void> {
    const { connection, signal } = this.given.context;
    try {
      await this.#run("COMMIT");
    } catch (error) {
      if (!(error instanceof ServerFailure) || !["network", "timeout"].includes(error.trouble)) throw error;
      await using again = await Session.open(connection, signal);
      if (!await this.done.has(again)) throw error;
    } finally {
      await this.session[Symbol.asyncDispose]();
    }
  }

  async #described(name: TableName): Promise<Target> {
    const found = await describe(this.session, name, this.attempt);
    if (found === undefined) {
      throw new DriverError(`${this.attempt} (config): it is gone`, { help: "try again" });
    }
    return found;
  }

  #fit(target: Target): FittedColumn[] {
    const { input, name } = this.given;
    return matched(target, input.columns, name).map((column, i) => fitted(input.columns[i]!, column));
  }

  #demandKey(key: string): void {
    if (this.given.input.columns.some(({ name }) => name === key)) return;
    throw new ServerFailure(this.attempt, "config", `the key '${key}' is not among the input's columns`, {
      help: "check `keys`, or add the column in a SQL step before",
    });
  }

  /** Otherwise it would be open which row is meant. */
  #demandUnique(target: Target, keys: readonly string[]): void {
    const wanted = new Set(keys);
    const found = target.unique.some((key) =>
      key.length === wanted.size && key.every((each) => wanted.has(each))
    );
    const open = target.columns.find(({ name, nullable }) => wanted.has(name) && nullable);
    if (found && open === undefined) return;
    const why = found
      ? `the key's column '${open!.name}' may be null`
      : `it has no PRIMARY or UNIQUE key over exactly ${keys.join(", ")}`;
    throw new ServerFailure(this.attempt, "config", why, {
      help: "add such a key over columns that are NOT NULL, or use `delete_insert`",
    });
  }

  #run(statement: string): Promise<unknown> {
    return this.session.run(statement, this.attempt);
  }
}

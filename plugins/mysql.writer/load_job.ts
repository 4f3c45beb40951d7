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
import { TableChange } from "./evolution.ts";
import { History, type HistoryOptions } from "./history.ts";
import { load } from "./load.ts";
import { demandUnique, mergeStaged } from "./merge.ts";
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
  readonly #change: TableChange;
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
    this.#change = new TableChange(given.input.evolution, attempt);
    this.#history = write_mode === "scd2" ? new History(given.name, scd2, attempt) : undefined;
  }

  async take(): Promise<StagedRows> {
    const { options, input } = this.given;
    const keys = options.keys ?? [];
    for (const key of keys) this.#demandKey(key);
    const there = await describe(this.session, this.given.name, this.attempt);
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
    const evolving = there !== undefined && this.#change.some;
    const target = evolving ? await this.#asItWillBe() : there ?? await this.#described(this.given.name);
    this.#history?.demandKept(target);
    const columns = this.#fit(target);
    if (options.write_mode === "append" && !evolving) {
      await this.#begin();
      await this.#load(this.#table, columns);
    } else await this.#merge(target, columns, keys, evolving);
    await this.done.note(this.session, this.#rows);
    return { commit: () => this.#commit(), abort: () => this.forget() };
  }

  #creation(keys: readonly string[]): string {
    const { options, input } = this.given;
    return this.#history?.creation(this.session, input.columns, keys) ??
      creation(this.session, this.#table, input.columns, keys, options.write_mode === "upsert");
  }

  /** The table with the columns that it will have, in an empty one beside it. */
  async #asItWillBe(): Promise<Target> {
    const fresh = this.#aside("new");
    await this.#run(`DROP TABLE IF EXISTS ${tableText(fresh)}`);
    await this.#run(`CREATE TABLE ${tableText(fresh)} LIKE ${this.#table}`);
    await new TableChange(this.given.input.evolution, this.attempt).make(this.session, fresh);
    return await this.#described(fresh);
  }

  /** Takes everything back. */
  async forget(): Promise<void> {
    try {
      await this.#run("ROLLBACK");
      await this.#dropOwn(this.session);
      await this.#takeBack(this.session);
    } catch {
      // The connection is gone, and what was not committed with it; tables and their columns are not.
      await this.#forgetAnew().catch(() => {});
    } finally {
      await this.session[Symbol.asyncDispose]();
    }
  }

  async #forgetAnew(): Promise<void> {
    if (!this.#created && !this.#change.some && this.given.options.write_mode !== "overwrite") return;
    await using again = await Session.open(this.given.context.connection, AbortSignal.timeout(FORGET_MS));
    await this.#dropOwn(again);
    await this.#takeBack(again);
  }

  async #dropOwn(session: Session): Promise<void> {
    if (this.#created) await session.run(`DROP TABLE IF EXISTS ${this.#table}`, this.attempt);
    if (this.#change.some || this.given.options.write_mode === "overwrite") await this.#dropAside(session);
  }

  async #takeBack(session: Session): Promise<void> {
    try {
      await this.#change.takeBack(session);
    } catch (error) {
      this.given.context.log(
        `the table keeps the columns that were made for this load (${this.#change.what}): ${
          error instanceof Error ? error.message : error
        }`,
      );
    }
  }

  async #begin(): Promise<void> {
    await this.#run("START TRANSACTION");
    await this.done.claim(this.session);
  }

  async #load(table: string, columns: readonly FittedColumn[]): Promise<void> {
    const { input, context } = this.given;
    this.#rows = await load(this.session, table, columns, input, { attempt: this.attempt, log: context.log });
  }

  /**
   * Rows with the same keys make way or are changed, the others are added; by way of a table that only this connection
   * sees. A table that evolves does so once the rows are in there.
   */
  async #merge(
    target: Target,
    columns: readonly FittedColumn[],
    keys: readonly string[],
    evolving: boolean,
  ): Promise<void> {
    const { write_mode } = this.given.options;
    const byKey = keys.map((key) => columns.find(({ name }) => name === key)!.target);
    if (write_mode === "upsert") demandUnique(target, byKey.map(({ name }) => name), this.attempt);
    const names = columns.map(({ target }) => quoted(target.name));
    const keyNames = byKey.map(({ name }) => quoted(name));
    const index = write_mode === "upsert"
      ? `(UNIQUE KEY (${keyNames.join(", ")}))`
      : keys.length === 0 || byKey.some(({ type }) => /text|blob/.test(type))
      ? ""
      : `(KEY (${keyNames.join(", ")}))`;
    const staging = quoted(`_osiris_${this.#token()}`);
    const shape = evolving ? tableText(this.#aside("new")) : this.#table;
    await this.#run(
      `CREATE TEMPORARY TABLE ${staging} ${index} ENGINE = InnoDB AS SELECT ${
        names.join(", ")
      } FROM ${shape} LIMIT 0`,
    );
    if (evolving) await this.#run(`DROP TABLE ${shape}`);
    await this.#history?.takeTurn(this.session);
    if (evolving) {
      await this.#load(staging, columns);
      await this.#change.make(this.session, this.given.name);
      await this.#begin();
    } else {
      await this.#begin();
      await this.#load(staging, columns);
    }
    if (this.#history !== undefined) {
      return await this.#history.merge(this.session, staging, columns.map(({ target }) => target), byKey);
    }
    await mergeStaged(
      this.session,
      { table: this.#table, staging, names, keys: keyNames, write_mode },
      this.attempt,
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
    if (there !== undefined) await new TableChange(input.evolution, this.attempt).make(this.session, fresh);
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
      if (!(error instanceof ServerFailure) || !["network", "timeout"].includes(error.trouble)) {
        await this.forget();
        throw error;
      }
      await using again = await Session.open(connection, signal);
      if (await this.done.has(again)) return;
      await this.#takeBack(again);
      throw error;
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

  #run(statement: string): Promise<unknown> {
    return this.session.run(statement, this.attempt);
  }
}

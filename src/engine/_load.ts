/**
 * Loading rows into a table of a database file: everything in one transaction, together with the row that says that
 * the load is done.
 *
 * What must stay true: until the commit nobody sees anything of it, and afterwards all of it; who was killed before
 * leaves the old content; a load that is done is not done again; a value is kept as it came or the load fails and
 * names column and value.
 *
 * @module
 */

import type { DuckDBConnection } from "@duckdb/node-api";
import { rmSync } from "node:fs";
import { OsirisError } from "../diagnostic.ts";
import { type DatabaseFiles, isThere, listedName, nameOf, tableNamed } from "./_database_file.ts";
import type { Column, Execution, Loading, LoadRequest, RunOptions } from "./engine.ts";
import { explained } from "./_failure.ts";
import {
  demandHistory,
  demandOwnNames,
  historyLines,
  historyStatements,
  momentQuery,
} from "./_load_history.ts";
import { columnsAfter, evolutionStatements } from "./_load_evolution.ts";
import { exactly, keptValue, unkept } from "./_load_columns.ts";
import { loadQuery, noteStatements, remembersQuery } from "./_loads.ts";
import { identifier } from "./_quote.ts";
import type { DuckRelation } from "./_relation.ts";

/** Computes a relation into a table, in a transaction that is left open. */
export async function loadRows(
  files: DatabaseFiles,
  step: string,
  relation: DuckRelation,
  request: LoadRequest,
  options: RunOptions,
): Promise<Loading> {
  const endTurn = await files.turn(request.path);
  const load = new Load(files, step, relation, request, !isThere(request.path), endTurn);
  try {
    await load.stage(options);
    return load;
  } catch (error) {
    await load.abort();
    throw error;
  }
}

class Load implements Loading {
  rows = 0;
  readonly executions: Execution[] = [];
  #connection: DuckDBConnection | undefined;
  #alias = "";
  #done = false;

  constructor(
    readonly files: DatabaseFiles,
    readonly step: string,
    readonly relation: DuckRelation,
    readonly request: LoadRequest,
    /** Whether the file was not there before. */
    readonly made: boolean,
    readonly endTurn: () => void,
  ) {}

  async stage(options: RunOptions): Promise<void> {
    const { files, request, step } = this;
    this.#alias = await files.attach(step, request.path, "write");
    this.#connection = await files.database.connect();
    await this.#run("BEGIN");
    const before = await this.#loadedBefore();
    if (before !== undefined) {
      this.rows = before;
      return;
    }
    const columns = await this.#prepare();
    await this.#insert(columns, options);
    if (this.#isMerged) {
      await this.#merge(columns);
      await this.#run(`DROP TABLE ${this.#staging}`);
    }
    const { loadId, pipeline, cursors, table } = request;
    const note = { loadId, pipeline, cursors, table, step, rows: this.rows };
    for (const statement of noteStatements(this.#alias, note)) await this.#run(statement);
  }

  /** Makes the table and its columns as they are wanted, and room for the rows; gives their columns in it. */
  async #prepare(): Promise<readonly Column[]> {
    const { request } = this;
    for (const statement of evolutionStatements(this.#table, request)) await this.#run(statement);
    const columns = await this.#target();
    if (request.writeMode === "overwrite") await this.#run(`DELETE FROM ${this.#table}`);
    if (this.#isMerged) {
      const typed = columns.map(({ name, type }) => `${identifier(name)} ${type}`).join(", ");
      await this.#run(`CREATE OR REPLACE TEMP TABLE ${this.#staging} (${typed})`);
    }
    return columns;
  }

  /** After an attempt that could not read a text: nothing of it is left, and the next one may begin. */
  async #prepareAgain(): Promise<void> {
    await this.#run("ROLLBACK");
    await this.#run("BEGIN");
    await this.#prepare();
  }

  /** Whether rows are brought together aside before they meet those of the table. */
  get #isMerged(): boolean {
    return this.request.writeMode !== "append" && this.request.writeMode !== "overwrite";
  }

  async commit(): Promise<void> {
    try {
      await this.#run("COMMIT");
      // What is committed stays in the log where somebody still reads the file, and is as safe there.
      await this.#connection!.run(`CHECKPOINT ${identifier(this.#alias)}`).catch(() => {});
    } finally {
      this.#end();
    }
  }

  async abort(): Promise<void> {
    if (this.#done) return;
    try {
      await this.#connection?.run("ROLLBACK").catch(() => {}); // it may have ended by itself
    } finally {
      this.#end();
    }
    if (!this.made || !isThere(this.request.path)) return;
    await this.files.detach(this.request.path);
    for (const path of [this.request.path, `${this.request.path}.wal`]) rmSync(path, { force: true });
  }

  #end(): void {
    this.#done = true;
    this.#connection?.closeSync();
    this.endTurn();
  }

  get #table(): string {
    const { schema, name } = nameOf(this.request.table);
    return [this.#alias, schema, name].map(identifier).join(".");
  }

  /** A name of its own for each step: temporary tables belong to a connection. */
  readonly #staging = "temp.osiris_staging";

  async #loadedBefore(): Promise<number | undefined> {
    if ((await this.#rowsOf(remembersQuery(this.#alias))).length === 0) return undefined;
    const [row] = await this.#rowsOf(loadQuery(this.#alias, this.request.loadId));
    return row === undefined ? undefined : Number(row[0]);
  }

  /** The table's columns for those of the input, in its order; the table is made when it is missing. */
  async #target(): Promise<readonly Column[]> {
    const { files, relation, request } = this;
    const lacking = request.keys.find((key) => !relation.columns.some(({ name }) => same(name, key)));
    if (lacking !== undefined) {
      throw this.#refused(
        `the key '${lacking}' is no column of the input`,
        "name columns of the input as keys",
      );
    }
    const { history } = request;
    if (history !== undefined) {
      demandOwnNames(history, relation.columns, (what, help) => this.#refused(what, help));
    }
    const table = tableNamed(await files.tables(this.#alias), request.table);
    if (table !== undefined && history !== undefined) {
      demandHistory(history, table.columns, (what, help) => this.#refused(what, help));
    }
    if (table === undefined) {
      if (!request.create) {
        throw this.#refused("the table is not there", "create it, or leave `create: false` out");
      }
      await this.#create();
      return relation.columns;
    }
    const there = columnsAfter(table.columns, request);
    return relation.columns.map(({ name }) => {
      const column = there.find((each) => same(each.name, name));
      if (column !== undefined) return column;
      const names = table.columns.map((each) => each.name).join(", ");
      throw this.#refused(
        `the table ${listedName(table)} has no column '${name}'`,
        `its columns are ${names}`,
      );
    });
  }

  async #create(): Promise<void> {
    const { relation, request } = this;
    const columns = relation.columns.map(({ name, type }) => `${identifier(name)} ${type}`);
    const { history, keys, writeMode } = request;
    if (history !== undefined) columns.push(...historyLines(history));
    const unique = writeMode === "upsert" ? keys : history === undefined ? [] : [...keys, history.from];
    const key = unique.length === 0 ? [] : [`PRIMARY KEY (${unique.map(identifier).join(", ")})`];
    const { schema } = nameOf(request.table);
    await this.#run(`CREATE SCHEMA IF NOT EXISTS ${identifier(this.#alias)}.${identifier(schema)}`);
    await this.#run(`CREATE TABLE ${this.#table} (${[...columns, ...key].join(", ")})`);
  }

  /** Computes the relation into the table, or aside, each value as it is. */
  async #insert(columns: readonly Column[], options: RunOptions): Promise<void> {
    const { files, relation } = this;
    const table = this.#isMerged ? this.#staging : this.#table;
    const values = relation.columns.map((column, at) => {
      const value = exactly(column, columns[at]!);
      if (value !== undefined) return value;
      throw this.#refused(
        `column '${column.name}' is a ${column.type}, and the table's column is a ${columns[at]!.type}`,
        "cast it in a SQL step before, to a type that holds the same values",
      );
    });
    const names = columns.map(({ name }) => identifier(name)).join(", ");
    const execution = await this.#explained(() =>
      files.database.execute(
        relation,
        this.#doing,
        (query) => `INSERT INTO ${table} (${names}) SELECT ${values.join(", ")} FROM (${query}) AS rows_in`,
        { ...options, clear: () => this.#prepareAgain() },
        this.#connection,
      )
    );
    const { rows } = execution;
    this.rows = rows;
    const steps = execution.steps.filter((measure) => measure.step !== this.step);
    this.executions.push({ ...execution, steps: [...steps, { step: this.step, rowsOut: rows }] });
  }

  async #merge(columns: readonly Column[]): Promise<void> {
    const { keys, writeMode } = this.request;
    const list = keys.map(identifier).join(", ");
    const names = columns.map(({ name }) => identifier(name));
    const isNull = keys.map((key) => `${identifier(key)} IS NULL`).join(" OR ");
    const [missing] = await this.#rowsOf(`SELECT 1 FROM ${this.#staging} WHERE ${isNull} LIMIT 1`);
    if (missing !== undefined) throw this.#wrongRows(`a row has no value in its key (${keys.join(", ")})`);
    if (writeMode === "delete_insert") {
      await this.#run(
        `DELETE FROM ${this.#table} WHERE (${list}) IN (SELECT (${list}) FROM ${this.#staging})`,
      );
      await this.#run(
        `INSERT INTO ${this.#table} (${names.join(", ")}) SELECT ${names.join(", ")} FROM ${this.#staging}`,
      );
      return;
    }
    const [twice] = await this.#rowsOf(
      `SELECT ${keys.map((key) => `${identifier(key)}::VARCHAR`).join(", ")} FROM ${this.#staging}
        GROUP BY ${list} HAVING count(*) > 1 LIMIT 1`,
    );
    if (twice !== undefined) {
      throw this.#wrongRows(`two rows have the key ${keys.join(", ")} = ${twice.join(", ")}`);
    }
    const { history } = this.request;
    if (history !== undefined) {
      const staging = this.#staging;
      const [row] = await this.#rowsOf(momentQuery(history, this.#table));
      const merging = { table: this.#table, staging, keys, columns, now: String(row![0]) };
      for (const statement of historyStatements(history, merging)) await this.#run(statement);
      return;
    }
    const match = keys.map(identifier).map((key) => `t.${key} = s.${key}`).join(" AND ");
    const others = names.filter((name) => !keys.some((key) => same(identifier(key), name)));
    const update = others.length === 0
      ? ""
      : ` WHEN MATCHED THEN UPDATE SET ${others.map((name) => `${name} = s.${name}`).join(", ")}`;
    await this.#run(
      `MERGE INTO ${this.#table} AS t USING ${this.#staging} AS s ON ${match}${update}
        WHEN NOT MATCHED THEN INSERT (${names.join(", ")}) VALUES (${
        names.map((name) => `s.${name}`).join(", ")
      })`,
    );
  }

  get #doing(): string {
    return `write to the table '${this.request.table}' in '${this.request.path}'`;
  }

  async #run(sql: string): Promise<void> {
    await this.#explained(() => this.#connection!.run(sql));
  }

  async #rowsOf(sql: string): Promise<unknown[][]> {
    return await this.#explained(async () => (await this.#connection!.runAndReadAll(sql)).getRowsJson());
  }

  /** What goes wrong, in words about the table. */
  async #explained<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const value = unkept(message);
      if (value !== undefined) throw this.#wrongRows(keptValue(value));
      const constraint = /Constraint Error: ([^\n]*)/.exec(message)?.[1];
      if (constraint !== undefined) throw this.#wrongRows(constraint);
      throw explained(error, this.files.database.attempt(this.step, this.#doing));
    }
  }

  #refused(what: string, help: string): OsirisError {
    return new OsirisError("ENG552", `Cannot ${this.#doing}: ${what}`, { step: this.step, help });
  }

  #wrongRows(what: string): OsirisError {
    return new OsirisError("ENG553", `Cannot ${this.#doing}: ${what}`, {
      step: this.step,
      help: "mend the rows in a step before, or change the table; nothing was kept",
    });
  }
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

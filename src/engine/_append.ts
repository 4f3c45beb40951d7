/**
 * Batches in: Arrow IPC streams become rows of a stored relation, whole columns at a time.
 *
 * What must stay true: a batch comes from a driver and is not trusted. Its columns are the declared ones,
 * every offset lies in its buffer, every text is UTF-8, and a value that a column cannot hold exactly is an
 * error that names both.
 *
 * @module
 */

import type { DuckDBAppender, DuckDBConnection, DuckDBType } from "@duckdb/node-api";
import type { Column as ArrowColumn } from "@uwdata/flechette";
import { OsirisError } from "../diagnostic.ts";
import { guardArrow, LARGEST_BATCH } from "./_arrow_guard.ts";
import { vectorFiller } from "./_arrow_in.ts";
import type { ArrowBatch } from "./_arrow_types.ts";
import type { Filling } from "./_vector_writing.ts";
import type { Database } from "./_database.ts";
import type { Appender, Column, Relation } from "./engine.ts";
import { explained } from "./_failure.ts";
import { loadBindings, loadDuckDB } from "./_native.ts";
import { identifier } from "./_quote.ts";
import { DuckRelation } from "./_relation.ts";

/** Rows of one data chunk of the engine. */
const CHUNK_ROWS = 2048;
/** Rows after which what was appended is handed to the table. */
const FLUSH_ROWS = 500_000;

/** Opens a stored relation to be filled. */
export async function openAppender(
  database: Database,
  step: string,
  columns: readonly Column[],
  table: string,
): Promise<Appender> {
  if (columns.length === 0) {
    throw new OsirisError("ENG540", `Cannot take batches of step '${step}': it declares no columns`, {
      step,
      help: "declare at least one column",
    });
  }
  const connection = await database.connect();
  try {
    const declared = columns.map(({ name, type }) => `${identifier(name)} ${type}`).join(", ");
    await connection.run(`CREATE TABLE ${identifier(table)} (${declared})`);
    const appender = await connection.createAppender(table);
    return new BatchAppender(database, connection, appender, step, columns, table);
  } catch (error) {
    connection.closeSync();
    throw explained(error, database.attempt(step, `take batches of step '${step}'`));
  }
}

class BatchAppender implements Appender {
  #rows = 0;
  #unflushed = 0;
  #finished = false;
  #closed = false;
  readonly #types: readonly DuckDBType[];

  constructor(
    readonly database: Database,
    readonly connection: DuckDBConnection,
    readonly appender: DuckDBAppender,
    readonly step: string,
    readonly columns: readonly Column[],
    readonly table: string,
  ) {
    this.#types = columns.map((_, i) => appender.columnType(i));
  }

  get rows(): number {
    return this.#rows;
  }

  async append(data: Uint8Array): Promise<void> {
    const { tableFromIPC } = await import("@uwdata/flechette");
    let arrow;
    try {
      guardArrow(data);
      arrow = tableFromIPC(data, { useBigInt: true, useDecimalInt: true, useDate: false });
    } catch (error) {
      throw this.#refused(
        `it is not an Arrow IPC stream (${error instanceof Error ? error.message : error})`,
        error,
      );
    }
    this.#mustMatch(arrow.schema.fields.map((field) => String(field.name)));
    const fill = await this.#fillers(arrow.children);
    const batches = arrow.children[0]!.data.length;
    for (let i = 0; i < batches; i++) {
      const parts = arrow.children.map((column) => column.data[i] as unknown as ArrowBatch);
      await this.#appendBatch(parts, fill).catch((error) => {
        throw error instanceof OsirisError
          ? error
          : this.#refused(`its buffers do not hold what it claims (${error.message})`, error);
      });
    }
  }

  async finish(): Promise<Relation> {
    this.#finished = true;
    await this.#guarded(() => this.appender.flushSync());
    this.#close();
    return new DuckRelation(this.step, this.columns, { kind: "stored", table: this.table });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#finished) return;
    this.#finished = true;
    this.#close();
    await this.database.run(`DROP TABLE IF EXISTS ${identifier(this.table)}`);
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.appender.closeSync();
    this.connection.closeSync();
  }

  #mustMatch(names: readonly string[]): void {
    const declared = this.columns.map((column) => column.name);
    if (names.length !== declared.length || names.some((name, i) => name !== declared[i])) {
      throw this.#refused(`it has the columns ${names.join(", ")}, and should have ${declared.join(", ")}`);
    }
  }

  async #fillers(columns: readonly ArrowColumn<unknown>[]): Promise<Filling[]> {
    const bindings = await loadBindings();
    return columns.map((column, i) => {
      const { name, type } = this.columns[i]!;
      return vectorFiller(
        bindings,
        this.#types[i]!,
        column.type as never,
        (what, code = "ENG540") =>
          new OsirisError(
            code,
            `Cannot take a batch of step '${this.step}': column '${name}' (${type}) ${what}`,
            {
              step: this.step,
              help: code === "ENG540"
                ? "send the column as the type that was declared"
                : "declare a wider type, or send text",
            },
          ),
      );
    });
  }

  async #appendBatch(parts: readonly ArrowBatch[], fill: readonly Filling[]): Promise<void> {
    const { DuckDBDataChunk } = await loadDuckDB();
    const bindings = await loadBindings();
    const total = parts[0]!.length;
    if (total > LARGEST_BATCH) throw this.#refused(`it claims ${total} rows, and may have ${LARGEST_BATCH}`);
    if (parts.some((part) => part.length !== total)) {
      throw this.#refused("its columns have different lengths");
    }
    const prepared = fill.map((filling, i) => filling(parts[i]!));
    for (let from = 0; from < total; from += CHUNK_ROWS) {
      const count = Math.min(CHUNK_ROWS, total - from);
      const chunk = DuckDBDataChunk.create(this.#types, count);
      prepared.forEach((into, i) => into(bindings.data_chunk_get_vector(chunk.chunk, i), from, count));
      await this.#guarded(() => this.appender.appendDataChunk(chunk));
    }
    this.#rows += total;
    this.#unflushed += total;
    if (this.#unflushed >= FLUSH_ROWS) {
      this.#unflushed = 0;
      await this.#guarded(() => this.appender.flushSync());
    }
  }

  #guarded(run: () => void): Promise<void> {
    try {
      run();
      return Promise.resolve();
    } catch (error) {
      return Promise.reject(
        explained(error, this.database.attempt(this.step, `take a batch of step '${this.step}'`)),
      );
    }
  }

  #refused(what: string, cause?: unknown): OsirisError {
    return new OsirisError("ENG540", `Cannot take a batch of step '${this.step}': ${what}`, {
      step: this.step,
      help: "send one Arrow IPC stream per batch, with the declared columns in their order",
      cause,
    });
  }
}

/**
 * The author's door to Osiris: everything a driver needs, and nothing else. Built-in components use it
 * too.
 *
 * A driver runs in a sandbox. It has no environment, no subprocess and no files or hosts beyond what
 * its step was granted. It answers with a *relation* where the engine can do the work, and with rows
 * where it cannot.
 *
 * @example A driver that lets the engine read a file
 * ```ts
 * import { defineDriver, scan } from "osiris/driver";
 *
 * export default defineDriver<{ path: string }>({
 *   read: ({ config }) => scan("csv", config.path, { delimiter: ";" }),
 * });
 * ```
 *
 * @example A driver that makes rows
 * ```ts
 * import { defineDriver, emit } from "osiris/driver";
 *
 * export default defineDriver<{ url: string }>({
 *   read: ({ config, signal }, { cursor }) =>
 *     emit({ id: "BIGINT", name: "VARCHAR" }, async function* () {
 *       const answer = await fetch(`${config.url}?since=${cursor ?? 0}`, { signal });
 *       const { rows, last } = await answer.json();
 *       yield rows;
 *       return last; // the cursor of the next run
 *     }),
 * });
 * ```
 *
 * Values, in both directions: BIGINT and UBIGINT (and HUGEINT, up to 38 digits) are `bigint`, smaller integers and floats
 * `number`, DECIMAL text such as `"12.50"`, DATE `"2026-01-31"`, TIME `"12:34:56.789"`, TIMESTAMP
 * `"2026-01-31 12:34:56.789"`, TIMESTAMP WITH TIME ZONE the same with `+00`, UUID text,
 * INTERVAL an ISO 8601 duration such as `P1M2DT3.5S`, BLOB `Uint8Array`,
 * lists arrays, structs objects, maps `Map`. Where it is exact, more is taken: safe integers for BIGINT,
 * numbers and bigints for DECIMAL, `Date` and `bigint` counts for times. What is not exact is an error that
 * names column and value.
 *
 * @module
 */

import { decodeBatch } from "./_decode.ts";
import type { Context, DriverDefinition, WriteRequest } from "./_definition.ts";
import { type ChunkSource, ColumnChunk, Emission, type Row } from "./_emission.ts";
import type { Values } from "./_buffers.ts";
import {
  type Column,
  type Config,
  type CursorBounds,
  type CursorMove,
  type Evolution,
  type FileOptions,
  type LoadHistory,
  type RelationRequest,
  WRITE_INPUT,
} from "./protocol.ts";
import { Relay, type Relayed } from "./_relay.ts";

export { DriverError } from "./_driver_error.ts";
export type { DriverErrorOptions } from "./_driver_error.ts";
export { describe } from "./_describe.ts";
export { oneLine, ServerFailure, serverFailure } from "./_server_failure.ts";
export type { FailureOptions, Meaning, Trouble } from "./_server_failure.ts";
export type { ColumnView, InputBatch } from "./_decode.ts";
export type {
  Checked,
  Context,
  Discovered,
  DriverDefinition,
  Input,
  ReadRequest,
  StagedRows,
  TargetColumn,
  WriteRequest,
} from "./_definition.ts";
export type { Chunk, ChunkSource, ColumnChunk, Emission, Row } from "./_emission.ts";
export type { Relay, Relayed } from "./_relay.ts";
export type { Values } from "./_buffers.ts";
export type {
  Column,
  Config,
  CursorBounds,
  CursorMove,
  Evolution,
  FileOptions,
  LoadHistory,
  RelationRequest,
};

/** A driver, as `driver.ts` exports it by default. `C` is the type of the step's configuration. */
export function defineDriver<C = Config>(definition: DriverDefinition<C>): DriverDefinition<C> {
  return definition;
}

type Format = "csv" | "json" | "parquet";
type Copy = Extract<RelationRequest, { kind: "copy" }>;

/** Lets the engine read files. Options that are undefined are left to the format. */
export function scan(format: Format, path: string, options: Loose<FileOptions> = {}): RelationRequest {
  return { kind: "scan", format, path, options: given(options) };
}

/**
 * Lets the engine read a database file of its own format: a table, or a query that sees the file's tables and nothing
 * else. `cursor` is that of the read.
 */
export function select(
  path: string,
  what: {
    table?: string | undefined;
    query?: string | undefined;
    columns?: readonly string[] | undefined;
    params?: readonly (string | number | boolean | null)[] | undefined;
  },
  cursor: unknown = null,
): RelationRequest {
  const { table = null, query = null, columns = null, params = [] } = what;
  return { kind: "select", path, table, query, columns, params, bounds: cursor as CursorBounds | null };
}

/** Lets the engine compute a query over the step's inputs. */
export function sql(query: string): RelationRequest {
  return { kind: "sql", query };
}

/** Lets the engine load rows into a table of a database file of its own format, in one transaction. */
export function load(
  path: string,
  how: Pick<Extract<RelationRequest, { kind: "load" }>, "table" | "write_mode" | "create"> & {
    readonly keys?: readonly string[] | undefined;
    /** For `scd2`; what is left out has its usual name. */
    readonly history?: Partial<LoadHistory> | undefined;
  },
): RelationRequest {
  const { table, write_mode, create, keys = [] } = how;
  const usual = { valid_from: "valid_from", valid_to: "valid_to", current: "current", close_missing: false };
  const history = write_mode === "scd2" ? { ...usual, ...how.history } : null;
  return { kind: "load", path, table, write_mode, keys, history, create };
}

/** Lets the engine write files. */
export function copy(
  format: Format,
  path: string,
  how: { write_mode?: Copy["write_mode"] | undefined; partition_by?: readonly string[] | undefined },
  options: Loose<FileOptions> = {},
): RelationRequest {
  const { write_mode = "overwrite", partition_by = [] } = how;
  return { kind: "copy", format, path, write_mode, partition_by, options: given(options) };
}

/**
 * Gives rows of these columns (name → type). The source yields lists of rows, or `columns(…)`; what a
 * generator returns is the cursor of the next run. Rows are gathered into batches and sent only as fast
 * as they are taken.
 */
export function emit(columns: { readonly [name: string]: string }, source: ChunkSource): Emission {
  return new Emission(Object.entries(columns).map(([name, type]) => ({ name, type })), source);
}

/**
 * Gives rows of these columns (name → type) as a CSV text that the source itself makes, such as a server's bulk
 * export: the engine reads it, and no row passes through JavaScript. `protocol.ts` says how its values are written;
 * an unquoted `nullText` is null. The pieces may be cut anywhere, and each is a buffer of its own.
 */
export function relay(
  columns: { readonly [name: string]: string },
  nullText: string,
  pieces: () => AsyncGenerator<Uint8Array<ArrayBuffer>, Relayed, void>,
): Relay {
  return new Relay(Object.entries(columns).map(([name, type]) => ({ name, type })), nullText, pieces);
}

/**
 * Rows as one list or typed array per column. `BigInt64Array` for BIGINT, `Float64Array` for DOUBLE and
 * their like pass without a look at each value.
 */
export function columns(values: { readonly [column: string]: Values }): ColumnChunk {
  return new ColumnChunk(values);
}

/** A context for a driver's own tests. What the driver logs and measures goes nowhere. */
export function contextFor<C>(config: C, connection: Config | null = null): Context<C> {
  const nothing = () => {};
  return {
    component: "test.component",
    step: "test",
    config,
    connection,
    grants: { net: [], read: [], write: [] },
    signal: new AbortController().signal,
    log: nothing,
    event: nothing,
    metric: nothing,
    progress: nothing,
  };
}

/** An input for a driver's own tests, with the rows of some lists. */
export function inputOf(
  columns: { readonly [name: string]: string } = {},
  ...lists: readonly (readonly Row[])[]
): WriteRequest {
  const described = Object.entries(columns).map(([name, type]) => ({ name, type }));
  return {
    name: WRITE_INPUT,
    columns: described,
    mode: null,
    keys: [],
    loadId: "test/test",
    pipeline: "test",
    evolution: { add: [], widen: [] },
    cursors: {},
    async *batches() {
      for await (const { data } of new Emission(described, lists).batches()) {
        yield decodeBatch(described, data);
      }
    },
    async *rows() {
      for await (const batch of this.batches()) yield* batch.toRows();
    },
    bytes() {
      throw new Error("an engine makes the text of a relation; try this driver in a run");
    },
  };
}

type Loose<T> = { readonly [K in keyof T]: T[K] | undefined };

function given(options: Loose<FileOptions>): FileOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

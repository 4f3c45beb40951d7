// The types of "osiris/driver", as 'osiris components sdk' writes them. Change nothing: it is written anew.

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

/** A driver, as `driver.ts` exports it by default. `C` is the type of the step's configuration. */
export declare function defineDriver<C = Config>(definition: DriverDefinition<C>): DriverDefinition<C>;

/** Plain data of a step's configuration. */
export type Config = {
    readonly [key: string]: unknown;
};

/** A driver: a function for each thing its spec says it does. */
export interface DriverDefinition<C = Config> {
    /**
     * Tries the connection, outside of a step: the configuration has nothing but defaults, the grants are those over
     * the connection alone, and nothing may be written. Who says `ok` has reached the server; a `ServerFailure` that is
     * thrown says what is wrong with it.
     */
    check?(context: Context<C>): Maybe<Checked>;
    /**
     * Lists what is there, outside of a step as `check` is. Without a `scope` every table, and as little work for
     * each as can be: their columns may be left out (`{}`). With it the table or the schema of that name, its columns,
     * up to `samples` rows of each table and, with `profile`, what its values are like; where a table has no profile,
     * Osiris makes one of its samples.
     */
    discover?(context: Context<C>, request: {
        readonly scope: string | null;
        readonly samples: number;
        readonly profile: boolean;
    }): Maybe<readonly Discovered[]>;
    /** Gives rows: a relation for the engine, `emit(…)`, or `relay(…)`. */
    read?(context: Context<C>, request: ReadRequest): Maybe<RelationRequest | Emission | Relay>;
    /** Computes rows from its inputs. */
    transform?(context: Context<C>, inputs: {
        readonly [name: string]: Input;
    }): Maybe<RelationRequest | Emission>;
    /** Takes rows in: a relation for the engine, or rows staged by the driver itself. */
    write?(context: Context<C>, input: WriteRequest): Maybe<RelationRequest | StagedRows>;
    /**
     * The columns of the table that a write goes into; null when there is none. Asked before a write whose step has a
     * contract, where the spec has the capability `contract`; `columns` are those that would be written.
     */
    target?(context: Context<C>, input: {
        readonly columns: readonly Column[];
    }): Maybe<readonly TargetColumn[] | null>;
    /**
     * Whether a load that was about to be committed when its run was lost is done: how many rows it has, or null when
     * it is not done and will not be. An attempt that is still under way at the target is waited for.
     */
    loaded?(context: Context<C>, load: {
        readonly loadId: string;
    }): Maybe<number | null>;
}

/** What a driver is given for one step. */
export interface Context<C = Config> {
    readonly component: string;
    readonly step: string;
    /** The step's configuration, checked against the spec, defaults filled in. */
    readonly config: Readonly<C>;
    /** The values of the step's connection; null for a component without one. */
    readonly connection: Config | null;
    readonly grants: {
        readonly net: readonly string[];
        readonly read: readonly string[];
        readonly write: readonly string[];
    };
    /** Aborted when the step is cancelled. Hand it to `fetch` and the like. */
    readonly signal: AbortSignal;
    /** A line for the record of the run. */
    log(text: string, level?: "debug" | "info" | "warn" | "error"): void;
    /** An event for the record of the run; `data` is plain JSON. */
    event(name: string, data?: Config): void;
    /** A measured number for the record of the run. */
    metric(name: string, value: number, unit: string): void;
    /** How many rows were handled so far. */
    progress(rows: number): void;
}

type Maybe<T> = T | Promise<T>;

/** How a connection fared. */
export interface Checked {
    readonly ok: boolean;
    /** What kind of trouble: `auth`, `network`, `permission`, `timeout` or `config`, or a word of the component's own. */
    readonly category?: string;
    /** What is the matter. */
    readonly message?: string;
    /** What to do. */
    readonly help?: string;
}

/** A table that was found. */
export interface Discovered {
    readonly name: string;
    /** Name → type. */
    readonly columns: {
        readonly [name: string]: string;
    };
    readonly keys?: readonly string[];
    /** An estimate. */
    readonly rows?: number;
    /** Plain JSON values by column. */
    readonly samples?: readonly Config[];
    /** What is in the way of knowing more, when something is: a view whose table is gone, a right that is missing. */
    readonly trouble?: string;
    /** What its values are like, when that was asked for and the source can say it with little work. */
    readonly profile?: {
        /** How many rows were looked at. */
        readonly rows: number;
        readonly columns: {
            readonly [name: string]: {
                readonly nulls: number;
                /** How many different values there are. */
                readonly distinct?: number;
                /** The least and the greatest value as texts, where they have an order. */
                readonly min?: string;
                readonly max?: string;
            };
        };
    };
}

/** What a read is asked for. */
export interface ReadRequest {
    /**
     * What the last run returned as its cursor; null the first time, and where nothing is incremental.
     *
     * Where the spec has a field `incremental` and the step gives it, Osiris keeps the cursor, and this is
     * {@linkcode CursorBounds}: which rows are wanted. A row whose column is null is given too: Osiris refuses it, and
     * says how many there are. A column that is not there, or that the source does not compare exactly as the engine
     * does, is an error that names it. Texts are compared by their bytes.
     */
    readonly cursor: unknown;
    /** The columns that are needed; null for all. */
    readonly columns: readonly string[] | null;
    /** How many rows are needed; null for all. */
    readonly limit: number | null;
}

/** What a driver asks the engine to do in its stead, so that no row passes through JavaScript. */
export type RelationRequest = {
    readonly kind: "scan";
    readonly format: "csv" | "json" | "parquet";
    readonly path: string;
    readonly options: FileOptions;
}
/** Rows of a database file: of a table, or of a query over its tables; the other is null. */
 | {
    readonly kind: "select";
    readonly path: string;
    readonly table: string | null;
    readonly query: string | null;
    readonly columns: readonly string[] | null;
    readonly params: readonly (string | number | boolean | null)[];
    readonly bounds: CursorBounds | null;
} | {
    readonly kind: "sql";
    readonly query: string;
}
/** Rows into a table of a database file, in one transaction. */
 | {
    readonly kind: "load";
    readonly path: string;
    readonly table: string;
    readonly write_mode: "append" | "overwrite" | "upsert" | "delete_insert" | "scd2";
    readonly keys: readonly string[];
    /** How `scd2` keeps versions; null for every other mode. */
    readonly history: LoadHistory | null;
    /** Whether a table that is missing is made. */
    readonly create: boolean;
} | {
    readonly kind: "copy";
    readonly format: "csv" | "json" | "parquet";
    readonly path: string;
    readonly write_mode: "overwrite" | "append" | "error_if_exists" | "replace_partitions";
    readonly partition_by: readonly string[];
    readonly options: FileOptions;
};

/** Options of a file format as the engine takes them; unset means the format's default. */
export interface FileOptions {
    readonly delimiter?: string;
    readonly quote?: string;
    readonly escape?: string;
    readonly header?: boolean;
    readonly encoding?: string;
    readonly null_text?: string | readonly string[];
    readonly date_format?: string;
    readonly timestamp_format?: string;
    readonly decimal_separator?: string;
    /** Rows looked at to find types; `full` looks at every row. */
    readonly sample?: number | "full";
    readonly on_bad_row?: "error" | "skip" | "quarantine";
    /** Longest line accepted, in bytes. */
    readonly max_line_size?: number;
    readonly json_format?: "auto" | "array" | "ndjson";
    readonly types?: {
        readonly [column: string]: string;
    };
    readonly columns?: readonly string[];
    readonly union_by_name?: boolean;
    readonly hive_partitions?: boolean;
    readonly compression?: string;
    readonly row_group_size?: number;
}

/** Which rows an incremental read is asked for: those whose column is at least `from`, less than `to`, or null. */
export interface CursorBounds {
    readonly column: string;
    /** Texts, to be cast to the column's type by the source; null is no bound. */
    readonly from: string | null;
    readonly to: string | null;
}

/** The columns that say since when a version of a row holds, until when it held and whether it does. */
export interface LoadHistory {
    readonly valid_from: string;
    readonly valid_to: string;
    readonly current: string;
    /** Whether a version ends when its key does not come. */
    readonly close_missing: boolean;
}

/** The schema of the rows to come, and where they come from. */
declare class Emission {
    readonly columns: readonly Column[];
    readonly source: ChunkSource;
    constructor(columns: readonly Column[], source: ChunkSource);
    /** The batches, made when they are pulled; the return value is the new cursor. */
    batches(): AsyncGenerator<Batch, unknown, void>;
}

/** A column as both sides name it; `type` is the engine-neutral SQL type name, such as `BIGINT` or `DECIMAL(18,2)`. */
export interface Column {
    readonly name: string;
    readonly type: string;
}

/** Where chunks come from; what a generator returns is the new cursor. */
export type ChunkSource = Iterable<Chunk> | AsyncIterable<Chunk> | (() => Iterator<Chunk, unknown, void> | AsyncIterator<Chunk, unknown, void>);

/** What a driver yields: rows, or columns. */
export type Chunk = readonly Row[] | ColumnChunk;

/** A row by column name. A column that a row lacks is null there. A `type` of your own fits, an `interface` does not. */
export type Row = {
    readonly [column: string]: unknown;
};

/** Some rows as one list or typed array per column. */
declare class ColumnChunk {
    readonly values: {
        readonly [column: string]: Values;
    };
    constructor(values: {
        readonly [column: string]: Values;
    });
}

/** The values of one column: a list with nulls, or a typed array without. */
export type Values = ArrayLike<unknown>;

/** One Arrow IPC stream (one schema, one record batch). */
interface Batch {
    readonly data: Uint8Array;
    readonly rows: number;
}

/** A source's own bytes, on their way to the engine as they are. */
declare class Relay {
    readonly columns: readonly Column[];
    readonly nullText: string;
    /** The pieces of the text, each a buffer of its own: they are handed over. */
    readonly pieces: () => AsyncGenerator<Uint8Array<ArrayBuffer>, Relayed, void>;
    constructor(columns: readonly Column[], nullText: string, 
    /** The pieces of the text, each a buffer of its own: they are handed over. */
    pieces: () => AsyncGenerator<Uint8Array<ArrayBuffer>, Relayed, void>);
}

/** What a relayed text came to. */
export interface Relayed {
    /** How many rows the source says it gave. */
    readonly rows: number;
    /** The cursor of the next run. */
    readonly cursor?: unknown;
}

/** Rows that come in. They are sent as they are asked for, and can be gone through once. */
export interface Input {
    readonly name: string;
    readonly columns: readonly Column[];
    /** By batch, with columns that are views of the batch's own buffers: fast. */
    batches(): AsyncIterable<InputBatch>;
    /** By row: convenient. */
    rows(): AsyncIterable<Row>;
}

/** A batch of rows, by column. */
export interface InputBatch {
    readonly rows: number;
    readonly columns: readonly ColumnView[];
    /** The column of that name. Throws when there is none. */
    column(name: string): ColumnView;
    /** The rows as objects. */
    toRows(): Record<string, unknown>[];
}

/** One column of a batch. */
export interface ColumnView {
    readonly name: string;
    readonly type: string;
    readonly length: number;
    /** How many of the values are null. */
    readonly nulls: number;
    /**
     * The stored numbers, without a copy, for integers, floats, dates (days), times and timestamps (in
     * the type's unit). What stands where a value is null means nothing.
     */
    readonly values: ArrayBufferView | undefined;
    /** The value of a row; null when it has none. */
    at(row: number): unknown;
    /** All values. */
    toArray(): unknown[];
}

/** A write's input, and how it is meant. */
export interface WriteRequest extends Input {
    /** One of the spec's `write_modes`; null when it was not said. */
    readonly mode: string | null;
    /** The columns that tell rows apart, for modes that need them. */
    readonly keys: readonly string[];
    /**
     * Names this load: the same for every attempt at one step of one run, and never that of another. A target that
     * remembers it with the rows, in one transaction, is not loaded twice when the answer to a commit was lost.
     */
    readonly loadId: string;
    /**
     * How the table has to change first, in the same transaction where the target has them: columns that it has not
     * are added, and may be null; others get a type that keeps what they have. Empty unless the spec has the capability
     * `contract` and the step a contract.
     */
    readonly evolution: Evolution;
    /** The name of the pipeline. */
    readonly pipeline: string;
    /** How far each incremental read above the step will have come with this load, by its id: to be kept with the load. */
    readonly cursors: {
        readonly [step: string]: CursorMove;
    };
    /**
     * In place of batches or rows: the pieces of a CSV text that the engine makes, cut anywhere, for a target with a
     * bulk format of its own. `protocol.ts` says how values are written. What the generator returns is the number of rows.
     */
    bytes(options: {
        readonly nullText: string;
        /**
         * Whether the target also understands how values stand in the texts of extractors, which the engine would understand:
         * then a text that comes from one, and is changed by nothing in between, is passed on as it is.
         */
        readonly asWritten?: boolean;
    }): AsyncGenerator<Uint8Array, number, void>;
}

/** How a table has to change before rows go into it. */
export interface Evolution {
    /** Columns that it has not. */
    readonly add: readonly Column[];
    /** Columns whose type has to become this one. */
    readonly widen: readonly Column[];
}

/** A cursor before and after a load. */
export interface CursorMove {
    readonly column: string;
    readonly from: string | null;
    readonly to: string | null;
}

/** Rows that were taken in whole and are not visible yet. */
export interface StagedRows {
    /** How many rows an earlier attempt at this load had loaded, when it had: none are taken in now. */
    readonly loadedBefore?: number;
    /** Makes them visible, all at once. */
    commit(): Promise<void> | void;
    /** Removes them. */
    abort(): Promise<void> | void;
}

/** A column of the table that a write goes into. */
export interface TargetColumn {
    readonly name: string;
    /** The type of the engine that it keeps; the input's own where it keeps that too. */
    readonly type: string;
    /** The target puts a value there when a row has none. */
    readonly filled?: boolean;
}

/** Lets the engine read files. Options that are undefined are left to the format. */
export declare function scan(format: Format, path: string, options?: Loose<FileOptions>): RelationRequest;

type Format = "csv" | "json" | "parquet";

type Loose<T> = {
    readonly [K in keyof T]: T[K] | undefined;
};

/**
 * Lets the engine read a database file of its own format: a table, or a query that sees the file's tables and nothing
 * else. `cursor` is that of the read.
 */
export declare function select(path: string, what: {
    table?: string | undefined;
    query?: string | undefined;
    columns?: readonly string[] | undefined;
    params?: readonly (string | number | boolean | null)[] | undefined;
}, cursor?: unknown): RelationRequest;

/**
 * Rows as one list or typed array per column. `BigInt64Array` for BIGINT, `Float64Array` for DOUBLE and
 * their like pass without a look at each value.
 */
export declare function columns(values: {
    readonly [column: string]: Values;
}): ColumnChunk;

/** Lets the engine compute a query over the step's inputs. */
export declare function sql(query: string): RelationRequest;

/** Lets the engine load rows into a table of a database file of its own format, in one transaction. */
export declare function load(path: string, how: Pick<Extract<RelationRequest, {
    kind: "load";
}>, "table" | "write_mode" | "create"> & {
    readonly keys?: readonly string[] | undefined;
    /** For `scd2`; what is left out has its usual name. */
    readonly history?: Partial<LoadHistory> | undefined;
}): RelationRequest;

/** Lets the engine write files. */
export declare function copy(format: Format, path: string, how: {
    write_mode?: Copy["write_mode"] | undefined;
    partition_by?: readonly string[] | undefined;
}, options?: Loose<FileOptions>): RelationRequest;

type Copy = Extract<RelationRequest, {
    kind: "copy";
}>;

/**
 * Gives rows of these columns (name → type). The source yields lists of rows, or `columns(…)`; what a
 * generator returns is the cursor of the next run. Rows are gathered into batches and sent only as fast
 * as they are taken.
 */
export declare function emit(columns: {
    readonly [name: string]: string;
}, source: ChunkSource): Emission;

/**
 * Gives rows of these columns (name → type) as a CSV text that the source itself makes, such as a server's bulk
 * export: the engine reads it, and no row passes through JavaScript. `protocol.ts` says how its values are written;
 * an unquoted `nullText` is null. The pieces may be cut anywhere, and each is a buffer of its own.
 */
export declare function relay(columns: {
    readonly [name: string]: string;
}, nullText: string, pieces: () => AsyncGenerator<Uint8Array<ArrayBuffer>, Relayed, void>): Relay;

/** A context for a driver's own tests. What the driver logs and measures goes nowhere. */
export declare function contextFor<C>(config: C, connection?: Config | null): Context<C>;

/** An input for a driver's own tests, with the rows of some lists. */
export declare function inputOf(columns?: {
    readonly [name: string]: string;
}, ...lists: readonly (readonly Row[])[]): WriteRequest;

/**
 * An error that tells the engine what to make of it. Any other error a driver throws is final.
 *
 * @example
 * ```ts
 * throw new DriverError("the server is busy", { retryable: true, retryAfterMs: 2_000 });
 * ```
 */
export declare class DriverError extends Error {
    readonly options: DriverErrorOptions;
    readonly name = "DriverError";
    constructor(message: string, options?: DriverErrorOptions);
}

/** What a driver may say about an error. */
export interface DriverErrorOptions {
    /** Whether the same attempt may succeed later. */
    readonly retryable?: boolean;
    /** How long to wait before it, in milliseconds. */
    readonly retryAfterMs?: number;
    /** `connection` for a server that cannot be reached or refuses the login, `permission` for one that refuses the act. */
    readonly category?: "run" | "connection" | "permission";
    /** What to do. */
    readonly help?: string;
}

/**
 * Describes a table part by part. One that cannot be read, such as a view whose table is gone, hides no other: what was
 * known before stays, with what is in the way as its `trouble`. Failures of the connection itself are thrown.
 *
 * @example
 * ```ts
 * await describe({ name: "orders" }, async function* () {
 *   yield { columns: { id: "BIGINT" } };
 *   yield { samples: [{ id: 1 }] };
 * });
 * ```
 */
export declare function describe(listed: Pick<Discovered, "name" | "rows">, parts: () => AsyncIterable<Partial<Discovered>> | Iterable<Partial<Discovered>>): Promise<Discovered>;

/** A text of a server as it may stand in an error. */
export declare function oneLine(text: string): string;

/**
 * A request to a server that came to nothing. Thrown by `check`, it is what `connections doctor` shows.
 *
 * @example
 * ```ts
 * throw new ServerFailure("Cannot read the orders at db:5000", "auth", "the login was refused", {
 *   help: "check user and password of the connection",
 * });
 * ```
 */
export declare class ServerFailure extends DriverError {
    readonly attempt: string;
    readonly trouble: Trouble;
    readonly what: string;
    readonly how: FailureOptions;
    constructor(attempt: string, trouble: Trouble, what: string, how: FailureOptions);
}

/** What kind of trouble it is. `limit`: a bound of the server or the step; `conflict`: somebody else's work in between. */
export type Trouble = "auth" | "network" | "permission" | "timeout" | "config" | "data" | "conflict" | "limit";

/** What is said about a failure beside what happened. */
export interface FailureOptions {
    /** What to do. */
    readonly help: string;
    /** Whether the same attempt may succeed soon. */
    readonly transient?: boolean;
    /** How long the server asks to be left alone, in milliseconds. */
    readonly retryAfterMs?: number | undefined;
}

/**
 * What was thrown, as an error that says what to do. `attempt` begins it, such as `Cannot read the table 'orders' at
 * db:5432`; `meaningOf` knows the server's own errors. What it leaves open is looked up among those of the runtime:
 * hosts that refuse, are silent or have no address, TLS, lines that were cut, hosts that were not granted.
 */
export declare function serverFailure(attempt: string, thrown: unknown, meaningOf?: (thrown: unknown) => Meaning | undefined): DriverError;

/** What an error of a server or of the way to it means. */
export interface Meaning extends FailureOptions {
    readonly trouble: Trouble;
    /** Instead of what was thrown. */
    readonly says?: string;
}

export type { ColumnChunk, Emission, Relay };

/**
 * What an engine is: relations that are described without being computed, and a few ways to compute
 * them. A second engine fits behind this interface; nothing here names DuckDB.
 *
 * What must stay true: describing never reads more than it must; every number in an
 * {@linkcode Execution} was measured (a number that was not is absent); a written target changes only
 * in {@linkcode Staged.commit}.
 *
 * @module
 */

import type { Column, FileOptions } from "./_request.ts";

export type { Column, FileOptions };

/** How to open an engine. Paths are absolute. */
export interface EngineOptions {
  /** Such as `512MB`; the engine's own default (80 % of memory) when absent. */
  readonly memoryLimit?: string;
  readonly threads?: number;
  /** Where the binary unpacks the engine's native library once; the system's place for caches when absent. */
  readonly nativeCache?: string;
  /** Where it may spill. Created when needed; nothing is left in it after closing. */
  readonly tempDirectory: string;
  /** Files, folders and globs that scans may read. */
  readonly read: readonly string[];
  /** Final targets that writes may replace (staging beside them is implied). */
  readonly write: readonly string[];
  /** Distinguishes this run's staged files from any other's; every {@linkcode WriteRequest} carries the same. */
  readonly token: string;
}

/** A step's output, lazily: described, not computed. Opaque to everyone but its engine. */
export interface Relation {
  /** The step whose output this is. */
  readonly step: string;
  readonly columns: readonly Column[];
  /** True when the rows already lie in the engine (materialised or appended). */
  readonly stored: boolean;
  /** How many lazy relations deep it is; a stored one is 0. */
  readonly depth: number;
}

/** Files to read as one relation. */
export interface ScanRequest {
  readonly format: "csv" | "json" | "parquet";
  /** Absolute path, folder or glob. */
  readonly path: string;
  readonly options: FileOptions;
}

/** Rows of a database file: of a table, or of a query over its tables. One of both is given. */
export interface SelectRequest {
  /** Absolute path. */
  readonly path: string;
  /** `orders` or `sales.orders`. */
  readonly table?: string;
  /** One SELECT. It sees the tables of `main` by their names, others as `"sales.orders"`. */
  readonly query?: string;
  /** Those of the table that are wanted. */
  readonly columns?: readonly string[];
  /** Values of `$1`, `$2` … */
  readonly params?: readonly (string | number | boolean | null)[];
  /** Which values of a column are wanted, as texts: from the first on, below the second. */
  readonly bounds?: { readonly column: string; readonly from: string | null; readonly to: string | null };
}

/** A value bound to `$name` in a query. */
export interface BoundValue {
  readonly type: "string" | "int" | "number" | "bool" | "date" | "timestamp" | "list" | "map";
  readonly value: unknown;
}

/** A query over other relations. */
export interface SqlRequest {
  readonly query: string;
  readonly bind: { readonly [name: string]: BoundValue };
  /** The tables the query sees, by the name it calls them. */
  readonly inputs: { readonly [name: string]: Relation };
}

/**
 * How a column is made to fit: one that is there is left out or cast, one that is not is added, full of nulls.
 * `loss` says what goes when a value is lost by it (one that is not null in a column left out; one that the type
 * cannot keep exactly; in a column that is added, every row's): the value alone, or the row.
 */
export type Fit =
  | { readonly how: "leave_out"; readonly column: string; readonly loss: "value" | "row" }
  | {
    readonly how: "add" | "cast";
    readonly column: string;
    /** Canonically spelled: it stands in a statement. */
    readonly type: string;
    readonly loss: "value" | "row";
  };

/** A relation made to fit. */
export interface Fitted {
  readonly relation: Relation;
  readonly execution: Execution;
  /** Rows left out. */
  readonly rejected: number;
  /** Of each fit, how many rows lost a value by it. */
  readonly lost: readonly number[];
}

/** How far a followed column has come. */
export interface CursorState {
  /** The greatest value, as exact text. */
  readonly value: string;
  /** The column's type then; null when the value was given by hand. */
  readonly type: string | null;
  /** From which value on every row that was given is in `seen`: where the next read begins, itself included. */
  readonly since: string;
  /** The columns that tell rows apart, as they were. */
  readonly identity: readonly Column[];
  /** The rows that the next read meets again. */
  readonly seen: Uint8Array;
}

/** How far below the greatest value rows may still come. */
export type Lag = { readonly ms: number } | { readonly amount: string };

/** Which rows of a read are new. */
export interface IncrementRequest {
  readonly column: string;
  /** Columns that tell rows apart, together with the followed one; without any, rows are told by all that is in them. */
  readonly uniqueKey: readonly string[];
  readonly lag?: Lag;
  readonly before?: CursorState;
  /** From where on the rows were read. */
  readonly from: string | null;
  /** The rows are those of a range that was asked for: all of them are wanted, and no cursor moves. */
  readonly window?: boolean;
}

/** The new rows of a read. */
export interface Increment {
  /** Stored. */
  readonly relation: Relation;
  readonly rows: number;
  /** Rows that had been given before, and were taken out. */
  readonly before: number;
  /** Where the column stands now; absent when there never was a row. */
  readonly cursor?: CursorState;
}

/** Files to write a relation to. */
export interface WriteRequest {
  readonly format: "csv" | "json" | "parquet";
  /** Absolute path of the final file or folder. */
  readonly path: string;
  readonly writeMode: "overwrite" | "append" | "error_if_exists" | "replace_partitions";
  readonly partitionBy: readonly string[];
  readonly options: FileOptions;
  /** Distinguishes this run's staged files from any other's. */
  readonly token: string;
}

/** A column of a table in a database file. */
export interface TargetColumn extends Column {
  /** Whether it has a default of its own. */
  readonly filled: boolean;
}

/** Rows to load into a table of a database file. */
export interface LoadRequest {
  /** Absolute path; the file is made when it is not there. */
  readonly path: string;
  /** `orders` or `sales.orders`. */
  readonly table: string;
  readonly writeMode: "append" | "overwrite" | "upsert" | "delete_insert" | "scd2";
  /** How `scd2` keeps the versions of a row. */
  readonly history?: {
    readonly from: string;
    readonly to: string;
    readonly current: string;
    readonly closeMissing: boolean;
  };
  /** Columns whose values tell rows apart, for the modes that go by them. */
  readonly keys: readonly string[];
  /** Whether a table that is missing is made. */
  readonly create: boolean;
  /** How the table has to change first, in the same transaction; not at all when absent. */
  readonly evolution?: { readonly add: readonly Column[]; readonly widen: readonly Column[] };
  /** Names the load over all attempts at it. */
  readonly loadId: string;
  readonly pipeline: string;
  /** Kept with the load. */
  readonly cursors: { readonly [step: string]: unknown };
}

/** Rows in an open transaction. */
export interface Loading {
  readonly rows: number;
  /** None when an earlier attempt had loaded the rows. */
  readonly executions: readonly Execution[];
  /** Makes them visible, durably. */
  commit(): Promise<void>;
  /** Takes them back; a file that was made for them goes. */
  abort(): Promise<void>;
}

/** What is asked of a database file's content. */
export interface TablesRequest {
  /** A table, or a schema; the names of all tables when absent. */
  readonly scope?: string;
  /** Rows to show of each table of the scope. */
  readonly samples: number;
}

/** A table of a database file. */
export interface FileContent {
  readonly name: string;
  /** None where nothing was asked by name. */
  readonly columns: readonly Column[];
  readonly keys: readonly string[];
  /** An estimate. */
  readonly rows: number;
  readonly samples: readonly Row[];
}

/** What one execution measured about one step that took part in it. */
export interface StepMeasure {
  readonly step: string;
  /** Rows the step emitted; absent when the plan did not tell. */
  readonly rowsOut?: number;
  /** Bytes a scan read or a write wrote, when known. */
  readonly bytes?: number;
  /** Rows a scan rejected (`on_bad_row` skip or quarantine). */
  readonly rowsRejected?: number;
  /** Rejected rows as JSON lines on disk, when quarantined: absolute path inside `tempDirectory`. */
  readonly rejectedFile?: string;
  /** Files a scan read. */
  readonly files?: readonly string[];
}

/** One statement that ran: the step it was run for and every lazy step fused into it. */
export interface Execution {
  readonly rows: number;
  readonly steps: readonly StepMeasure[];
  readonly elapsedMs: number;
  /** Engine's operator tree with cardinalities and timings, as plain JSON. */
  readonly profile: unknown;
  /** Peak memory of the engine's buffers in bytes, when it told. */
  readonly peakMemory?: number;
}

/** A file that commit puts in place, by what a rename leaves as it is. */
export interface StagedFile {
  /** Where it will be. */
  readonly path: string;
  readonly device: number;
  /** Null where the file system has none. */
  readonly inode: number | null;
  readonly size: number;
  readonly modified_ms: number | null;
}

/** A write whose bytes are complete beside the target and not yet visible under its name. */
export interface Staged {
  readonly execution: Execution;
  /** Final paths that commit will create or replace. */
  readonly files: readonly string[];
  readonly bytes: number;
  /** What the files will be known by once they are there. */
  marks(): Promise<readonly StagedFile[]>;
  /** First rows as written; undefined when one is too long for a sample. */
  sample(rows: number): Promise<readonly Row[] | undefined>;
  /** Makes it visible, durably. Idempotent. */
  commit(): Promise<void>;
  /** Removes what was staged; the old target is as it was. Idempotent. */
  abort(): Promise<void>;
}

/** Where the columns of a query come from, or why nobody can tell. */
export type QueryLineage =
  | { readonly known: true; readonly columns: readonly ColumnLineage[] }
  | { readonly known: false; readonly why: string };

/** Where a column comes from: the columns its value is made of, then those that only decide about it or its rows. */
export interface ColumnLineage {
  readonly name: string;
  readonly from: readonly {
    readonly input: string;
    readonly column: string;
    readonly how: "value" | "condition";
  }[];
}

/** A row of a sample: JSON-safe values by column name, exact (big integers and decimals as text). */
export type Row = { readonly [column: string]: unknown };

/** A statement that can be told to stop. */
export interface RunOptions {
  readonly signal?: AbortSignal;
  /** Called now and then with the share done (0 to 1), when the engine knows it. */
  readonly onProgress?: (share: number) => void;
}

/** Takes batches in and becomes a stored relation. */
export interface Appender extends AsyncDisposable {
  /** One Arrow IPC stream. Its columns must be those declared, in order. */
  append(batch: Uint8Array): Promise<void>;
  /** Rows so far. */
  readonly rows: number;
  finish(): Promise<Relation>;
}

/** A CSV text on its way in; `src/component/protocol.ts` says how its values are written. */
export interface Text extends AsyncDisposable {
  /** Cut anywhere, each a buffer of its own, which is the engine's from then on; returns how many rows there were. */
  readonly pieces: AsyncGenerator<Uint8Array, number, void>;
}

/** Where a CSV text comes from. */
export interface TextSource {
  readonly columns: readonly Column[];
  /** What stands for null where it is not quoted. */
  readonly nullText: string;
  /** Called for every computation of the relation. */
  open(): Promise<Text>;
}

/** How a CSV text is wanted. */
export interface TextForm {
  readonly nullText: string;
  /** Whether a text that was received, and is the relation, may be passed on as its source wrote it. */
  readonly asWritten?: boolean;
}

/** An open engine; disposing of it frees what it holds and empties its spill folder. */
export interface Engine extends AsyncDisposable {
  readonly name: string;
  readonly version: string;
  /** Describes a file source. Errors name the file (ENG5xx). */
  scan(step: string, request: ScanRequest): Promise<Relation>;
  /** Describes rows of a database file. Errors name the file (ENG55x). */
  select(step: string, request: SelectRequest): Promise<Relation>;
  /** Judges a query (one SELECT over its inputs) and describes it. Errors name what is refused. */
  sql(step: string, request: SqlRequest): Promise<Relation>;
  /** Opens a stored relation to be filled with batches. */
  append(step: string, columns: readonly Column[]): Promise<Appender>;
  /** Describes a text that is fed to the statements that read it. */
  receive(step: string, source: TextSource): Relation;
  /** Computes a relation as a CSV text, pulled piece by piece; the execution is the return value. */
  send(
    relation: Relation,
    form: TextForm,
    options?: RunOptions,
  ): AsyncGenerator<Uint8Array, Execution, void>;
  /** Computes a relation once and keeps the rows (spilling when it must). */
  store(relation: Relation, options?: RunOptions): Promise<{ relation: Relation; execution: Execution }>;
  /** Describes a relation with columns left out and added; no row and no other value changes. */
  reshape(relation: Relation, fits: readonly Fit[]): Relation;
  /** Computes a relation once, makes it fit, and keeps the rows that are left. */
  conform(relation: Relation, fits: readonly Fit[], options?: RunOptions): Promise<Fitted>;
  /** Takes out of a stored relation the rows that were given before. */
  increment(relation: Relation, request: IncrementRequest): Promise<Increment>;
  /** Computes a relation in full and keeps nothing. */
  drain(relation: Relation, options?: RunOptions): Promise<Execution>;
  /**
   * Computes a relation as Arrow IPC streams of about `batchRows` rows, pulled one by one; the execution is the return
   * value. Of a text that was received no more is asked for than some megabytes ahead.
   */
  stream(
    relation: Relation,
    options?: RunOptions & { batchRows?: number },
  ): AsyncGenerator<{ data: Uint8Array; rows: number }, Execution, void>;
  /** Computes a relation into staged files. */
  write(step: string, relation: Relation, request: WriteRequest, options?: RunOptions): Promise<Staged>;
  /** The tables of a database file. */
  tables(step: string, path: string, request: TablesRequest): Promise<readonly FileContent[]>;
  /** The columns of a table in a database file that is written; null when there is none. */
  target(step: string, path: string, table: string): Promise<readonly TargetColumn[] | null>;
  /** Computes a relation into a table of a database file, in a transaction that is left open. */
  load(step: string, relation: Relation, request: LoadRequest, options?: RunOptions): Promise<Loading>;
  /** How many rows a load has that a database file remembers; null when it is not done. */
  loaded(step: string, path: string, loadId: string): Promise<number | null>;
  /** First rows of a relation by a limited read; undefined when that would cost a full computation. */
  sample(relation: Relation, rows: number): Promise<readonly Row[] | undefined>;
  /** Where each column of a relation comes from, by the names of its inputs; nothing is computed. */
  lineage(relation: Relation): Promise<QueryLineage>;
  /** Frees a stored relation. */
  drop(relation: Relation): Promise<void>;
}

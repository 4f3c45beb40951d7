/**
 * The wire between host and driver: every message either side may send, and the checks that make
 * a message from a driver safe to look at.
 *
 * Messages are plain data. Payload batches are Arrow IPC streams (one schema, one record batch each)
 * in transferred `Uint8Array`s. A call is one of `check`, `discover`, `read`, `transform`, `write`, `target`, `loaded`; a
 * driver answers one call at a time and ends it with exactly one of `checked`, `discovered`,
 * `relation`, `end`, `committed`, `aborted`, `target`, `loaded` or `error`. Credit bounds what is in flight: a producer
 * sends a batch only against a credit it was given.
 *
 * Where a source or target has a bulk format of its own, its bytes may pass as they are, so that no row is
 * taken apart on the way: after `bytes` (a read) or `accepts` (a write) the batches are pieces of one CSV text
 * with `rows` 0, cut anywhere, and `end` says how many rows it has. The text has no header; fields are parted by
 * commas and, where need be, quoted by `"` (doubled inside); lines end with a line feed; null is an unquoted
 * `null_text`, which in quotes is a text like any other; an empty line is no row, so an empty text that is a row's only
 * value is quoted. Texts of a write are always quoted. A BLOB is `\\x` and
 * hexadecimal digits, lists, structs and maps are JSON, everything else is as the engine casts it to and from text
 * in time zone UTC.
 *
 * @module
 */

import type { Failure } from "../diagnostic.ts";

/** The version both sides state; a driver that speaks another one is refused. */
export const PROTOCOL_VERSION = 1;

/** The name of a write's only input in `batch`, `end` and `credit`. */
export const WRITE_INPUT = "df";

/** Most batches that either side may have credit for at a time. */
export const MAX_CREDIT = 64;

/** Most things of one kind that an account of what a driver touched names, and the longest name. */
export const MAX_USES = 1_000;
export const MAX_USE_TEXT = 4_096;

/** A column as both sides name it; `type` is the engine-neutral SQL type name, such as `BIGINT` or `DECIMAL(18,2)`. */
export interface Column {
  readonly name: string;
  readonly type: string;
}

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
  readonly types?: { readonly [column: string]: string };
  readonly columns?: readonly string[];
  readonly union_by_name?: boolean;
  readonly hive_partitions?: boolean;
  readonly compression?: string;
  readonly row_group_size?: number;
}

/** The columns that say since when a version of a row holds, until when it held and whether it does. */
export interface LoadHistory {
  readonly valid_from: string;
  readonly valid_to: string;
  readonly current: string;
  /** Whether a version ends when its key does not come. */
  readonly close_missing: boolean;
}

/** What a driver asks the engine to do in its stead, so that no row passes through JavaScript. */
export type RelationRequest =
  | {
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
  }
  | { readonly kind: "sql"; readonly query: string }
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
  }
  | {
    readonly kind: "copy";
    readonly format: "csv" | "json" | "parquet";
    readonly path: string;
    readonly write_mode: "overwrite" | "append" | "error_if_exists" | "replace_partitions";
    readonly partition_by: readonly string[];
    readonly options: FileOptions;
  };

/** Plain data of a step's configuration. */
export type Config = { readonly [key: string]: unknown };

/** Which rows an incremental read is asked for: those whose column is at least `from`, less than `to`, or null. */
export interface CursorBounds {
  readonly column: string;
  /** Texts, to be cast to the column's type by the source; null is no bound. */
  readonly from: string | null;
  readonly to: string | null;
}

/** A cursor before and after a load. */
export interface CursorMove {
  readonly column: string;
  readonly from: string | null;
  readonly to: string | null;
}

/** A column of the table that a write goes into. */
export interface TargetColumn extends Column {
  /** The target puts a value there when a row has none: a default, a number, a time. */
  readonly filled: boolean;
}

/** How a table has to change before rows go into it. */
export interface Evolution {
  /** Columns that it has not. */
  readonly add: readonly Column[];
  /** Columns whose type has to become this one. */
  readonly widen: readonly Column[];
}

/** What the host says. */
export type HostMessage =
  | {
    readonly type: "start";
    readonly protocol: number;
    readonly component: string;
    readonly step: string;
    readonly config: Config;
    readonly connection: Config | null;
    readonly grants: {
      readonly net: readonly string[];
      readonly read: readonly string[];
      readonly write: readonly string[];
    };
  }
  | { readonly type: "check" }
  | {
    readonly type: "discover";
    readonly scope: string | null;
    readonly samples: number;
    readonly profile: boolean;
  }
  | {
    readonly type: "read";
    /** Bounds where the step says `incremental`; else what the last run gave as its cursor, null the first time. */
    readonly cursor: unknown;
    readonly columns: readonly string[] | null;
    readonly limit: number | null;
  }
  | { readonly type: "transform"; readonly inputs: { readonly [name: string]: readonly Column[] } }
  | {
    readonly type: "write";
    readonly schema: readonly Column[];
    readonly mode: string | null;
    readonly keys: readonly string[];
    /** Names what is loaded: the same for every attempt at one step of one run. */
    readonly load_id: string;
    readonly pipeline: string;
    /** What a contract lets become of the table. */
    readonly evolution: Evolution;
    /** How far each incremental read above the step will have come with this load, by its id. */
    readonly cursors: { readonly [step: string]: CursorMove };
  }
  /** Asks for the table that a write goes into; `schema` is what would be written. */
  | { readonly type: "target"; readonly schema: readonly Column[] }
  /** Whether a load that was about to be committed is done; an attempt that is under way is waited for. */
  | { readonly type: "loaded"; readonly load_id: string }
  | { readonly type: "batch"; readonly input: string; readonly data: Uint8Array; readonly rows: number }
  /** `checksum`: over the bytes of the input's batches, as `checksum.ts` counts them. */
  | { readonly type: "end"; readonly input: string; readonly rows: number; readonly checksum: number }
  | { readonly type: "commit" }
  | { readonly type: "abort" }
  | { readonly type: "cancel" }
  | { readonly type: "credit"; readonly batches: number };

/** What the values of a table's columns are like, among the rows that were looked at. */
export interface TableProfile {
  readonly rows: number;
  readonly columns: readonly ColumnProfile[];
}

/** What a column's values are like. */
export interface ColumnProfile {
  readonly name: string;
  readonly nulls: number;
  /** How many different values there are; null when nobody counted. */
  readonly distinct: number | null;
  /** The least and the greatest value as texts; null where there is none, or no order. */
  readonly min: string | null;
  readonly max: string | null;
}

/** What a driver answers. */
export type DriverMessage =
  | { readonly type: "ready"; readonly protocol: number }
  | {
    readonly type: "checked";
    readonly ok: boolean;
    readonly latency_ms: number;
    readonly category: string | null;
    readonly message: string | null;
    readonly help: string | null;
  }
  | {
    readonly type: "discovered";
    readonly tables: readonly {
      readonly name: string;
      readonly columns: readonly Column[];
      readonly keys: readonly string[];
      readonly rows: number | null;
      readonly samples: readonly Config[];
      /** When it was asked for, and the source can say it. */
      readonly profile: TableProfile | null;
      /** What is in the way of knowing more of it. */
      readonly trouble?: string;
    }[];
  }
  | { readonly type: "relation"; readonly relation: RelationRequest }
  | { readonly type: "schema"; readonly columns: readonly Column[] }
  /** In place of `schema`: the batches are a CSV text. */
  | { readonly type: "bytes"; readonly columns: readonly Column[]; readonly null_text: string }
  /**
   * Before the first credit of a write: its batches should be a CSV text. `as_written`: where the rows are those of
   * a text that was read, and nothing changed it, that very text will do.
   */
  | {
    readonly type: "accepts";
    readonly input: string;
    readonly null_text: string;
    readonly as_written?: boolean;
  }
  | { readonly type: "batch"; readonly data: Uint8Array; readonly rows: number }
  /** Ends a `read` or `transform` that sent batches. Row count and checksum must be those of what was sent. */
  | { readonly type: "end"; readonly rows: number; readonly checksum: number; readonly cursor: unknown }
  /** The columns of the table; null when there is none. */
  | { readonly type: "target"; readonly columns: readonly TargetColumn[] | null }
  /** How many rows the load has that was asked about; null when it is not done, and will not be. */
  | { readonly type: "loaded"; readonly rows: number | null }
  /** `before`: an earlier attempt had loaded the rows, and none were taken in now. */
  | { readonly type: "staged"; readonly rows: number; readonly before?: boolean }
  | { readonly type: "committed" }
  | { readonly type: "aborted" }
  | { readonly type: "credit"; readonly input: string; readonly batches: number }
  | { readonly type: "log"; readonly level: "debug" | "info" | "warn" | "error"; readonly text: string }
  | { readonly type: "event"; readonly name: string; readonly data: Config }
  | { readonly type: "metric"; readonly name: string; readonly value: number; readonly unit: string }
  | { readonly type: "progress"; readonly rows: number }
  /** What the driver touched since it was loaded, by the count of its realm: each thing once, the whole account. */
  | {
    readonly type: "used";
    readonly net: readonly { readonly host: string; readonly count: number }[];
    readonly read: readonly string[];
    readonly write: readonly string[];
    readonly denied: readonly { readonly permission: string; readonly resource: string }[];
  }
  | { readonly type: "error"; readonly failure: Failure };

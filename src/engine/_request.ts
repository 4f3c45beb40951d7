/** The engine-neutral vocabulary of file options and columns. `engine/` imports no other folder, so it states its own. @module */

/** A column; `type` is the engine's SQL type name, such as `BIGINT` or `DECIMAL(18,2)`. */
export interface Column {
  readonly name: string;
  readonly type: string;
}

/** Options of a file format; unset means the format's default. */
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

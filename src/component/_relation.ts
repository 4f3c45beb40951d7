import type { CursorBounds, FileOptions, LoadHistory, RelationRequest } from "./protocol.ts";
import {
  bare,
  bool,
  count,
  finite,
  list,
  MAX_QUERY,
  names,
  object,
  oneOf,
  quoted,
  text,
  Violation,
} from "./_plain.ts";
import { parseType, typeText } from "./_types.ts";

const MAX_PATH = 32_768;

type Check = (value: unknown, what: string) => unknown;

const shortText: Check = (value, what) => text(value, what, 256);
const positive: Check = (value, what) => {
  if (count(value, what) === 0) throw new Violation(`${what} is not 1 or more`);
  return value;
};

/** Every option of a file format, with its check. */
const OPTIONS: { readonly [option in keyof FileOptions]-?: Check } = {
  delimiter: shortText,
  quote: shortText,
  escape: shortText,
  header: bool,
  encoding: shortText,
  null_text: (value, what) =>
    typeof value === "string"
      ? text(value, what)
      : list(value, what, 1000, (item, where) => text(item, where)),
  date_format: shortText,
  timestamp_format: shortText,
  decimal_separator: shortText,
  sample: (value, what) => (value === "full" ? value : positive(value, what)),
  on_bad_row: (value, what) => oneOf(value, what, ["error", "skip", "quarantine"]),
  max_line_size: positive,
  json_format: (value, what) => oneOf(value, what, ["auto", "array", "ndjson"]),
  types: columnTypes,
  columns: names,
  union_by_name: bool,
  hive_partitions: bool,
  compression: shortText,
  row_group_size: positive,
};

const FORMATS = ["csv", "json", "parquet"] as const;
const WRITE_MODES = ["overwrite", "append", "error_if_exists", "replace_partitions"] as const;

const LOAD_MODES = ["append", "overwrite", "upsert", "delete_insert", "scd2"] as const;

/** A relation a driver asks for, checked and rebuilt. */
export function checkRelation(raw: unknown): RelationRequest {
  const kind = oneOf((raw as { kind?: unknown } | null)?.kind, "relation.kind", [
    "scan",
    "select",
    "sql",
    "load",
    "copy",
  ]);
  if (kind === "sql") {
    const { query } = object(raw, "relation", ["kind", "query"]);
    return bare({ kind, query: text(query, "relation.query", MAX_QUERY) });
  }
  if (kind === "select") return select(raw);
  if (kind === "load") return load(raw);
  const common = ["kind", "format", "path", "options"];
  const given = object(raw, "relation", kind === "scan" ? common : [...common, "write_mode", "partition_by"]);
  const place = {
    format: oneOf(given["format"], "relation.format", FORMATS),
    path: path(given["path"]),
    options: options(given["options"]),
  };
  if (kind === "scan") return bare({ kind, ...place });
  return bare({
    kind,
    ...place,
    write_mode: oneOf(given["write_mode"], "relation.write_mode", WRITE_MODES),
    partition_by: names(given["partition_by"], "relation.partition_by"),
  });
}

function select(raw: unknown): RelationRequest {
  const fields = ["kind", "path", "table", "query", "columns", "params", "bounds"];
  const given = object(raw, "relation", fields);
  if ((given["table"] === null) === (given["query"] === null)) {
    throw new Violation("relation has both or none of table and query");
  }
  return bare({
    kind: "select",
    path: path(given["path"]),
    table: orNull(given["table"], "relation.table", (value, what) => text(value, what, MAX_PATH)),
    query: orNull(given["query"], "relation.query", (value, what) => text(value, what, MAX_QUERY)),
    columns: orNull(given["columns"], "relation.columns", names),
    params: list(given["params"], "relation.params", 10_000, param),
    bounds: orNull(given["bounds"], "relation.bounds", bounds),
  });
}

function load(raw: unknown): RelationRequest {
  const given = object(raw, "relation", ["kind", "path", "table", "write_mode", "keys", "history", "create"]);
  if ((given["write_mode"] === "scd2") !== (given["history"] !== null)) {
    throw new Violation("relation has a history without write_mode scd2, or scd2 without one");
  }
  return bare({
    kind: "load",
    path: path(given["path"]),
    table: text(given["table"], "relation.table", MAX_PATH),
    write_mode: oneOf(given["write_mode"], "relation.write_mode", LOAD_MODES),
    keys: names(given["keys"], "relation.keys"),
    history: orNull(given["history"], "relation.history", history),
    create: bool(given["create"], "relation.create"),
  });
}

function history(value: unknown, what: string): LoadHistory {
  const given = object(value, what, ["valid_from", "valid_to", "current", "close_missing"]);
  return bare({
    valid_from: text(given["valid_from"], `${what}.valid_from`),
    valid_to: text(given["valid_to"], `${what}.valid_to`),
    current: text(given["current"], `${what}.current`),
    close_missing: bool(given["close_missing"], `${what}.close_missing`),
  });
}

function orNull<T>(value: unknown, what: string, check: (value: unknown, what: string) => T): T | null {
  return value === null ? null : check(value, what);
}

function param(value: unknown, what: string): string | number | boolean | null {
  if (value === null || typeof value === "boolean") return value;
  return typeof value === "number" ? finite(value, what) : text(value, what);
}

function bounds(value: unknown, what: string): CursorBounds {
  const given = object(value, what, ["column", "from", "to"]);
  return bare({
    column: text(given["column"], `${what}.column`),
    from: orNull(given["from"], `${what}.from`, text),
    to: orNull(given["to"], `${what}.to`, text),
  });
}

function path(value: unknown): string {
  const given = text(value, "relation.path", MAX_PATH);
  if (given === "" || given.includes("\0")) throw new Violation("relation.path is empty or contains a NUL");
  return given;
}

function options(value: unknown): FileOptions {
  const given = object(value, "relation.options", [], Object.keys(OPTIONS));
  const checked = Object.entries(given)
    .filter(([, option]) => option !== undefined)
    .map(([name, option]) => [name, OPTIONS[name as keyof FileOptions](option, `relation.options.${name}`)]);
  return bare(Object.fromEntries(checked));
}

function columnTypes(value: unknown, what: string): Record<string, string> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Violation(`${what} is not an object`);
  }
  const entries = Object.entries(value);
  if (entries.length > 100_000) throw new Violation(`${what} has more than 100000 columns`);
  const types = Object.create(null) as Record<string, string>;
  for (const [column, type] of entries) {
    types[text(column, what)] = columnType(type, `${what} of ${quoted(column)}`);
  }
  return types;
}

/** The name of a column's type, in canonical spelling. */
export function columnType(value: unknown, what: string): string {
  const given = text(value, what, 1_000_000);
  try {
    return typeText(parseType(given));
  } catch (error) {
    throw new Violation(`${what} is not the name of a type: ${(error as Error).message}`);
  }
}

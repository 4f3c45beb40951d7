/**
 * Makes a message from a driver safe to look at: its shape and sizes are checked, unknown keys are
 * refused, and what the host keeps is rebuilt from plain parts.
 *
 * @module
 */

import { CODES, type Failure } from "../diagnostic.ts";
import {
  bare,
  bool,
  count,
  finite,
  list,
  MAX_BATCH_BYTES,
  names,
  object,
  oneOf,
  plain,
  plainObject,
  quoted,
  type Raw,
  text,
  textOrNull,
  Violation,
} from "./_plain.ts";
import { checkRelation, columnType } from "./_relation.ts";
import {
  type Column,
  type DriverMessage,
  MAX_USE_TEXT,
  MAX_USES,
  type TableProfile,
  type TargetColumn,
} from "./protocol.ts";

type Type = DriverMessage["type"];

/** A checker for each message; it gets the raw message and rebuilds all but `type`. */
const CHECKS: {
  readonly [type in Type]: (raw: unknown) => Omit<Extract<DriverMessage, { type: type }>, "type">;
} = {
  ready: (raw) => ({ protocol: count(keys(raw, "protocol")["protocol"], "protocol") }),
  checked: (raw) => {
    const given = keys(raw, "ok", "latency_ms", "category", "message", "help");
    return {
      ok: bool(given["ok"], "ok"),
      latency_ms: finite(given["latency_ms"], "latency_ms"),
      category: textOrNull(given["category"], "category"),
      message: textOrNull(given["message"], "message"),
      help: textOrNull(given["help"], "help"),
    };
  },
  discovered: (raw) => ({ tables: list(keys(raw, "tables")["tables"], "tables", 100_000, table) }),
  relation: (raw) => ({ relation: checkRelation(keys(raw, "relation")["relation"]) }),
  schema: (raw) => ({ columns: columns(keys(raw, "columns")["columns"], "columns") }),
  bytes: (raw) => {
    const given = keys(raw, "columns", "null_text");
    return { columns: columns(given["columns"], "columns"), null_text: nullText(given["null_text"]) };
  },
  accepts: (raw) => {
    const given = object(raw, "it", ["type", "input", "null_text"], ["as_written"]);
    return {
      input: text(given["input"], "input"),
      null_text: nullText(given["null_text"]),
      ...(given["as_written"] === undefined ? {} : { as_written: bool(given["as_written"], "as_written") }),
    };
  },
  batch: (raw) => {
    const given = keys(raw, "data", "rows");
    return { data: bytes(given["data"]), rows: count(given["rows"], "rows", 2 ** 31 - 1) };
  },
  end: (raw) => {
    const given = keys(raw, "rows", "checksum", "cursor");
    return {
      rows: count(given["rows"], "rows"),
      checksum: count(given["checksum"], "checksum", 2 ** 32 - 1),
      cursor: plain(given["cursor"], "cursor"),
    };
  },
  staged: (raw) => {
    const given = object(raw, "it", ["type", "rows"], ["before"]);
    return {
      rows: count(given["rows"], "rows"),
      ...(given["before"] === undefined ? {} : { before: bool(given["before"], "before") }),
    };
  },
  target: (raw) => {
    const given = keys(raw, "columns")["columns"];
    return { columns: given === null ? null : targetColumns(given) };
  },
  loaded: (raw) => {
    const { rows } = keys(raw, "rows");
    return { rows: rows === null ? null : count(rows, "rows") };
  },
  committed: (raw) => (keys(raw), {}),
  aborted: (raw) => (keys(raw), {}),
  credit: (raw) => {
    const given = keys(raw, "input", "batches");
    return { input: text(given["input"], "input"), batches: count(given["batches"], "batches", 1024) };
  },
  log: (raw) => {
    const given = keys(raw, "level", "text");
    return {
      level: oneOf(given["level"], "level", ["debug", "info", "warn", "error"]),
      text: text(given["text"], "text"),
    };
  },
  event: (raw) => {
    const given = keys(raw, "name", "data");
    return { name: identifier(given["name"], "name"), data: plainObject(given["data"], "data") };
  },
  metric: (raw) => {
    const given = keys(raw, "name", "value", "unit");
    return {
      name: identifier(given["name"], "name"),
      value: finite(given["value"], "value"),
      unit: text(given["unit"], "unit", 64),
    };
  },
  progress: (raw) => ({ rows: count(keys(raw, "rows")["rows"], "rows") }),
  used: (raw) => {
    const given = keys(raw, "net", "read", "write", "denied");
    return {
      net: list(given["net"], "net", MAX_USES, (item, what) => {
        const each = object(item, what, ["host", "count"]);
        return bare({
          host: used(each["host"], `${what}.host`),
          count: count(each["count"], `${what}.count`),
        });
      }),
      read: list(given["read"], "read", MAX_USES, used),
      write: list(given["write"], "write", MAX_USES, used),
      denied: list(given["denied"], "denied", MAX_USES, (item, what) => {
        const each = object(item, what, ["permission", "resource"]);
        return bare({
          permission: oneOf(each["permission"], `${what}.permission`, ["net", "read", "write"]),
          resource: used(each["resource"], `${what}.resource`),
        });
      }),
    };
  },
  error: (raw) => ({ failure: failure(keys(raw, "failure")["failure"]) }),
};

/** A word that stands for null in a CSV text. */
function nullText(value: unknown): string {
  const given = text(value, "null_text", 64);
  if (/^[A-Za-z\\]+$/.test(given)) return given;
  throw new Violation("null_text is not made of letters and backslashes");
}

/** The name of something a driver touched. */
function used(value: unknown, what: string): string {
  return text(value, what, MAX_USE_TEXT);
}

/** The message, rebuilt. Throws a {@linkcode Violation} that says what is wrong with it. */
export function checkDriverMessage(raw: unknown): DriverMessage {
  if (typeof raw !== "object" || raw === null || Array.isArray(raw)) {
    throw new Violation("a message is not an object");
  }
  const type = Object.hasOwn(raw, "type") ? (raw as Raw)["type"] : undefined;
  if (typeof type !== "string" || !Object.hasOwn(CHECKS, type)) {
    throw new Violation(
      `a message has the unknown type ${quoted(String(typeof type === "string" ? type : typeof type))}`,
    );
  }
  try {
    return bare({ type, ...CHECKS[type as Type](raw) }) as DriverMessage;
  } catch (error) {
    if (error instanceof Violation) throw new Violation(`message '${type}': ${error.message}`);
    throw error;
  }
}

function keys(raw: unknown, ...required: string[]): Raw {
  return object(raw, "it", ["type", ...required]);
}

function table(raw: unknown, what: string): Extract<DriverMessage, { type: "discovered" }>["tables"][number] {
  const given = object(raw, what, ["name", "columns", "keys", "rows", "samples", "profile"], ["trouble"]);
  return bare({
    name: text(given["name"], `${what}.name`),
    // A table may have none, and a list of names alone has none of any.
    columns: columnList(given["columns"], `${what}.columns`),
    keys: names(given["keys"], `${what}.keys`),
    rows: given["rows"] === null ? null : count(given["rows"], `${what}.rows`),
    samples: list(given["samples"], `${what}.samples`, 10_000, plainObject),
    profile: given["profile"] === null ? null : profile(given["profile"], `${what}.profile`),
    ...(given["trouble"] === undefined ? {} : { trouble: text(given["trouble"], `${what}.trouble`) }),
  });
}

function profile(raw: unknown, what: string): TableProfile {
  const given = object(raw, what, ["rows", "columns"]);
  return bare({
    rows: count(given["rows"], `${what}.rows`),
    columns: list(given["columns"], `${what}.columns`, 100_000, (item, where) => {
      const each = object(item, where, ["name", "nulls", "distinct", "min", "max"]);
      return bare({
        name: text(each["name"], `${where}.name`),
        nulls: count(each["nulls"], `${where}.nulls`),
        distinct: each["distinct"] === null ? null : count(each["distinct"], `${where}.distinct`),
        min: textOrNull(each["min"], `${where}.min`),
        max: textOrNull(each["max"], `${where}.max`),
      });
    }),
  });
}

function columns(raw: unknown, what: string): Column[] {
  const checked = columnList(raw, what);
  if (checked.length === 0) throw new Violation(`${what} names no column`);
  return checked;
}

function columnList(raw: unknown, what: string): Column[] {
  const checked = list(raw, what, 100_000, (item, where) => {
    const given = object(item, where, ["name", "type"]);
    return bare({
      name: text(given["name"], `${where}.name`),
      type: columnType(given["type"], `${where}.type`),
    });
  });
  const seen = new Set<string>();
  for (const { name } of checked) {
    if (name === "" || name.includes("\0")) {
      throw new Violation(`${what} has a name that is empty or contains a NUL`);
    }
    if (seen.has(name.toLowerCase())) throw new Violation(`${what} names ${quoted(name)} twice`);
    seen.add(name.toLowerCase());
  }
  return checked;
}

function targetColumns(raw: unknown): TargetColumn[] {
  const flags = list(raw, "columns", 100_000, (item, where) => {
    const { filled, ...column } = object(item, where, ["name", "type", "filled"]);
    return { filled: bool(filled, `${where}.filled`), column };
  });
  return columnList(flags.map(({ column }) => column), "columns").map((column, i) =>
    bare({ ...column, filled: flags[i]!.filled })
  );
}

/** Bytes that nobody else can change while they are looked at. */
function bytes(value: unknown): Uint8Array {
  if (!(value instanceof Uint8Array)) throw new Violation("data is not a Uint8Array");
  if (!(value.buffer instanceof ArrayBuffer)) throw new Violation("data lies in shared memory");
  if (value.byteLength > MAX_BATCH_BYTES) throw new Violation(`data has more than ${MAX_BATCH_BYTES} bytes`);
  return value;
}

function identifier(value: unknown, what: string): string {
  const given = text(value, what, 128);
  if (!/^[A-Za-z][A-Za-z0-9_.-]*$/.test(given)) {
    throw new Violation(`${what} is not made of letters, digits, '_', '.' and '-'`);
  }
  return given;
}

const CATEGORIES = ["run", "usage", "connection", "permission", "check", "interrupted"] as const;

function failure(raw: unknown): Failure {
  const given = object(raw, "failure", ["code", "category", "message", "retryable"], [
    "help",
    "retry_after_ms",
  ]);
  const code = text(given["code"], "failure.code", 16);
  if (!Object.hasOwn(CODES, code) || !code.startsWith("DRV")) {
    throw new Violation("failure.code is not a driver's code");
  }
  return bare({
    code: code as Failure["code"],
    category: oneOf(given["category"], "failure.category", CATEGORIES),
    message: text(given["message"], "failure.message"),
    retryable: bool(given["retryable"], "failure.retryable"),
    ...(given["help"] === undefined ? {} : { help: text(given["help"], "failure.help") }),
    ...(given["retry_after_ms"] === undefined
      ? {}
      : { retry_after_ms: count(given["retry_after_ms"], "failure.retry_after_ms", 86_400_000) }),
  });
}

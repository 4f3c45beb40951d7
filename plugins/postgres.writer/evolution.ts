/**
 * The table as a contract judges it, and how it follows what a contract lets pass.
 *
 * @module
 */

import { type Column, type Evolution, ServerFailure, type TargetColumn } from "osiris/driver";
import { quoted, type Session } from "../postgres/mod.ts";
import { loss, newType } from "./target_column.ts";

/** The columns of a table; null when there is none. */
export async function tableColumns(
  session: Session,
  attempt: string,
  text: string,
  input: readonly Column[],
): Promise<TargetColumn[] | null> {
  const rows = await session.rows(
    attempt,
    `SELECT attname, format_type(atttypid, atttypmod), atthasdef OR attidentity <> '' OR attgenerated <> ''
      FROM pg_catalog.pg_attribute
      WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
    [text],
  );
  const columns = rows.map(([name, type, filled]) => {
    const coming = input.find((column) => column.name === name);
    return { name: name!, type: typeBeside(type!, coming?.type), filled: filled === "t" };
  });
  return columns.length === 0 ? null : distinct(columns, input);
}

/** Adds and widens columns, in the open transaction. */
export async function evolve(
  session: Session,
  attempt: string,
  text: string,
  { add, widen }: Evolution,
): Promise<void> {
  const changes = [
    ...add.map((column) => `ADD COLUMN ${quoted(column.name)} ${newType(attempt, column)}`),
    ...widen.map((column) => `ALTER COLUMN ${quoted(column.name)} TYPE ${newType(attempt, column)}`),
  ];
  if (changes.length === 0) return;
  try {
    await session.rows(attempt, `ALTER TABLE ${text} ${changes.join(", ")}`);
  } catch (error) {
    if (!(error instanceof ServerFailure) || error.trouble !== "permission") throw error;
    throw new ServerFailure(attempt, "permission", "the user may not change the table's columns", {
      help:
        "let the table's owner write it, add the columns by hand, or give the step's contract another action",
    });
  }
}

const PLAIN: { readonly [type: string]: string } = {
  boolean: "BOOLEAN",
  smallint: "SMALLINT",
  integer: "INTEGER",
  bigint: "BIGINT",
  real: "FLOAT",
  "double precision": "DOUBLE",
  bytea: "BLOB",
  uuid: "UUID",
  json: "JSON",
  jsonb: "JSON",
  date: "DATE",
  interval: "INTERVAL",
  text: "VARCHAR",
  character: "VARCHAR",
  "character varying": "VARCHAR",
};

/** What text and JSON columns keep of other types, each value as it is. */
const KEPT: { readonly [type: string]: RegExp } = {
  VARCHAR: /^(?:ENUM\(.*|UUID|JSON)$/s,
  JSON: /\]$|^(?:STRUCT|MAP)\(/,
};

/**
 * The type of the engine that a column keeps: the one that would come, where the column keeps that; of a type that
 * the engine has not, too, because only the server can judge it.
 */
function typeBeside(type: string, coming: string | undefined): string {
  const own = engineType(type, coming);
  if (own === undefined) return coming ?? "VARCHAR";
  if (coming !== undefined && KEPT[own]?.test(coming)) return coming;
  return own;
}

function engineType(type: string, coming: string | undefined): string | undefined {
  if (type.endsWith("[]")) {
    const item = engineType(type.slice(0, -2), undefined);
    return item === undefined ? undefined : `${item}[]`;
  }
  const [, base = "", first, second] =
    /^([a-z ]+?)(?:\((-?\d+)(?:,(-?\d+))?\))?(?: with(?:out)? time zone)?$/.exec(type) ?? [];
  const zoned = type.endsWith("with time zone");
  if (base === "numeric") {
    if (coming !== undefined && loss({ name: "", type: coming }, type) === undefined && isNumber(coming)) {
      return first === undefined || Number(first) > 38 ? coming : decimal(first, second);
    }
    return decimal(first ?? "38", second ?? (first === undefined ? "9" : "0"));
  }
  if (base === "timestamp") {
    if (zoned) return "TIMESTAMP WITH TIME ZONE";
    const decimals = Number(first ?? 6);
    return decimals >= 6 ? "TIMESTAMP" : decimals >= 3 ? "TIMESTAMP_MS" : "TIMESTAMP_S";
  }
  if (base === "time") return zoned ? "TIME WITH TIME ZONE" : "TIME";
  return PLAIN[base];
}

/** With a scale below zero or above its precision it holds what no decimal of the engine does. */
function decimal(precision: string, scale = "0"): string | undefined {
  const [p, s] = [Number(precision), Number(scale)];
  return p <= 38 && s >= 0 && s <= p ? `DECIMAL(${p},${s})` : undefined;
}

function isNumber(type: string): boolean {
  return /^(?:U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?|DECIMAL\(.*)$/.test(type);
}

/** Two names that only case tells apart are one to the engine: the one that comes is meant, or else the first. */
function distinct(columns: readonly TargetColumn[], input: readonly Column[]): TargetColumn[] {
  const coming = new Set(input.map(({ name }) => name));
  const byName = new Map<string, TargetColumn>();
  for (const column of columns) {
    const key = column.name.toLowerCase();
    if (!byName.has(key) || coming.has(column.name)) byName.set(key, column);
  }
  return [...byName.values()];
}

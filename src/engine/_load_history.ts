/**
 * A table that keeps what was: each version of a row, from when to when it held.
 *
 * What must stay true: of a key at most one version is open; a version ends where the next one begins, or where the
 * key was closed; a load that brings nothing new changes nothing. The time is taken once for a load, and is never
 * before one that is there.
 *
 * @module
 */

import type { OsirisError } from "../diagnostic.ts";
import type { Column, LoadRequest } from "./engine.ts";
import { identifier, literal } from "./_quote.ts";

type History = NonNullable<LoadRequest["history"]>;
type Refuse = (what: string, help: string) => OsirisError;

/** Throws when a column that the history adds has the name of another. */
export function demandOwnNames(
  { from, to, current }: History,
  input: readonly Column[],
  refuse: Refuse,
): void {
  const own = [from, to, current].map((name) => name.toLowerCase());
  const all = [...own, ...input.map(({ name }) => name.toLowerCase())];
  const taken = own.find((name) => all.indexOf(name) !== all.lastIndexOf(name));
  if (taken === undefined) return;
  throw refuse(
    `the column '${taken}' is to say how long a version holds, and another has its name`,
    "name another one under 'scd2', such as `scd2: { valid_from: known_from }`",
  );
}

/** Throws when a table that is there cannot keep a history. */
export function demandHistory(
  { from, to, current }: History,
  columns: readonly Column[],
  refuse: Refuse,
): void {
  for (const name of [from, to, current]) {
    const type = columns.find((column) => column.name.toLowerCase() === name.toLowerCase())?.type;
    if (name === current ? type === "BOOLEAN" : type === "TIMESTAMP WITH TIME ZONE" || type === "TIMESTAMP") {
      continue;
    }
    throw refuse(
      type === undefined ? `the table has no column '${name}'` : `the table's column '${name}' is a ${type}`,
      `a history needs '${from}' and '${to}' (timestamp with time zone) and '${current}' (boolean): add them, name ` +
        "others under 'scd2', or load into a table that is not there",
    );
  }
}

/** The columns that the history adds to a new table. */
export function historyLines({ from, to, current }: History): string[] {
  return [
    `${identifier(from)} TIMESTAMP WITH TIME ZONE NOT NULL`,
    `${identifier(to)} TIMESTAMP WITH TIME ZONE`,
    `${identifier(current)} BOOLEAN NOT NULL`,
  ];
}

/** A query for the time of this load, after every time of the history. */
export function momentQuery({ from, to }: History, table: string): string {
  const after = (name: string) => `max(${identifier(name)})::TIMESTAMPTZ + INTERVAL 1 MICROSECOND`;
  return `SELECT greatest(get_current_timestamp(), ${after(from)}, ${after(to)})::VARCHAR FROM ${table}`;
}

/** Brings the history up to what is staged: the rows as they are now, one for each key. */
export function historyStatements(
  { from, to, current, closeMissing }: History,
  { table, staging, keys, columns, now }: {
    readonly table: string;
    readonly staging: string;
    readonly keys: readonly string[];
    readonly columns: readonly Column[];
    readonly now: string;
  },
): string[] {
  const moment = `CAST(${literal(now)} AS TIMESTAMP WITH TIME ZONE)`;
  const names = columns.map(({ name }) => identifier(name));
  const isKey = (name: string) => keys.some((key) => key.toLowerCase() === name.toLowerCase());
  const same = keys.map(identifier).map((key) => `t.${key} = s.${key}`).join(" AND ");
  const changed = columns.filter(({ name }) => !isKey(name)).map((column) =>
    `${comparable("t", column)} IS DISTINCT FROM ${comparable("s", column)}`
  );
  const open = `t.${identifier(current)}`;
  const close = `UPDATE ${table} AS t SET ${identifier(to)} = ${moment}, ${identifier(current)} = false`;
  return [
    ...(changed.length === 0
      ? []
      : [`${close} FROM ${staging} AS s WHERE ${open} AND ${same} AND (${changed.join(" OR ")})`]),
    ...(closeMissing
      ? [`${close} WHERE ${open} AND NOT EXISTS (SELECT 1 FROM ${staging} AS s WHERE ${same})`]
      : []),
    `INSERT INTO ${table} (${names.join(", ")}, ${identifier(from)}, ${identifier(current)})
      SELECT ${names.map((name) => `s.${name}`).join(", ")}, ${moment}, true FROM ${staging} AS s
      WHERE NOT EXISTS (SELECT 1 FROM ${table} AS t WHERE ${open} AND ${same})`,
  ];
}

/** What tells two values apart: a text by its bytes, whatever its collation. */
function comparable(of: "t" | "s", { name, type }: Column): string {
  const column = `${of}.${identifier(name)}`;
  return type === "VARCHAR" ? `encode(${column})` : column;
}

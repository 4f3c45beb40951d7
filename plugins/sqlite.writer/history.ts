/**
 * A table that keeps what was: each version of a row, from when to when it held.
 *
 * What must stay true: of a key at most one version is open; a version ends where the next one begins, or where the
 * key was closed; a load that brings nothing new changes nothing. The time is taken once for a load, and is never
 * before one that is there: a clock that was set back does not turn the history around.
 *
 * @module
 */

import { type Column, ServerFailure } from "osiris/driver";
import { type Database, quoted, readType } from "../sqlite/mod.ts";
import { STAGING } from "./merge.ts";
import { columnLines, type Target } from "./target.ts";

/** What a step says about the history. */
export interface HistoryOptions {
  readonly valid_from?: string;
  readonly valid_to?: string;
  readonly current?: string;
  readonly close_missing?: boolean;
}

/** The columns that the history adds to those of the input: since when, until when, whether it holds. */
export function historyColumns(options: HistoryOptions = {}): readonly [string, string, string] {
  const { valid_from = "valid_from", valid_to = "valid_to", current = "current" } = options;
  return [valid_from, valid_to, current];
}

const TIME = /^TIMESTAMP(?: WITH TIME ZONE)?$/;

/** Makes the table when it is missing and may be made, and sees that it can keep a history. */
export function prepareHistory(
  database: Database,
  attempt: string,
  input: readonly Column[],
  { table, keys, create, options }: {
    readonly table: string;
    readonly keys: readonly string[];
    readonly create: boolean;
    readonly options: HistoryOptions | undefined;
  },
): void {
  const config = (what: string, help: string) => new ServerFailure(attempt, "config", what, { help });
  const names = historyColumns(options);
  const all = [...input.map(({ name }) => name.toLowerCase()), ...names.map((name) => name.toLowerCase())];
  const taken = names.find((name) => all.indexOf(name.toLowerCase()) !== all.lastIndexOf(name.toLowerCase()));
  if (taken !== undefined) {
    throw config(
      `the column '${taken}' is to say how long a version holds, and another has its name`,
      "name another one under 'scd2', such as `scd2: { valid_from: known_from }`",
    );
  }
  const found = database.rows(attempt, "SELECT name, type FROM pragma_table_info(?)", [table]);
  if (found.length === 0) {
    if (create) makeTable(database, attempt, input, table, keys, names);
    return;
  }
  const types = new Map(
    found.map(([name, type]) => [String(name).toLowerCase(), readType(String(type)) ?? ""]),
  );
  for (const name of names) {
    const type = types.get(name.toLowerCase());
    const fits = name === names[2] ? type === "BOOLEAN" || type === "BIGINT" : TIME.test(type ?? "");
    if (fits) continue;
    throw config(
      type === undefined
        ? `the table has no column '${name}'`
        : `the table's column '${name}' is of another kind`,
      `a history needs '${names[0]}' and '${names[1]}' (TIMESTAMPTZ) and '${
        names[2]
      }' (BOOLEAN): add them, name ` +
        "others under 'scd2', or load into a table that is not there",
    );
  }
}

function makeTable(
  database: Database,
  attempt: string,
  input: readonly Column[],
  table: string,
  keys: readonly string[],
  names: readonly [string, string, string],
): void {
  const [from, to, current] = names.map(quoted);
  const list = keys.map(quoted).join(", ");
  const lines = [
    ...columnLines(attempt, input, keys),
    `${from} TIMESTAMPTZ NOT NULL`,
    `${to} TIMESTAMPTZ`,
    `${current} BOOLEAN NOT NULL`,
    `PRIMARY KEY (${list}, ${from})`,
  ];
  database.run(attempt, `CREATE TABLE ${quoted(table)} (${lines.join(", ")})`);
  const index = quoted(`${table}_${names[2]}`);
  database.run(attempt, `CREATE UNIQUE INDEX ${index} ON ${quoted(table)} (${list}) WHERE ${current} = 1`);
}

/** Brings the history up to what the staging table holds: the rows as they are now, one for each key. */
export function mergeHistory(
  database: Database,
  attempt: string,
  { text, keys, columns }: Target,
  options: HistoryOptions = {},
): void {
  const [from, to, current] = historyColumns(options).map(quoted) as [string, string, string];
  const table = `main.${text}`;
  const now = momentAfter(database, attempt, table, from, to);
  const names = columns.map(({ name }) => quoted(name));
  const list = keys.map(quoted).join(", ");
  const same = keys.map(quoted).map((key) => `t.${key} = s.${key}`).join(" AND ");
  const changed = columns.filter(({ name }) => !keys.includes(name)).map(({ name }) => quoted(name))
    .map((name) => `t.${name} COLLATE BINARY IS NOT s.${name}`);
  const close = `UPDATE ${table} AS t SET ${to} = ?, ${current} = 0`;
  if (changed.length > 0) {
    const differs = `t.${current} = 1 AND ${same} AND (${changed.join(" OR ")})`;
    database.run(attempt, `${close} FROM ${STAGING} AS s WHERE ${differs}`, [now]);
  }
  if (options.close_missing === true) {
    const gone = `t.${current} = 1 AND NOT EXISTS (SELECT 1 FROM ${STAGING} AS s WHERE ${same})`;
    database.run(attempt, `${close} WHERE ${gone}`, [now]);
  }
  database.run(
    attempt,
    `INSERT OR ABORT INTO ${table} (${names.join(", ")}, ${from}, ${current})
      SELECT ${names.join(", ")}, ?, 1 FROM ${STAGING}
      WHERE (${list}) NOT IN (SELECT ${list} FROM ${table} WHERE ${current} = 1)`,
    [now],
  );
}

/** The time of this load, as text in UTC, after every time of the history. */
function momentAfter(database: Database, attempt: string, table: string, from: string, to: string): string {
  const [row] = database.rows(attempt, `SELECT max(max(${from}), max(ifnull(${to}, ''))) FROM ${table}`);
  const last = row?.[0] ?? null;
  const now = `${new Date().toISOString().slice(0, 23).replace("T", " ")}000`;
  if (last === null || String(last) < now) return `${now}+00:00`;
  const [, second, fraction = ""] =
    /^(\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(?:\+00:00|Z)?$/.exec(String(last)) ?? [];
  if (second === undefined) {
    throw new ServerFailure(
      attempt,
      "data",
      `the history has the time '${last}', after which none can begin`,
      {
        help: "write it as 2026-01-31 12:34:56.789012+00:00",
      },
    );
  }
  const micros = BigInt(Date.parse(`${second.replace(" ", "T")}Z`)) * 1000n +
    BigInt(fraction.padEnd(6, "0")) + 1n;
  const text = new Date(Number(micros / 1000n)).toISOString().slice(0, 23).replace("T", " ");
  return `${text}${String(micros % 1000n).padStart(3, "0")}+00:00`;
}

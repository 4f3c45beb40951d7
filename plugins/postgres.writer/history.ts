/**
 * A table that keeps what was: each version of a row, from when to when it held.
 *
 * What must stay true: of a key at most one version is open; a version ends where the next one begins, or where the
 * key was closed; a load that brings nothing new changes nothing. Times are the server's own, taken once for a load,
 * and never before one that is there: a clock that was set back does not turn the history around.
 *
 * @module
 */

import { type Column, ServerFailure } from "osiris/driver";
import { quoted, type Session } from "../postgres/mod.ts";
import type { Target } from "./target.ts";
import { newType } from "./target_column.ts";

/** What a step says about the history. */
export interface HistoryOptions {
  readonly valid_from?: string;
  readonly valid_to?: string;
  readonly current?: string;
  readonly close_missing?: boolean;
}

/** The columns that the history adds to those of the input. */
export class History {
  readonly from: string;
  readonly to: string;
  readonly current: string;

  constructor(readonly options: HistoryOptions = {}) {
    this.from = options.valid_from ?? "valid_from";
    this.to = options.valid_to ?? "valid_to";
    this.current = options.current ?? "current";
  }

  get columns(): readonly string[] {
    return [this.from, this.to, this.current];
  }
}

/** A server, and what every error begins with. */
interface Asked {
  readonly session: Session;
  readonly attempt: string;
}

/** Makes the table when it is missing and may be made, and sees that it can keep a history. */
export async function prepareHistory(
  { session, attempt }: Asked,
  text: string,
  input: readonly Column[],
  { history, keys, create }: {
    readonly history: History;
    readonly keys: readonly string[];
    readonly create: boolean;
  },
): Promise<void> {
  const config = (what: string, help: string) => new ServerFailure(attempt, "config", what, { help });
  const taken = [
    ...history.columns.filter((name) => input.some((column) => column.name === name)),
    ...history.columns.filter((name, i) => history.columns.indexOf(name) !== i),
  ];
  if (taken.length > 0) {
    throw config(
      `the column '${taken[0]}' is to say how long a version holds, and another has its name`,
      "name another one under 'scd2', such as `scd2: { valid_from: known_from }`",
    );
  }
  const found = await session.rows(
    attempt,
    `SELECT attname, format_type(atttypid, atttypmod) FROM pg_catalog.pg_attribute
      WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped`,
    [text],
  );
  if (found.length === 0) {
    if (create) await makeTable({ session, attempt }, text, input, history, keys);
    return;
  }
  const types = new Map(found.map(([name, type]) => [name, type!]));
  for (const name of history.columns) {
    const wanted = name === history.current ? "boolean" : "timestamp";
    const type = types.get(name);
    if (type?.startsWith(wanted) && !/^timestamp\([0-5]\)/.test(type)) continue;
    throw config(
      type === undefined ? `the table has no column '${name}'` : `the table's column '${name}' is ${type}`,
      `a history needs '${history.from}' and '${history.to}' (timestamp with time zone) and '${history.current}' (boolean): ` +
        "add them, name others under 'scd2', or load into a table that is not there",
    );
  }
}

async function makeTable(
  { session, attempt }: Asked,
  text: string,
  input: readonly Column[],
  { from, to, current }: History,
  keys: readonly string[],
): Promise<void> {
  const columns = input.map((column) =>
    `${quoted(column.name)} ${newType(attempt, column)}${keys.includes(column.name) ? " NOT NULL" : ""}`
  );
  const list = keys.map(quoted).join(", ");
  await session.rows(
    attempt,
    `CREATE TABLE ${text} (${columns.join(", ")}, ${quoted(from)} timestamptz NOT NULL, ${
      quoted(to)
    } timestamptz,
      ${quoted(current)} boolean NOT NULL, PRIMARY KEY (${list}, ${quoted(from)}))`,
  );
  await session.rows(attempt, `CREATE UNIQUE INDEX ON ${text} (${list}) WHERE ${quoted(current)}`);
}

/** Brings the history up to what the staging table holds: the rows as they are now, one for each key. */
export async function mergeHistory(
  { session, attempt }: Asked,
  target: Target,
  { history, keys, staging }: {
    readonly history: History;
    readonly keys: readonly string[];
    readonly staging: string;
  },
): Promise<void> {
  const run = (text: string, values?: readonly unknown[]) => session.rows(attempt, text, values);
  const [from, to, current] = history.columns.map(quoted);
  await run(`ANALYZE ${staging}`);
  // Nothing else keeps two loads from opening a version of the same key.
  await run(`LOCK TABLE ${target.text} IN SHARE ROW EXCLUSIVE MODE`);
  const [[now] = []] = await run(
    `SELECT GREATEST(clock_timestamp(), max(${from}) + interval '1 microsecond', max(${to}) + interval '1 microsecond')
      FROM ${target.text}`,
  );
  const names = target.columns.map(({ name }) => quoted(name));
  const values = target.staged.map(({ value }) => value);
  const rows = `(SELECT ${values.map((value, i) => `${value} AS ${names[i]}`).join(", ")} FROM ${staging})`;
  const same = keys.map((key) => `t.${quoted(key)} = s.${quoted(key)}`).join(" AND ");
  const changed = target.columns.filter(({ name }) => !keys.includes(name)).map(({ name, type }) =>
    `${comparable(`t.${quoted(name)}`, type)} IS DISTINCT FROM ${comparable(`s.${quoted(name)}`, type)}`
  );
  const close = `UPDATE ${target.text} AS t SET ${to} = $1, ${current} = false`;
  if (changed.length > 0) {
    await run(`${close} FROM ${rows} AS s WHERE t.${current} AND ${same} AND (${changed.join(" OR ")})`, [
      now,
    ]);
  }
  if (history.options.close_missing === true) {
    await run(
      `${close} WHERE t.${current} AND NOT EXISTS (SELECT FROM ${staging} AS s WHERE ${same})`,
      [now],
    );
  }
  await run(
    `INSERT INTO ${target.text} (${names.join(", ")}, ${from}, ${current})
      SELECT s.*, $1::timestamptz, true FROM ${rows} AS s
      WHERE NOT EXISTS (SELECT FROM ${target.text} AS t WHERE t.${current} AND ${same})`,
    [now],
  );
}

/** What tells two values apart: a text by its characters, whatever its collation; what knows no equality by its text. */
function comparable(column: string, type: string): string {
  if (/^(?:text|character|citext|name|"char")/.test(type) && !type.endsWith("]")) {
    return `CAST(${column} AS text) COLLATE "C"`;
  }
  if (type === "json") return `CAST(${column} AS jsonb)`;
  const hasNoEquality = /^(?:xml|point|line|lseg|box|path|polygon|circle)\b|^json\[/.test(type);
  return hasNoEquality ? `CAST(${column} AS text)` : column;
}

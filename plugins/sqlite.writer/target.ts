/** The table that a step writes to: found or made, with the columns that the input's get into. @module */

import { type Column, ServerFailure } from "osiris/driver";
import { type Affinity, affinityOf, type Database, declaredFor, quoted } from "../sqlite/mod.ts";

/** A column of the table. */
export interface TargetColumn {
  readonly name: string;
  readonly declared: string;
  readonly affinity: Affinity;
  /** Whether it is a part of the primary key, where SQLite puts a number of its own in the place of null. */
  readonly key: boolean;
}

/** A table that is ready to take the rows. */
export interface Target {
  /** As statements name it. */
  readonly text: string;
  /** In the order of the input's. */
  readonly columns: readonly TargetColumn[];
  /** The table's names of the keys. */
  readonly keys: readonly string[];
  /** Whether an index holds the keys apart. */
  readonly keyed: boolean;
}

const TABLE = "SELECT type, strict FROM pragma_table_list WHERE schema = 'main' AND name = ? COLLATE NOCASE";
const COLUMNS = "SELECT name, type, pk, hidden FROM pragma_table_xinfo(?)";
const UNIQUE =
  `SELECT (SELECT json_group_array(name) FROM pragma_index_info(i.name)) FROM pragma_index_list(?) AS i
  WHERE i."unique" = 1 AND i.partial = 0`;

/** Looks the table up, and makes it when it is missing and may be made. */
export function findTarget(
  database: Database,
  attempt: string,
  input: readonly Column[],
  options: {
    readonly table: string;
    readonly create: boolean;
    readonly keys: readonly string[];
    /** Whether a new table has the keys as its primary key. */
    readonly keyed: boolean;
  },
): Target {
  const { table, create, keys, keyed } = options;
  const [found] = database.rows(attempt, TABLE, [table]);
  if (found !== undefined && found[0] !== "table") {
    throw config(attempt, `it is a ${found[0]}`, "name a table");
  }
  if (found === undefined) {
    if (!create) throw config(attempt, "the table is not there", "create it, or leave `create: false` out");
    database.run(attempt, creation(attempt, table, input, keyed ? keys : []));
  }
  const all = columnsOf(database, attempt, table, found?.[1] === 1n);
  const columns = input.map(({ name }) => {
    const column = all.get(name.toLowerCase());
    if (column !== undefined) return column;
    const names = [...all.values()].map((each) => each.name).join(", ");
    throw config(attempt, `the table has no column '${name}'`, `its columns are ${names}`);
  });
  const lacking = keys.find((key) => !input.some(({ name }) => same(name, key)));
  if (lacking !== undefined) {
    throw config(
      attempt,
      `the key '${lacking}' is no column of the input`,
      "name columns of the input as keys",
    );
  }
  const named = keys.map((key) => all.get(key.toLowerCase())!.name);
  return { text: quoted(table), columns, keys: named, keyed: isKeyed(database, attempt, table, all, named) };
}

function columnsOf(
  database: Database,
  attempt: string,
  table: string,
  strict: boolean,
): ReadonlyMap<string, TargetColumn> {
  const rows = database.rows(attempt, COLUMNS, [table]) as [string, string, bigint, bigint][];
  const writable = rows.filter(([, , , hidden]) => hidden === 0n);
  return new Map(writable.map(([name, declared, pk]) => [name.toLowerCase(), {
    name,
    declared,
    affinity: affinityOf(declared, strict),
    key: pk > 0n,
  }]));
}

/** The input's columns as a new table declares them. */
export function columnLines(attempt: string, input: readonly Column[], keys: readonly string[]): string[] {
  return input.map(({ name, type }) => {
    const declared = declaredFor(type);
    if (declared === undefined) {
      throw config(
        attempt,
        `column '${name}' is a ${type}, and SQLite has no type for it`,
        "turn it into JSON (to_json) or text in a SQL step before",
      );
    }
    return `${quoted(name)} ${declared}${keys.some((key) => same(key, name)) ? " NOT NULL" : ""}`;
  });
}

function creation(attempt: string, table: string, input: readonly Column[], keys: readonly string[]): string {
  const columns = columnLines(attempt, input, keys);
  const key = keys.length === 0 ? [] : [`PRIMARY KEY (${keys.map(quoted).join(", ")})`];
  return `CREATE TABLE ${quoted(table)} (${[...columns, ...key].join(", ")})`;
}

function isKeyed(
  database: Database,
  attempt: string,
  table: string,
  columns: ReadonlyMap<string, TargetColumn>,
  keys: readonly string[],
): boolean {
  const primary = [...columns.values()].filter(({ key }) => key).map(({ name }) => name);
  const unique = database.rows(attempt, UNIQUE, [table]).map(([names]) =>
    JSON.parse(String(names)) as string[]
  );
  const wanted = [...keys].sort().join("\0");
  return [primary, ...unique].some((names) => [...names].sort().join("\0") === wanted);
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function config(attempt: string, what: string, help: string): ServerFailure {
  return new ServerFailure(attempt, "config", what, { help });
}

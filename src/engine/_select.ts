/**
 * Rows of a database file: a table, or a query that sees the file's tables as its inputs and nothing else.
 *
 * @module
 */

import { nearest, OsirisError } from "../diagnostic.ts";
import { describeQuery } from "./_describe.ts";
import { type DatabaseFiles, type FileTable, listedName, tableNamed } from "./_database_file.ts";
import type { BoundValue, Column, SelectRequest } from "./engine.ts";
import { identifier } from "./_quote.ts";
import { parseQueryText, writeQuery } from "./_query_text.ts";
import { DuckRelation } from "./_relation.ts";
import type { Verdict } from "./_verdict.ts";

/** Describes what is asked of a file. */
export async function describeSelect(
  files: DatabaseFiles,
  verdicts: Map<string, Verdict>,
  verdictsKept: number,
  step: string,
  request: SelectRequest,
): Promise<DuckRelation> {
  const { path, table, query, columns, bounds } = request;
  const alias = await files.attach(step, path, "read");
  const tables = await files.tables(alias);
  const found = query === undefined
    ? tableRelation(step, path, tableIn(tables, step, path, table!), columns)
    : await describeQuery(files.database, verdicts, verdictsKept, step, {
      query: renamed(query),
      bind: bound(request.params ?? []),
      inputs: inputsOf(tables, step, path),
    });
  return bounds === undefined ? found : within(step, found, bounds);
}

/** Each table under the name that a query may call it. */
function inputsOf(tables: readonly FileTable[], step: string, path: string): Record<string, DuckRelation> {
  return Object.fromEntries(
    tables.map((table) => [
      table.schema === "main" ? table.name : `${table.schema}.${table.name}`,
      tableRelation(step, path, table),
    ]),
  );
}

function tableIn(tables: readonly FileTable[], step: string, path: string, name: string): FileTable {
  const found = tableNamed(tables, name);
  if (found !== undefined) return found;
  const names = tables.map(listedName);
  const near = nearest(name, names);
  throw new OsirisError("ENG552", `Cannot read the table '${name}' in '${path}': there is no such table`, {
    step,
    help: near === undefined
      ? `its tables are ${names.slice(0, 20).join(", ") || "none"}`
      : `did you mean '${near}'?`,
  });
}

function tableRelation(
  step: string,
  path: string,
  { text, columns: all }: FileTable,
  wanted?: readonly string[],
): DuckRelation {
  const columns = wanted === undefined ? all : wanted.map((name) => columnIn(all, step, path, name));
  const query = `SELECT ${columns.map(({ name }) => identifier(name)).join(", ")} FROM ${text}`;
  return new DuckRelation(step, columns.map(({ name, type }): Column => ({ name, type })), {
    kind: "scan",
    scan: {
      columns,
      files: [path],
      read: () => query,
      head: query,
      operator: /^$/,
      parts: 1,
      onBadRow: "error",
      filtered: true, // a condition may be pushed into the table, which then counts what is left
      judgedBeside: false,
      async *culprits() {},
      unit: "record",
    },
  });
}

function columnIn<T extends Column>(all: readonly T[], step: string, path: string, name: string): T {
  const found = all.find((column) => column.name.toLowerCase() === name.toLowerCase());
  if (found !== undefined) return found;
  const names = all.map((column) => column.name);
  const near = nearest(name, names);
  throw new OsirisError("ENG552", `Cannot read '${path}': there is no column '${name}'`, {
    step,
    help: near === undefined ? `the columns are ${names.slice(0, 20).join(", ")}` : `did you mean '${near}'?`,
  });
}

/** `$1` becomes a parameter with a name, as every query has them. */
function renamed(query: string): string {
  return writeQuery(
    parseQueryText(query),
    (parameter) => `$${/^\d+$/.test(parameter) ? `p${parameter}` : parameter}`,
  );
}

function bound(params: readonly (string | number | boolean | null)[]): Record<string, BoundValue> {
  return Object.fromEntries(params.map((value, i) => [`p${i + 1}`, { type: typeOf(value), value }]));
}

function typeOf(value: string | number | boolean | null): BoundValue["type"] {
  if (typeof value === "boolean") return "bool";
  if (typeof value === "number") return Number.isSafeInteger(value) ? "int" : "number";
  return "string";
}

const FOLLOWED =
  /^(?:U?(?:TINY|SMALL|BIG|HUGE)INT|U?INTEGER|DATE|TIMESTAMP(?:_S|_MS|_NS| WITH TIME ZONE)?|DECIMAL\(\d+,\d+\)|VARCHAR|UUID)$/;

/** The rows whose column lies within bounds, and those that have no value in it. */
function within(
  step: string,
  relation: DuckRelation,
  { column, from, to }: NonNullable<SelectRequest["bounds"]>,
): DuckRelation {
  const found = relation.columns.find(({ name }) => name === column);
  if (found === undefined || !FOLLOWED.test(found.type)) {
    const what = found === undefined
      ? `there is no column '${column}'`
      : `column '${column}' is a ${found.type}`;
    throw new OsirisError("ENG542", `Cannot follow step '${step}': ${what}`, {
      step,
      help: `follow an integer, a decimal, a date, a point in time, a text or a UUID of ${
        relation.columns.map(({ name }) => name).slice(0, 20).join(", ")
      }`,
    });
  }
  if (from === null && to === null) return relation;
  const name = identifier(column);
  const parts = [
    ...(from === null ? [] : [[`${name} >= `, "from"] as const]),
    ...(to === null ? [] : [[`${name} < `, "to"] as const]),
  ];
  const texts = parts.map(([text], i) => i === 0 ? `SELECT * FROM rows_read WHERE (${text}` : ` AND ${text}`);
  return new DuckRelation(step, relation.columns, {
    kind: "sql",
    query: { texts: [...texts, `) OR ${name} IS NULL`], parameters: parts.map(([, parameter]) => parameter) },
    bind: new Map(parts.map(([, parameter]) => [parameter, {
      type: found.type,
      value: parameter === "from" ? from : to,
    }])),
    inputs: [{ name: "rows_read", relation, times: 1 }],
    plainGrouping: false,
  });
}

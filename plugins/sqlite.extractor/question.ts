import { ServerFailure } from "osiris/driver";
import { type Parameter, quoted } from "../sqlite/mod.ts";

/** What a step asks for. */
export interface Asked {
  readonly table?: string;
  readonly query?: string;
  readonly columns?: readonly string[];
  readonly params?: readonly (string | number | boolean | null)[];
}

/** A query with the values of its `?`. */
export interface Question {
  readonly sql: string;
  readonly params: readonly Parameter[];
  /** As messages call it. */
  readonly what: string;
}

/** The one query that a step's configuration means. */
export function questionOf({ table, query, columns, params = [] }: Asked): Question {
  if (query !== undefined) {
    return { sql: query.replace(/[;\s]+$/, ""), params: params.map(bound), what: "the query's result" };
  }
  if (table === undefined) {
    throw new ServerFailure("Cannot read anything", "config", "the step names neither a table nor a query", {
      help: "say `table` or `query`",
    });
  }
  const list = columns?.map(quoted).join(", ") ?? "*";
  return { sql: `SELECT ${list} FROM ${quoted(table)}`, params: [], what: `the table '${table}'` };
}

/** A whole number would be bound as REAL. */
function bound(value: string | number | boolean | null): Parameter {
  if (typeof value === "boolean") return value ? 1n : 0n;
  return typeof value === "number" && Number.isSafeInteger(value) ? BigInt(value) : value;
}

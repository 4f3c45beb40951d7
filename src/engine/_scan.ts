/**
 * A file source as the engine reads it: everything found out once, when it is described, and stated
 * explicitly from then on, so that describing and reading cannot disagree.
 *
 * @module
 */

import { nearest, OsirisError } from "../diagnostic.ts";
import type { Column, ScanRequest } from "./engine.ts";
import type { Culprit } from "./_culprit.ts";
import type { Feed } from "./_feed.ts";
import { describeCsv } from "./_scan_csv.ts";
import { describeJson } from "./_scan_json.ts";
import { describeParquet } from "./_scan_parquet.ts";
import type { Source } from "./_source.ts";

/** Where rejected rows of a scan are kept while its statement runs. */
export interface RejectTables {
  readonly rows: string;
  readonly scans: string;
}

/** A described source. */
export interface Scan {
  readonly columns: readonly Column[];
  readonly files: readonly string[];
  /** Undefined where nobody knows how much of a file is read. */
  readonly bytes?: number;
  /** The query that reads it. */
  read(rejects?: RejectTables): string;
  /** A query for its first rows that reads no more than it must. */
  readonly head: string;
  /** How the scan's operators are called in a profile. */
  readonly operator: RegExp;
  /** How many such operators it is. */
  readonly parts: number;
  readonly onBadRow: "error" | "skip" | "quarantine";
  /** Whether `read` leaves rows out by a condition, beside those that the reader rejects. */
  readonly filtered: boolean;
  /** Whether nothing in `read` minds values that a column cannot keep, so that `culprits` has to be asked. */
  readonly judgedBeside: boolean;
  /** The rows with values that their columns cannot keep, which the reader lets pass; of one column when it is named. */
  culprits(column?: string): AsyncIterable<Culprit>;
  /** How rows are counted in messages. */
  readonly unit: "line" | "record";
  /** Where its text comes from, when it lies in no file. */
  readonly feed?: Feed;
}

/** What describing needs of the engine. */
export interface Asking {
  readonly step: string;
  /** All rows of a small query. */
  rows(sql: string): Promise<unknown[][]>;
  /** The rows of a query as they come. */
  batches(sql: string): AsyncIterable<unknown[][]>;
  /** The columns of a query, without running it. */
  columns(sql: string): Promise<Column[]>;
}

/** Describes a source. */
export async function describeScan(request: ScanRequest, source: Source, ask: Asking): Promise<Scan> {
  const describe = { csv: describeCsv, json: describeJson, parquet: describeParquet }[request.format];
  return await describe(request, source, ask);
}

/** The types that a request gives, as the engine writes them. */
export async function givenTypes(request: ScanRequest, ask: Asking): Promise<ReadonlyMap<string, string>> {
  const given = Object.entries(request.options.types ?? {});
  if (given.length === 0) return new Map();
  const columns = await ask.columns(`SELECT ${given.map(([, type]) => `CAST(NULL AS ${type})`).join(", ")}`);
  return new Map(given.map(([name], i) => [name, columns[i]!.type]));
}

/** The columns that a request selects and types, in the order it names them; all of them when it names none. */
export function selected(
  request: ScanRequest,
  found: readonly Column[],
  step: string,
  given: ReadonlyMap<string, string>,
): { readonly chosen: readonly Column[]; readonly all: readonly Column[] } {
  const byName = new Map(found.map((column) => [column.name, column]));
  const folded = new Map(found.map((column) => [column.name.toLowerCase(), column.name]));
  const find = (name: string, option: string): string => {
    const exact = byName.has(name) ? name : folded.get(name.toLowerCase());
    if (exact !== undefined) return exact;
    const near = nearest(name, byName.keys());
    throw new OsirisError(
      "ENG504",
      `Cannot read '${request.path}': '${option}' names the unknown column '${name}'`,
      {
        step,
        help: near === undefined
          ? `the columns are ${[...byName.keys()].slice(0, 20).join(", ")}`
          : `did you mean '${near}'?`,
      },
    );
  };
  const types = new Map<string, string>();
  for (const [name, type] of given) {
    types.set(find(name, "types"), type);
  }
  const all = found.map(({ name, type }) => ({ name, type: types.get(name) ?? type }));
  const names = request.options.columns?.map((name) => find(name, "columns"));
  const typed = new Map(all.map((column) => [column.name, column]));
  return { all, chosen: names === undefined ? all : names.map((name) => typed.get(name)!) };
}

/** Whether `key=value` folders become columns: as asked, or when every file below the path lies in some. */
export function hivePartitions(request: ScanRequest, source: Source): boolean {
  return request.options.hive_partitions ?? source.partitioned;
}

/** Reading counts from the engine's account of a statement. @module */

import type { Composed, Counted } from "./_compose.ts";
import type { DuckRelation } from "./_relation.ts";
import type { Scan } from "./_scan.ts";

/** An operator of a statement that ran. */
export interface Operator {
  readonly operator_type: string;
  readonly operator_name?: string;
  readonly operator_cardinality: number;
  readonly operator_rows_scanned?: number;
  readonly operator_timing: number;
  readonly extra_info: { readonly [key: string]: string | readonly string[] };
  readonly children: readonly Operator[];
}

/** What the engine tells of a statement. */
export interface Profile {
  readonly operators: readonly Operator[];
  readonly peakMemory: number | undefined;
}

/** What may be kept of an operator when values were bound: texts of conditions could repeat them. */
const PLAIN = new Set([
  "Function",
  "Projections",
  "Total Files Read",
  "Filename(s)",
  "Table",
  "Join Type",
  "CTE Name",
  "CTE Index",
]);

/** Reads the JSON of `EXPLAIN (ANALYZE, FORMAT json)`. */
export function readProfile(json: string, hideValues: boolean): Profile {
  const parsed = JSON.parse(json) as { system_peak_buffer_memory?: number; children?: Operator[] };
  const tops = parsed.children ?? [];
  const operators = tops.flatMap((top) => top.operator_type === "EXPLAIN_ANALYZE" ? top.children : [top]);
  return {
    operators: operators.map((operator) => tidied(operator, hideValues)),
    peakMemory: parsed.system_peak_buffer_memory,
  };
}

function tidied(operator: Operator, hideValues: boolean): Operator {
  const { operator_type, operator_name, operator_cardinality, operator_rows_scanned, operator_timing } =
    operator;
  const info = Object.entries(operator.extra_info ?? {}).filter(([key]) =>
    !hideValues || (PLAIN.has(key) && (key !== "Projections" || operator_type === "TABLE_SCAN"))
  );
  const marks = hideValues ? projections(operator).filter((name) => name.startsWith("__rows_")) : [];
  return {
    operator_type,
    ...(operator_name === undefined || operator_name === operator_type ? {} : { operator_name }),
    operator_cardinality,
    ...(operator_rows_scanned === undefined || operator_rows_scanned === 0 ? {} : { operator_rows_scanned }),
    operator_timing,
    extra_info: Object.fromEntries(marks.length === 0 ? info : [...info, ["Projections", marks]]),
    children: (operator.children ?? []).map((child) => tidied(child, hideValues)),
  };
}

function projections(operator: Operator): readonly string[] {
  const listed = operator.extra_info?.["Projections"];
  return listed === undefined ? [] : typeof listed === "string" ? [listed] : listed;
}

/** Rows that reached the statement's end: what the operator under the topmost one gave. */
export function rowsAtRoot(profile: Profile): number | undefined {
  const [top] = profile.operators;
  const below = top === undefined ? undefined : past(top).children[0];
  return below === undefined ? undefined : past(below).operator_cardinality;
}

/** A CTE that is kept stands above the query that reads it, which is its last child. */
function past(operator: Operator): Operator {
  const last = operator.children.at(-1);
  return operator.operator_type === "CTE" && last !== undefined ? past(last) : operator;
}

/** Rows of every step of a statement; a step whose count the profile does not tell is missing. */
export function rowsOfSteps(
  profile: Profile,
  composed: Composed,
  rootRows: number | undefined,
): Map<DuckRelation, number> {
  const rows = new Map<DuckRelation, number>();
  const all = profile.operators.flatMap(flattened);
  for (const counted of composed.counted) {
    const count = rowsOfStep(counted, all, composed, rootRows, profile.operators[0]);
    if (count !== undefined) rows.set(counted.relation, count);
  }
  return rows;
}

/** Rows that a scan gave before any condition on them; undefined where the profile cannot tell it from another. */
export function rowsScanned(
  profile: Profile,
  composed: Composed,
  relation: DuckRelation,
): number | undefined {
  return scannedRows(profile.operators.flatMap(flattened), composed, relation);
}

const EARLY_ENDS = new Set(["LIMIT", "STREAMING_LIMIT", "LIMIT_PERCENT"]);

/** What a statement read of a text. */
export interface Taken {
  /** Undefined where the plan does not tell. */
  readonly rows: number | undefined;
  /** Whether it may have had no need of all of them. */
  readonly mayBeFewer: boolean;
}

/** What a statement read of a text. */
export function rowsOfFeed(profile: Profile, composed: Composed, relation: DuckRelation): Taken {
  const all = profile.operators.flatMap(flattened);
  const rows = scannedRows(all, composed, relation);
  const own = composed.scans.filter(({ scan }) => scan.feed?.careful === false).length; // `readText` says why
  const endsEarly = all.filter((operator) => EARLY_ENDS.has(operator.operator_type)).length > own;
  return { rows, mayBeFewer: endsEarly || rows === 0 }; // an empty side of a join spares the other
}

function scannedRows(
  all: readonly Operator[],
  composed: Composed,
  relation: DuckRelation,
): number | undefined {
  const { scan } = composed.scans.find((part) => part.relation === relation)!;
  const alike = composed.scans.filter((part) => part.scan.operator.source === scan.operator.source).length;
  return rowsOfScan(scan, all, alike);
}

function rowsOfStep(
  counted: Counted,
  all: readonly Operator[],
  composed: Composed,
  rootRows: number | undefined,
  top: Operator | undefined,
): number | undefined {
  if (counted.by === "root") return rootRows;
  if (counted.by === "barrier") {
    const { mark } = counted;
    const held = all.filter((operator) =>
      operator.operator_type === "PROJECTION" && projections(operator).includes(mark)
    );
    return held.length === 1 ? held[0]!.operator_cardinality : undefined;
  }
  if (counted.by === "grouping") return rowsIntoGrouping(top);
  return scannedRows(all, composed, counted.relation);
}

const GROUPINGS = new Set(["HASH_GROUP_BY", "PERFECT_HASH_GROUP_BY", "PARTITIONED_AGGREGATE"]);

/** The rows that reach the topmost GROUP BY of a statement. */
function rowsIntoGrouping(top: Operator | undefined): number | undefined {
  let operator = top && past(top);
  while (operator !== undefined && !GROUPINGS.has(operator.operator_type)) {
    operator = operator.children.length === 1 ? past(operator.children[0]!) : undefined;
  }
  const below = operator?.children[0];
  return below && past(below).operator_cardinality;
}

/** A scan of several headers is several operators; one that the profile shows otherwise is not counted. */
function rowsOfScan(scan: Scan, all: readonly Operator[], alike: number): number | undefined {
  const scanning = all.filter((operator) =>
    operator.operator_type === "TABLE_SCAN" &&
    scan.operator.test(String(operator.extra_info["Function"] ?? ""))
  );
  const own = alike === 1 ? scanning : scanning.filter((operator) => namesFile(operator, scan.files[0]!));
  if (own.length !== scan.parts) return undefined;
  return own.reduce((sum, operator) => sum + operator.operator_cardinality, 0);
}

function namesFile(operator: Operator, file: string): boolean {
  const names = String(operator.extra_info["Filename(s)"] ?? "");
  return names === file || names.startsWith(`${file},`) || names.startsWith(`${file} `);
}

function flattened(operator: Operator): Operator[] {
  return [operator, ...operator.children.flatMap(flattened)];
}

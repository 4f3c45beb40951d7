/**
 * One statement for a relation and everything lazy below it.
 *
 * Each lazy step is one CTE of a flat list. A SQL step sees its inputs under its own names, as CTEs around
 * its query, so names are per step. A step that is needed more than once is computed once.
 *
 * Where a count would be lost because the optimizer moves work across a step's edge, a barrier holds it:
 * a condition on a volatile column, always true, whose projection in the profile tells how many rows passed.
 *
 * @module
 */

import type { Column } from "./engine.ts";
import { identifier } from "./_quote.ts";
import { writeQuery } from "./_query_text.ts";
import type { Bound, DuckRelation, Input } from "./_relation.ts";
import type { RejectTables, Scan } from "./_scan.ts";

/** A step of a statement and where its count stands in the profile. */
export type Counted =
  | { readonly relation: DuckRelation; readonly by: "root" }
  | { readonly relation: DuckRelation; readonly by: "barrier"; readonly mark: string }
  | { readonly relation: DuckRelation; readonly by: "scan" }
  /** By the rows that reach the GROUP BY of the statement's own query. */
  | { readonly relation: DuckRelation; readonly by: "grouping" };

/** A scan that takes part, and where it puts the rows it rejects. */
export interface ScanPart {
  readonly relation: DuckRelation;
  readonly scan: Scan;
  readonly rejects?: RejectTables;
}

/** A composed statement. */
export interface Composed {
  /** One SELECT. */
  readonly sql: string;
  /** Values by parameter name. */
  readonly bind: ReadonlyMap<string, Bound>;
  readonly counted: readonly Counted[];
  readonly scans: readonly ScanPart[];
  /** Lazy inputs that no query refers to: the statement does not run them. */
  readonly unread: readonly DuckRelation[];
}

/** Composes the statement that computes a relation. */
export function compose(last: DuckRelation): Composed {
  const order: DuckRelation[] = [];
  const needed = new Map<DuckRelation, number>();
  const unread = new Set<DuckRelation>();
  visit(last, order, needed, unread);
  for (const relation of order) unread.delete(relation);

  const names = new Map(order.map((relation, i) => [relation, `__osiris_${i}`]));
  const bind = new Map<string, Bound>();
  const counted: Counted[] = [];
  const scans: ScanPart[] = [];
  const ctes: string[] = [];
  let body = "";
  for (const relation of order) {
    const { inputs, query } = ownQuery(relation, names, bind, scans);
    if (relation === last) {
      ctes.push(...inputs);
      body = query;
      counted.push({ relation, by: "root" });
      continue;
    }
    const text = withCtes(inputs, query);
    const mark = `__rows_${names.get(relation)!.slice("__osiris_".length)}`;
    const isGrouped = relation.origin.kind === "sql" && relation === onlyGrouped(last);
    const barred = !isGrouped &&
      (relation.origin.kind === "sql" || relation.origin.kind === "scan" && relation.origin.scan.filtered ||
        twins(relation, order));
    counted.push(
      isGrouped
        ? { relation, by: "grouping" }
        : barred
        ? { relation, by: "barrier", mark }
        : { relation, by: "scan" },
    );
    const materialized = (needed.get(relation) ?? 0) > 1 ? "MATERIALIZED" : "NOT MATERIALIZED";
    ctes.push(
      `${identifier(names.get(relation)!)} AS ${materialized} (${
        barred ? barrier(text, relation.columns, mark) : text
      })`,
    );
  }
  return { sql: withCtes(ctes, body), bind, counted, scans, unread: [...unread] };
}

/** The one input of a query that does nothing but group it. */
function onlyGrouped(last: DuckRelation): DuckRelation | undefined {
  const { origin } = last;
  return origin.kind === "sql" && origin.plainGrouping
    ? origin.inputs.find((input) => input.times === 1)?.relation
    : undefined;
}

/** Inputs before what reads them; stored relations are tables already. */
function visit(
  relation: DuckRelation,
  order: DuckRelation[],
  needed: Map<DuckRelation, number>,
  unread: Set<DuckRelation>,
): void {
  if (order.includes(relation)) return;
  if (relation.origin.kind === "sql") {
    for (const input of relation.origin.inputs) {
      if (input.relation.stored) continue;
      if (input.times === 0) {
        unread.add(input.relation);
        continue;
      }
      visit(input.relation, order, needed, unread);
      needed.set(input.relation, (needed.get(input.relation) ?? 0) + input.times);
    }
  }
  order.push(relation);
}

function withCtes(ctes: readonly string[], query: string): string {
  return ctes.length === 0 ? query : `WITH ${ctes.join(", ")} ${query}`;
}

/** A relation's own SELECT and the CTEs it needs around it. */
function ownQuery(
  relation: DuckRelation,
  names: ReadonlyMap<DuckRelation, string>,
  bind: Map<string, Bound>,
  scans: ScanPart[],
): { readonly inputs: readonly string[]; readonly query: string } {
  const { origin } = relation;
  if (origin.kind === "stored") return { inputs: [], query: `SELECT * FROM ${identifier(origin.table)}` };
  if (origin.kind === "scan") {
    const number = scans.length;
    const rejects = origin.scan.onBadRow === "error"
      ? undefined
      : { rows: `__osiris_rejected_${number}`, scans: `__osiris_rejecting_${number}` };
    scans.push({ relation, scan: origin.scan, ...(rejects === undefined ? {} : { rejects }) });
    return { inputs: [], query: origin.scan.read(rejects) };
  }
  const prefix = `p${bind.size}_`;
  const used = new Map<string, string>();
  const query = writeQuery(origin.query, (parameter) => {
    const bound = origin.bind.get(parameter)!;
    const name = used.get(parameter) ?? `${prefix}${used.size}`;
    used.set(parameter, name);
    bind.set(name, bound);
    return `CAST($${name} AS ${bound.type})`;
  });
  const inputs = origin.inputs.filter((input) => input.times > 0).map((input) => inputCte(input, names));
  return { inputs, query: `SELECT * FROM (${query}\n)` };
}

function inputCte(input: Input, names: ReadonlyMap<DuckRelation, string>): string {
  const { origin } = input.relation;
  const table = origin.kind === "stored" ? origin.table : names.get(input.relation)!;
  return `${identifier(input.name)} AS NOT MATERIALIZED (FROM ${identifier(table)})`;
}

/** Another scan of the statement that a profile could not tell from this one. */
function twins(relation: DuckRelation, order: readonly DuckRelation[]): boolean {
  const { origin } = relation;
  if (origin.kind !== "scan") return false;
  return order.some((other) =>
    other !== relation && other.origin.kind === "scan" && other.origin.scan.files[0] === origin.scan.files[0]
  );
}

function barrier(query: string, columns: readonly Column[], mark: string): string {
  const flag = identifier(mark);
  const held = columns.map(({ name, type }) =>
    `${heldBy(flag, identifier(name), type)} AS ${identifier(name)}`
  );
  const number = mark.slice("__rows_".length);
  return `SELECT ${held.join(", ")} FROM (SELECT *, random() > -${
    Number(number) + 1
  } AS ${flag} FROM (${query})) WHERE ${flag}`;
}

/** A column that depends on the flag, so that no condition on it moves below. Arrays know no CASE, lists do. */
function heldBy(flag: string, column: string, type: string): string {
  const list = type.replace(/\[\d+\]$/, "[]");
  if (list === type) return `CASE WHEN ${flag} THEN ${column} END`;
  return `CAST(CASE WHEN ${flag} THEN CAST(${column} AS ${list}) END AS ${type})`;
}

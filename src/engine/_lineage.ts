/** Asks the engine for the bound plan of a step's query, and reads from it where the columns come from. @module */

import type { QueryLineage } from "./engine.ts";
import type { Database } from "./_database.ts";
import { queryOverStubs } from "./_describe.ts";
import { type Flow, UnknownPlan } from "./_expression_flow.ts";
import { planFlows, type PlanNode } from "./_plan_columns.ts";
import { literal, literals } from "./_quote.ts";
import type { Bound, DuckRelation, Input } from "./_relation.ts";

/** Where each column of a relation comes from; what is not computed from other relations comes from nowhere. */
export async function lineageOf(database: Database, relation: DuckRelation): Promise<QueryLineage> {
  const { origin, columns } = relation;
  if (origin.kind !== "sql") return { known: true, columns: columns.map(({ name }) => ({ name, from: [] })) };
  const used = origin.inputs.filter(({ times }) => times > 0);
  const text = queryOverStubs(origin.query, used, (parameter) => constant(origin.bind.get(parameter)!));
  const answer = JSON.parse(await database.plan(text)) as {
    readonly error: boolean;
    readonly error_message?: string;
    readonly plans?: readonly PlanNode[];
  };
  const plan = answer.plans?.[0];
  if (plan === undefined) return { known: false, why: answer.error_message ?? "the engine tells no plan" };
  try {
    const flows = planFlows(
      plan,
      used.map(({ name, relation }) => ({ name, columns: relation.columns.length })),
    );
    if (flows.columns.length !== columns.length) {
      throw new UnknownPlan("the plan has other columns than the query");
    }
    return {
      known: true,
      columns: columns.map(({ name }, i) => ({ name, from: sourcesOf(flows.columns[i]!, flows.rows, used) })),
    };
  } catch (error) {
    if (error instanceof UnknownPlan) return { known: false, why: error.message };
    throw error;
  }
}

/** A bound value as it stands in a text. */
function constant({ type, value }: Bound): string {
  const written = value === null
    ? "NULL"
    : typeof value === "boolean"
    ? String(value)
    : typeof value === "string"
    ? literal(value)
    : literals(value);
  return `CAST(${written} AS ${type})`;
}

/** The sources of a column, those of its value first, each once. */
function sourcesOf({ value, condition }: Flow, rows: ReadonlySet<string>, used: readonly Input[]) {
  const source = (key: string, how: "value" | "condition") => {
    const [input, column] = key.split("/").map(Number) as [number, number];
    const { name, relation } = used[input]!;
    return { input: name, column: relation.columns[column]!.name, how };
  };
  const deciding = [...new Set([...condition, ...rows])].filter((key) => !value.has(key));
  return [...value].sort(byPlace).map((key) => source(key, "value")).concat(
    deciding.sort(byPlace).map((key) => source(key, "condition")),
  );
}

function byPlace(a: string, b: string): number {
  const [x, y] = [a, b].map((key) => key.split("/").map(Number) as [number, number]);
  return x![0] - y![0] || x![1] - y![1];
}

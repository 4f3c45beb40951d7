/**
 * Where the data of a run came from and went to: datasets, and each of their columns through every step.
 *
 * What a query does to its columns only an engine can tell, from its own bound plan; whoever asks for the lineage
 * brings one. All else is in the session. What must stay true: a column whose way nobody knows says so, and so does
 * every column that is made of it; nothing is guessed from a text.
 *
 * @module
 */

import type { Json } from "../manifest.ts";
import { datasetsOf } from "./_datasets.ts";
import type { Column, RunView, StepView } from "./run_view.ts";

/** Whether a column is part of the value, or only decides which rows there are or which value is taken. */
export type How = "value" | "condition";

/** A query of a step, with what it is asked over. */
export interface QueryQuestion {
  readonly step: string;
  readonly query: string;
  /** Bound values by name; one that the session does not hold has none. */
  readonly bind: { readonly [name: string]: { readonly type: string; readonly value?: Json } };
  readonly inputs: { readonly [name: string]: readonly Column[] };
}

/** Where the columns of a query come from, or why nobody can tell. */
export type QueryAnswer =
  | {
    readonly known: true;
    readonly columns: readonly {
      readonly name: string;
      readonly from: readonly { readonly input: string; readonly column: string; readonly how: How }[];
    }[];
  }
  | { readonly known: false; readonly why: string };

/** Asks an engine. */
export type AskEngine = (question: QueryQuestion) => Promise<QueryAnswer>;

/** A file, a table or an address that a step read or wrote. */
export interface Dataset {
  /** `step/number`: unique in the run. */
  readonly id: string;
  readonly role: "source" | "target";
  readonly step: string;
  /** What names are unique in: `file`, or the server's address with its kind, such as `postgres://db.local:5432`. */
  readonly namespace: string;
  readonly name: string;
  /** Empty where they were never known. */
  readonly columns: readonly Column[];
}

/** A column of a step's output, and which columns of its inputs it comes from. */
export interface MadeColumn {
  readonly name: string;
  readonly from: readonly { readonly step: string; readonly column: string; readonly how: How }[];
}

/** The columns of a step's output. */
export interface StepLineage {
  readonly step: string;
  /** Why nothing is known; absent when all is. */
  readonly unknown?: string;
  readonly columns: readonly MadeColumn[];
}

/** A column of a target, and the columns of sources that it comes from, through all steps. */
export interface TargetColumn {
  /** Id of the target. */
  readonly dataset: string;
  readonly column: string;
  /** The step at which the way is lost; absent when all is known. */
  readonly unknown?: string;
  readonly from: readonly { readonly dataset: string; readonly column: string; readonly how: How }[];
}

/** The lineage of a run: tables and columns. */
export interface RunLineage {
  readonly datasets: readonly Dataset[];
  readonly steps: readonly StepLineage[];
  readonly columns: readonly TargetColumn[];
}

/** Works out the lineage of a run. */
export async function lineageOf(run: RunView, ask: AskEngine): Promise<RunLineage> {
  const byId = new Map(run.steps.map((step) => [step.id, step]));
  const datasets = run.steps.flatMap((step) => datasetsOf(step, columnsOf(step, byId)));
  const steps: StepLineage[] = [];
  for (const step of run.steps) steps.push(await stepLineage(step, byId, ask));
  const ways = new Ways(datasets, steps);
  const targets = datasets.filter(({ role }) => role === "target");
  return {
    datasets,
    steps,
    columns: targets.flatMap(({ id, step, columns }) =>
      columns.map(({ name }) => ({ dataset: id, column: name, ...ways.of(step, name) }))
    ),
  };
}

/** The columns that a step gave; a writer's are those of its input. */
function columnsOf(step: StepView, byId: ReadonlyMap<string, StepView>): readonly Column[] {
  const own = (step.columns ?? []).filter(({ change }) => change !== "gone");
  if (own.length > 0 || step.mode !== "write") return own.map(({ name, type }) => ({ name, type }));
  const feeding = step.inputs.map(({ step: id }) => byId.get(id)).find((each) => each !== undefined);
  return feeding === undefined ? [] : columnsOf(feeding, byId);
}

async function stepLineage(
  step: StepView,
  byId: ReadonlyMap<string, StepView>,
  ask: AskEngine,
): Promise<StepLineage> {
  const columns = columnsOf(step, byId);
  if (step.mode === "read") {
    return { step: step.id, columns: columns.map(({ name }) => ({ name, from: [] })) };
  }
  if (step.mode === "write") {
    const [input] = step.inputs;
    const from = (column: string) =>
      input === undefined ? [] : [{ step: input.step, column, how: "value" as const }];
    return { step: step.id, columns: columns.map(({ name }) => ({ name, from: from(name) })) };
  }
  const answer = await askAbout(step, columns, byId, ask);
  if (!answer.known) {
    return { step: step.id, unknown: answer.why, columns: columns.map(({ name }) => ({ name, from: [] })) };
  }
  const stepOf = new Map(step.inputs.map((input) => [input.name, input.step]));
  return {
    step: step.id,
    columns: answer.columns.map(({ name, from }) => ({
      name,
      from: from.map(({ input, column, how }) => ({ step: stepOf.get(input) ?? input, column, how })),
    })),
  };
}

/** Asks about a step's query, and believes the answer where it is about the columns that the step gave. */
async function askAbout(
  step: StepView,
  columns: readonly Column[],
  byId: ReadonlyMap<string, StepView>,
  ask: AskEngine,
): Promise<QueryAnswer> {
  if (step.sql === undefined) return { known: false, why: "its driver does not say how it makes them" };
  if (columns.length === 0) return { known: false, why: "it did not come to describe them" };
  const inputs = Object.fromEntries(
    step.inputs.map(({ name, step: id }) => [name, columnsOf(byId.get(id)!, byId)] as const),
  );
  const answer = await ask({
    step: step.id,
    query: step.sql.text,
    bind: Object.fromEntries(step.sql.bind.map(({ name, ...bound }) => [name, bound])),
    inputs,
  });
  const names = (list: readonly { readonly name: string }[]) => list.map(({ name }) => name).join("\n");
  if (answer.known && names(answer.columns) !== names(columns)) {
    return { known: false, why: "its driver gave other columns than its query" };
  }
  return answer;
}

/** The ways of columns from the sources on. */
class Ways {
  readonly #sources: ReadonlyMap<string, readonly Dataset[]>;
  /** Columns of sources in their order. */
  readonly #places: ReadonlyMap<string, number>;
  /** By step: what each of its columns is made of; undefined where nobody knows. */
  readonly #steps: ReadonlyMap<string, ReadonlyMap<string, MadeColumn["from"]> | undefined>;
  readonly #found = new Map<string, Omit<TargetColumn, "dataset" | "column">>();

  constructor(datasets: readonly Dataset[], steps: readonly StepLineage[]) {
    this.#sources = Map.groupBy(datasets.filter(({ role }) => role === "source"), ({ step }) => step);
    this.#places = new Map(
      datasets.flatMap(({ id, columns }) => columns.map(({ name }) => columnKey(id, name)))
        .map((key, at) => [key, at]),
    );
    this.#steps = new Map(steps.map(({ step, unknown, columns }) => [
      step,
      unknown === undefined ? new Map(columns.map(({ name, from }) => [name, from])) : undefined,
    ]));
  }

  /** Where a column of a step's output comes from in the end. */
  of(step: string, column: string): Omit<TargetColumn, "dataset" | "column"> {
    const key = columnKey(step, column);
    const known = this.#found.get(key);
    if (known !== undefined) return known;
    const found = this.#follow(step, column);
    this.#found.set(key, found);
    return found;
  }

  #follow(step: string, column: string): Omit<TargetColumn, "dataset" | "column"> {
    const sources = this.#sources.get(step);
    if (sources !== undefined) {
      return { from: sources.map(({ id }) => ({ dataset: id, column, how: "value" })) };
    }
    const made = this.#steps.get(step);
    if (made === undefined) return { unknown: step, from: [] };
    const from = new Map<string, TargetColumn["from"][number]>();
    let unknown: string | undefined;
    for (const each of made.get(column) ?? []) {
      const before = this.of(each.step, each.column);
      unknown ??= before.unknown;
      for (const source of before.from) {
        const how = each.how === "value" ? source.how : "condition";
        const key = columnKey(source.dataset, source.column);
        if (how === "value" || !from.has(key)) from.set(key, { ...source, how });
      }
    }
    const sorted = [...from].sort(([a], [b]) => this.#places.get(a)! - this.#places.get(b)!);
    return { ...(unknown === undefined ? {} : { unknown }), from: sorted.map(([, source]) => source) };
  }
}

/** Tells a column of a dataset, or of a step's output, from all others. */
export function columnKey(of: string, column: string): string {
  return JSON.stringify([of, column]);
}

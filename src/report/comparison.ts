/**
 * Two runs side by side: what was asked for differently, and what came out differently.
 *
 * @module
 */

import { canonicalJson, type Json } from "../manifest.ts";
import { engineName } from "./_engine_name.ts";
import { isRecorded } from "./_recorded.ts";
import type { Column, RunView, StepView } from "./run_view.ts";

/** A value before and after; absent where there was none. */
export interface Change<T> {
  readonly before?: T;
  readonly after?: T;
}

/** What tells two runs of one pipeline apart. */
export interface RunComparison {
  readonly before: RunBrief;
  readonly after: RunBrief;
  /** Whether both did exactly the same manifest. */
  readonly sameManifest: boolean;
  /** Settings of the whole run that differ: profile, engine, version. */
  readonly settings: readonly ({ readonly name: string } & Change<string>)[];
  readonly params: readonly ({ readonly name: string } & Change<Json>)[];
  /** Every step of either run, in the order of the later one; those that are gone stand at the end. */
  readonly steps: readonly StepDifference[];
}

/** What a comparison says of each of its two runs. */
export type RunBrief = Pick<
  RunView,
  | "session_id"
  | "folder"
  | "state"
  | "started_at"
  | "duration_ms"
  | "fingerprint"
  | "verdict"
  | "totals"
  | "pipeline"
>;

/** One step of two runs. Numbers stand there in both cases, equal or not; the rest only where it differs. */
export interface StepDifference {
  readonly id: string;
  /** `upstream`: its own text is the same, but not what it is made of: a step before it or its component. */
  readonly change: "same" | "changed" | "upstream" | "new" | "gone";
  readonly state?: Change<string>;
  readonly component?: Change<string>;
  /** Values of its configuration, by their path. */
  readonly config: readonly ({ readonly path: string } & Change<Json>)[];
  readonly sql?: Change<string>;
  readonly columns: readonly ({ readonly name: string } & Change<string>)[];
  readonly rows: Change<number>;
  readonly duration: Change<number>;
  readonly checksFailed: Change<number>;
}

/** What tells `after` apart from `before`. */
export function comparisonOf(before: RunView, after: RunView): RunComparison {
  const earlier = new Map(before.steps.map((step) => [step.id, step]));
  const later = new Set(after.steps.map((step) => step.id));
  return {
    before: briefOf(before),
    after: briefOf(after),
    sameManifest: before.fingerprint !== "" && before.fingerprint === after.fingerprint,
    settings: settingsOf(before, after),
    params: paramChanges(before, after),
    steps: [
      ...after.steps.map((step) => stepDifference(earlier.get(step.id), step)),
      ...before.steps.filter((step) => !later.has(step.id)).map((step) => stepDifference(step, undefined)),
    ],
  };
}

/** Whether a step was asked for something else or gave something else, its time aside. */
export function isNews({ change, state, columns, rows, checksFailed }: StepDifference): boolean {
  return change !== "same" || state !== undefined || columns.length > 0 || differs(rows) ||
    differs(checksFailed);
}

/** Whether the two are not the same. */
export function differs<T>({ before, after }: Change<T>): boolean {
  return before !== after;
}

function briefOf(run: RunView): RunBrief {
  const { session_id, folder, state, started_at, duration_ms, fingerprint, verdict, totals, pipeline } = run;
  return {
    session_id,
    folder,
    state,
    started_at,
    fingerprint,
    verdict,
    totals,
    pipeline,
    ...(duration_ms === undefined ? {} : { duration_ms }),
  };
}

function settingsOf(before: RunView, after: RunView): RunComparison["settings"] {
  const of = (run: RunView) => ({
    profile: run.profile ?? undefined,
    osiris: run.osiris,
    engine: run.engine && engineName(run.engine),
    "memory limit": run.engine?.memory_limit,
    threads: run.engine?.threads?.toString(),
  });
  const [was, is] = [of(before), of(after)];
  return (Object.keys(is) as (keyof typeof is)[])
    .map((name) => ({ name, ...change(was[name], is[name]) }))
    .filter(differs);
}

function paramChanges(before: RunView, after: RunView): RunComparison["params"] {
  const [was, is] = [before, after].map((run) => new Map(run.params.map(({ name, value }) => [name, value])));
  return changesIn(was!, is!).sort(byKey).map(([name, change]) => ({ name, ...change }));
}

function stepDifference(before: StepView | undefined, after: StepView | undefined): StepDifference {
  const id = (after ?? before)!.id;
  const both = before !== undefined && after !== undefined;
  const config = both ? configChanges(before, after) : [];
  const sql = change(before?.sql?.text, after?.sql?.text);
  const component = change(
    before && `${before.component} ${before.version ?? ""}`.trim(),
    after && `${after.component} ${after.version ?? ""}`.trim(),
  );
  const changed = config.length > 0 || differs(sql) || differs(component);
  const state = change<string>(before?.state, after?.state);
  return {
    id,
    change: before === undefined
      ? "new"
      : after === undefined
      ? "gone"
      : changed
      ? "changed"
      : before.fingerprint === after.fingerprint
      ? "same"
      : "upstream",
    ...(both && differs(state) ? { state } : {}),
    ...(both && differs(component) ? { component } : {}),
    ...(both && differs(sql) ? { sql } : {}),
    config,
    columns: both ? columnChanges(columnsOf(before), columnsOf(after)) : [],
    rows: change(before?.rows_out, after?.rows_out),
    duration: change(before?.duration_ms, after?.duration_ms),
    checksFailed: change(failedChecks(before), failedChecks(after)),
  };
}

/** A step's own columns; those that it took from its inputs and dropped are not. */
function columnsOf(step: StepView): readonly Column[] | undefined {
  return step.columns?.filter(({ change }) => change !== "gone");
}

function columnChanges(
  before: readonly Column[] | undefined,
  after: readonly Column[] | undefined,
): StepDifference["columns"] {
  if (before === undefined || after === undefined) return [];
  const [was, is] = [before, after].map((columns) => new Map(columns.map(({ name, type }) => [name, type])));
  return changesIn(was!, is!).map(([name, change]) => ({ name, ...change }));
}

function failedChecks(step: StepView | undefined): number | undefined {
  return step?.checks.filter(({ result }) => result === "fail").length;
}

function configChanges(before: StepView, after: StepView): StepDifference["config"] {
  const [was, is] = [before, after].map((step) => {
    const { [step.sql?.field ?? ""]: _, ...rest } = step.config;
    return new Map(leavesOf(rest, ""));
  });
  return changesIn(was!, is!).sort(byKey).map(([path, change]) => ({ path, ...change }));
}

/** The values of a configuration that are not maps, by their path. */
function leavesOf(value: { readonly [key: string]: Json }, path: string): [string, Json][] {
  return Object.entries(value).flatMap(([key, inner]): [string, Json][] => {
    const at = path === "" ? key : `${path}.${key}`;
    return isRecorded(inner) && Object.keys(inner).length > 0
      ? leavesOf(inner as { readonly [key: string]: Json }, at)
      : [[at, inner]];
  });
}

/** What another map has in the place of what one had, and what only one of them has. */
function changesIn<T extends Json>(
  was: ReadonlyMap<string, T | undefined>,
  is: ReadonlyMap<string, T | undefined>,
): [key: string, change: Change<T>][] {
  const keys = new Set([...is.keys(), ...was.keys()]);
  return [...keys].filter((key) => !sameJson(was.get(key), is.get(key)))
    .map((key) => [key, change(was.get(key), is.get(key))]);
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function sameJson(a: Json | undefined, b: Json | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && canonicalJson(a) === canonicalJson(b));
}

function change<T>(before: T | undefined, after: T | undefined): Change<T> {
  return { ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) };
}

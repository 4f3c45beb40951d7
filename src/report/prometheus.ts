/**
 * Metrics of runs as Prometheus reads them: of each pipeline how many runs there are, and what its last
 * one measured.
 *
 * A run ends and its numbers never change again, so every metric is a gauge of the newest run of a
 * pipeline in a profile: labels name pipeline, profile and step, and the number of series does not grow with the number
 * of runs. Units are Prometheus' base units (seconds, bytes). What was not measured has no series.
 *
 * @module
 */

import { listSessions, readSession, type SessionRecord, type SessionSummary } from "../session/mod.ts";
import { baseUnitOf, inBaseUnit, OF_DRIVER } from "./_base_units.ts";
import { Family, type Labels } from "./_exposition.ts";
import { runTotals } from "./_run_totals.ts";

/** What stands in a list of a run, as far as it is counted. */
export type CountedRun = Pick<
  SessionSummary,
  "session_id" | "pipeline" | "profile" | "state" | "started_at" | "ended_at" | "folder"
>;

/**
 * The text of a scrape: `runs` are counted by state, and `records` give the numbers; of a pipeline in a profile
 * the newest of them counts. The same input gives the same text.
 *
 * @example
 * ```ts
 * import { readSession } from "../session/mod.ts";
 * const record = await readSession("/project/logs/run_20260115T100000Z_k3f9qa");
 * const text = prometheusOf([], [record]);
 * ```
 */
export function prometheusOf(runs: readonly CountedRun[], records: readonly SessionRecord[]): string {
  const families = new Families();
  for (const [run, count] of countsByState(runs)) {
    families.set("osiris_runs", "Runs on record by state", { ...pipelineOf(run), state: run.state }, count);
  }
  for (const run of lastSuccesses(runs)) {
    const at = seconds(run.ended_at ?? run.started_at);
    families.set("osiris_last_success_timestamp_seconds", "When a run last succeeded", pipelineOf(run), at);
  }
  for (const record of newestOfEach(records.map((record) => ({ ...record.status, record })))) {
    addRun(families, record.record);
  }
  return families.toString();
}

/** The text of a scrape over a `logs` folder: all its runs counted, and of each pipeline the last one that ended. */
export async function prometheusOfLogs(logs: string): Promise<string> {
  const runs = await listSessions(logs);
  const last = newestOfEach(runs.filter(({ state }) => state !== "running"));
  const records = await Promise.all(last.map(({ folder }) => readSession(folder).catch(() => undefined)));
  // One that `logs gc` removed in between is counted no more next time.
  return prometheusOf(runs, records.filter((record) => record !== undefined));
}

/** Families in the order in which they were first set. */
class Families {
  readonly #families = new Map<string, Family>();

  set(name: string, help: string, labels: Labels, value: number | undefined): void {
    const family = this.#families.get(name) ?? new Family(name, help);
    this.#families.set(name, family);
    family.set(labels, value);
  }

  toString(): string {
    return [...this.#families.values()].join("");
  }
}

function addRun(families: Families, record: SessionRecord): void {
  const { status } = record;
  const labels = pipelineOf(status);
  const set = (name: string, help: string, value: number | undefined) =>
    families.set(`osiris_run_${name}`, `${help} (the pipeline's last run)`, labels, value);
  const { session_id, state, fingerprint } = status;
  const info = { ...labels, session_id, state, fingerprint };
  families.set("osiris_run_info", "Which run the numbers of a pipeline are of", info, 1);
  if (state !== "running") set("success", "Whether it succeeded: 1 or 0", state === "succeeded" ? 1 : 0);
  set("start_timestamp_seconds", "When it began", seconds(status.started_at));
  set("end_timestamp_seconds", "When it ended", seconds(status.ended_at));
  set("exit_code", "Exit code of the command", status.exit_code);
  set("lost_records", "Events, metrics and artifacts that could not be written", status.lost ?? 0);
  for (const { unit, value } of runTotals(record)) set(`${unit.name}${unit.suffix}`, unit.says, value);
  addSteps(families, record, labels);
}

function addSteps(families: Families, { status, metrics }: SessionRecord, labels: Labels): void {
  for (const { id, state } of status.steps) {
    const help = "Where a step stands (the pipeline's last run)";
    families.set("osiris_step_info", help, { ...labels, step: id, state }, 1);
  }
  for (const { metric, value, unit, step_id = "" } of metrics) {
    const known = baseUnitOf(metric);
    if (metric.startsWith(OF_DRIVER)) {
      const own = { ...labels, step: step_id, metric: metric.slice(OF_DRIVER.length), unit };
      families.set(
        "osiris_driver_value",
        "What a driver itself measured (the pipeline's last run)",
        own,
        value,
      );
    } else if (step_id !== "" && known !== undefined) {
      const name = `osiris_step_${known.name}${known.suffix}`;
      const help = `${known.says} (a step of the pipeline's last run)`;
      families.set(name, help, { ...labels, step: step_id }, inBaseUnit(value, known));
    }
  }
}

type OfPipeline = Pick<CountedRun, "pipeline" | "profile">;

function pipelineOf({ pipeline, profile }: OfPipeline): Labels {
  return { pipeline, profile: profile ?? "" };
}

/** Tells pipelines in their profiles apart. */
function keyOf({ pipeline, profile }: OfPipeline): string {
  return JSON.stringify([pipeline, profile ?? ""]);
}

/** How many runs of each pipeline are in each state, with one of them. */
function countsByState(runs: readonly CountedRun[]): [run: CountedRun, count: number][] {
  const counts = new Map<string, [CountedRun, number]>();
  for (const run of runs) {
    const key = `${keyOf(run)} ${run.state}`;
    counts.set(key, [run, (counts.get(key)?.[1] ?? 0) + 1]);
  }
  return inOrder(counts);
}

function lastSuccesses(runs: readonly CountedRun[]): CountedRun[] {
  return newestOfEach(runs.filter(({ state }) => state === "succeeded"));
}

/** The newest run of each pipeline in each profile. */
function newestOfEach<Run extends OfPipeline & Pick<CountedRun, "started_at" | "session_id">>(
  runs: readonly Run[],
): Run[] {
  const newest = new Map<string, Run>();
  for (const run of runs) {
    const known = newest.get(keyOf(run));
    if (
      known === undefined || `${known.started_at} ${known.session_id}` < `${run.started_at} ${run.session_id}`
    ) {
      newest.set(keyOf(run), run);
    }
  }
  return inOrder(newest);
}

/** The values by their keys, so that the order of the input does not show. */
function inOrder<T>(values: ReadonlyMap<string, T>): T[] {
  return [...values].sort(([a], [b]) => a < b ? -1 : 1).map(([, value]) => value);
}

function seconds(time: string | undefined): number | undefined {
  return time === undefined ? undefined : Date.parse(time) / 1000;
}

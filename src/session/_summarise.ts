/** What a session measured, step by step. */

import type { MetricName } from "./_metric.ts";
import type { SessionRecord } from "./_reader.ts";
import type { StepState, StepStatus } from "./_status.ts";

/** What was measured of one step. A number that was not measured is absent. */
export interface StepSummary {
  readonly id: string;
  readonly state: StepState;
  readonly rows_in?: number;
  readonly rows_out?: number;
  readonly rows_rejected?: number;
  readonly bytes_read?: number;
  readonly bytes_written?: number;
  readonly duration_ms?: number;
  /** As measured, or rows out over the duration when both were. */
  readonly rows_per_sec?: number;
  /** Retries that happened. */
  readonly retries: number;
}

/** What was measured of a run. */
export interface SessionMetrics {
  readonly steps: readonly StepSummary[];
  readonly rows_read?: number;
  readonly rows_written?: number;
  readonly rows_rejected?: number;
  readonly bytes_read?: number;
  readonly bytes_written?: number;
  readonly duration_ms?: number;
  /** Peak of the whole run. */
  readonly memory_mb?: number;
  readonly retries: number;
}

/** The metric summary of a session: per step, and for the run. */
export function summarise(record: SessionRecord): SessionMetrics {
  const measured = latestValues(record);
  const retries = retriesByStep(record);
  const memory = record.metrics.filter((m) => m.metric === "memory_usage_mb").map((m) => m.value);
  return {
    steps: record.status.steps.map((step) => stepSummary(step, measured, retries.get(step.id) ?? 0)),
    ...total("rows_read", measured),
    ...total("rows_written", measured),
    ...total("rows_rejected", measured),
    ...total("bytes_read", measured),
    ...total("bytes_written", measured),
    ...known("duration_ms", record.status.duration_ms),
    ...known("memory_mb", memory.length === 0 ? undefined : Math.max(...memory)),
    retries: [...retries.values()].reduce((a, b) => a + b, 0),
  };
}

/** Step id ("" for the run) → metric → value. The last attempt's value stands. */
type Values = ReadonlyMap<string, ReadonlyMap<MetricName, number>>;

function latestValues(record: SessionRecord): Values {
  const values = new Map<string, Map<MetricName, number>>();
  for (const { step_id = "", metric, value } of record.metrics) {
    const ofStep = values.get(step_id) ?? new Map<MetricName, number>();
    values.set(step_id, ofStep.set(metric, value));
  }
  return values;
}

function retriesByStep(record: SessionRecord): Map<string, number> {
  const retries = new Map<string, number>();
  for (const event of record.events) {
    if (event.event_type !== "execution.step.retry") continue;
    const { step_id } = event.data;
    retries.set(step_id, (retries.get(step_id) ?? 0) + 1);
  }
  return retries;
}

function stepSummary(step: StepStatus, measured: Values, retries: number): StepSummary {
  const value = (metric: MetricName) => measured.get(step.id)?.get(metric);
  const rowsOut = step.rows_out ?? value("rows_out");
  const duration = step.duration_ms ?? value("execution_time_ms");
  return {
    id: step.id,
    state: step.state,
    ...known("rows_in", step.rows_in ?? value("rows_in")),
    ...known("rows_out", rowsOut),
    ...known("rows_rejected", value("rows_rejected")),
    ...known("bytes_read", value("bytes_read")),
    ...known("bytes_written", value("bytes_written")),
    ...known("duration_ms", duration),
    ...known("rows_per_sec", value("throughput_rows_per_sec") ?? rate(rowsOut, duration)),
    retries,
  };
}

/** The run's own value of a metric, else the sum over the steps that have one. */
function total<K extends MetricName>(metric: K, measured: Values): { [P in K]?: number } {
  const own = measured.get("")?.get(metric);
  const ofSteps = [...measured.values()].map((values) => values.get(metric)).filter((v) => v !== undefined);
  return known(metric, own ?? (ofSteps.length === 0 ? undefined : ofSteps.reduce((a, b) => a + b, 0)));
}

function rate(rows: number | undefined, duration: number | undefined): number | undefined {
  return rows === undefined || duration === undefined || duration <= 0 ? undefined : rows / (duration / 1000);
}

function known<K extends string>(key: K, value: number | undefined): { [P in K]?: number } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: number };
}

/**
 * What runs measured, as tables and other programs take it: one flat row for each metric of a session, or one
 * document of whole runs (`schemas/measures.schema.json`).
 *
 * @module
 */

import { type RunLine, runLine, type SessionMetrics, type SessionRecord, summarise } from "../session/mod.ts";

/** One metric of a run, with what names the run. */
export interface Measure {
  readonly session_id: string;
  readonly pipeline: string;
  readonly profile: string | null;
  /** How the run stands. */
  readonly state: string;
  /** When the run began: RFC 3339, UTC. */
  readonly started_at: string;
  /** When it was measured: RFC 3339, UTC. */
  readonly timestamp: string;
  /** Null when the metric is of the whole run. */
  readonly step_id: string | null;
  readonly metric: string;
  readonly value: number;
  readonly unit: string;
  /** The metric's tags as JSON; null when it has none. */
  readonly tags: string | null;
}

/** One run with all that it measured. */
export interface MeasuredRun extends RunLine {
  /** Totals of the run and of each step. */
  readonly summary: SessionMetrics;
  /** The lines of `metrics.jsonl`. */
  readonly metrics: SessionRecord["metrics"];
}

/** One row for each metric of a run, in the order in which they were measured. */
export function measuresOf({ id, status, metrics }: SessionRecord): Measure[] {
  const { pipeline, profile, state, started_at } = status;
  return metrics.map(({ timestamp, step_id, metric, value, unit, tags }) => ({
    session_id: id,
    pipeline,
    profile,
    state,
    started_at,
    timestamp,
    step_id: step_id ?? null,
    metric,
    value,
    unit,
    tags: tags === undefined ? null : JSON.stringify(tags),
  }));
}

/** A run with all that it measured, as one value of JSON. */
export function measuredRun(record: SessionRecord): MeasuredRun {
  return {
    ...runLine(record.status),
    session_id: record.id,
    summary: summarise(record),
    metrics: record.metrics,
  };
}

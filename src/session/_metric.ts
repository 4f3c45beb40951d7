/** What a run measures. Mirrored by `schemas/metric.schema.json`. */

/** The name of a metric; `driver.` begins those that a driver reports itself. */
export type MetricName =
  | "rows_read"
  | "rows_written"
  | "rows_in"
  | "rows_out"
  | "rows_rejected"
  | "bytes_read"
  | "bytes_written"
  | "execution_time_ms"
  | "memory_usage_mb"
  | "throughput_rows_per_sec"
  | "cache_hit"
  | "cache_miss"
  | "retry_count"
  | "error_count"
  | "checkpoint_size_bytes"
  | "e2b_overhead_ms"
  | `driver.${string}`;

/** One line of `metrics.jsonl`. Every value was measured. */
export interface SessionMetric {
  /** RFC 3339, UTC, milliseconds. */
  readonly timestamp: string;
  readonly metric: MetricName;
  readonly value: number;
  readonly unit: string;
  /** Absent when the metric is of the whole run. */
  readonly step_id?: string;
  readonly tags?: { readonly [name: string]: string };
}

/**
 * The metrics of sessions as monitoring systems want them: in base units (seconds, bytes), with what they say.
 *
 * @module
 */

/** How a metric is told elsewhere. */
export interface BaseUnit {
  /** Its name without the unit. */
  readonly name: string;
  /** What Prometheus has at the end of a name instead of a unit beside it. */
  readonly suffix: "" | "_seconds" | "_bytes";
  /** As UCUM writes it, for OpenTelemetry. */
  readonly unit: string;
  readonly factor: number;
  /** What it says. */
  readonly says: string;
}

const MEASURES: { readonly [metric: string]: BaseUnit } = {
  rows_read: amount("rows_read", "{row}", "Rows that a source gave"),
  rows_written: amount("rows_written", "{row}", "Rows that were written to a target"),
  rows_in: amount("rows_in", "{row}", "Rows that went into the step"),
  rows_out: amount("rows_out", "{row}", "Rows that came out of the step"),
  rows_rejected: amount("rows_rejected", "{row}", "Rows that were left out"),
  bytes_read: bytes("read", "Bytes that were read"),
  bytes_written: bytes("written", "Bytes that were written"),
  execution_time_ms: seconds("duration", "How long it took"),
  memory_usage_mb: { ...bytes("memory_peak", "Most memory that was in use at one moment"), factor: 1e6 },
  throughput_rows_per_sec: amount("rows_per_second", "{row}/s", "Rows in a second"),
  cache_hit: amount("cache_hits", "{hit}", "Answers that the cache had"),
  cache_miss: amount("cache_misses", "{miss}", "Answers that the cache did not have"),
  retry_count: amount("retries", "{retry}", "Attempts after the first"),
  error_count: amount("errors", "{error}", "Errors"),
  checkpoint_size_bytes: bytes("checkpoint", "Bytes of the checkpoint"),
  e2b_overhead_ms: seconds("e2b_overhead", "Time that running elsewhere took beside the work"),
};

/** `driver.` begins the names that drivers give. */
export const OF_DRIVER = "driver.";

/** How a metric is told elsewhere; undefined for one of a driver or of a newer version. */
export function baseUnitOf(metric: string): BaseUnit | undefined {
  return Object.hasOwn(MEASURES, metric) ? MEASURES[metric] : undefined;
}

/** A value in its base unit, without the digits that the factor would add. */
export function inBaseUnit(value: number, { factor }: BaseUnit): number {
  return Number((value * factor).toPrecision(15));
}

function amount(name: string, unit: string, says: string): BaseUnit {
  return { name, suffix: "", unit, factor: 1, says };
}

function bytes(name: string, says: string): BaseUnit {
  return { name, suffix: "_bytes", unit: "By", factor: 1, says };
}

function seconds(name: string, says: string): BaseUnit {
  return { name, suffix: "_seconds", unit: "s", factor: 1e-3, says };
}

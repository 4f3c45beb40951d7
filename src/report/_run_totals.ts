/** What was measured of a whole run, by the names of its metrics. @module */

import { type SessionRecord, summarise } from "../session/mod.ts";
import { type BaseUnit, baseUnitOf, inBaseUnit } from "./_base_units.ts";

/** A total of a run in its base unit. */
export interface RunTotal {
  readonly unit: BaseUnit;
  readonly value: number;
}

/** The totals of a run; what was not measured is left out. */
export function runTotals(record: SessionRecord): RunTotal[] {
  const summary = summarise(record);
  const totals: [metric: string, value: number | undefined][] = [
    ["execution_time_ms", summary.duration_ms],
    ["rows_read", summary.rows_read],
    ["rows_written", summary.rows_written],
    ["rows_rejected", summary.rows_rejected],
    ["bytes_read", summary.bytes_read],
    ["bytes_written", summary.bytes_written],
    ["memory_usage_mb", summary.memory_mb],
    ["retry_count", summary.retries],
  ];
  return totals.flatMap(([metric, value]) => {
    const unit = baseUnitOf(metric)!;
    return value === undefined ? [] : [{ unit, value: inBaseUnit(value, unit) }];
  });
}

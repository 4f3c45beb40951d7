/** What a run measured as gauges of OTLP. @module */

import type { SessionEvent, SessionMetric, SessionRecord } from "../session/mod.ts";
import { baseUnitOf, inBaseUnit, OF_DRIVER } from "./_base_units.ts";
import { attributesOf, type KeyValue, nanoseconds } from "./_otlp_value.ts";
import { numberAt } from "./_recorded.ts";
import { runTotals } from "./_run_totals.ts";

/** A gauge in the JSON of OTLP. */
export interface Gauge {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  readonly gauge: { readonly dataPoints: DataPoint[] };
}

interface DataPoint {
  readonly attributes: readonly KeyValue[];
  readonly timeUnixNano: string;
  readonly asDouble: number;
}

/** What a step measured, as far as an event tells it; the session's metrics tell it in full. */
type Measured = Pick<SessionMetric, "timestamp" | "metric" | "value" | "unit" | "step_id">;

/** All that a run measured. */
export function gaugesOf(record: SessionRecord): Gauge[] {
  const { status } = record;
  const at = nanoseconds(status.ended_at ?? status.updated_at ?? status.started_at) ?? "0";
  const gauges = new Gauges();
  for (const { unit, value } of runTotals(record)) {
    gauges.add({ name: `osiris.run.${unit.name}`, description: unit.says, unit: unit.unit }, {}, at, value);
  }
  if (status.state !== "running") {
    const success = { name: "osiris.run.success", description: "Whether it succeeded: 1 or 0", unit: "1" };
    gauges.add(success, {}, at, status.state === "succeeded" ? 1 : 0);
  }
  addMetrics(gauges, record.metrics);
  return gauges.all;
}

/** What the end of a step tells while its run goes on. */
export function gaugesOfSteps(ended: readonly SessionEvent<"execution.step.complete">[]): Gauge[] {
  const gauges = new Gauges();
  for (const { timestamp, data } of ended) {
    const of = (metric: Measured["metric"], key: string): Measured[] => {
      const value = numberAt(data, key);
      return value === undefined ? [] : [{ timestamp, metric, value, unit: "", step_id: data.step_id }];
    };
    addMetrics(gauges, [
      ...of("execution_time_ms", "duration_ms"),
      ...of("rows_in", "rows_in"),
      ...of("rows_out", "rows_out"),
      ...of("rows_rejected", "rows_rejected"),
    ]);
  }
  return gauges.all;
}

class Gauges {
  readonly #gauges = new Map<string, Gauge>();

  get all(): Gauge[] {
    return [...this.#gauges.values()];
  }

  add(
    about: Omit<Gauge, "gauge">,
    attributes: { readonly [key: string]: unknown },
    timeUnixNano: string,
    asDouble: number,
  ): void {
    const gauge = this.#gauges.get(about.name) ?? { ...about, gauge: { dataPoints: [] } };
    this.#gauges.set(about.name, gauge);
    gauge.gauge.dataPoints.push({ attributes: attributesOf(attributes), timeUnixNano, asDouble });
  }
}

function addMetrics(gauges: Gauges, metrics: readonly Measured[]): void {
  for (const { timestamp, metric, value, unit, step_id } of metrics) {
    const at = nanoseconds(timestamp) ?? "0";
    const known = baseUnitOf(metric);
    if (metric.startsWith(OF_DRIVER)) {
      const driver = { name: "osiris.driver.value", description: "What a driver itself measured", unit: "" };
      const measured = { "osiris.metric": metric.slice(OF_DRIVER.length), "osiris.unit": unit };
      gauges.add(driver, { "osiris.step.id": step_id, ...measured }, at, value);
    } else if (known !== undefined && step_id !== undefined) {
      const about = { name: `osiris.step.${known.name}`, description: known.says, unit: known.unit };
      gauges.add(about, { "osiris.step.id": step_id }, at, inBaseUnit(value, known));
    }
  }
}

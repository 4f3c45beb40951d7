/** The steps of a run: what the manifest and the plan say of each, joined with what was measured and what happened. */

import type { Json } from "../manifest.ts";
import {
  type EarlierStatus,
  type SessionMetrics,
  type SessionRecord,
  type StepStatus,
  type StepSummary,
} from "../session/mod.ts";
import { stepHistory } from "./_earlier.ts";
import type { ManifestView } from "./_manifest_view.ts";
import {
  failureAt,
  isRecorded,
  mapAt,
  mapsAt,
  numberAt,
  present,
  type Recorded,
  textAt,
  textsAt,
} from "./_recorded.ts";
import type { Column, ColumnChange, StepView } from "./run_view.ts";
import { noEvents, type StepEvents, stepEvents } from "./_step_events.ts";
import { wordsOf } from "./_step_words.ts";

/** Every step that the status, the manifest or the plan knows, in the order in which they might start. */
export function stepViews(
  record: SessionRecord,
  manifest: ManifestView,
  summary: SessionMetrics,
  earlier: readonly EarlierStatus[],
): StepView[] {
  const declared = byId(manifest.steps);
  const planned = byId(mapsAt(record.plan, "steps"));
  const stated = new Map(record.status.steps.map((step) => [step.id, step]));
  const told = stepEvents(record.events);
  const measured = new Map(summary.steps.map((step) => [step.id, step]));
  const metrics = Map.groupBy(record.metrics, (metric) => metric.step_id ?? "");
  const history = stepHistory(earlier);
  const columns = new Map([...told].map(([id, { columns }]) => [id, columns]));
  const ids = new Set([
    ...textsAt(record.plan, "order"),
    ...stated.keys(),
    ...declared.keys(),
    ...told.keys(),
  ]);
  const rowsOf = (id: string) => measured.get(id)?.rows_out ?? told.get(id)?.rows_out;
  const views = [...ids].map((id) =>
    joined({
      id,
      run: record.status,
      status: stated.get(id),
      declared: declared.get(id) ?? {},
      planned: planned.get(id) ?? {},
      told: told.get(id) ?? noEvents(),
      measured: measured.get(id),
      metrics: metrics.get(id) ?? [],
      history: history.get(id) ?? [],
      rowsOf,
      columnsOf: (step) => columns.get(step),
    })
  );
  const takers = new Map<string, string[]>();
  for (const view of views) {
    for (const source of new Set(view.inputs.map(({ step }) => step))) {
      takers.set(source, [...(takers.get(source) ?? []), view.id]);
    }
  }
  return views.map((view) => ({ ...view, outputs: takers.get(view.id) ?? [] }));
}

/** All that is known of one step, from every file. */
interface Known {
  readonly id: string;
  readonly run: SessionRecord["status"];
  readonly status: StepStatus | undefined;
  /** As the manifest has it. */
  readonly declared: Recorded;
  /** As the plan has it. */
  readonly planned: Recorded;
  readonly told: StepEvents;
  readonly measured: StepSummary | undefined;
  readonly metrics: SessionRecord["metrics"];
  readonly history: StepView["history"];
  rowsOf(step: string): number | undefined;
  columnsOf(step: string): readonly Column[] | undefined;
}

function joined(known: Known): StepView {
  const { id, run, declared, planned, told, measured, metrics, history } = known;
  const status = known.status ?? toldStatus(id, told);
  const mode = modeOf(textAt(declared, "mode") ?? textAt(planned, "mode") ?? told.mode);
  const component = textAt(declared, "component") ?? textAt(planned, "component") ?? told.component ?? "";
  const config = mapAt(declared, "config") as StepView["config"];
  const inputs = Object.entries(mapAt(declared, "inputs")).flatMap(([name, step]) =>
    typeof step === "string" ? [{ name, step, ...present("rows", known.rowsOf(step)) }] : []
  );
  const started = status.started_at ?? told.started_at;
  const memory = metrics.filter(({ metric }) => metric === "memory_usage_mb").map(({ value }) => value);
  const retry = mapAt(declared, "retry");
  return {
    id,
    component,
    mode,
    words: wordsOf({ declared, component, mode, config, inputs }),
    state: status.state === "running" && run.state !== "running" ? "cancelled" : status.state,
    ...present("about", textAt(planned, "about")),
    ...present("version", textAt(planned, "version")),
    ...present("layer", textAt(declared, "layer") ?? textAt(planned, "layer")),
    ...present("fingerprint", textAt(declared, "fingerprint") ?? textAt(planned, "fingerprint")),
    ...present("line", numberAt(declared["source"], "line")),
    ...present("reason", status.reason),
    ...present("error", failureAt(status, "error")),
    ...present("started_at", started),
    ...present("ended_at", status.ended_at),
    ...present("offset_ms", millisecondsBetween(run.started_at, started)),
    ...present("duration_ms", measured?.duration_ms ?? status.duration_ms),
    ...present("fused_into", told.fused_into),
    depends_on: list(declared, planned, "depends_on"),
    needs: textsAt(declared, "needs"),
    inputs,
    outputs: [],
    ...present("rows_in", measured?.rows_in ?? status.rows_in),
    ...present("rows_out", known.rowsOf(id)),
    ...present("rows_rejected", measured?.rows_rejected ?? told.rows_rejected),
    ...present("bytes_read", measured?.bytes_read),
    ...present("bytes_written", measured?.bytes_written),
    ...present("rows_per_sec", measured?.rows_per_sec),
    ...present("memory_mb", memory.length === 0 ? undefined : Math.max(...memory)),
    files: told.files,
    sources: textsAt(planned, "sources"),
    targets: mapsAt(planned, "targets").map((target) => ({
      path: textAt(target, "path") ?? "",
      write_mode: textAt(target, "write_mode") ?? "",
      ...present("table", textAt(target, "table")),
    })),
    ...present("columns", changesOf(told.columns, inputs.map(({ step }) => known.columnsOf(step)))),
    ...present("sql", sqlOf(config, mapAt(declared, "bind"))),
    config,
    ...present("connection", textAt(declared, "connection") ?? textAt(planned, "connection")),
    ...present("isolation", told.isolation ?? textAt(planned, "isolation")),
    checks: told.checks,
    drift: told.drift,
    quarantined: told.quarantined,
    attempts: told.attempts,
    retries: told.retries,
    ...present("max_retries", numberAt(retry, "max")),
    ...present("timeout_ms", numberAt(declared, "timeout_ms")),
    cache: told.cache,
    checkpoints: told.checkpoints,
    ...present("increment", told.increment),
    grants: grantsOf(planned["grants"]),
    ...present("used", told.used),
    denied: told.denied,
    log: told.log,
    metrics: metrics.map(({ metric, value, unit }) => ({ name: metric, value, unit })),
    history,
  };
}

/** Where a step stands by what events say. */
function toldStatus(id: string, told: StepEvents): StepStatus {
  const { state = "pending", error, reason, started_at, ended_at, duration_ms, rows_in } = told;
  return {
    id,
    state,
    ...present("error", error),
    ...present("reason", reason),
    ...present("started_at", started_at),
    ...present("ended_at", ended_at),
    ...present("duration_ms", duration_ms),
    ...present("rows_in", rows_in),
  };
}

function byId(steps: readonly Recorded[]): Map<string, Recorded> {
  return new Map(steps.flatMap((step) => {
    const id = textAt(step, "id");
    return id === undefined ? [] : [[id, step]];
  }));
}

function modeOf(text: string | undefined): StepView["mode"] {
  return text === "read" || text === "write" ? text : "transform";
}

function list(declared: Recorded, planned: Recorded, key: string): string[] {
  return key in declared ? textsAt(declared, key) : textsAt(planned, key);
}

function grantsOf(grants: unknown): StepView["grants"] {
  return { net: textsAt(grants, "net"), read: textsAt(grants, "read"), write: textsAt(grants, "write") };
}

function millisecondsBetween(from: string, to: string | undefined): number | undefined {
  const ms = Date.parse(to ?? "") - Date.parse(from);
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}

/** Where SQL is looked for in a configuration, the likeliest first. */
const SQL_FIELDS = ["query", "sql", "statement", "where", "filter"];

function sqlOf(config: Recorded, bind: Recorded): StepView["sql"] | undefined {
  const field = SQL_FIELDS.find((name) => typeof config[name] === "string");
  if (field === undefined) return undefined;
  return {
    field,
    text: String(config[field]),
    bind: Object.entries(bind).map(([name, binding]) => ({
      name,
      type: textAt(binding, "type") ?? "",
      ...present("symbol", textAt(binding, "symbol")),
      ...(isRecorded(binding) && "value" in binding ? { value: binding["value"] as Json } : {}),
    })),
  };
}

/** The step's columns against those that came in; those that went stand at the end. */
function changesOf(
  after: readonly Column[] | undefined,
  inputs: readonly (readonly Column[] | undefined)[],
): ColumnChange[] | undefined {
  if (after === undefined) return undefined;
  const before = new Map(inputs.flatMap((columns) => columns ?? []).map(({ name, type }) => [name, type]));
  if (before.size === 0) return after.map((column) => ({ ...column, change: "same" }));
  const there = new Set(after.map(({ name }) => name));
  return [
    ...after.map((column): ColumnChange => {
      const type = before.get(column.name);
      if (type === undefined) return { ...column, change: "new" };
      return type === column.type
        ? { ...column, change: "same" }
        : { ...column, change: "type", before: type };
    }),
    ...[...before].filter(([name]) => !there.has(name)).map(([name, type]): ColumnChange => ({
      name,
      type,
      change: "gone",
    })),
  ];
}

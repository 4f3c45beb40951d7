/**
 * Runs that the session writer recorded without anything having run: every kind of event there is, in every state a
 * run can be in, with times that are the same each time. For tests, figures and pictures of what is shown of runs.
 *
 * @module
 */

import { join } from "node:path";
import { stringify } from "yaml";
import { OsirisError } from "../src/diagnostic.ts";
import {
  fingerprintOf,
  type Json,
  type Manifest,
  manifestBytes,
  type ManifestStep,
} from "../src/manifest.ts";
import { createSession, type RunState, type SessionWriter, type StepState } from "../src/session/mod.ts";

/** A step as it went. */
export interface RecordedStep {
  readonly id: string;
  readonly component: string;
  readonly mode: ManifestStep["mode"];
  readonly layer?: string;
  readonly explanation?: string;
  readonly inputs?: { readonly [name: string]: string };
  readonly config?: { readonly [key: string]: Json };
  readonly bind?: ManifestStep["bind"];
  /** Milliseconds from the start of the run. */
  readonly begins?: number;
  readonly takes?: number;
  readonly state?: StepState;
  readonly rows?: number;
  readonly columns?: readonly { readonly name: string; readonly type: string }[];
  readonly sample?: readonly { readonly [column: string]: Json }[];
  readonly error?: OsirisError;
  readonly reason?: string;
  /** What else is told while it runs. */
  readonly tell?: (session: SessionWriter) => Promise<void> | void;
}

/** A run as it went. */
export interface RecordedRun {
  readonly pipeline?: string;
  readonly description?: string;
  /** RFC 3339; its second is part of the id. */
  readonly started: string;
  readonly state?: RunState;
  readonly steps: readonly RecordedStep[];
  readonly params?: Manifest["params"];
  readonly error?: OsirisError;
  /** What is told before the run ends. */
  readonly tell?: (session: SessionWriter) => Promise<void> | void;
}

let made = 0;

/** Runs a test with a `logs` folder that is gone afterwards. */
export async function withLogs(test: (logs: string) => Promise<void>): Promise<void> {
  const logs = await Deno.makeTempDir({ prefix: "osiris-report-" });
  try {
    await test(logs);
  } finally {
    await Deno.remove(logs, { recursive: true });
  }
}

/** Records a run below a `logs` folder and gives its own; `suffix` is the end of its id, six letters and digits. */
export async function recordRun(
  root: string,
  run: RecordedRun,
  suffix = (made++).toString(36).padStart(6, "0"),
): Promise<string> {
  const { pipeline = "shop-daily", started, state = "succeeded", steps } = run;
  const id = `run_${started.replace(/[-:]|\.\d+/g, "")}_${suffix}`;
  const begun = Date.parse(started);
  let now = begun;
  const clock = { now: () => new Date(now), monotonic: () => now };
  const at = (ms: number) => new Date(begun + ms).toISOString();
  const source = omlOf(pipeline, run);
  const manifest = manifestOf(pipeline, run, source);
  const plan = planOf(manifest, id, started);
  const status = {
    session_id: id,
    pipeline,
    fingerprint: manifest.fingerprint,
    profile: null,
    state: "running" as const,
    started_at: started,
    steps: steps.map(({ id }) => ({ id, state: "pending" as const })),
  };
  await using session = await createSession({
    root,
    id,
    manifest: manifestBytes(manifest),
    source,
    plan,
    status,
    clock,
  });
  session.event("run.start", {
    pipeline,
    fingerprint: manifest.fingerprint,
    profile: null,
    steps: steps.length,
    osiris: "osiris 0.1.0",
  });
  now += 40;
  session.event("run.prepare", {
    order: steps.map(({ id }) => id),
    engine: "duckdb",
    engine_version: "v1.5.5",
    memory_limit: "4 GB",
    threads: 8,
    duration_ms: 40,
  });
  for (const step of steps) {
    now = begun + (step.begins ?? 50);
    await recordStep(session, step, plan, (ms) => now = begun + ms);
  }
  const ran = steps.filter(({ state }) => state !== "skipped" && state !== "pending");
  const end = Math.max(60, ...ran.map(({ begins = 50, takes = 0 }) => begins + takes)) + 12;
  now = begun + end;
  await run.tell?.(session);
  const ended = { duration_ms: end, exit_code: state === "succeeded" ? 0 : 1, lost: 0, ...totalsOf(steps) };
  if (state === "succeeded") session.event("run.complete", ended);
  if (state === "cancelled") session.event("run.cancel", { ...ended, reason: "cancelled by a signal" });
  if (state === "failed" && run.error) session.event("run.error", { ...ended, error: run.error.toFailure() });
  if (state !== "running") {
    session.status((status) => ({
      ...status,
      state,
      ...(state === "interrupted" ? {} : { ended_at: at(end), duration_ms: end, exit_code: ended.exit_code }),
      ...(run.error ? { error: run.error.toFailure() } : {}),
    }));
  }
  return join(root, id);
}

async function recordStep(
  session: SessionWriter,
  step: RecordedStep,
  plan: ReturnType<typeof planOf>,
  moveTo: (ms: number) => void,
): Promise<void> {
  const { id, component, mode, state = "succeeded", begins = 50, takes = 0, rows, error, reason } = step;
  const change = (more: object) =>
    session.status((status) => ({
      ...status,
      steps: status.steps.map((each) => each.id === id ? { ...each, ...more } : each),
    }));
  if (state === "pending") return;
  if (state === "skipped") {
    session.event("execution.step.skip", { step_id: id, reason: reason ?? "" });
    return change({ state, reason });
  }
  const begun = Date.parse(plan.run.started_at) + begins;
  session.event("execution.step.start", { step_id: id, component, mode, attempt: 1 });
  session.event("driver.start", { step_id: id, component, isolation: "worker", duration_ms: 3 });
  change({ state: "running", started_at: new Date(begun).toISOString() });
  await step.tell?.(session);
  if (step.columns) {
    session.event("discovery.schema", { step_id: id, columns: step.columns });
    await session.artifact(id, "schema.json", JSON.stringify({ columns: step.columns }));
  }
  if (step.sample) await session.artifact(id, "sample.json", JSON.stringify({ rows: step.sample }));
  if (state === "running") return;
  moveTo(begins + takes);
  const rowsIn = Object.values(step.inputs ?? {}).length === 0
    ? {}
    : { rows_in: rowsInto(step, session, plan) };
  change({
    state,
    ...rowsIn,
    ...(rows === undefined ? {} : { rows_out: rows }),
    ended_at: new Date(begun + takes).toISOString(),
    duration_ms: takes,
    ...(error ? { error: error.toFailure() } : {}),
    ...(reason ? { reason } : {}),
  });
  plan.rows.set(id, rows ?? 0);
  session.event("driver.exit", {
    step_id: id,
    component,
    reason: error ? "error" : "done",
    duration_ms: takes,
  });
  if (error) {
    session.event("execution.step.error", { step_id: id, error: error.toFailure(), duration_ms: takes });
    return;
  }
  const granted = plan.steps.find((each) => each.id === id)!.grants;
  session.event("driver.used", {
    step_id: id,
    component,
    isolation: "worker",
    counted_by: ["engine", "realm"],
    net: granted.net.map((host) => ({ host, count: 3 })),
    read: granted.read,
    write: granted.write,
    denied: [],
    declared: [],
  });
  const metric = (name: Parameters<SessionWriter["metric"]>[0], value: number, unit: string) =>
    session.metric(name, value, unit, id, { component });
  metric("execution_time_ms", takes, "ms");
  if (rows !== undefined) {
    metric("rows_out", rows, "rows");
    if (mode === "read") metric("rows_read", rows, "rows");
    if (mode === "write") metric("rows_written", rows, "rows");
    if (takes > 0) metric("throughput_rows_per_sec", Math.round(rows / takes * 1000), "rows/s");
    metric(mode === "write" ? "bytes_written" : "bytes_read", rows * 41, "bytes");
  }
  metric("memory_usage_mb", Math.round(takes / 20 * 10) / 10, "MB");
  session.event("execution.step.complete", {
    step_id: id,
    duration_ms: takes,
    ...rowsIn,
    ...(rows === undefined ? {} : { rows_out: rows }),
    files: mode === "write" ? granted.write : granted.read,
  });
}

function rowsInto(step: RecordedStep, _: SessionWriter, { rows }: ReturnType<typeof planOf>): number {
  return [...new Set(Object.values(step.inputs ?? {}))].reduce((sum, id) => sum + (rows.get(id) ?? 0), 0);
}

function totalsOf(steps: readonly RecordedStep[]): { rows_read: number; rows_written: number } {
  const done = steps.filter(({ state = "succeeded" }) => state === "succeeded");
  const sum = (mode: string) =>
    done.reduce((all, step) => step.mode === mode ? all + (step.rows ?? 0) : all, 0);
  return { rows_read: sum("read"), rows_written: sum("write") };
}

/** The pipeline as a person would have written it. */
function omlOf(name: string, { steps, description, params }: RecordedRun): string {
  return stringify({
    oml_version: "0.1.0",
    name,
    ...(description ? { description } : {}),
    ...(params
      ? { params: Object.fromEntries(Object.entries(params).map(([key, { type }]) => [key, { type }])) }
      : {}),
    steps: steps.map(({ id, component, mode, layer, explanation, inputs, config }) => ({
      id,
      component,
      mode,
      layer,
      explanation,
      inputs: inputs &&
        Object.fromEntries(Object.entries(inputs).map(([key, from]) => [key, `\${${from}.output.df}`])),
      config,
    })),
  });
}

function manifestOf(
  name: string,
  { steps, params = {}, description }: RecordedRun,
  source: string,
): Manifest {
  const lines = source.split("\n");
  const components = Object.fromEntries(
    steps.map(({ component }) => [component, { version: "0.1.0", spec: "spec", driver: "driver" }]),
  );
  const manifest: Manifest = {
    manifest_version: "1",
    fingerprint: "",
    compiler: "osiris 0.1.0",
    pipeline: { name, file: "pipeline.oml", ...(description ? { description } : {}) },
    profile: null,
    params,
    components,
    steps: steps.map((
      { id, component, mode, layer, explanation, inputs = {}, config = {}, bind = {} },
    ) => ({
      id,
      component,
      mode,
      fingerprint: fingerprintOf({ component, config, inputs, bind }),
      source: { line: lines.indexOf(`  - id: ${id}`) + 1 },
      ...(layer ? { layer } : {}),
      ...(explanation ? { explanation } : {}),
      inputs,
      depends_on: [...new Set(Object.values(inputs))].sort(),
      needs: [],
      config,
      bind,
    })),
  };
  return { ...manifest, fingerprint: fingerprintOf(manifest) };
}

/** What some components say of themselves. */
const ABOUT: { readonly [component: string]: string } = {
  "duckdb.processor": "Computes one SQL query over its inputs, which are tables under their input names.",
};

function planOf(manifest: Manifest, id: string, started: string) {
  return {
    plan_version: "1",
    pipeline: manifest.pipeline.name,
    manifest_fingerprint: manifest.fingerprint,
    run: { id, started_at: started },
    order: manifest.steps.map((step) => step.id),
    steps: manifest.steps.map((step) => {
      const path = typeof step.config["path"] === "string" ? [`/project/${step.config["path"]}`] : [];
      const host = typeof step.config["host"] === "string" ? [step.config["host"]] : [];
      return {
        id: step.id,
        component: step.component,
        version: "0.1.0",
        fingerprint: step.fingerprint,
        mode: step.mode,
        ...(ABOUT[step.component] === undefined ? {} : { about: ABOUT[step.component]! }),
        isolation: "worker",
        depends_on: step.depends_on,
        grants: {
          net: host,
          read: step.mode === "write" ? [] : path,
          write: step.mode === "write" ? path : [],
        },
        sources: step.mode === "write" ? [] : path,
        targets: step.mode === "write"
          ? path.map((path) => ({ path, write_mode: "overwrite", exists: true }))
          : [],
        ...(step.layer ? { layer: step.layer } : {}),
      };
    }),
    /** What each step gave so far; the plan on disk has it empty. */
    rows: new Map<string, number>(),
  };
}

/** A run of many steps, each after one of those before it, whose drivers said so much that there are `events` events. */
export function enormousRun(
  steps: number,
  events: number,
  started = "2026-01-15T10:00:00.000Z",
): RecordedRun {
  const lines = Math.max(0, Math.floor((events - steps * 7) / steps));
  const columns = [{ name: "id", type: "BIGINT" }, { name: "name", type: "VARCHAR" }];
  return {
    pipeline: "enormous",
    started,
    steps: Array.from({ length: steps }, (_, i) => {
      const before = `step_${Math.floor((i - 1) / 3)}`;
      return {
        id: `step_${i}`,
        component: i === 0 ? "filesystem.csv_extractor" : "duckdb.processor",
        mode: i === 0 ? "read" as const : "transform" as const,
        ...(i === 0
          ? { config: { path: "data/all.csv" } }
          : { inputs: { df: before }, config: { query: `SELECT id, name FROM df WHERE id % ${i} = 0` } }),
        begins: 50 + i * 2,
        takes: 20 + (i % 7) * 10,
        rows: 1_000_000 - i,
        columns,
        sample: [{ id: 1, name: "a" }, { id: 2, name: "b" }],
        tell: (session: SessionWriter) => {
          for (let n = 0; n < lines; n++) {
            session.event("driver.log", {
              step_id: `step_${i}`,
              level: "info",
              text: `took batch ${n} of ${lines}`,
            });
          }
        },
      };
    }),
  };
}

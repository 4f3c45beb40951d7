/**
 * What a run tells its session: every change of a step becomes an event, its numbers become metrics,
 * and `status.json` follows. One place, so that the three never disagree; a number that was not
 * measured is left out.
 *
 * @module
 */

import { relative } from "node:path";
import { type Failure, OsirisError } from "../diagnostic.ts";
import type { Column, Engine, Execution, Row, StepMeasure } from "../engine/mod.ts";
import type { Manifest, ManifestStep } from "../manifest.ts";
import type { EventData, RunState, SessionWriter, Status, StepStatus } from "../session/mod.ts";
import type { Difference } from "./_contract.ts";
import type { Discarded } from "./_defined.ts";
import { DriverRecord } from "./_driver_record.ts";
import type { Plan } from "./plan.ts";

/** What computing a step left behind beside its counts. */
export interface Evidence {
  readonly executions?: readonly Execution[];
  readonly sample?: readonly Row[] | undefined;
  readonly files?: readonly string[];
  readonly bytes?: number;
  readonly discarded?: Discarded;
}

export class RunRecord {
  /** What is told of the drivers. */
  readonly drivers: DriverRecord;
  readonly #session: SessionWriter;
  readonly #steps: ReadonlyMap<string, ManifestStep>;
  readonly #manifest: Manifest;
  readonly #plan: Plan;
  readonly #began = performance.now();
  readonly #state: Map<string, StepStatus>;
  readonly #startedAt = new Map<string, number>();
  readonly #attempts = new Map<string, number>();
  readonly #described = new Map<string, readonly Column[]>();
  #status: Status | undefined;

  constructor(
    session: SessionWriter,
    plan: Plan,
    manifest: Manifest,
    readonly scrub: (text: string) => string,
  ) {
    this.#session = session;
    this.drivers = new DriverRecord(session);
    this.#plan = plan;
    this.#manifest = manifest;
    this.#steps = new Map(manifest.steps.map((step) => [step.id, step]));
    this.#state = new Map(plan.order.map((id) => [id, { id, state: "pending" }]));
  }

  runStarted(traceparent?: string): void {
    const { pipeline, fingerprint, profile, run, compiler } = this.#manifest;
    this.#session.event("run.start", {
      pipeline: pipeline.name,
      fingerprint,
      profile,
      steps: this.#manifest.steps.length,
      osiris: compiler,
      ...run,
      ...(traceparent === undefined ? {} : { traceparent }),
    });
  }

  runPrepared(
    engine: Engine,
    limits: { memoryLimit?: string | undefined; threads?: number | undefined },
  ): void {
    this.#session.event("run.prepare", {
      order: this.#plan.order,
      engine: engine.name,
      engine_version: engine.version,
      duration_ms: milliseconds(performance.now() - this.#began),
      ...(limits.memoryLimit === undefined ? {} : { memory_limit: limits.memoryLimit }),
      ...(limits.threads === undefined ? {} : { threads: limits.threads }),
    });
  }

  /** Seals the run: unfinished steps get a verdict, and the last event says how it ended. */
  runEnded(
    state: Exclude<RunState, "running" | "interrupted">,
    failure: Failure | undefined,
    exitCode: number,
  ): Status {
    for (const step of this.#state.values()) {
      if (step.state === "pending" || step.state === "running") {
        this.stepCancelled(step.id, "the run ended before it could finish");
      }
    }
    const end = {
      duration_ms: milliseconds(performance.now() - this.#began),
      exit_code: exitCode,
      lost: this.#session.lost,
      ...this.#totals(),
    };
    if (state === "succeeded") this.#session.event("run.complete", end);
    else if (state === "cancelled") {
      this.#session.event("run.cancel", { ...end, reason: "cancelled by a signal" });
    } else if (failure) this.#session.event("run.error", { ...end, error: failure });
    this.#session.status((status) => {
      this.#status = {
        ...status,
        state,
        steps: this.#stepStates(),
        ended_at: new Date().toISOString(),
        duration_ms: end.duration_ms,
        exit_code: exitCode,
        ...(failure && state === "failed" ? { error: failure } : {}),
      };
      return this.#status;
    });
    return this.#status!;
  }

  stepStarted(id: string): void {
    const step = this.#steps.get(id)!;
    this.#startedAt.set(id, performance.now());
    this.#attempts.set(id, 1);
    this.#session.event("execution.step.start", {
      step_id: id,
      component: step.component,
      mode: step.mode,
      attempt: 1,
    });
    this.#change(id, { state: "running", started_at: new Date().toISOString() });
  }

  /** What differs from the step's contract, and may. */
  contractDrifted(id: string, differences: readonly Difference[]): void {
    this.#session.event("contract.drift", { step_id: id, differences });
  }

  /** The step's schema is known. */
  async stepDescribed(id: string, columns: readonly Column[]): Promise<void> {
    this.#described.set(id, columns);
    this.#session.event("discovery.schema", { step_id: id, columns });
    await this.#keep(id, "schema.json", { columns });
  }

  /** The columns of a step, once they are known. */
  columnsOf(id: string): readonly Column[] | undefined {
    return this.#described.get(id);
  }

  /** Which rows an incremental read was asked for, and how many of them are new. */
  incrementRead(id: string, found: Omit<EventData["increment.read"], "step_id">): void {
    this.#session.event("increment.read", { step_id: id, ...found });
  }

  /** The cursor of a step was moved: by this run, or for an earlier one that was lost after it had committed. */
  cursorMoved(id: string, moved: { readonly key: string; readonly value: unknown }, session?: string): void {
    this.#session.event("state.commit", { step_id: id, ...moved, ...present("session_id", session) });
  }

  stepRetried(id: string, attempt: number, delayMs: number, error: Failure): void {
    const max = this.#steps.get(id)?.retry?.max ?? attempt;
    this.#attempts.set(id, attempt + 1);
    this.#session.event("execution.step.retry", {
      step_id: id,
      attempt,
      max,
      delay_ms: milliseconds(delayMs),
      error,
    });
  }

  /** The step's rows were computed, in its own statement or in the one of `fusedInto`. */
  async stepComputed(
    step: ManifestStep,
    measure: StepMeasure | undefined,
    evidence: Evidence,
    fusedInto?: string,
  ): Promise<void> {
    const { id } = step;
    const rowsIn = this.#rowsInto(step);
    const rowsOut = measure?.rowsOut;
    const files = evidence.files ?? measure?.files;
    const bytes = evidence.bytes ?? measure?.bytes;
    if (evidence.sample) await this.#keep(id, "sample.json", { rows: evidence.sample });
    const profiles = evidence.executions?.map((execution) => execution.profile) ?? [];
    if (profiles.length > 0) await this.#keep(id, "profile.json", { statements: profiles });
    if (measure?.rowsRejected && measure.rejectedFile) {
      await this.#quarantined(id, measure.rowsRejected, measure.rejectedFile);
    }
    const { discarded } = evidence;
    if (discarded && discarded.columns.length > 0) {
      this.#session.event("contract.discard", { step_id: id, ...discarded });
    }
    const rejected = sumOf(measure?.rowsRejected, discarded?.rows);
    const duration = this.#ended(id, "succeeded", {
      ...present("rows_in", rowsIn),
      ...present("rows_out", rowsOut),
    });
    this.#measured(step, { rowsIn, rowsOut, bytes, rejected, duration, evidence });
    this.drivers.closed(id, {
      ...present("rowsIn", rowsIn),
      ...present("rowsOut", rowsOut),
      ...present("bytes", bytes),
      ...present("files", files),
    });
    this.#session.event("execution.step.complete", {
      step_id: id,
      duration_ms: duration,
      attempt: this.#attempts.get(id) ?? 1,
      ...present("rows_in", rowsIn),
      ...present("rows_out", rowsOut),
      ...present("rows_rejected", rejected),
      ...present("bytes", bytes),
      ...present("files", files),
      ...present("fused_into", fusedInto),
    });
  }

  stepFailed(id: string, error: Failure): void {
    const duration = this.#ended(id, "failed", { error });
    this.#session.metric("error_count", 1, "errors", id);
    this.#retriesMeasured(id);
    this.drivers.closed(id);
    this.#session.event("execution.step.error", {
      step_id: id,
      error,
      attempt: this.#attempts.get(id) ?? 1,
      duration_ms: duration,
    });
  }

  stepSkipped(id: string, reason: string, becauseOf?: string): void {
    this.#change(id, { state: "skipped", reason });
    this.#session.event("execution.step.skip", { step_id: id, reason, ...present("because_of", becauseOf) });
  }

  stepCancelled(id: string, reason: string): void {
    if (this.#state.get(id)?.state === "running") this.#ended(id, "cancelled", { reason });
    else this.#change(id, { state: "cancelled", reason });
    this.drivers.closed(id);
    this.#session.event("execution.step.skip", { step_id: id, reason });
  }

  /** Something worth knowing that changes no result. */
  warn(step: string, text: string): void {
    this.#session.event("driver.log", { step_id: step, level: "warn", text });
  }

  async #quarantined(id: string, rows: number, file: string): Promise<void> {
    const kept = await this.#session.adopt(id, "rejected.jsonl", file);
    const path = relative(this.#session.folder, kept).replaceAll("\\", "/");
    this.#session.event("row.quarantine", {
      step_id: id,
      rows,
      path,
      reason: "the source's row could not be read",
    });
  }

  /** Keeps evidence. A full disk costs the evidence and not the run; the session counts the loss. */
  async #keep(id: string, name: string, content: unknown): Promise<void> {
    try {
      await this.#session.artifact(id, name, JSON.stringify(content));
    } catch (error) {
      if (!(error instanceof OsirisError)) throw error;
    }
  }

  #rowsInto(step: ManifestStep): number | undefined {
    const sources = [...new Set(Object.values(step.inputs))];
    const rows = sources.map((source) => this.#state.get(source)?.rows_out);
    return sources.length === 0 || rows.includes(undefined)
      ? undefined
      : rows.reduce<number>((sum, n) => sum + n!, 0);
  }

  #measured(step: ManifestStep, found: {
    rowsIn: number | undefined;
    rowsOut: number | undefined;
    bytes: number | undefined;
    rejected: number | undefined;
    duration: number;
    evidence: Evidence;
  }): void {
    const metric = (
      name: Parameters<SessionWriter["metric"]>[0],
      value: number | undefined,
      unit: string,
    ) => {
      if (value !== undefined) {
        this.#session.metric(name, value, unit, step.id, { component: step.component });
      }
    };
    if (step.mode === "read") metric("rows_read", found.rowsOut, "rows");
    if (step.mode === "write") metric("rows_written", found.rowsOut, "rows");
    metric("rows_in", found.rowsIn, "rows");
    metric("rows_out", found.rowsOut, "rows");
    metric("rows_rejected", found.rejected, "rows");
    metric(step.mode === "write" ? "bytes_written" : "bytes_read", found.bytes, "bytes");
    metric("execution_time_ms", found.duration, "ms");
    if (found.rowsOut !== undefined && found.duration > 0) {
      metric("throughput_rows_per_sec", Math.round(found.rowsOut / (found.duration / 1000)), "rows/s");
    }
    const peaks = found.evidence.executions?.flatMap((execution) => execution.peakMemory ?? []) ?? [];
    if (peaks.length > 0) metric("memory_usage_mb", Math.round(Math.max(...peaks) / 1e5) / 10, "MB");
    this.#retriesMeasured(step.id);
  }

  #retriesMeasured(id: string): void {
    const retries = (this.#attempts.get(id) ?? 1) - 1;
    if (retries > 0) this.#session.metric("retry_count", retries, "retries", id);
  }

  #ended(id: string, state: StepStatus["state"], more: Partial<StepStatus>): number {
    const duration = milliseconds(performance.now() - (this.#startedAt.get(id) ?? performance.now()));
    this.#change(id, { state, ended_at: new Date().toISOString(), duration_ms: duration, ...more });
    return duration;
  }

  #change(id: string, change: Partial<StepStatus>): void {
    this.#state.set(id, { ...this.#state.get(id)!, ...change });
    this.#session.status((status) => ({ ...status, steps: this.#stepStates() }));
  }

  #stepStates(): StepStatus[] {
    return [...this.#state.values()];
  }

  /** What the whole run read and wrote, where every step concerned was measured. */
  #totals(): { rows_read?: number; rows_written?: number } {
    const total = (mode: string) => {
      const rows = this.#manifest.steps.filter((step) => step.mode === mode).map((step) =>
        this.#state.get(step.id)?.rows_out
      );
      return rows.length === 0 || rows.includes(undefined)
        ? undefined
        : rows.reduce<number>((sum, n) => sum + n!, 0);
    };
    return { ...present("rows_read", total("read")), ...present("rows_written", total("write")) };
  }
}

/** Milliseconds to the tenth: finer is noise. */
function milliseconds(ms: number): number {
  return Math.round(ms * 10) / 10;
}

/** The sum of what is known; undefined when nothing is. */
function sumOf(...numbers: readonly (number | undefined)[]): number | undefined {
  const known = numbers.filter((number) => number !== undefined);
  return known.length === 0 ? undefined : known.reduce((sum, number) => sum + number, 0);
}

/** A field that is there only when it has a value. */
function present<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : { [key]: value } as { [P in K]: V };
}

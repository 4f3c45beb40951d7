/**
 * One run as everything that is shown of it is made from: the page, the comparison, the card for a pull
 * request, the bundle. It exists so that they all tell the same story and none of them has to know how a
 * session lies on disk.
 *
 * What must stay true: it is read from the session's files alone; a run that is torn, still going or died at
 * its first breath gives a view like any other, with the unknown left out rather than guessed; what is large
 * (events, samples, profiles, the run before) is read when it is asked for.
 *
 * @module
 */

import type { Failure } from "../diagnostic.ts";
import type { Json } from "../manifest.ts";
import { type Damage, readSession, type RunState, summarise } from "../session/mod.ts";
import { artifactsOf } from "./_artifact_view.ts";
import { causeOf } from "./_cause.ts";
import { earlierRun, earlierStatusesOf } from "./_earlier.ts";
import { edgesOf } from "./_edges.ts";
import { EventLog } from "./event_log.ts";
import { evidenceReader } from "./_evidence.ts";
import { manifestOf } from "./_manifest_view.ts";
import { runFacts } from "./_run_facts.ts";
import { stepViews } from "./_step_views.ts";
import type { Evidence, StepView } from "./step_view.ts";
import { verdictOf } from "./_verdict.ts";

export type {
  CheckView,
  Column,
  ColumnChange,
  DriftView,
  Evidence,
  Grants,
  ProfileNode,
  SampleRow,
  StepView,
  Used,
} from "./step_view.ts";

/** A run, and all that its folder tells of it. Times are RFC 3339, durations milliseconds. */
export interface RunView {
  readonly session_id: string;
  /** Absolute. */
  readonly folder: string;
  readonly state: RunState;
  readonly pipeline: {
    readonly name: string;
    readonly description?: string;
    /** File name of the pipeline's text. */
    readonly file?: string;
  };
  readonly fingerprint: string;
  readonly profile: string | null;
  readonly run_id?: string;
  /** The session this one continues. */
  readonly resumes?: string;
  readonly traceparent?: string;
  readonly started_at: string;
  readonly ended_at?: string;
  readonly duration_ms?: number;
  readonly exit_code?: number;
  /** The version of Osiris that ran it. */
  readonly osiris?: string;
  readonly engine?: {
    readonly name: string;
    readonly version?: string;
    readonly memory_limit?: string;
    readonly threads?: number;
  };
  /** One sentence: how it went. */
  readonly verdict: string;
  /** The first thing that went wrong; absent when nothing did. */
  readonly cause?: Cause;
  /** The command to type next, where there is one. */
  readonly next?: string;
  /** What a person should know although it stopped nothing: rejected rows, warnings, lost records. */
  readonly remarks: readonly string[];
  readonly totals: Totals;
  readonly params: readonly ParamView[];
  /** In the order in which they might start. */
  readonly steps: readonly StepView[];
  readonly edges: readonly EdgeView[];
  /** The layers that steps name, in the order in which they come. */
  readonly layers: readonly string[];
  readonly events: EventLog;
  readonly artifacts: readonly ArtifactView[];
  /** What was known of a step when it ended: samples and the engine's profile. Read when asked. */
  evidence(step: string): Promise<Evidence>;
  /** The pipeline's text; undefined when a manifest was run. */
  readonly source: string | undefined;
  /** The bytes that ran; undefined when the file is missing. */
  readonly manifest: string | undefined;
  readonly plan: unknown;
  /** Earlier runs of the same pipeline, newest first; at most twelve. */
  readonly earlier: readonly EarlierRun[];
  /** Cursors that were moved. */
  readonly cursors: readonly {
    readonly step?: string;
    readonly key: string;
    readonly value?: unknown;
  }[];
  readonly hooks: readonly HookView[];
  readonly connections: readonly ConnectionView[];
  /** What could not be read. */
  readonly damage: readonly Damage[];
  /** Events, metrics and artifacts that could not be written. */
  readonly lost: number;
}

/** Why a run did not succeed. */
export interface Cause extends Failure {
  /** The lines of the pipeline's text, or of the manifest, where it says so. */
  readonly frame?: Frame;
}

/** Some lines of a text, one of them meant. */
export interface Frame {
  readonly file: string;
  /** Counts from 1. */
  readonly line: number;
  /** Counts from 1; absent when the whole line is meant. */
  readonly column?: number;
  readonly lines: readonly { readonly number: number; readonly text: string; readonly meant: boolean }[];
}

/** What the whole run moved. A number that was not measured is absent. */
export interface Totals {
  readonly rows_read?: number;
  readonly rows_written?: number;
  readonly rows_rejected?: number;
  readonly bytes_read?: number;
  readonly bytes_written?: number;
  /** Peak, in megabytes. */
  readonly memory_mb?: number;
  readonly retries: number;
}

/** A parameter as it was resolved; a sensitive one has no value. */
export interface ParamView {
  readonly name: string;
  readonly type: string;
  readonly value?: Json;
  readonly sensitive?: boolean;
}

/** Rows that went from one step to another; without `rows` when nobody counted, `data: false` for order alone. */
export interface EdgeView {
  readonly from: string;
  readonly to: string;
  readonly data: boolean;
  readonly rows?: number;
}

/** A file of the session. */
export interface ArtifactView {
  /** `step/name`: the only way to ask for it. */
  readonly id: string;
  readonly step: string;
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  readonly bytes: number;
}

/** A run of the same pipeline before this one. */
export interface EarlierRun {
  readonly session_id: string;
  /** Absolute. */
  readonly folder: string;
  readonly state: RunState;
  readonly started_at: string;
  readonly duration_ms?: number;
  readonly fingerprint: string;
}

/** What became of a hook. */
export interface HookView {
  readonly hook: string;
  readonly event: string;
  readonly state: "running" | "done" | "failed";
  readonly duration_ms?: number;
  readonly error?: Failure;
}

/** How a connection fared when it was asked. */
export interface ConnectionView {
  readonly connection: string;
  readonly ok?: boolean;
  readonly latency_ms?: number;
  readonly help?: string;
}

/**
 * Reads a run: finished, going on or dead.
 *
 * Throws `SES701` when there is no such folder.
 *
 * @example
 * ```ts
 * const run = await readRun("/project/logs/run_20260115T100000Z_k3f9qa");
 * console.log(run.verdict, run.cause?.message);
 * ```
 */
export async function readRun(folder: string): Promise<RunView> {
  const record = await readSession(folder);
  const manifest = manifestOf(record.manifest);
  const earlier = earlierStatusesOf(folder, record.status.pipeline);
  const measured = summarise(record);
  const steps = stepViews(record, manifest, measured, earlier);
  const facts = runFacts(record, manifest);
  const cause = causeOf(record, facts.pipeline.file ?? "pipeline.oml", steps);
  const artifacts = artifactsOf(record);
  const evidence = evidenceReader(artifacts);
  const { steps: _, duration_ms: __, ...totals } = measured;
  return {
    ...facts,
    ...verdictOf(record, measured, steps, cause),
    ...(cause ? { cause } : {}),
    totals,
    steps,
    edges: edgesOf(steps),
    layers: [...new Set(steps.flatMap((step) => step.layer ?? []))],
    events: new EventLog(record.events),
    artifacts,
    evidence: evidence.ofStep,
    earlier: earlier.map(earlierRun),
    source: record.source,
    manifest: record.manifest,
    plan: record.plan,
    damage: record.damage,
    lost: record.status.lost ?? 0,
  };
}

/** One step of a run, with everything that is shown of it. A number that was not measured is absent. @module */

import type { Failure } from "../diagnostic.ts";
import type { Json } from "../manifest.ts";
import type { StepState } from "../session/mod.ts";

/** A column of a step's output. */
export interface Column {
  readonly name: string;
  readonly type: string;
}

/** A column of a step's output against those of its inputs. */
export interface ColumnChange extends Column {
  readonly change: "same" | "new" | "gone" | "type";
  /** The type before, where it changed. */
  readonly before?: string;
}

/** One step of a run. A number that was not measured is absent. */
export interface StepView {
  readonly id: string;
  readonly component: string;
  readonly version?: string;
  readonly mode: "read" | "write" | "transform";
  /** What it does, in words: the author's own, else made of its component and configuration. */
  readonly words: string;
  /** What its component does, as the component says it. */
  readonly about?: string;
  readonly layer?: string;
  /** Where it stands in the pipeline's text. */
  readonly line?: number;
  /** What it computes, as one hash; equal ones compute the same. */
  readonly fingerprint?: string;
  readonly state: StepState;
  /** Why it was skipped or cancelled. */
  readonly reason?: string;
  readonly error?: Failure;
  readonly started_at?: string;
  readonly ended_at?: string;
  /** From the start of the run. */
  readonly offset_ms?: number;
  readonly duration_ms?: number;
  /** The step whose statement computed this one as well. */
  readonly fused_into?: string;
  readonly depends_on: readonly string[];
  /** Steps it waits for without taking rows of them. */
  readonly needs: readonly string[];
  readonly inputs: readonly { readonly name: string; readonly step: string; readonly rows?: number }[];
  /** The steps that take its rows. */
  readonly outputs: readonly string[];
  readonly rows_in?: number;
  readonly rows_out?: number;
  readonly rows_rejected?: number;
  readonly bytes_read?: number;
  readonly bytes_written?: number;
  readonly rows_per_sec?: number;
  /** Peak, in megabytes. */
  readonly memory_mb?: number;
  /** Files that were read or written. */
  readonly files: readonly string[];
  readonly sources: readonly string[];
  readonly targets: readonly {
    readonly path: string;
    readonly table?: string;
    readonly write_mode: string;
  }[];
  /** Its columns, and those that its inputs had and it has not; undefined when they were never known. */
  readonly columns?: readonly ColumnChange[];
  /** The first SQL of its configuration. */
  readonly sql?: {
    readonly field: string;
    readonly text: string;
    readonly bind: readonly {
      readonly name: string;
      readonly type: string;
      readonly value?: Json;
      readonly symbol?: string;
    }[];
  };
  readonly config: { readonly [key: string]: Json };
  readonly connection?: string;
  readonly isolation?: string;
  readonly checks: readonly CheckView[];
  readonly drift: readonly DriftView[];
  readonly quarantined: readonly {
    readonly rows: number;
    readonly artifact?: string;
    readonly check?: string;
    readonly reason?: string;
  }[];
  readonly attempts: number;
  readonly retries: readonly {
    readonly attempt: number;
    readonly max: number;
    readonly delay_ms: number;
    readonly error: Failure;
  }[];
  readonly max_retries?: number;
  readonly timeout_ms?: number;
  readonly cache: readonly {
    readonly what: "hit" | "miss" | "store";
    readonly key: string;
    readonly bytes?: number;
    readonly rows?: number;
    readonly reason?: string;
  }[];
  readonly checkpoints: readonly {
    readonly what: "saved" | "restored";
    readonly bytes?: number;
    readonly rows?: number;
    readonly duration_ms?: number;
    readonly from_session?: string;
  }[];
  readonly increment?: {
    readonly column?: string;
    readonly from?: string;
    readonly to?: string;
    readonly rows_new: number;
    readonly rows_before: number;
  };
  readonly grants: Grants;
  readonly used?: Used;
  /** What it asked for and was refused. */
  readonly denied: readonly { readonly permission: string; readonly resource?: string }[];
  /** Lines of its driver's log, by level; the lines themselves are in `events`. */
  readonly log: { readonly total: number; readonly warnings: number; readonly errors: number };
  /** What its driver measured itself, and what else was measured. */
  readonly metrics: readonly { readonly name: string; readonly value: number; readonly unit: string }[];
  /** How long and how much in earlier runs, newest first. */
  readonly history: readonly {
    readonly session_id: string;
    readonly state: string;
    readonly duration_ms?: number;
    readonly rows_out?: number;
  }[];
}

/** What drivers may touch: hosts with their ports, and paths. */
export interface Grants {
  readonly net: readonly string[];
  readonly read: readonly string[];
  readonly write: readonly string[];
}

/** What a step's drivers touched. */
export interface Used extends Grants {
  /** Who counted: the engine, the driver's realm, or both. */
  readonly counted_by: readonly string[];
  /** What its spec declares and it did not use. */
  readonly unused: readonly { readonly permission: string; readonly template: string }[];
  readonly bytes_in?: number;
  readonly bytes_out?: number;
  /** How many entries the lists leave out. */
  readonly more: number;
}

/** What a check of the data found. */
export interface CheckView {
  readonly result: "pass" | "warn" | "fail";
  readonly check: string;
  readonly column?: string;
  readonly rows_checked?: number;
  readonly rows_failed?: number;
  readonly message?: string;
  readonly on_fail?: string;
}

/** A column that was not as its step's contract promised. */
export interface DriftView {
  readonly column: string;
  readonly change: string;
  readonly promised?: string;
  readonly found?: string;
  readonly action: string;
  /** Rows or values that it cost. */
  readonly cost?: { readonly what: string; readonly count: number };
}

/** Rows as JSON has them. */
export type SampleRow = { readonly [column: string]: Json };

/** What was seen of a step while it ran. */
export interface Evidence {
  readonly sample?: readonly SampleRow[];
  /** The engine's own account, one tree for each statement. */
  readonly profile: readonly ProfileNode[];
}

/** An operator of a statement. */
export interface ProfileNode {
  readonly operator: string;
  readonly rows?: number;
  readonly ms?: number;
  readonly details: readonly { readonly name: string; readonly value: string }[];
  readonly children: readonly ProfileNode[];
}

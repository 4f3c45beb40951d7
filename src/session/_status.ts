/** Where a run stands. Mirrored by `schemas/status.schema.json`. */

import type { Failure } from "../diagnostic.ts";
import type { ProcessIdentity } from "./_process.ts";

/** How a run is going. `interrupted` is read, rarely written: the process is gone and nobody sealed the run. */
export type RunState = "running" | "succeeded" | "failed" | "cancelled" | "interrupted";

/** How a step is going. */
export type StepState = "pending" | "running" | "succeeded" | "failed" | "skipped" | "cancelled";

/** Where one step stands. A number that was not measured is absent. */
export interface StepStatus {
  id: string;
  state: StepState;
  rows_in?: number;
  rows_out?: number;
  started_at?: string;
  ended_at?: string;
  /** From a monotonic clock. */
  duration_ms?: number;
  error?: Failure;
  /** Why it was skipped or cancelled. */
  reason?: string;
}

/** The content of `status.json`. */
export interface Status {
  session_id: string;
  pipeline: string;
  fingerprint: string;
  profile: string | null;
  state: RunState;
  started_at: string;
  ended_at?: string;
  /** Execution without start-up, from a monotonic clock. */
  duration_ms?: number;
  exit_code?: number;
  steps: StepStatus[];
  error?: Failure;
  /** Events, metrics and artifacts that could not be written. Set by the writer; absent when nothing was lost. */
  lost?: number;
  /** When this file was written; at least every few seconds while the run lives. Set by the writer. */
  updated_at?: string;
  /** Who runs it, so that a reader can tell whether it still lives. Set by the writer. */
  process?: ProcessIdentity;
}

/** What the index remembers of a run. */

import type { Failure } from "../diagnostic.ts";

/** One run. A session's own summary fits as it is. */
export interface RunSummary {
  readonly session_id: string;
  readonly pipeline: string;
  readonly fingerprint: string;
  readonly profile: string | null;
  readonly state: "running" | "succeeded" | "failed" | "cancelled" | "interrupted";
  readonly started_at: string;
  readonly ended_at?: string;
  /** Execution without start-up, in milliseconds. */
  readonly duration_ms?: number;
  readonly exit_code?: number;
  readonly error?: Failure;
}

/**
 * Where runs are recorded first. The index is a copy of it: made again when it is missing or damaged, and
 * asked about a run that never said how it ended.
 */
export interface RunSource {
  all(): Promise<readonly RunSummary[]>;
  /** Undefined when the session is gone. */
  one(id: string): Promise<RunSummary | undefined>;
}

/** Which runs to list. */
export interface RunFilter {
  readonly pipeline?: string;
  readonly state?: RunSummary["state"];
  /** At most this many, the newest. */
  readonly limit?: number;
}

/** The runs a filter lets through, newest first. */
export function filterRuns(runs: readonly RunSummary[], filter: RunFilter): RunSummary[] {
  return runs
    .filter((run) => filter.pipeline === undefined || run.pipeline === filter.pipeline)
    .filter((run) => filter.state === undefined || run.state === filter.state)
    .toSorted((a, b) => compare(b.started_at, a.started_at) || compare(b.session_id, a.session_id))
    .slice(0, filter.limit);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

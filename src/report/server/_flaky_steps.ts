/** Steps that fail and succeed although nothing of the pipeline was changed. @module */

import { readStatus, type SessionSummary } from "../../session/mod.ts";

/** A step that cannot be relied on. */
export interface FlakyStep {
  readonly step: string;
  readonly failed: number;
  /** Runs in which it failed or succeeded, of the fingerprints under which it did both. */
  readonly runs: number;
  /** The newest run in which it failed, and what was said. */
  readonly last: { readonly session: string; readonly message: string };
}

/** So many runs are looked at. */
const MOST = 50;

/** How a step went under one fingerprint. */
interface Tally {
  failed: number;
  succeeded: number;
  last?: FlakyStep["last"];
}

/** The steps of the newest of these runs that both failed and succeeded with the same fingerprint, worst first. */
export function flakySteps(runs: readonly SessionSummary[]): FlakyStep[] {
  const newest = runs.toSorted((a, b) => a.started_at < b.started_at ? 1 : -1).slice(0, MOST);
  const steps = new Map<string, Map<string, Tally>>();
  for (const { folder, fingerprint, session_id } of newest) {
    for (const { id, state, error } of readStatus(folder)?.steps ?? []) {
      const tallies = steps.get(id) ?? new Map<string, Tally>();
      const tally = tallies.get(fingerprint) ?? { failed: 0, succeeded: 0 };
      if (state === "succeeded") tally.succeeded++;
      if (state === "failed") {
        tally.failed++;
        tally.last ??= { session: session_id, message: error?.message ?? "" };
      }
      steps.set(id, tallies.set(fingerprint, tally));
    }
  }
  return [...steps].flatMap(([step, tallies]) => flaky(step, [...tallies.values()]))
    .sort((a, b) => b.failed / b.runs - a.failed / a.runs);
}

function flaky(step: string, tallies: readonly Tally[]): FlakyStep[] {
  const both = tallies.filter(({ failed, succeeded }) => failed > 0 && succeeded > 0);
  const last = both.find((tally) => tally.last !== undefined)?.last;
  if (last === undefined) return [];
  const failed = both.reduce((sum, tally) => sum + tally.failed, 0);
  return [{ step, failed, runs: both.reduce((sum, { succeeded }) => sum + succeeded, failed), last }];
}

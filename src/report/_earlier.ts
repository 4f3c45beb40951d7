import { type EarlierStatus, earlierStatuses } from "../session/mod.ts";
import type { EarlierRun, StepView } from "./run_view.ts";
import { present } from "./_recorded.ts";

/** How many runs a run is compared with. */
const MOST = 12;

/** The runs of a pipeline before the one in `folder`, newest first. */
export function earlierStatusesOf(folder: string, pipeline: string): EarlierStatus[] {
  return pipeline === "" ? [] : earlierStatuses(folder, pipeline, MOST);
}

/** An earlier run, as its line in a list. */
export function earlierRun(status: EarlierStatus): EarlierRun {
  const { session_id, folder, state, started_at, duration_ms, fingerprint } = status;
  return { session_id, folder, state, started_at, fingerprint, ...present("duration_ms", duration_ms) };
}

/** Step id → how it went in earlier runs, newest first. */
export function stepHistory(earlier: readonly EarlierStatus[]): ReadonlyMap<string, StepView["history"]> {
  const history = new Map<string, StepView["history"][number][]>();
  for (const run of earlier) {
    for (const { id, state, duration_ms, rows_out } of run.steps) {
      const ofStep = history.get(id) ?? [];
      ofStep.push({
        session_id: run.session_id,
        state,
        ...present("duration_ms", duration_ms),
        ...present("rows_out", rows_out),
      });
      history.set(id, ofStep);
    }
  }
  return history;
}

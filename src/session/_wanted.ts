/** Which sessions of a list a person wants to see. */

import type { SessionSummary } from "./_list.ts";
import type { RunState } from "./_status.ts";

/** Every condition must hold; an empty text is none. */
export interface SessionFilter {
  /** Stands in the pipeline's name, session id, profile or error; capitals do not matter. */
  readonly text: string;
  readonly state: RunState | undefined;
  readonly pipeline: string;
  /** First and last day on which a run began, `2026-01-15`, in UTC. */
  readonly from: string;
  readonly to: string;
}

/** Whether a session is one of those. */
export function isWanted(run: SessionSummary, { text, state, pipeline, from, to }: SessionFilter): boolean {
  const day = run.started_at.slice(0, 10);
  return (state === undefined || run.state === state) && (pipeline === "" || run.pipeline === pipeline) &&
    (from === "" || day >= from) && (to === "" || day <= to) &&
    (text === "" || mentions(run, text.toLowerCase()));
}

function mentions({ session_id, pipeline, profile, error }: SessionSummary, text: string): boolean {
  return [session_id, pipeline, profile ?? "", error?.code ?? "", error?.message ?? ""]
    .some((said) => said.toLowerCase().includes(text));
}

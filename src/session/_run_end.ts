/** The events with which a run ends, and how it then stands. */

import type { SessionEvent } from "./_event.ts";
import type { RunState } from "./_status.ts";

const STATES = {
  "run.complete": "succeeded",
  "run.error": "failed",
  "run.cancel": "cancelled",
} as const satisfies { readonly [kind: string]: RunState };

/** The last words of a run. */
export type RunEndEvent = SessionEvent<keyof typeof STATES>;

/** Whether a run has ended with this event; those of its hooks may follow. */
export function isRunEnd(event: SessionEvent): event is RunEndEvent {
  return Object.hasOwn(STATES, event.event_type);
}

/** How a run stands after an event of its own. */
export function stateAfter(event: SessionEvent): RunState {
  return isRunEnd(event) ? STATES[event.event_type] : "running";
}

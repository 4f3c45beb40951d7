/** Whether what was read from a session's files is what should stand there. The schemas say it in full; this is what readers rely on. */

import type { SessionEvent } from "./_event.ts";
import type { SessionMetric } from "./_metric.ts";
import type { RunState, Status } from "./_status.ts";

const STATES: readonly RunState[] = ["running", "succeeded", "failed", "cancelled", "interrupted"];

/** A line of events.jsonl. */
export function isEvent(value: unknown): value is SessionEvent {
  return isRecord(value) && typeof value.timestamp === "string" && typeof value.event_type === "string" &&
    typeof value.session_id === "string" && isRecord(value.data);
}

/** A line of metrics.jsonl. */
export function isMetric(value: unknown): value is SessionMetric {
  return isRecord(value) && typeof value.timestamp === "string" && typeof value.metric === "string" &&
    typeof value.value === "number" && typeof value.unit === "string";
}

/** The content of status.json. */
export function isStatus(value: unknown): value is Status {
  return isRecord(value) && typeof value.session_id === "string" && typeof value.pipeline === "string" &&
    typeof value.started_at === "string" && (STATES as readonly unknown[]).includes(value.state) &&
    Array.isArray(value.steps) &&
    value.steps.every((step) =>
      isRecord(step) && typeof step.id === "string" && typeof step.state === "string"
    );
}

/** Whether a value is a map. */
export function isRecord(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

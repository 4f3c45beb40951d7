/** Where a run stands, as its folder tells it now. */

import { basename, join } from "node:path";
import type { EventData, SessionEvent } from "./_event.ts";
import { startOfId } from "./_id.ts";
import { isOwnFile } from "./_own_file.ts";
import { isAlive } from "./_process.ts";
import { isStatus } from "./_recognise.ts";
import { isRunEnd, stateAfter } from "./_run_end.ts";
import type { Status, StepStatus } from "./_status.ts";

/**
 * The status in a session's folder, or undefined when there is none that can be read. A run whose
 * process is gone reads as `interrupted`, and so do its steps that had begun.
 */
export function readStatus(folder: string): Status | undefined {
  const file = join(folder, "status.json");
  if (!isOwnFile(file)) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(Deno.readTextFileSync(file));
  } catch {
    return undefined;
  }
  return isStatus(value) ? asOfNow(value) : undefined;
}

/** The status of a session that lost its file, as far as its events tell. */
export function statusFromEvents(folder: string, events: readonly SessionEvent[]): Status {
  const start = events.find((event) => event.event_type === "run.start") as
    | SessionEvent<"run.start">
    | undefined;
  return {
    session_id: basename(folder),
    pipeline: textOf(start?.data.pipeline) ?? "",
    fingerprint: textOf(start?.data.fingerprint) ?? "",
    profile: textOf(start?.data.profile) ?? null,
    started_at: start?.timestamp ?? startOfId(basename(folder)) ?? "",
    steps: [],
    ...endOf(events),
  };
}

/** A text of an event that may hold anything. */
function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** How the run ended, by its last words; interrupted when it had none. */
function endOf(
  events: readonly SessionEvent[],
): Pick<Status, "state" | "ended_at" | "duration_ms" | "exit_code" | "error"> {
  const last = events.findLast(isRunEnd);
  if (last === undefined) return { state: "interrupted" };
  const { duration_ms, exit_code, error } = last.data as Partial<EventData["run.error"]>;
  return {
    state: stateAfter(last),
    ended_at: last.timestamp,
    ...(typeof duration_ms === "number" ? { duration_ms } : {}),
    ...(typeof exit_code === "number" ? { exit_code } : {}),
    ...(typeof error?.message === "string" ? { error } : {}),
  };
}

function asOfNow(status: Status): Status {
  if (status.state !== "running") return status;
  const lastSign = status.updated_at === undefined ? undefined : new Date(status.updated_at);
  if (status.process !== undefined && isAlive(status.process, lastSign, new Date())) return status;
  return { ...status, state: "interrupted", steps: status.steps.map(endedWithTheRun) };
}

function endedWithTheRun(step: StepStatus): StepStatus {
  return step.state === "running" ? { ...step, state: "cancelled", reason: "the run was interrupted" } : step;
}

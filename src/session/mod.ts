/**
 * The record of one run: what happened, how much, where it stands, in documented files of one folder.
 *
 * It exists so that a run can be read while it runs and after it died, by people and by reports, from
 * the files alone. What must stay true: recording never fails a run and never changes its result (what
 * cannot be written is counted); one event is one line, whatever the names in it; a torn end costs at most
 * the last line; `status.json` is always whole; no text reaches a file or a listener unscrubbed.
 *
 * @example
 * ```ts
 * const id = newSessionId(new Date(), Math.random);
 * await using session = await createSession({ root: "/project/logs", id, manifest, plan, status });
 * session.event("execution.step.start", { step_id: "load", component: "duckdb.processor", mode: "transform", attempt: 1 });
 * session.metric("rows_out", 3, "rows", "load");
 * session.status((s) => ({ ...s, state: "succeeded", exit_code: 0 }));
 * ```
 *
 * @module
 */

export type {
  CacheUse,
  CheckResult,
  DeclarationUse,
  EventColumn,
  EventData,
  EventKind,
  RunEnd,
  SessionEvent,
} from "./_event.ts";
export type { MetricName, SessionMetric } from "./_metric.ts";
export type { ProcessIdentity } from "./_process.ts";
export type { RunState, Status, StepState, StepStatus } from "./_status.ts";
export { isSessionId, newSessionId } from "./_id.ts";
export { jsonText, type Scrub } from "./_json.ts";
export { type Clock, createSession, type SessionOptions, type SessionWriter } from "./_writer.ts";
export { type Artifact, readSession, type SessionRecord } from "./_reader.ts";
export type { Damage } from "./_read_lines.ts";
export { type EarlierStatus, earlierStatuses } from "./_earlier.ts";
export {
  findSession,
  listSessions,
  newestFirst,
  type RunLine,
  runLine,
  sessionIds,
  type SessionSummary,
  sessionSummary,
} from "./_list.ts";
export { readRunEnd } from "./_read_end.ts";
export { readStatus } from "./_read_status.ts";
export { isRunEnd, stateAfter } from "./_run_end.ts";
export { isWanted, type SessionFilter } from "./_wanted.ts";
export { type GrantedStep, type SessionUse, sessionUse, sessionUses } from "./_session_use.ts";
export { followEvents } from "./_follow.ts";
export { applyGc, type GcItem, type GcPlan, type GcResult, planGc } from "./_gc.ts";
export { type SessionMetrics, type StepSummary, summarise } from "./_summarise.ts";

/**
 * What a person, or another tool, sees of sessions: pages, the local server that shows them, and machine formats.
 *
 * It exists so that whoever opens a run understands what happened, why, and what to do. What must stay true: all
 * comes from a session's files, whole or torn, and nothing is written there; every text of a session is data, never
 * markup or code; the same files give the same page; it opens no port and asks no network, the command line does.
 *
 * @example
 * ```ts
 * const run = await readRun("/project/logs/run_20260115T100000Z_k3f9qa");
 * await Deno.writeTextFile("run.html", await storyFile(run));
 * ```
 *
 * @module
 */

export {
  type AskEngine,
  type Dataset,
  type How,
  lineageOf,
  type QueryAnswer,
  type QueryQuestion,
  type RunLineage,
  type StepLineage,
  type TargetColumn,
} from "./lineage.ts";
export { type OpenLineageDataset, type OpenLineageEvent, openLineageOf } from "./openlineage.ts";
export { type Measure, type MeasuredRun, measuredRun, measuresOf } from "./measures.ts";
export { otlpOf, type OtlpRequest, type OtlpSignal, type OtlpSource } from "./otlp.ts";
export { type LiveOptions, LiveTelemetry } from "./otlp_live.ts";
export { type OtlpTarget, sendOtlp } from "./otlp_send.ts";
export { type Posted, type Posting, postJson, type SendOptions } from "./post_json.ts";
export { type CountedRun, prometheusOf, prometheusOfLogs } from "./prometheus.ts";
export {
  type ArtifactView,
  type Cause,
  type CheckView,
  type Column,
  type ColumnChange,
  type ConnectionView,
  type DriftView,
  type EarlierRun,
  type EdgeView,
  type Evidence,
  type Frame,
  type Grants,
  type HookView,
  type ParamView,
  type ProfileNode,
  readRun,
  type RunView,
  type SampleRow,
  type StepView,
  type Totals,
  type Used,
} from "./run_view.ts";
export {
  EVENT_LEVELS,
  type EventLevel,
  eventLevel,
  type EventLine,
  type EventLog,
  type EventPage,
  type EventQuery,
} from "./event_log.ts";
export { type Access, newAccess } from "./server/access.ts";
export { type ReportServer, reportServer, type ReportServerOptions } from "./server/server.tsx";
export {
  type Change,
  comparisonOf,
  type RunBrief,
  type RunComparison,
  type StepDifference,
} from "./comparison.ts";
export { parseTraceparent, type TraceContext } from "./trace_context.ts";
export { type BundleFormat, bundleOf, type BundleOptions, LEAST_BUNDLE } from "./bundle.ts";
export { storyFile } from "./story/file.tsx";
export { runCard } from "./run_card.ts";

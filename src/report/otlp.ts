/**
 * A run in the words of OpenTelemetry: the bodies of OTLP/HTTP requests in its JSON
 * (https://opentelemetry.io/docs/specs/otlp/), for traces, metrics and logs.
 *
 * @module
 */

import type { SessionRecord } from "../session/mod.ts";
import { type LogRecord, logRecord } from "./_otlp_logs.ts";
import { type Gauge, gaugesOf } from "./_otlp_metrics.ts";
import { type Span, Trace } from "./_otlp_trace.ts";
import { attributesOf } from "./_otlp_value.ts";
import { mapsAt, present, textAt, textsAt } from "./_recorded.ts";

/** The kinds of telemetry; the last part of the address that takes each. */
export type OtlpSignal = "traces" | "metrics" | "logs";

/** One request: what it is about, how many records it has, and its body. */
export interface OtlpRequest {
  readonly signal: OtlpSignal;
  readonly records: number;
  readonly body: { readonly [key: string]: unknown };
}

/** What telemetry is of. */
export interface OtlpSource {
  readonly pipeline: string;
  readonly profile: string | null;
  /** The version that ran it. */
  readonly version?: string;
  /** Attributes from outside; they stand above those of Osiris. */
  readonly resource: { readonly [key: string]: string };
}

/** Records of one request at most: receivers refuse what is large. */
const MOST_RECORDS = 1000;

/** Everything that a session's files tell, request by request. The same files give the same requests. */
export function* otlpOf(
  record: SessionRecord,
  resource: OtlpSource["resource"] = {},
): Generator<OtlpRequest, void, void> {
  const trace = new Trace(record.id, dependenciesIn(record.plan));
  const source = sourceOf(record, resource);
  const spans: Span[] = [];
  const logs: LogRecord[] = [];
  for (const event of record.events) {
    const span = trace.tell(event);
    if (span !== undefined) spans.push(span);
    logs.push(logRecord(event, record.id, trace.ids));
  }
  spans.push(...trace.end(record.status));
  for (const some of inPieces(spans)) yield tracesRequest(some, source);
  for (const some of inPieces(gaugesOf(record))) yield metricsRequest(some, source);
  for (const some of inPieces(logs)) yield logsRequest(some, source);
}

export function tracesRequest(spans: readonly Span[], source: OtlpSource): OtlpRequest {
  return requestOf("traces", spans.length, "resourceSpans", "scopeSpans", { spans }, source);
}

export function metricsRequest(metrics: readonly Gauge[], source: OtlpSource): OtlpRequest {
  return requestOf("metrics", metrics.length, "resourceMetrics", "scopeMetrics", { metrics }, source);
}

export function logsRequest(logRecords: readonly LogRecord[], source: OtlpSource): OtlpRequest {
  return requestOf("logs", logRecords.length, "resourceLogs", "scopeLogs", { logRecords }, source);
}

/** Which steps a plan lets wait for which. */
export function dependenciesIn(plan: unknown): { readonly [step: string]: readonly string[] } {
  const steps = mapsAt(plan, "steps").map((step) => [textAt(step, "id") ?? "", textsAt(step, "depends_on")]);
  return Object.fromEntries(steps);
}

function sourceOf(record: SessionRecord, resource: OtlpSource["resource"]): OtlpSource {
  const { pipeline, profile } = record.status;
  const start = record.events.find(({ event_type }) => event_type === "run.start");
  return { pipeline, profile, resource, ...present("version", textAt(start?.data, "osiris")) };
}

function requestOf(
  signal: OtlpSignal,
  records: number,
  outer: string,
  inner: string,
  content: { readonly [key: string]: unknown },
  { pipeline, profile, version, resource }: OtlpSource,
): OtlpRequest {
  const attributes = attributesOf({
    "service.name": "osiris",
    "service.version": version?.replace(/^osiris /, ""),
    "osiris.pipeline.name": pipeline,
    "osiris.profile": profile,
    ...resource,
  });
  const scope = { name: "osiris" };
  return {
    signal,
    records,
    body: { [outer]: [{ resource: { attributes }, [inner]: [{ scope, ...content }] }] },
  };
}

function* inPieces<T>(all: readonly T[]): Generator<T[]> {
  for (let start = 0; start < all.length; start += MOST_RECORDS) yield all.slice(start, start + MOST_RECORDS);
}

/**
 * Which trace a run belongs to, and the ids of its spans.
 *
 * Ids follow from the session's id alone: telemetry sent while a run goes on and telemetry made from its
 * files later are the same trace, and sending it twice changes nothing.
 *
 * @module
 */

import { createHash } from "node:crypto";

/** What a `traceparent` says (https://www.w3.org/TR/trace-context/). Ids in hexadecimal. */
export interface TraceContext {
  readonly traceId: string;
  readonly parentSpanId: string;
  /** Whether the caller records the trace. */
  readonly sampled: boolean;
}

/** The ids of a run's spans. */
export interface TraceIds {
  readonly trace: string;
  /** The span of the whole run. */
  readonly run: string;
  /** The span that the run is a child of. */
  readonly parent: string | undefined;
  step(id: string): string;
}

/** What a `traceparent` says; undefined when it is not valid. Versions to come are read as far as they are known. */
export function parseTraceparent(text: string): TraceContext | undefined {
  const [, version, traceId, parentSpanId, flags, more] =
    /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/.exec(text.trim()) ?? [];
  if (traceId === undefined || parentSpanId === undefined || flags === undefined) return undefined;
  if (version === "ff" || (version === "00" && more !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(parentSpanId)) return undefined;
  return { traceId, parentSpanId, sampled: (parseInt(flags, 16) & 1) === 1 };
}

/** The ids of a session's trace; `traceparent` as its `run.start` has it. */
export function traceIds(session: string, traceparent: string | undefined): TraceIds {
  const parent = traceparent === undefined ? undefined : parseTraceparent(traceparent);
  return {
    trace: parent?.traceId ?? digest("trace", session).slice(0, 32),
    run: digest("run", session).slice(0, 16),
    parent: parent?.parentSpanId,
    step: (id) => digest("step", session, id).slice(0, 16),
  };
}

function digest(...words: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(words)).digest("hex");
}

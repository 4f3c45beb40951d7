/**
 * A run as a trace: the run is the root span, each step a span below it. What happened in a step is an event
 * of its span, an error its status, the steps it takes rows from are links.
 *
 * It is told of one event after the other, so that a span is there as soon as its step has ended; a run read
 * from its files is told all of them at once.
 *
 * @module
 */

import type { SessionEvent, Status, StepStatus } from "../session/mod.ts";
import { attributesOf, type KeyValue, nanoseconds } from "./_otlp_value.ts";
import { failureAt, present, textAt } from "./_recorded.ts";
import { type TraceIds, traceIds } from "./trace_context.ts";

/** A span in the JSON of OTLP. */
export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: 1;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly KeyValue[];
  readonly events: readonly SpanEvent[];
  readonly links: readonly Link[];
  /** 1 is "ok", 2 "error". */
  readonly status: { readonly code?: 1 | 2; readonly message?: string };
}

interface SpanEvent {
  readonly timeUnixNano: string;
  readonly name: string;
  readonly attributes: readonly KeyValue[];
}

interface Link {
  readonly traceId: string;
  readonly spanId: string;
  readonly attributes: readonly KeyValue[];
}

/** A step whose span is not written yet. */
interface OpenStep {
  readonly started: string;
  readonly attributes: { [key: string]: unknown };
  readonly events: SpanEvent[];
  readonly links: Link[];
}

/** What stands in a span of a step beside its end. */
const TOLD =
  /^(?:execution\.step\.(?:retry|error|cached|restored)|check\.|contract\.|row\.quarantine|driver\.denied|cache\.|checkpoint\.)/;
const ENDED = /^execution\.step\.(?:complete|error|cached|restored)$/;

/** The trace of one run. `dependsOn` gives the steps that a step waits for. */
export class Trace {
  readonly #session: string;
  readonly #dependsOn: { readonly [step: string]: readonly string[] };
  readonly #open = new Map<string, OpenStep>();
  readonly #closed = new Set<string>();
  readonly #ofRun: SpanEvent[] = [];
  readonly #links: Link[] = [];
  #ids: TraceIds;
  #started: string | undefined;
  #last = "0";

  constructor(session: string, dependsOn: { readonly [step: string]: readonly string[] }) {
    this.#session = session;
    this.#dependsOn = dependsOn;
    this.#ids = traceIds(session, undefined);
  }

  get ids(): TraceIds {
    return this.#ids;
  }

  /** Tells of an event, and gives the span that it ends. */
  tell(event: SessionEvent): Span | undefined {
    const at = nanoseconds(event.timestamp) ?? this.#last;
    this.#last = at;
    if (event.event_type === "run.start") this.#begin(at, event.data);
    const step = textAt(event.data, "step_id");
    if (step === undefined) return undefined;
    if (event.event_type === "execution.step.start") this.#beginStep(step, at, event.data);
    if (event.event_type === "execution.step.skip") this.#ofRun.push(spanEvent(at, event));
    const open = this.#open.get(step);
    if (open === undefined) return undefined;
    if (TOLD.test(event.event_type)) open.events.push(spanEvent(at, event));
    if (!ENDED.test(event.event_type)) return undefined;
    return this.#endStep(step, open, at, event);
  }

  /** The spans of what is still open, and of the run itself. */
  end(status: Status): Span[] {
    const ended = nanoseconds(status.ended_at) ?? this.#last;
    const steps = status.steps.flatMap((step) => this.#leftOpen(step, ended));
    const failed = status.state === "failed" || status.state === "interrupted";
    return [...steps, {
      traceId: this.#ids.trace,
      spanId: this.#ids.run,
      ...present("parentSpanId", this.#ids.parent),
      name: `run ${status.pipeline}`.toWellFormed(),
      kind: 1,
      startTimeUnixNano: this.#started ?? nanoseconds(status.started_at) ?? ended,
      endTimeUnixNano: ended,
      attributes: attributesOf({
        "osiris.session.id": this.#session,
        "osiris.pipeline.fingerprint": status.fingerprint,
        "osiris.run.state": status.state,
        "process.exit.code": status.exit_code,
        "error.type": status.error?.code,
      }),
      events: this.#ofRun,
      links: this.#links,
      status: failed
        ? { code: 2, message: status.error?.message ?? status.state }
        : status.state === "succeeded"
        ? { code: 1 }
        : {},
    }];
  }

  #begin(at: string, data: unknown): void {
    this.#started = at;
    this.#ids = traceIds(this.#session, textAt(data, "traceparent"));
    const resumed = textAt(data, "resumes");
    if (resumed === undefined) return;
    const { trace, run } = traceIds(resumed, undefined);
    this.#links.push({
      traceId: trace,
      spanId: run,
      attributes: attributesOf({ "osiris.relation": "resumes" }),
    });
  }

  #beginStep(step: string, at: string, data: object): void {
    if (this.#open.has(step) || this.#closed.has(step)) return; // a later attempt is part of the same span
    const { component, mode } = data as { component?: unknown; mode?: unknown };
    this.#open.set(step, {
      started: at,
      attributes: { "osiris.step.id": step, "osiris.component": component, "osiris.step.mode": mode },
      events: [],
      links: (this.#dependsOn[step] ?? []).map((from) => this.#linkTo(from, "depends_on")),
    });
  }

  #endStep(step: string, open: OpenStep, at: string, event: SessionEvent): Span {
    const { rows_in, rows_out, rows_rejected, attempt } = event.data as { [key: string]: unknown };
    const failure = event.event_type === "execution.step.error" ? failureAt(event.data, "error") : undefined;
    const fused = textAt(event.data, "fused_into");
    if (fused !== undefined) open.links.push(this.#linkTo(fused, "fused_into"));
    Object.assign(open.attributes, {
      "osiris.step.rows_in": rows_in,
      "osiris.step.rows_out": rows_out,
      "osiris.step.rows_rejected": rows_rejected,
      "osiris.step.attempt": attempt,
      "error.type": failure?.code,
    });
    const failed = event.event_type === "execution.step.error";
    return this.#stepSpan(step, open, at, failed ? { code: 2, ...message(failure?.message) } : { code: 1 });
  }

  /** The span of a step that began and of whose end no event tells. */
  #leftOpen({ id, state, started_at, ended_at, reason, error }: StepStatus, runEnded: string): Span[] {
    const started = nanoseconds(started_at);
    const known = this.#open.get(id);
    if (this.#closed.has(id) || (known === undefined && started === undefined)) return [];
    const open = known ??
      { started: started!, attributes: { "osiris.step.id": id }, events: [], links: [] };
    const done = state === "succeeded";
    const status = done
      ? { code: 1 as const }
      : { code: 2 as const, message: error?.message ?? reason ?? state };
    return [this.#stepSpan(id, open, nanoseconds(ended_at) ?? runEnded, status)];
  }

  #stepSpan(step: string, open: OpenStep, ended: string, status: Span["status"]): Span {
    this.#open.delete(step);
    this.#closed.add(step);
    return {
      traceId: this.#ids.trace,
      spanId: this.#ids.step(step),
      parentSpanId: this.#ids.run,
      name: `step ${step}`,
      kind: 1,
      startTimeUnixNano: open.started,
      endTimeUnixNano: ended,
      attributes: attributesOf({ ...open.attributes, "osiris.session.id": this.#session }),
      events: open.events,
      links: open.links,
      status,
    };
  }

  #linkTo(step: string, relation: string): Link {
    const attributes = attributesOf({ "osiris.relation": relation, "osiris.step.id": step });
    return { traceId: this.#ids.trace, spanId: this.#ids.step(step), attributes };
  }
}

/** An event within a span; one about an error as OpenTelemetry names errors. */
function spanEvent(at: string, { event_type, data }: SessionEvent): SpanEvent {
  const failure = failureAt(data, "error");
  if (failure === undefined) {
    return { timeUnixNano: at, name: event_type, attributes: attributesOf({ ...data }) };
  }
  const { error: _, ...rest } = data as { error?: unknown; [key: string]: unknown };
  const exception = { "exception.type": failure.code, "exception.message": failure.message };
  const name = event_type === "execution.step.error" ? "exception" : event_type;
  return { timeUnixNano: at, name, attributes: attributesOf({ ...rest, ...exception }) };
}

function message(text: string | undefined): { message?: string } {
  return present("message", text?.toWellFormed());
}

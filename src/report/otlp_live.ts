/**
 * Telemetry of a run while it goes on. It is told of the run's events, and sends what is ready from time to time:
 * logs and numbers soon, a step's span when the step has ended, the run's span at the end.
 *
 * What must stay true: the run never waits for a receiver but at its very end, and there for a limited time;
 * what waits to be sent has a limit; a receiver that fails once for good is not tried again. Nothing is lost by
 * it: the session's files tell the same later, under the same ids.
 *
 * @module
 */

import { clearInterval, setInterval } from "node:timers";
import type { SessionEvent, SessionRecord } from "../session/mod.ts";
import { type LogRecord, logRecord } from "./_otlp_logs.ts";
import { gaugesOf, gaugesOfSteps } from "./_otlp_metrics.ts";
import { type Span, Trace } from "./_otlp_trace.ts";
import {
  dependenciesIn,
  logsRequest,
  metricsRequest,
  type OtlpRequest,
  type OtlpSource,
  tracesRequest,
} from "./otlp.ts";
import { type OtlpTarget, sendOtlp } from "./otlp_send.ts";
import { parseTraceparent } from "./trace_context.ts";

/** What telemetry of a run is made with. */
export interface LiveOptions {
  readonly session: string;
  readonly plan: unknown;
  readonly source: OtlpSource;
  readonly target: OtlpTarget;
  /** How often what is ready is sent; 2 s when absent. */
  readonly everyMs?: number;
  /** How long the end may take; 4 s when absent. */
  readonly endMs?: number;
  readonly fetch?: typeof fetch;
}

/** Records that may wait. */
const MOST_WAITING = 10_000;
/** So many are sent at once rather than at the next time. */
const MANY = 500;

/** Telemetry of one run, told of its events and at last of its record. */
export class LiveTelemetry {
  readonly #options: LiveOptions;
  readonly #trace: Trace;
  readonly #giveUp = new AbortController();
  readonly #timer: ReturnType<typeof setInterval>;
  #spans: Span[] = [];
  #logs: LogRecord[] = [];
  #ended: SessionEvent<"execution.step.complete">[] = [];
  /** Whether the caller's trace is recorded, and this part of it is wanted. */
  #sampled = true;
  #sending: Promise<void> = Promise.resolve();
  #lost = 0;
  #trouble: string | undefined;

  constructor(options: LiveOptions) {
    this.#options = options;
    this.#trace = new Trace(options.session, dependenciesIn(options.plan));
    this.#timer = setInterval(() => this.#send(), options.everyMs ?? 2000);
    this.#timer.unref();
  }

  /** Tells of an event of the run. Does not throw, and waits for nothing. */
  event(event: SessionEvent): void {
    if (event.event_type === "run.start" && event.data.traceparent !== undefined) {
      this.#sampled = parseTraceparent(event.data.traceparent)?.sampled ?? true;
    }
    const span = this.#trace.tell(event);
    if (this.#trouble !== undefined) return;
    if (span !== undefined && this.#sampled) this.#spans.push(span);
    if (event.event_type === "execution.step.complete") this.#ended.push(event);
    if (this.#logs.length < MOST_WAITING) {
      this.#logs.push(logRecord(event, this.#options.session, this.#trace.ids));
    } else this.#lost++;
    if (this.#logs.length === MANY) this.#send();
  }

  /** Sends the rest, with what `record` says of the whole run. The reason when not everything was taken. */
  async end(record: SessionRecord): Promise<string | undefined> {
    clearInterval(this.#timer);
    if (this.#sampled) this.#spans.push(...this.#trace.end(record.status));
    this.#ended = [];
    this.#send(metricsRequest(gaugesOf(record), this.#options.source));
    const enough = setTimeout(() => this.#giveUp.abort(), this.#options.endMs ?? 4000);
    await this.#sending;
    clearTimeout(enough);
    return this.#trouble ??
      (this.#lost === 0 ? undefined : `${this.#lost} records were more than could wait`);
  }

  /** Puts everything that is ready behind what is being sent. */
  #send(...more: readonly OtlpRequest[]): void {
    const { source } = this.#options;
    const requests = [
      tracesRequest(this.#spans, source),
      metricsRequest(gaugesOfSteps(this.#ended), source),
      logsRequest(this.#logs, source),
      ...more,
    ].filter(({ records }) => records > 0);
    this.#spans = [];
    this.#ended = [];
    this.#logs = [];
    this.#sending = this.#sending.then(async () => {
      for (const request of requests) await this.#try(request);
    });
  }

  async #try(request: OtlpRequest): Promise<void> {
    if (this.#trouble !== undefined) return;
    const { target, fetch } = this.#options;
    this.#trouble = await sendOtlp(request, target, {
      signal: this.#giveUp.signal,
      ...(fetch === undefined ? {} : { fetch }),
    });
  }
}

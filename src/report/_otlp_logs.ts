/** Events of a run as log records of OTLP. @module */

import type { SessionEvent } from "../session/mod.ts";
import { type EventLevel, eventLevel, eventWords } from "./event_log.ts";
import { type AnyValue, attributesOf, type KeyValue, nanoseconds } from "./_otlp_value.ts";
import { present, textAt } from "./_recorded.ts";
import type { TraceIds } from "./trace_context.ts";

/** A log record in the JSON of OTLP. */
export interface LogRecord {
  readonly timeUnixNano: string;
  readonly observedTimeUnixNano: string;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly eventName: string;
  readonly body: AnyValue;
  readonly attributes: readonly KeyValue[];
  readonly traceId: string;
  readonly spanId: string;
}

/** As the data model of logs numbers them. */
const SEVERITIES: { readonly [L in EventLevel]: number } = { debug: 5, info: 9, warn: 13, error: 17 };

/** One event; its step's span, or that of the run, is where it belongs. */
export function logRecord(event: SessionEvent, session: string, ids: TraceIds): LogRecord {
  const at = nanoseconds(event.timestamp) ?? "0";
  const level = eventLevel(event);
  const step = textAt(event.data, "step_id");
  const { step_id: _, ...data } = event.data as { step_id?: unknown; [key: string]: unknown };
  return {
    timeUnixNano: at,
    observedTimeUnixNano: at,
    severityNumber: SEVERITIES[level],
    severityText: level.toUpperCase(),
    eventName: `osiris.${event.event_type}`,
    body: { stringValue: `${event.event_type} ${eventWords(event)}`.trim().toWellFormed() },
    attributes: attributesOf({
      "osiris.session.id": session,
      ...present("osiris.step.id", step),
      "osiris.event": data,
    }),
    traceId: ids.trace,
    spanId: step === undefined ? ids.run : ids.step(step),
  };
}

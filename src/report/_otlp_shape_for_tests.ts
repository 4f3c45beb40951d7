/**
 * The messages of OTLP (opentelemetry-proto, v1) in their JSON encoding, as far as a sender of spans, gauges and log
 * records may fill them. A field that is not in the message, or not as JSON has its type, is a complaint.
 *
 * @module
 */

import type { OtlpRequest } from "./mod.ts";

type Kind =
  | "string"
  | "bool"
  | "double"
  | "uint32"
  | "enum"
  | "64 bits"
  | "trace id"
  | "span id"
  | "any"
  | `${string}[]`
  | `:${string}`;

const SCOPED = { schemaUrl: "string" } as const;

const MESSAGES: { readonly [message: string]: { readonly [field: string]: Kind } } = {
  traces: { resourceSpans: "ResourceSpans[]" },
  metrics: { resourceMetrics: "ResourceMetrics[]" },
  logs: { resourceLogs: "ResourceLogs[]" },
  ResourceSpans: { resource: ":Resource", scopeSpans: "ScopeSpans[]", ...SCOPED },
  ResourceMetrics: { resource: ":Resource", scopeMetrics: "ScopeMetrics[]", ...SCOPED },
  ResourceLogs: { resource: ":Resource", scopeLogs: "ScopeLogs[]", ...SCOPED },
  Resource: { attributes: "KeyValue[]", droppedAttributesCount: "uint32" },
  ScopeSpans: { scope: ":Scope", spans: "Span[]", ...SCOPED },
  ScopeMetrics: { scope: ":Scope", metrics: "Metric[]", ...SCOPED },
  ScopeLogs: { scope: ":Scope", logRecords: "LogRecord[]", ...SCOPED },
  Scope: { name: "string", version: "string", attributes: "KeyValue[]", droppedAttributesCount: "uint32" },
  KeyValue: { key: "string", value: "any" },
  Span: {
    traceId: "trace id",
    spanId: "span id",
    traceState: "string",
    parentSpanId: "span id",
    flags: "uint32",
    name: "string",
    kind: "enum",
    startTimeUnixNano: "64 bits",
    endTimeUnixNano: "64 bits",
    attributes: "KeyValue[]",
    droppedAttributesCount: "uint32",
    events: "Event[]",
    droppedEventsCount: "uint32",
    links: "Link[]",
    droppedLinksCount: "uint32",
    status: ":Status",
  },
  Event: {
    timeUnixNano: "64 bits",
    name: "string",
    attributes: "KeyValue[]",
    droppedAttributesCount: "uint32",
  },
  Link: {
    traceId: "trace id",
    spanId: "span id",
    traceState: "string",
    attributes: "KeyValue[]",
    droppedAttributesCount: "uint32",
    flags: "uint32",
  },
  Status: { message: "string", code: "enum" },
  Metric: { name: "string", description: "string", unit: "string", gauge: ":Gauge", metadata: "KeyValue[]" },
  Gauge: { dataPoints: "NumberDataPoint[]" },
  NumberDataPoint: {
    attributes: "KeyValue[]",
    startTimeUnixNano: "64 bits",
    timeUnixNano: "64 bits",
    asDouble: "double",
    asInt: "64 bits",
    flags: "uint32",
  },
  LogRecord: {
    timeUnixNano: "64 bits",
    observedTimeUnixNano: "64 bits",
    severityNumber: "enum",
    severityText: "string",
    body: "any",
    attributes: "KeyValue[]",
    droppedAttributesCount: "uint32",
    flags: "uint32",
    traceId: "trace id",
    spanId: "span id",
    eventName: "string",
  },
  ArrayValue: { values: "any[]" },
  KeyValueList: { values: "KeyValue[]" },
};

const ANY: { readonly [field: string]: Kind } = {
  stringValue: "string",
  boolValue: "bool",
  intValue: "64 bits",
  doubleValue: "double",
  arrayValue: ":ArrayValue",
  kvlistValue: ":KeyValueList",
};

const PLAIN: { readonly [kind: string]: (value: unknown) => boolean } = {
  "string": (value) => typeof value === "string" && value.isWellFormed(),
  "bool": (value) => typeof value === "boolean",
  "double": (value) => typeof value === "number",
  "uint32": (value) => Number.isInteger(value) && (value as number) >= 0,
  "enum": (value) => Number.isInteger(value),
  "64 bits": (value) => typeof value === "string" && /^-?\d{1,19}$/.test(value),
  "trace id": (value) => typeof value === "string" && /^(?!0+$)[0-9a-f]{32}$/.test(value),
  "span id": (value) => typeof value === "string" && /^(?!0+$)[0-9a-f]{16}$/.test(value),
};

/** What is not as OTLP has it; none when a receiver takes it all. */
export function otlpComplaints({ signal, body }: Pick<OtlpRequest, "signal" | "body">): string[] {
  return judge(JSON.parse(JSON.stringify(body)), `:${signal}`, signal);
}

/** Where the records of each kind lie in a body. */
const PLACES = {
  traces: ["resourceSpans", "scopeSpans", "spans"],
  metrics: ["resourceMetrics", "scopeMetrics", "metrics"],
  logs: ["resourceLogs", "scopeLogs", "logRecords"],
} as const;

type Body = {
  readonly [outer: string]: [{ readonly [inner: string]: [{ readonly [list: string]: unknown[] }] }];
};

/** The records of a kind in requests, in their order. */
export function recordsIn<T>(
  signal: OtlpRequest["signal"],
  requests: readonly Pick<OtlpRequest, "body">[],
): T[] {
  const [outer, inner, list] = PLACES[signal];
  return requests.flatMap(({ body }) => ((body as Body)[outer]?.[0][inner]?.[0][list] ?? []) as T[]);
}

function judge(value: unknown, kind: Kind, path: string): string[] {
  if (kind.endsWith("[]")) {
    if (!Array.isArray(value)) return [`${path} is no list`];
    const item = kind.slice(0, -2);
    const of = item === "any" ? "any" : `:${item}` as const;
    return value.flatMap((each, index) => judge(each, of, `${path}[${index}]`));
  }
  if (kind === "any") {
    const keys = Object.keys(value as object);
    return keys.length === 1 ? fieldsOf(value, ANY, path) : [`${path} has ${keys.length} values`];
  }
  if (kind.startsWith(":")) return fieldsOf(value, MESSAGES[kind.slice(1)]!, path);
  return PLAIN[kind]!(value) ? [] : [`${path} is ${JSON.stringify(value)}, and should be ${kind}`];
}

function fieldsOf(value: unknown, fields: { readonly [field: string]: Kind }, path: string): string[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [`${path} is no message`];
  return Object.entries(value).flatMap(([key, each]) =>
    Object.hasOwn(fields, key) ? judge(each, fields[key]!, `${path}.${key}`) : [`${path}.${key} is no field`]
  );
}

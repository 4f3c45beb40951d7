import assert from "node:assert/strict";
import fc from "fast-check";
import type { SessionRecord } from "../session/mod.ts";
import { otlpComplaints, recordsIn } from "./_otlp_shape_for_tests.ts";
import { RecordedLogs } from "./_recorded_for_tests.ts";
import type { Span } from "./_otlp_trace.ts";
import type { LogRecord } from "./_otlp_logs.ts";
import type { Gauge } from "./_otlp_metrics.ts";
import { otlpOf } from "./mod.ts";

const PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const FAILURE = { code: "DRV404", category: "run", message: 'gone\u2028 "now"', retryable: true } as const;

Deno.test("otlpOf tells a run as a trace: a root, its steps, retries as events, errors as status, links", async () => {
  await using logs = new RecordedLogs();
  const record = { ...await failedRun(logs), plan: { steps: [{ id: "save", depends_on: ["load"] }] } };
  const { spans } = contentsOf(record);
  const [load, save, run] = spans as [Span, Span, Span];
  assert.deepEqual(spans.map(({ name }) => name), ["step load", "step save", "run sales"]);
  assert.equal(run.traceId, "0af7651916cd43dd8448eb211c80319c");
  assert.equal(run.parentSpanId, "b7ad6b7169203331");
  assert.deepEqual([load.parentSpanId, save.parentSpanId], [run.spanId, run.spanId]);
  assert.deepEqual(load.events.map(({ name }) => name), ["execution.step.retry"]);
  assert.deepEqual([load.status, save.status.code, run.status.code], [{ code: 1 }, 2, 2]);
  assert.equal(save.status.message, FAILURE.message);
  assert.deepEqual(save.events.map(({ name }) => name), ["exception"]);
  assert.deepEqual(save.links.map(({ spanId }) => spanId), [load.spanId]);
  assert.deepEqual(run.events.map(({ name }) => name), ["execution.step.skip"]);
  const start = `${Date.parse("2026-01-15T10:00:00Z")}000000`;
  assert.deepEqual([run.startTimeUnixNano, load.startTimeUnixNano], [start, start]);
  assert.equal(new Set(spans.map(({ spanId }) => spanId)).size, 3);
});

Deno.test("otlpOf gives log records in their spans, and gauges in base units", async () => {
  await using logs = new RecordedLogs();
  const record = await failedRun(logs);
  const { logRecords, metrics, spans, resources } = contentsOf(record, {
    "deployment.environment.name": "prod",
  });
  assert.equal(logRecords.length, record.events.length);
  const error = logRecords.find(({ eventName }) => eventName === "osiris.execution.step.error")!;
  assert.deepEqual([error.severityText, error.severityNumber], ["ERROR", 17]);
  assert.equal(error.spanId, spans.find(({ name }) => name === "step save")!.spanId);
  const gauges = new Map(metrics.map((gauge) => [gauge.name, gauge]));
  assert.equal(gauges.get("osiris.step.duration")!.unit, "s");
  assert.equal(gauges.get("osiris.step.duration")!.gauge.dataPoints[0]!.asDouble, 0.5742);
  assert.equal(gauges.get("osiris.run.success")!.gauge.dataPoints[0]!.asDouble, 0);
  assert.equal(gauges.get("osiris.driver.value")!.gauge.dataPoints.length, 1);
  const values = { "service.name": "osiris", "service.version": "9.9.9", "osiris.pipeline.name": "sales" };
  assert.deepEqual(resources[0], { ...values, "deployment.environment.name": "prod" });
});

Deno.test("otlpOf gives the same requests for the same files, and other ids for another run", async () => {
  await using logs = new RecordedLogs();
  const tell = () => {};
  const one = await logs.record("2026-01-15T10:00:00Z", {}, tell);
  const other = await logs.record("2026-01-15T10:00:00Z", {}, tell);
  assert.deepEqual([...otlpOf(one)], [...otlpOf(one)]);
  const [a, b] = [contentsOf(one).spans.at(-1)!, contentsOf(other).spans.at(-1)!];
  assert.notEqual(a.traceId, b.traceId);
  assert.equal(a.parentSpanId, undefined);
});

Deno.test("otlpOf ends what an interrupted run left open, and tells of steps whose events are lost", async () => {
  await using logs = new RecordedLogs();
  const steps = [{ id: "load", state: "running" as const }, {
    id: "save",
    state: "cancelled" as const,
    started_at: "2026-01-15T10:00:01Z",
    reason: "the run was stopped",
  }];
  const record = await logs.record("2026-01-15T10:00:00Z", { state: "interrupted", steps }, (session) => {
    session.event("execution.step.start", { step_id: "load", component: "c", mode: "read", attempt: 1 });
  });
  const { spans } = contentsOf(record);
  assert.deepEqual(spans.map(({ name, status }) => [name, status.code, status.message]), [
    ["step load", 2, "running"],
    ["step save", 2, "the run was stopped"],
    ["run sales", 2, "interrupted"],
  ]);
});

Deno.test("otlpOf cuts what is much into requests that receivers take", async () => {
  await using logs = new RecordedLogs();
  const record = await logs.record("2026-01-15T10:00:00Z", {});
  const event = {
    timestamp: "2026-01-15T10:00:00.000Z",
    event_type: "driver.log" as const,
    session_id: record.id,
    data: { step_id: "load", level: "info" as const, text: "one of many" },
  };
  const requests = [...otlpOf({ ...record, events: Array.from({ length: 2500 }, () => event) })];
  const sizes = requests.filter(({ signal }) => signal === "logs").map(({ records }) => records);
  assert.deepEqual(sizes, [1000, 1000, 500]);
});

Deno.test("otlpOf is what OTLP takes, whatever events hold", async () => {
  await using logs = new RecordedLogs();
  const record = await logs.record("2026-01-15T10:00:00Z", {});
  const types = [
    "run.start",
    "execution.step.start",
    "execution.step.error",
    "execution.step.complete",
    "check.fail",
    "odd",
  ];
  const anything = fc.object({ withNullPrototype: false, maxDepth: 2, withBigInt: false, withDate: false });
  const data = fc.tuple(
    anything,
    fc.record({ step_id: fc.constantFrom("load", "save"), error: fc.anything() }, { requiredKeys: [] }),
  )
    .map(([some, known]) => JSON.parse(JSON.stringify({ ...some, ...known })));
  const timestamp = fc.constantFrom("2026-01-15T10:00:00.000Z", "torn", "0001-01-01T00:00:00Z");
  const event = fc.record({
    timestamp,
    event_type: fc.constantFrom(...types),
    session_id: fc.constant(record.id),
    data,
  });
  fc.assert(fc.property(fc.array(event, { maxLength: 8 }), (events) => {
    const torn = { ...record, events } as unknown as SessionRecord;
    assert.deepEqual([...otlpOf(torn)].flatMap(otlpComplaints), []);
  }));
});

/** A run within a trace: a step that succeeds at its second attempt, one that fails, one that is left out. */
function failedRun(logs: RecordedLogs): Promise<SessionRecord> {
  const changes = { state: "failed" as const, error: FAILURE, exit_code: 1 };
  return logs.record("2026-01-15T10:00:00Z", changes, (session) => {
    const run = { pipeline: "sales", fingerprint: "sha256:0", profile: null, steps: 3 };
    session.event("run.start", { ...run, osiris: "osiris 9.9.9", traceparent: PARENT });
    const component = "http.extractor";
    session.event("execution.step.start", { step_id: "load", component, mode: "read", attempt: 1 });
    const again = { step_id: "load", attempt: 1, max: 2, delay_ms: 10, error: FAILURE };
    session.event("execution.step.retry", again);
    session.event("execution.step.start", { step_id: "load", component, mode: "read", attempt: 2 });
    session.event("execution.step.complete", {
      step_id: "load",
      duration_ms: 574.2,
      rows_out: 3,
      attempt: 2,
    });
    session.event("execution.step.start", { step_id: "save", component, mode: "write", attempt: 1 });
    session.event("execution.step.error", { step_id: "save", error: FAILURE });
    session.event("execution.step.skip", { step_id: "mail", reason: "'save' failed" });
    session.metric("execution_time_ms", 574.2, "ms", "load");
    session.metric("driver.pages", 3, "pages", "load");
  });
}

/** What stands in all requests of a run, each of which is what OTLP takes. */
function contentsOf(record: SessionRecord, resource = {}) {
  const requests = [...otlpOf(record, resource)];
  assert.deepEqual(requests.flatMap(otlpComplaints), []);
  const resources = requests.map(({ body }) => {
    const [{ resource }] = Object.values(body)[0] as [
      { resource: { attributes: { key: string; value: object }[] } },
    ];
    return Object.fromEntries(resource.attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
  });
  return {
    resources,
    spans: recordsIn<Span>("traces", requests),
    metrics: recordsIn<Gauge>("metrics", requests),
    logRecords: recordsIn<LogRecord>("logs", requests),
  };
}

import assert from "node:assert/strict";
import type { SessionRecord } from "../src/session/mod.ts";
import { OtlpReceiver } from "./_otlp_receiver.ts";
import { otlpComplaints, recordsIn } from "../src/report/_otlp_shape_for_tests.ts";
import { RecordedLogs } from "../src/report/_recorded_for_tests.ts";
import { LiveTelemetry, otlpOf } from "../src/report/mod.ts";
import { until } from "./_until.ts";

const SOURCE = { pipeline: "sales", profile: null, version: "9.9.9", resource: {} };

Deno.test("LiveTelemetry sends while a run goes on what its files tell later", async () => {
  await using logs = new RecordedLogs();
  await using receiver = new OtlpReceiver();
  const record = await aRun(logs, "01");
  const live = liveOf(record, receiver.endpoint, 1);
  for (const event of record.events.slice(0, -1)) live.event(event);
  await until(() => receiver.spans.length === 1); // before the run has ended
  for (const event of record.events.slice(-1)) live.event(event);
  assert.equal(await live.end(record), undefined);
  assert.deepEqual(receiver.received.flatMap(otlpComplaints), []);
  assert.deepEqual(receiver.spans, recordsIn("traces", [...otlpOf(record)]));
  const kinds = new Set(receiver.received.map(({ signal }) => signal));
  assert.deepEqual([...kinds].sort(), ["logs", "metrics", "traces"]);
  const logged = recordsIn("logs", receiver.received);
  assert.equal(logged.length, record.events.length);
});

Deno.test("LiveTelemetry leaves out the trace that its caller does not record", async () => {
  await using logs = new RecordedLogs();
  await using receiver = new OtlpReceiver();
  const record = await aRun(logs, "00");
  const live = liveOf(record, receiver.endpoint);
  for (const event of record.events) live.event(event);
  assert.equal(await live.end(record), undefined);
  assert.deepEqual([...new Set(receiver.received.map(({ signal }) => signal))].sort(), ["logs", "metrics"]);
});

Deno.test("LiveTelemetry gives up a receiver that refuses, and says so once", async () => {
  await using logs = new RecordedLogs();
  await using receiver = new OtlpReceiver();
  const record = await aRun(logs, "01");
  receiver.answers.push(() => new Response("", { status: 400 }));
  const live = liveOf(record, receiver.endpoint);
  for (const event of record.events) live.event(event);
  assert.equal(await live.end(record), "it answers 400 to traces");
  assert.equal(receiver.received.length, 1);
});

Deno.test("LiveTelemetry ends in its time when nobody answers", async () => {
  await using logs = new RecordedLogs();
  const record = await aRun(logs, "01");
  const never: typeof fetch = (_, init) =>
    new Promise((_, reject) =>
      (init as { signal: AbortSignal }).signal.addEventListener("abort", () => reject(new Error("aborted")))
    );
  const live = new LiveTelemetry({ ...optionsOf(record, "http://127.0.0.1:1"), endMs: 1, fetch: never });
  for (const event of record.events) live.event(event);
  assert.equal(await live.end(record), "there was no more time");
});

/** A run of one step within a trace. */
function aRun(logs: RecordedLogs, flags: string): Promise<SessionRecord> {
  return logs.record("2026-01-15T10:00:00Z", { steps: [{ id: "load", state: "succeeded" }] }, (session) => {
    const traceparent = `00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-${flags}`;
    const run = { pipeline: "sales", fingerprint: "sha256:0", profile: null, steps: 1, traceparent };
    session.event("run.start", run);
    session.event("execution.step.start", { step_id: "load", component: "c", mode: "read", attempt: 1 });
    session.event("execution.step.complete", { step_id: "load", duration_ms: 5, rows_out: 3 });
    session.event("run.complete", { duration_ms: 6, exit_code: 0, lost: 0 });
  });
}

function optionsOf(record: SessionRecord, endpoint: string) {
  const target = { endpoint, headers: {}, timeoutMs: 60_000 };
  return { session: record.id, plan: record.plan, source: SOURCE, target };
}

function liveOf(record: SessionRecord, endpoint: string, everyMs = 3_600_000): LiveTelemetry {
  return new LiveTelemetry({ ...optionsOf(record, endpoint), everyMs });
}

import assert from "node:assert/strict";
import schema from "../../schemas/measures.schema.json" with { type: "json" };
import { validatorOf } from "../json_schema.ts";
import { RecordedLogs } from "./_recorded_for_tests.ts";
import { measuredRun, measuresOf } from "./mod.ts";

const FAILURE = { code: "ENG501", category: "run", message: "Cannot read", retryable: false } as const;

Deno.test("measuredRun is as the schema says, also of a run that failed", async () => {
  await using logs = new RecordedLogs();
  const validator = validatorOf(schema);
  const good = await logs.record("2026-01-15T10:00:00Z", { duration_ms: 5, exit_code: 0 }, (session) => {
    session.metric("rows_out", 10, "rows", "load");
    session.metric("execution_time_ms", 2000, "ms", "load");
  });
  const bad = await logs.record("2026-01-15T11:00:00Z", { state: "failed", exit_code: 1, error: FAILURE });
  const document = JSON.parse(JSON.stringify({ version: 1, runs: [good, bad].map(measuredRun) }));
  assert.deepEqual(validator.validate(document).errors, []);
  assert.equal(document.runs[0].summary.steps[0].rows_per_sec, 5);
  assert.deepEqual(document.runs[1].error, FAILURE);
  const { session_id: _, ...unnamed } = document.runs[0];
  assert.notDeepEqual(validator.validate({ version: 1, runs: [unnamed] }).errors, []);
});

Deno.test("measuresOf gives a row for each metric, with the run's names", async () => {
  await using logs = new RecordedLogs();
  const record = await logs.record("2026-01-15T10:00:00Z", { profile: "prod" }, (session) => {
    session.metric("rows_read", 3, "rows", "load", { component: "http.extractor" });
    session.metric("memory_usage_mb", 1.5, "MB");
  });
  const run = {
    session_id: record.id,
    pipeline: "sales",
    profile: "prod",
    state: "succeeded",
    started_at: "2026-01-15T10:00:00Z",
    timestamp: "2026-01-15T10:00:00.000Z",
  };
  const tags = '{"component":"http.extractor"}';
  assert.deepEqual(measuresOf(record), [
    { ...run, step_id: "load", metric: "rows_read", value: 3, unit: "rows", tags },
    { ...run, step_id: null, metric: "memory_usage_mb", value: 1.5, unit: "MB", tags: null },
  ]);
});

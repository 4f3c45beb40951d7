import assert from "node:assert/strict";
import { join } from "node:path";
import type { Failure } from "../diagnostic.ts";
import { begin, complaints, jsonLines, schemaOf, withRoot } from "./_fixture_for_tests.ts";
import type { EventData, EventKind } from "./mod.ts";

const failure: Failure = {
  code: "BUG900",
  category: "run",
  message: "Cannot run step 'load': no",
  help: "try again",
  step: "load",
  retryable: true,
  retry_after_ms: 10,
};
const end = { duration_ms: 1.5, exit_code: 0, lost: 0, rows_read: 3, rows_written: 3 };
const check = {
  step_id: "load",
  check: "not_null",
  column: "id",
  rows_checked: 3,
  rows_failed: 0,
  message: "none is null",
  on_fail: "stop",
} as const;
const cache = { step_id: "load", key: "sha256:1", bytes: 1, rows: 1, reason: "new" };

/** Every kind with every field: the compiler sees to it that none is missing. */
const EVERY: { [K in EventKind]: Required<EventData[K]> } = {
  "run.start": {
    pipeline: "sales",
    fingerprint: "sha256:0",
    profile: null,
    steps: 2,
    osiris: "0.1.0",
    run_id: "x",
    traceparent: "00-0-0-00",
    resumes: "run_20260115T090000Z_k3f9qa",
  },
  "run.prepare": {
    order: ["load", "save"],
    engine: "one",
    engine_version: "1",
    memory_limit: "1GB",
    threads: 2,
    duration_ms: 3,
  },
  "run.complete": end,
  "run.error": { ...end, error: failure },
  "run.cancel": { ...end, reason: "SIGINT" },
  "compile.start": { file: "sales.oml", profile: "dev" },
  "compile.complete": { fingerprint: "sha256:0", steps: 2, duration_ms: 1 },
  "compile.error": {
    diagnostics: [{ code: "OML100", severity: "error", message: "Cannot read" }],
    duration_ms: 1,
  },
  "connection.resolve": { step_id: "load", connection: "@mysql.primary", fields: ["host"] },
  "connection.check": {
    connection: "@mysql.primary",
    ok: false,
    latency_ms: 2,
    category: "auth",
    help: "see the password",
  },
  "discovery.schema": { step_id: "load", columns: [{ name: "id", type: "BIGINT" }], table: "t" },
  "execution.step.start": {
    step_id: "load",
    component: "filesystem.csv_extractor",
    mode: "read",
    attempt: 1,
  },
  "execution.step.complete": {
    step_id: "load",
    duration_ms: 1,
    attempt: 1,
    rows_in: 3,
    rows_out: 3,
    rows_rejected: 0,
    bytes: 9,
    files: ["a.csv"],
    fused_into: "save",
  },
  "execution.step.error": { step_id: "load", error: failure, attempt: 1, duration_ms: 1 },
  "execution.step.skip": { step_id: "save", reason: "its input failed", because_of: "load" },
  "execution.step.retry": { step_id: "load", attempt: 1, max: 3, delay_ms: 100, error: failure },
  "execution.step.cached": { step_id: "load", key: "sha256:1", rows_out: 3 },
  "execution.step.restored": { step_id: "load", from_session: "run_20260115T090000Z_k3f9qa", rows_out: 3 },
  "check.pass": check,
  "check.warn": check,
  "check.fail": check,
  "contract.drift": {
    step_id: "extract",
    differences: [
      { column: "id", change: "type", promised: "BIGINT", found: "VARCHAR", action: "discard_row" },
      { column: "note", change: "new", found: "VARCHAR", action: "evolve" },
    ],
  },
  "contract.discard": {
    step_id: "extract",
    rows: 2,
    columns: [{ column: "id", what: "row", count: 2 }],
  },
  "row.quarantine": {
    step_id: "load",
    rows: 1,
    path: "artifacts/load/bad.json",
    check: "not_null",
    reason: "null",
  },
  "checkpoint.save": {
    step_id: "load",
    path: "artifacts/load/out.parquet",
    bytes: 9,
    rows: 3,
    duration_ms: 1,
  },
  "checkpoint.restore": {
    step_id: "load",
    from_session: "run_20260115T090000Z_k3f9qa",
    bytes: 9,
    rows: 3,
    duration_ms: 1,
  },
  "cache.hit": cache,
  "cache.miss": cache,
  "cache.store": cache,
  "driver.start": { step_id: "load", component: "a.b", isolation: "worker", duration_ms: 1 },
  "driver.exit": { step_id: "load", component: "a.b", reason: "done", duration_ms: 1 },
  "driver.denied": { step_id: "load", permission: "net", resource: "example.org:443" },
  "driver.used": {
    step_id: "load",
    component: "a.b",
    isolation: "process",
    counted_by: ["engine", "realm"],
    net: [{ host: "db.local:5432", count: 2 }],
    read: ["a.csv"],
    write: ["b.csv"],
    denied: [{ permission: "net", resource: "example.org:443" }],
    more: { read: 7 },
    declared: [{ permission: "read", template: "${config.path}", used: true, within: "a" }],
    rows_in: 3,
    rows_out: 3,
    bytes_in: 9,
    bytes_out: 9,
  },
  "driver.log": { step_id: "load", level: "info", text: "hello" },
  "driver.event": { step_id: "load", name: "page", data: { page: 2 } },
  "artifact.created": { step_id: "load", name: "schema.json", path: "artifacts/load/schema.json", bytes: 2 },
  "increment.read": { step_id: "load", column: "at", from: "1", to: "2", rows_new: 3, rows_before: 1 },
  "state.commit": {
    step_id: "load",
    key: "cursor",
    value: { at: 3 },
    session_id: "run_20260115T090000Z_k3f9qa",
  },
  "chat.start": { model: "m" },
  "chat.message": { role: "user", text: "hello" },
  "chat.tool": { name: "discover", ok: true, duration_ms: 1 },
  "chat.complete": { turns: 1, tokens_in: 2, tokens_out: 3 },
  "chat.error": { error: failure },
  "schedule.fire": { schedule: "daily", due_at: "2026-01-15T10:00:00.000Z", late_ms: 3 },
  "schedule.skip": { schedule: "daily", due_at: "2026-01-15T10:00:00.000Z", reason: "still running" },
  "schedule.error": { schedule: "daily", error: failure },
  "stream.start": { step_id: "load", position: "0" },
  "stream.batch": { step_id: "load", rows: 3, position: "3", lag_ms: 1 },
  "stream.commit": { step_id: "load", position: "3" },
  "stream.stop": { step_id: "load", reason: "told to" },
  "hook.start": { hook: "notify", event: "run.complete" },
  "hook.complete": { hook: "notify", event: "run.complete", duration_ms: 1 },
  "hook.error": { hook: "notify", event: "run.complete", error: failure },
};
const KINDS = Object.keys(EVERY) as EventKind[];

Deno.test("event.schema.json names every kind and every field of EventData, and no other", () => {
  const { properties, $defs } = schemaOf("event");
  assert.deepEqual(properties.event_type!.enum, KINDS);
  for (const kind of KINDS) {
    const declared = Object.keys($defs[kind]!.properties!).sort();
    assert.deepEqual(declared, Object.keys(EVERY[kind]).sort(), kind);
  }
});

Deno.test("event writes every kind as the schema says", () =>
  withRoot(async (root) => {
    const session = await begin(root);
    for (const kind of KINDS) session.event(kind, EVERY[kind]);
    await session.close();
    const lines = jsonLines(join(session.folder, "events.jsonl"));
    assert.deepEqual(lines.map((line) => line.event_type), KINDS);
    for (const line of lines) assert.deepEqual(complaints("event", line), [], String(line.event_type));
  }));

Deno.test("event.schema.json refuses an unknown kind, a missing field and a wrong type", () => {
  const envelope = { timestamp: "2026-01-15T10:00:00.000Z", session_id: "run_20260115T100000Z_k3f9qa" };
  const event = (event_type: string, data: unknown) => complaints("event", { ...envelope, event_type, data });
  assert.deepEqual(event("hook.start", EVERY["hook.start"]), []);
  assert.notDeepEqual(event("pipeline_start", {}), []);
  for (const kind of KINDS) assert.notDeepEqual(event(kind, {}), [], kind);
  assert.notDeepEqual(event("execution.step.complete", { step_id: "load", duration_ms: "1" }), []);
  assert.notDeepEqual(event("execution.step.complete", { step_id: "../x", duration_ms: 1 }), []);
});

import assert from "node:assert/strict";
import { begin, withRoot } from "./_fixture_for_tests.ts";
import { readSession, summarise } from "./mod.ts";

Deno.test("summarise gives per step and for the run what was measured, and nothing else", () =>
  withRoot(async (root) => {
    const session = await begin(root);
    const error = { code: "BUG900", category: "run", message: "no", retryable: true } as const;
    session.event("execution.step.retry", { step_id: "load", attempt: 1, max: 3, delay_ms: 1, error });
    session.event("execution.step.retry", { step_id: "load", attempt: 2, max: 3, delay_ms: 1, error });
    session.metric("rows_read", 7, "rows", "load");
    session.metric("rows_read", 1000, "rows", "load");
    session.metric("rows_read", 500, "rows", "load2");
    session.metric("rows_rejected", 2, "rows", "load");
    session.metric("bytes_read", 4096, "bytes", "load");
    session.metric("rows_written", 998, "rows", "save");
    session.metric("throughput_rows_per_sec", 5, "rows/s", "save");
    session.metric("memory_usage_mb", 80, "MB", "load");
    session.metric("memory_usage_mb", 120, "MB");
    session.status((s) => ({
      ...s,
      state: "succeeded",
      duration_ms: 600,
      steps: [
        { id: "load", state: "succeeded", rows_out: 1000, duration_ms: 500 },
        { id: "save", state: "succeeded", rows_in: 998, rows_out: 998, duration_ms: 100 },
        { id: "idle", state: "skipped" },
      ],
    }));
    await session.close();
    assert.deepEqual(summarise(await readSession(session.folder)), {
      steps: [
        {
          id: "load",
          state: "succeeded",
          rows_out: 1000,
          rows_rejected: 2,
          bytes_read: 4096,
          duration_ms: 500,
          rows_per_sec: 2000,
          retries: 2,
        },
        {
          id: "save",
          state: "succeeded",
          rows_in: 998,
          rows_out: 998,
          duration_ms: 100,
          rows_per_sec: 5,
          retries: 0,
        },
        { id: "idle", state: "skipped", retries: 0 },
      ],
      rows_read: 1500,
      rows_written: 998,
      rows_rejected: 2,
      bytes_read: 4096,
      duration_ms: 600,
      memory_mb: 120,
      retries: 2,
    });
  }));

Deno.test("summarise prefers the run's own total, and has no rate without a duration", () =>
  withRoot(async (root) => {
    const session = await begin(root);
    session.metric("rows_read", 10, "rows", "load");
    session.metric("rows_read", 10, "rows", "save");
    session.metric("rows_read", 10, "rows");
    session.status((s) => ({
      ...s,
      state: "failed",
      steps: [{ id: "load", state: "succeeded", rows_out: 10, duration_ms: 0 }],
    }));
    await session.close();
    const summary = summarise(await readSession(session.folder));
    assert.equal(summary.rows_read, 10);
    assert.ok(!("rows_per_sec" in summary.steps[0]!));
    assert.ok(!("rows_written" in summary));
  }));

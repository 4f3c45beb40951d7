import assert from "node:assert/strict";
import { listSessions, type StepState } from "../../session/mod.ts";
import { RecordedLogs } from "../_recorded_for_tests.ts";
import { flakySteps } from "./_flaky_steps.ts";

Deno.test("flakySteps names steps that failed and succeeded with one fingerprint, the worst first", async () => {
  await using logs = new RecordedLogs();
  const record = async (day: number, fingerprint: string, states: Record<string, StepState>) => {
    const steps = Object.entries(states).map(([id, state]) => ({
      id,
      state,
      ...(state === "failed" ? { error: failureOf(`${id} on day ${day}`) } : {}),
    }));
    await logs.record(`2026-01-0${day}T10:00:00.000Z`, { fingerprint, steps });
  };
  await record(1, "a", { load: "succeeded", join: "failed", save: "skipped", mended: "failed" });
  await record(2, "a", { load: "failed", join: "succeeded", save: "skipped", mended: "failed" });
  await record(3, "a", { load: "succeeded", join: "failed", save: "succeeded", mended: "failed" });
  await record(4, "b", { load: "succeeded", join: "failed", save: "succeeded", mended: "succeeded" });
  const found = flakySteps(await listSessions(logs.root));
  assert.deepEqual(found.map(({ step, failed, runs, last }) => [step, failed, runs, last.message]), [
    ["join", 2, 3, "join on day 3"],
    ["load", 1, 3, "load on day 2"],
  ]);
});

function failureOf(message: string) {
  return { code: "RUN602", message, category: "run", retryable: false } as const;
}

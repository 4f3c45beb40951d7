import assert from "node:assert/strict";
import { isWanted, type SessionFilter, type SessionSummary } from "./mod.ts";

const run: SessionSummary = {
  session_id: "run_20260115T100000Z_k3f9qa",
  folder: "/logs/run_20260115T100000Z_k3f9qa",
  pipeline: "Sales",
  fingerprint: "f",
  profile: "prod",
  state: "failed",
  started_at: "2026-01-15T23:59:59.999Z",
  error: { code: "ENG501", category: "run", message: "Cannot read 'x.csv'", retryable: false },
};

Deno.test("isWanted() holds every condition against a run, and an empty one against none", () => {
  const any: SessionFilter = { text: "", state: undefined, pipeline: "", from: "", to: "" };
  const cases: readonly (readonly [Partial<SessionFilter>, boolean])[] = [
    [{}, true],
    [{ state: "failed" }, true],
    [{ state: "succeeded" }, false],
    [{ pipeline: "Sales" }, true],
    [{ pipeline: "sales" }, false],
    [{ from: "2026-01-15", to: "2026-01-15" }, true],
    [{ from: "2026-01-16" }, false],
    [{ to: "2026-01-14" }, false],
    [{ text: "X.CSV" }, true],
    [{ text: "eng501" }, true],
    [{ text: "PROD" }, true],
    [{ text: "k3f9" }, true],
    [{ text: "elsewhere" }, false],
    [{ text: "sales", state: "cancelled" }, false],
  ];
  for (const [changes, wanted] of cases) {
    assert.equal(isWanted(run, { ...any, ...changes }), wanted, JSON.stringify(changes));
  }
});

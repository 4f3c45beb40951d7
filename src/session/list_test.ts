import assert from "node:assert/strict";
import { join } from "node:path";
import { OsirisError } from "../diagnostic.ts";
import { begin, runningStatus, withRoot } from "./_fixture_for_tests.ts";
import { earlierStatuses, findSession, listSessions, sessionSummary, type Status } from "./mod.ts";

/** A sealed session that has nothing but its status. */
function put(root: string, id: string, changes: Partial<Status> = {}): void {
  Deno.mkdirSync(join(root, id));
  const status: Status = { ...runningStatus(id), state: "succeeded", ...changes };
  Deno.writeTextFileSync(join(root, id, "status.json"), JSON.stringify(status));
}

const refusal = (pattern: RegExp) => (e: unknown) =>
  e instanceof OsirisError && e.code === "SES701" && e.category === "usage" &&
  pattern.test(`${e.message}; ${e.help}`);

Deno.test("listSessions shows every state, newest first, and only sessions", () =>
  withRoot(async (root) => {
    put(root, "run_20260115T100000Z_aaaaaa", { state: "failed", started_at: "2026-01-15T10:00:00.100Z" });
    put(root, "run_20260115T100000Z_bbbbbb", { state: "cancelled", started_at: "2026-01-15T10:00:00.050Z" });
    put(root, "run_20260116T100000Z_cccccc", {
      started_at: "2026-01-16T10:00:00.000Z",
      duration_ms: 3,
      exit_code: 0,
    });
    Deno.mkdirSync(join(root, "run_20260117T100000Z_dddddd"));
    Deno.mkdirSync(join(root, "notes"));
    Deno.mkdirSync(join(root, ".run_20260118T100000Z_eeeeee.new"));
    Deno.writeTextFileSync(join(root, "run_20260118T100000Z_ffffff"), "a file");
    Deno.symlinkSync(join(root, "notes"), join(root, "run_20260118T100000Z_gggggg"));
    const sessions = await listSessions(root);
    assert.deepEqual(sessions.map((s) => [s.session_id.slice(-6), s.state]), [
      ["dddddd", "interrupted"],
      ["cccccc", "succeeded"],
      ["aaaaaa", "failed"],
      ["bbbbbb", "cancelled"],
    ]);
    assert.deepEqual(sessions[1], {
      session_id: "run_20260116T100000Z_cccccc",
      folder: join(root, "run_20260116T100000Z_cccccc"),
      pipeline: "sales",
      fingerprint: "sha256:0",
      profile: null,
      state: "succeeded",
      started_at: "2026-01-16T10:00:00.000Z",
      duration_ms: 3,
      exit_code: 0,
    });
    assert.deepEqual(await sessionSummary(sessions[1]!.folder), sessions[1]);
    assert.equal(await sessionSummary(join(root, "none")), undefined);
  }));

Deno.test("listSessions of a folder that is not there is empty and makes none", () =>
  withRoot(async (root) => {
    assert.deepEqual(await listSessions(join(root, "logs")), []);
    await assert.rejects(findSession(join(root, "logs"), undefined), refusal(/there is none.*osiris run/));
    assert.deepEqual([...Deno.readDirSync(root)], []);
  }));

Deno.test("listSessions of 10,000 sessions reads one small file of each", () =>
  withRoot(async (root) => {
    for (let n = 0; n < 10_000; n++) put(root, `run_20260115T100000Z_${n.toString(36).padStart(6, "0")}`);
    const start = performance.now();
    const sessions = await listSessions(root);
    const elapsed = performance.now() - start;
    assert.equal(sessions.length, 10_000);
    // About 0.3 s alone on the machine.
    assert.ok(elapsed < 20_000, `${elapsed} ms`);
  }));

Deno.test("findSession takes an id, a unique beginning, `last` and nothing at all", () =>
  withRoot(async (root) => {
    put(root, "run_20260115T100000Z_aaaaaa", { started_at: "2026-01-15T10:00:00.900Z" });
    put(root, "run_20260115T100000Z_bbbbbb", { started_at: "2026-01-15T10:00:00.100Z" });
    put(root, "run_20260114T100000Z_cccccc", { started_at: "2026-01-14T10:00:00.000Z" });
    const found = async (wanted: string | undefined) => (await findSession(root, wanted)).slice(-6);
    assert.equal(await found("run_20260115T100000Z_bbbbbb"), "bbbbbb");
    assert.equal(await found("run_20260114"), "cccccc");
    assert.equal(await found("run_20260115T100000Z_a"), "aaaaaa");
    assert.equal(await found("last"), "aaaaaa");
    assert.equal(await found(undefined), "aaaaaa");
    assert.equal(await findSession(root, "last"), join(root, "run_20260115T100000Z_aaaaaa"));
  }));

Deno.test("findSession names the nearest, or those that fit, and accepts no path", () =>
  withRoot(async (root) => {
    await (await begin(root)).close();
    put(root, "run_20260115T100000Z_bbbbbb");
    const nearest = /is no session.*did you mean run_20260115T100000Z_k3f9qa\?/;
    await assert.rejects(findSession(root, "run_20260115T100000Z_k3f9qq"), refusal(nearest));
    await assert.rejects(
      findSession(root, "run_2026"),
      refusal(/fits 2.*k3f9qa, run_20260115T100000Z_bbbbbb/),
    );
    for (const wanted of ["", "nothing like it", "../logs", "/", ".", "run_20260115T100000Z_k3f9qa/"]) {
      await assert.rejects(findSession(root, wanted), refusal(/is no session/), wanted);
    }
  }));

Deno.test("earlierStatuses gives the runs before, newest first, within one second by the time of the status", () =>
  withRoot((root) => {
    const at = (ms: string) => ({ started_at: `2026-01-15T10:00:00.${ms}Z` });
    put(root, "run_20260114T100000Z_zzzzzz", { started_at: "2026-01-14T10:00:00.000Z" });
    put(root, "run_20260115T100000Z_zzzzzz", at("100"));
    put(root, "run_20260115T100000Z_mmmmmm", at("200"));
    put(root, "run_20260115T100000Z_aaaaaa", at("300"));
    put(root, "run_20260115T100000Z_bbbbbb", { ...at("150"), pipeline: "other" });
    put(root, "run_20260116T100000Z_aaaaaa", { started_at: "2026-01-16T10:00:00.000Z" });
    const before = (id: string, most = 9) =>
      earlierStatuses(join(root, id), "sales", most).map(({ session_id }) =>
        session_id.slice(10, 12) + session_id.slice(-2)
      );
    assert.deepEqual(before("run_20260115T100000Z_mmmmmm"), ["15zz", "14zz"]);
    assert.deepEqual(before("run_20260116T100000Z_aaaaaa", 3), ["15aa", "15mm", "15zz"]);
    assert.deepEqual(before("run_20260114T100000Z_zzzzzz"), []);
  }));

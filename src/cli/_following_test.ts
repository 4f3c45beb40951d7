import assert from "node:assert/strict";
import { join } from "node:path";
import type { Cli } from "./_cli.ts";
import { followedAnswer } from "./_following.ts";
import { event, ID, screen, SessionOnDisk } from "./_session_for_tests.ts";

const status = {
  session_id: ID,
  pipeline: "sales",
  fingerprint: "f",
  profile: null,
  started_at: "2026-01-15T10:00:00.000Z",
  steps: [],
};

/** A command line that looks at a session, and what it prints. */
function looking(json: boolean, signal: AbortSignal = new AbortController().signal) {
  const out = screen(80);
  return { cli: { json, out, interruption: { signal } } as unknown as Cli, written: out.written };
}

Deno.test("followedAnswer() tells how each kind of run ended, and ends with the run's exit code", async () => {
  const cases = [
    [
      { state: "succeeded", exit_code: 0, duration_ms: 1200 },
      0,
      "The run succeeded in 1.20 s, exit code 0: done\n",
    ],
    [
      { state: "failed", exit_code: 4, duration_ms: 5 },
      4,
      "The run failed in 5 ms, exit code 4: a permission was not granted\n",
    ],
    [
      { state: "cancelled", exit_code: 130 },
      130,
      "The run was cancelled, exit code 130: interrupted (Ctrl-C)\n",
    ],
    // Nobody lives who would go on writing.
    [{ state: "running" }, 1, "The run was interrupted: its process is gone\n"],
  ] as const;
  for (const [how, exit, note] of cases) {
    using session = new SessionOnDisk({
      status: { ...status, ...how },
      events: [event("run.start", { pipeline: "p" })],
    });
    const { cli, written } = looking(false);
    const answer = await followedAnswer(cli, session.folder, () => true);
    assert.deepEqual([answer.exit, answer.note], [exit, note]);
    assert.deepEqual(written, ["2026-01-15T10:00:00.000Z run.start pipeline=p\n"]);
  }
});

Deno.test("followedAnswer() prints wanted events alone, as lines of JSON for programs, and none that is torn", async () => {
  using session = new SessionOnDisk({
    status: { ...status, state: "succeeded", exit_code: 0 },
    events: [1, 2, 3].map((n) => event("driver.event", { step_id: "load", name: "n", data: { n } })),
  });
  Deno.writeTextFileSync(join(session.folder, "events.jsonl"), '{"timestamp":"2026', { append: true });
  const { cli, written } = looking(true);
  const answer = await followedAnswer(cli, session.folder, (_, nth) => nth > 0);
  assert.deepEqual(written.map((line) => JSON.parse(line).data.data.n), [2, 3]);
  assert.deepEqual(answer.document, {
    session: session.folder,
    events: 2,
    state: "succeeded",
    run_exit_code: 0,
  });
});

Deno.test("followedAnswer() stops looking when told to, and says that the run goes on", async () => {
  const me = { pid: Deno.pid, host: Deno.hostname() };
  using session = new SessionOnDisk({
    status: { ...status, state: "running", process: me, updated_at: new Date().toISOString() },
    events: [event("run.start", { pipeline: "p" })],
  });
  const controller = new AbortController();
  const { cli } = looking(false, controller.signal);
  const answer = await followedAnswer(cli, session.folder, () => {
    controller.abort();
    return true;
  });
  assert.equal(answer.note, "The run goes on\n");
  assert.equal(answer.document.state, "running");
});

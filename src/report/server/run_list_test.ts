import assert from "node:assert/strict";
import { join } from "node:path";
import { RecordedLogs, recordSession } from "../_recorded_for_tests.ts";
import { RunList } from "./_run_list.ts";

const nobody = () => Promise.resolve([]);

/** What a list shows: pipeline and state, newest first. */
async function shown(list: RunList): Promise<string[]> {
  return (await list.all()).map(({ pipeline, state }) => `${pipeline} ${state}`);
}

Deno.test("RunList shows what is on disk, newest first, and its stamp says when that has changed", async () => {
  await using logs = new RecordedLogs();
  const list = new RunList(logs.root, nobody);
  assert.deepEqual(await shown(list), []);
  const older = await recordSession(logs.root, { pipeline: "old", started_at: "2026-01-01T10:00:00.000Z" });
  await recordSession(logs.root, { pipeline: "new", started_at: "2026-01-02T10:00:00.000Z" });
  const empty = list.stamp;
  assert.deepEqual(await shown(list), ["new succeeded", "old succeeded"]);
  const both = list.stamp;
  assert.notEqual(both, empty);
  assert.deepEqual(await shown(list), ["new succeeded", "old succeeded"]);
  assert.equal(list.stamp, both);
  await Deno.remove(older, { recursive: true });
  assert.deepEqual(await shown(list), ["new succeeded"]);
  assert.notEqual(list.stamp, both);
  await list.settled();
});

Deno.test("RunList follows a run that goes on, ends and is heard of again", async () => {
  await using logs = new RecordedLogs();
  const list = new RunList(logs.root, nobody);
  let asItRan = "";
  const folder = await recordSession(logs.root, { pipeline: "sales" }, async (session) => {
    assert.deepEqual(await shown(list), ["sales running"]);
    asItRan = await Deno.readTextFile(join(session.folder, "status.json"));
    session.status((status) => ({ ...status, state: "failed" }));
    assert.deepEqual(await shown(list), ["sales failed"]);
  });
  await list.settled();
  const ended = new RunList(logs.root, nobody);
  assert.deepEqual(await shown(ended), ["sales succeeded"]);
  await Deno.writeTextFile(join(folder, "status.json"), asItRan);
  // Ended runs are looked at again after twenty times as long as the last look took.
  for (const end = performance.now() + 120_000; (await shown(ended))[0] !== "sales running";) {
    assert.ok(performance.now() < end, "it was not heard of again");
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await ended.settled();
});

Deno.test("RunList shows at once what is known by hearsay, and soon what the files say", async () => {
  await using logs = new RecordedLogs();
  const record = await logs.record("2026-01-01T10:00:00.000Z", { state: "failed" });
  const { session_id, pipeline, fingerprint, profile, started_at } = record.status;
  const heard = { session_id, pipeline, fingerprint, profile, started_at, state: "succeeded" as const };
  const gone = { ...heard, session_id: "run_20250101T100000Z_aaaaaa", pipeline: "gone" };
  const list = new RunList(logs.root, () => Promise.resolve([heard, gone]));
  const [first, ...others] = await list.all();
  assert.deepEqual([first!.state, first!.folder, others], ["succeeded", join(logs.root, session_id), []]);
  await list.settled();
  assert.deepEqual(await shown(list), ["sales failed"]);
});

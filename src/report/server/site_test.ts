import assert from "node:assert/strict";
import type { RunView } from "../run_view.ts";
import { RecordedLogs, recordSession } from "../_recorded_for_tests.ts";
import { Site } from "./_site.ts";

Deno.test("Site works the lineage of a run out once when it has ended, each time while it runs, and again after a failure", async () => {
  await using logs = new RecordedLogs();
  const asked: RunView[] = [];
  let broken = false;
  const site = new Site(logs.root, () => Promise.resolve([]), (run) => {
    asked.push(run);
    return broken ? Promise.reject(new Error("broken")) : Promise.resolve(undefined);
  });
  const folder = await recordSession(logs.root, { pipeline: "sales" }, async ({ folder }) => {
    for (const _ of [1, 2]) await site.lineage(await site.run(folder));
    assert.deepEqual(asked.map(({ state }) => state), ["running", "running"]);
  });
  broken = true;
  await assert.rejects(site.lineage(await site.run(folder)), /broken/);
  broken = false;
  for (const _ of [1, 2]) await site.lineage(await site.run(folder));
  assert.deepEqual(asked.slice(2).map(({ state }) => state), ["succeeded", "succeeded"]);
  const other = await recordSession(logs.root, { pipeline: "other" });
  for (const each of [other, folder, other]) await site.lineage(await site.run(each));
  assert.deepEqual(asked.slice(4).map(({ folder }) => folder), [other]);
});

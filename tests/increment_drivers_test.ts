/**
 * Increments beside databases: drivers that keep a cursor of their own, targets that remember no loads, what an
 * earlier run left open.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { OsirisError } from "../src/diagnostic.ts";
import { loadId, targetOf } from "../src/run/_increment.ts";
import { windowsToLoad } from "../src/run/mod.ts";
import { type Intent, NO_CURSOR, openState } from "../src/state/mod.ts";
import { testCatalog, TestProject } from "./_project.ts";

const pipeline = (upto: number, component: string, config: object) =>
  JSON.stringify({
    oml_version: "0.1.0",
    name: "numbers",
    steps: [
      { id: "get", component: "test.growing_extractor", mode: "read", config: { upto } },
      { id: "put", component, mode: "write", config },
    ],
  });
const CSV = ["filesystem.csv_writer", { path: "out.csv", write_mode: "append" }] as const;
const JSONL = ["test.rows_writer", { path: "out.jsonl" }] as const;
const KEY = { pipeline: "numbers", profile: null, step: "get" };

/** What a run that was lost while it committed leaves. */
async function leaveOpen(project: TestProject, oml: string, changes: Partial<Intent["loads"][number]> = {}) {
  const { manifest } = await project.plan(oml);
  const run = { id: "run_20260115T090000Z_k3f9qa", started_at: "2026-01-15T09:00:00.000Z" };
  const state = openState(project.path(".osiris"));
  const put = manifest.steps.find(({ id }) => id === "put")!;
  const load = {
    step: "put",
    load_id: loadId(run, "put"),
    target: targetOf(put),
    repeatable: false,
    ...changes,
  };
  const refusal = await state.intend({
    ...KEY,
    session_id: run.id,
    started_at: run.started_at,
    base: (await state.cursor(KEY))?.version ?? 0,
    next: { ...NO_CURSOR, value: '{"last":2}' },
    loads: [load],
  });
  assert.equal(refusal, undefined);
  return state;
}

Deno.test("a driver that keeps a cursor of its own is given it, once everything is committed", async () => {
  await using project = await TestProject.create();
  const state = openState(project.path(".osiris"));
  await project.succeed(pipeline(3, ...CSV));
  await project.succeed(pipeline(5, ...CSV));
  await project.succeed(pipeline(5, ...CSV));
  assert.equal(await project.read("out.csv"), "id\n1\n2\n3\n4\n5\n");
  assert.equal((await state.cursor(KEY))!.value, '{"last":5}');

  const failing = pipeline(7, "test.rows_writer", { path: "out.jsonl", fail_after: 1 });
  assert.equal((await project.run(failing)).state, "failed");
  assert.equal((await state.cursor(KEY))!.value, '{"last":5}');

  const window = { backfill: "0..2/whole", from: "0", to: "2" };
  const { failure } = await project.run(pipeline(7, ...CSV), { backfill: window });
  assert.match(failure!.message, /Cannot backfill step 'get': its component keeps a cursor of its own/);
  await state.setCursor(KEY, { ...(await state.cursor(KEY))!, value: "five" });
  assert.match((await project.run(pipeline(7, ...CSV))).failure!.message, /'five' is no JSON/);
});

Deno.test("a load that nobody can tell of stops the next run, until a person says where to go on", async () => {
  await using project = await TestProject.create();
  const oml = pipeline(3, ...JSONL);
  const state = await leaveOpen(project, oml);
  const { failure } = await project.run(oml);
  assert.equal(failure!.code, "RUN615");
  assert.match(failure!.message, /session run_20260115T090000Z_k3f9qa was lost while step 'put' committed/);
  assert.match(failure!.help!, /osiris state set/);
  assert.equal((await state.listIntents(KEY)).length, 1);
  await state.setCursor(KEY, { ...(await state.listIntents(KEY))[0]!.next!, value: '{"last":1}' });
  await project.succeed(oml);
  assert.deepEqual((await project.read("out.jsonl")).trim().split("\n").map((line) => JSON.parse(line).id), [
    "2",
    "3",
  ]);
});

Deno.test("a load is asked about only by the step that it was of, and one that may be repeated is", async () => {
  for (
    const [changes, code] of [[{ target: "sha256:other" }, "RUN615"], [
      { repeatable: true },
      undefined,
    ]] as const
  ) {
    await using project = await TestProject.create();
    await leaveOpen(project, pipeline(3, ...JSONL), changes);
    assert.equal((await project.run(pipeline(3, ...JSONL))).failure?.code, code);
  }
});

Deno.test("a file that the earlier run had put in place is known again, and one that it had not is not", async () => {
  await using project = await TestProject.create({ "out.csv": "id\n1\n2\n" });
  const oml = pipeline(3, ...CSV);
  const { dev, ino, size, mtime } = Deno.statSync(project.path("out.csv"));
  const mark = {
    path: project.path("out.csv"),
    device: dev,
    inode: ino,
    size,
    modified_ms: mtime!.getTime(),
  };
  await leaveOpen(project, oml, { files: [mark] });
  await project.succeed(oml);
  assert.equal(await project.read("out.csv"), "id\n1\n2\n3\n");
  await leaveOpen(project, oml, { files: [{ ...mark, size: 3 }] });
  await project.succeed(oml);
  assert.equal(await project.read("out.csv"), "id\n1\n2\n3\n", "the cursor stayed at 3");
});

Deno.test("a pipeline without increments cannot be backfilled", async () => {
  await using project = await TestProject.create({ "a.csv": "a\n1\n" });
  const steps = [{
    id: "get",
    component: "filesystem.csv_extractor",
    mode: "read",
    config: { path: "a.csv" },
  }];
  const { manifest } = await project.plan(JSON.stringify({ oml_version: "0.1.0", name: "plain", steps }));
  const places = { root: project.root, logs: project.path("logs"), state: project.path(".osiris") };
  await assert.rejects(
    async () => windowsToLoad(manifest, await testCatalog(), places, []),
    (error: OsirisError) =>
      error.code === "RUN617" && /none of its steps reads what is new/.test(error.message),
  );
});

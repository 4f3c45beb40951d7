import assert from "node:assert/strict";
import { join } from "node:path";
import { begin, runningStatus, withRoot } from "./_fixture_for_tests.ts";
import { applyGc, listSessions, planGc, type SessionWriter } from "./mod.ts";

const now = new Date("2026-01-15T12:00:00Z");
const DAY = 86_400_000;

/** A session that started some days before now, with 1,000 bytes in an artifact. */
async function put(root: string, days: number): Promise<SessionWriter> {
  const started = new Date(now.getTime() - days * DAY);
  const id = `run_${started.toISOString().slice(0, 10).replaceAll("-", "")}T120000Z_${
    String(days).padStart(6, "0")
  }`;
  const session = await begin(root, {
    id,
    status: { ...runningStatus(id), started_at: started.toISOString() },
  });
  await session.artifact("load", "data.bin", new Uint8Array(1000));
  return session;
}

async function sealed(root: string, ...days: number[]): Promise<void> {
  for (const day of days) await (await put(root, day)).close();
}

const days = (sessions: readonly { session_id: string }[]) =>
  sessions.map((s) => Number(s.session_id.slice(-6)));

Deno.test("planGc keeps the newest, and of the others removes the old ones", () =>
  withRoot(async (root) => {
    await sealed(root, 1, 2, 3, 10, 20);
    const planned = async (options: { keep?: number; olderThanMs?: number }) =>
      days((await planGc(root, { ...options, now })).remove);
    assert.deepEqual(await planned({}), []);
    assert.deepEqual(await planned({ keep: 2 }), [3, 10, 20]);
    assert.deepEqual(await planned({ keep: 0 }), [1, 2, 3, 10, 20]);
    assert.deepEqual(await planned({ olderThanMs: 5 * DAY }), [10, 20]);
    assert.deepEqual(await planned({ keep: 4, olderThanMs: 5 * DAY }), [20]);
    assert.deepEqual(await planned({ keep: 1, olderThanMs: 15 * DAY }), [20]);
    assert.equal((await listSessions(root)).length, 5);
  }));

Deno.test("applyGc removes what was planned whole, and only that", () =>
  withRoot(async (root) => {
    await sealed(root, 1, 2, 3);
    Deno.writeTextFileSync(join(root, "mine.txt"), "mine");
    const plan = await planGc(root, { keep: 1, now });
    assert.equal(plan.kept, 1);
    assert.ok(plan.bytes > 2000 && plan.remove.every((item) => item.bytes > 1000));
    const result = await applyGc(plan);
    assert.deepEqual(result.removed, plan.remove.map((item) => item.session_id));
    assert.equal(result.bytes, plan.bytes);
    assert.deepEqual(result.failed, []);
    assert.deepEqual(days(await listSessions(root)), [1]);
    const left = [...Deno.readDirSync(root)].map((entry) => entry.name).filter((name) =>
      !name.endsWith("000001")
    );
    assert.deepEqual(left, ["mine.txt"]);
  }));

Deno.test("planGc and applyGc never remove a session that runs, also one that began to after the plan", () =>
  withRoot(async (root) => {
    const running = await put(root, 30);
    await sealed(root, 20);
    const plan = await planGc(root, { keep: 0, now });
    assert.deepEqual(days(plan.remove), [20]);
    const item = {
      session_id: running.id,
      folder: running.folder,
      state: "failed",
      started_at: "",
      bytes: 1,
    } as const;
    const result = await applyGc({ ...plan, remove: [...plan.remove, item] });
    assert.deepEqual(result.failed, [{ session_id: running.id, reason: "it runs" }]);
    assert.equal(result.removed.length, 1);
    running.event("chat.start", { model: "still here" });
    assert.equal(running.lost, 0);
    await running.close();
    assert.deepEqual(days((await planGc(root, { keep: 0, now })).remove), [30]);
  }));

Deno.test("applyGc follows no link out of a session", () =>
  withRoot(async (root) => {
    const outside = join(root, "outside");
    Deno.mkdirSync(outside);
    Deno.writeTextFileSync(join(outside, "mine.txt"), "mine");
    const session = await put(root, 3);
    Deno.symlinkSync(outside, join(session.folder, "artifacts", "load", "link"));
    await session.close();
    const plan = await planGc(root, { keep: 0, now });
    assert.ok(plan.bytes < 5000);
    await applyGc(plan);
    assert.equal(Deno.readTextFileSync(join(outside, "mine.txt")), "mine");
    assert.deepEqual(await listSessions(root), []);
  }));

Deno.test("planGc finds what dead processes left unfinished, not what a living one is making", () =>
  withRoot(async (root) => {
    const living = await put(root, 1);
    const unfinished = (name: string, status?: string) => {
      Deno.mkdirSync(join(root, name));
      if (status !== undefined) Deno.writeTextFileSync(join(root, name, "status.json"), status);
    };
    const alive = Deno.readTextFileSync(join(living.folder, "status.json"));
    unfinished(".run_20260115T100000Z_aaaaaa.new", alive);
    unfinished(".run_20260115T100000Z_bbbbbb.new", JSON.stringify(runningStatus()));
    unfinished(".run_20260115T100000Z_cccccc.gone");
    unfinished(".run_20260115T100000Z_dddddd.new");
    unfinished(".run_20260115T100000Z_eeeeee.new");
    unfinished(".git");
    const old = new Date(Date.now() - 2 * DAY);
    Deno.utimeSync(join(root, ".run_20260115T100000Z_eeeeee.new"), old, old);
    const plan = await planGc(root, { now: new Date() });
    const letters = plan.leftovers.map((path) => /Z_(\w)\w+\.\w+$/.exec(path)![1]).sort();
    assert.deepEqual(letters, ["b", "c", "e"]);
    await applyGc(plan);
    assert.deepEqual((await planGc(root, { now: new Date() })).leftovers, []);
    assert.ok([...Deno.readDirSync(root)].some((entry) => entry.name === ".git"));
    await living.close();
  }));

Deno.test("planGc of a folder that is not there plans nothing", () =>
  withRoot(async (root) => {
    const plan = await planGc(join(root, "logs"), { keep: 0, now });
    assert.deepEqual([plan.remove, plan.leftovers, plan.kept], [[], [], 0]);
    assert.deepEqual(await applyGc(plan), { removed: [], failed: [], bytes: 0 });
  }));

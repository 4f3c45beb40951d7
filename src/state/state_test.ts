import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type Diagnostic, OsirisError } from "../diagnostic.ts";
import { withFolder } from "./_folder_for_tests.ts";
import { openState, type RunSource, type RunSummary } from "./mod.ts";

const RECORDER = join(import.meta.dirname!, "_recording_process_for_tests.ts");

function run(id: string, changes: Partial<RunSummary> = {}): RunSummary {
  return {
    session_id: id,
    pipeline: "sales",
    fingerprint: "sha256:0",
    profile: null,
    state: "succeeded",
    started_at: `2026-01-15T10:00:00.${id.padStart(3, "0")}Z`,
    ...changes,
  };
}

const source = (...runs: RunSummary[]): RunSource => ({
  all: () => Promise.resolve(runs),
  one: (id) => Promise.resolve(runs.find((r) => r.session_id === id)),
});
const idsOf = (runs: readonly RunSummary[]) => runs.map((r) => r.session_id);
const names = (folder: string) => [...Deno.readDirSync(folder)].map((entry) => entry.name).sort();

Deno.test("openState and every reading leave the disk as it is", () =>
  withFolder(async (folder) => {
    const state = openState(folder, { runs: source(run("1"), run("2", { pipeline: "other" })) });
    assert.deepEqual(idsOf(await state.listRuns()), ["2", "1"]);
    assert.equal((await state.lastRun("sales"))!.session_id, "1");
    assert.deepEqual(await openState(folder).listRuns(), []);
    await state.removeRun("1");
    assert.throws(() => Deno.statSync(folder), Deno.errors.NotFound);

    await state.recordRun(run("3"));
    assert.deepEqual(names(folder), ["state.db"]);
    const before = Deno.readFileSync(join(folder, "state.db"));
    assert.equal((await state.listRuns()).length, 3);
    assert.equal((await state.lastRun("sales"))!.session_id, "3");
    assert.deepEqual(names(folder), ["state.db"]);
    assert.deepEqual(Deno.readFileSync(join(folder, "state.db")), before);
  }));

Deno.test("recordRun keeps every field, and what was not known stays absent", () =>
  withFolder(async (folder) => {
    const full = run("1", {
      profile: "dev",
      state: "failed",
      ended_at: "2026-01-15T10:00:01.000Z",
      duration_ms: 1.25,
      exit_code: 1,
      error: { code: "BUG900", category: "run", message: 'it\'s "quoted"\n→', retryable: false },
    });
    const state = openState(folder);
    await state.recordRun(full);
    await state.recordRun(run("2"));
    assert.deepEqual(await openState(folder).listRuns(), [run("2"), full]);
  }));

Deno.test("listRuns filters by pipeline and state, newest first, up to a limit", () =>
  withFolder(async (folder) => {
    const state = openState(folder);
    await state.recordRun(run("1"));
    await state.recordRun(run("2", { state: "failed" }));
    await state.recordRun(run("3", { pipeline: "it's; DROP TABLE runs" }));
    await state.recordRun(run("4"));
    assert.deepEqual(idsOf(await state.listRuns()), ["4", "3", "2", "1"]);
    assert.deepEqual(idsOf(await state.listRuns({ limit: 2 })), ["4", "3"]);
    assert.deepEqual(idsOf(await state.listRuns({ state: "failed" })), ["2"]);
    assert.deepEqual(idsOf(await state.listRuns({ pipeline: "sales", limit: 2 })), ["4", "2"]);
    assert.equal((await state.lastRun("it's; DROP TABLE runs"))!.session_id, "3");
    assert.equal(await state.lastRun("none"), undefined);
  }));

Deno.test("updateRun changes what is given; removeRun forgets", () =>
  withFolder(async (folder) => {
    const state = openState(folder, { runs: source(run("9", { state: "running" })) });
    await state.recordRun(run("1", { state: "running" }));
    await state.updateRun("1", { state: "cancelled", exit_code: 130 });
    assert.deepEqual((await state.listRuns())[1], run("1", { state: "cancelled", exit_code: 130 }));
    await state.removeRun("9");
    await state.updateRun("9", { state: "failed" });
    await state.updateRun("unknown", { state: "failed" });
    assert.deepEqual(await state.listRuns(), [
      run("9", { state: "failed" }),
      run("1", { state: "cancelled", exit_code: 130 }),
    ]);
    await state.removeRun("1");
    assert.deepEqual(idsOf(await state.listRuns()), ["9"]);
  }));

Deno.test("listRuns says of a run that never ended what its session says now, and filters by that", () =>
  withFolder(async (folder) => {
    for (const id of ["1", "2", "3"]) await openState(folder).recordRun(run(id, { state: "running" }));
    const state = openState(folder, {
      runs: source(run("2", { state: "running" }), run("3", { state: "failed" })),
    });
    assert.deepEqual((await state.listRuns()).map((r) => r.state), ["failed", "running", "interrupted"]);
    assert.deepEqual(idsOf(await state.listRuns({ state: "interrupted" })), ["1"]);
    assert.deepEqual(idsOf(await state.listRuns({ state: "running" })), ["2"]);
  }));

Deno.test("the index is made again from the sessions when it is missing, failed runs too", () =>
  withFolder(async (folder) => {
    const known = [run("1"), run("2", { state: "failed" }), run("3", { state: "interrupted" })];
    const state = openState(folder, { runs: source(...known) });
    await state.recordRun(run("4"));
    assert.deepEqual(idsOf(await openState(folder).listRuns()), ["4", "3", "2", "1"]);
  }));

Deno.test("a damaged database is answered around, then moved aside, said and made again", () =>
  withFolder(async (folder) => {
    const path = join(folder, "state.db");
    for (let n = 0; n < 50; n++) await openState(folder).recordRun(run(String(n)));
    const whole = Deno.readFileSync(path);
    const flipped = whole.slice();
    flipped.fill(0xaa, 100, 4096);
    const cases: [string, Uint8Array][] = [
      ["text", new TextEncoder().encode("not a database".repeat(1000))],
      ["cut in half", whole.subarray(0, Math.floor(whole.length / 2))],
      ["cut within the header", whole.subarray(0, 90)],
      ["overwritten in its first page", flipped],
      ["NULs after the header", whole.slice().fill(0, 100)],
    ];
    for (const [name, bytes] of cases) {
      for (const file of names(folder)) Deno.removeSync(join(folder, file));
      Deno.writeFileSync(path, bytes);
      const notices: Diagnostic[] = [];
      const state = openState(folder, { runs: source(run("7")), onNotice: (notice) => notices.push(notice) });
      assert.deepEqual(idsOf(await state.listRuns()), ["7"], name);
      assert.deepEqual([names(folder), Deno.readFileSync(path)], [["state.db"], bytes], name);
      await state.recordRun(run("8"));
      assert.deepEqual(idsOf(await state.listRuns()), ["8", "7"], name);
      assert.deepEqual(notices.map((n) => [n.code, n.severity]), [["SES712", "warning"], [
        "SES712",
        "warning",
      ]], name);
      const aside = names(folder).find((file) => file.startsWith("state.db.damaged-"));
      assert.deepEqual(Deno.readFileSync(join(folder, aside!)), bytes, name);
      assert.ok(notices[1]!.message.includes(aside!), notices[1]!.message);
    }
  }));

Deno.test("an empty file is a database that has not begun", () =>
  withFolder(async (folder) => {
    Deno.mkdirSync(folder);
    Deno.writeTextFileSync(join(folder, "state.db"), "");
    const state = openState(folder, { runs: source(run("1")) });
    assert.deepEqual(idsOf(await state.listRuns()), ["1"]);
    await state.recordRun(run("2"));
    assert.deepEqual(idsOf(await openState(folder).listRuns()), ["2", "1"]);
  }));

Deno.test("a database of a newer version is refused by name and left as it is", () =>
  withFolder(async (folder) => {
    await openState(folder).recordRun(run("1"));
    const path = join(folder, "state.db");
    const db = new DatabaseSync(path);
    db.exec("PRAGMA user_version = 99");
    db.close();
    const before = Deno.readFileSync(path);
    const state = openState(folder, { runs: source(run("1")) });
    const refusal = (e: unknown) =>
      e instanceof OsirisError && e.code === "SES711" && /version 99/.test(e.message);
    await assert.rejects(state.recordRun(run("2")), refusal);
    await assert.rejects(state.listRuns(), refusal);
    await assert.rejects(state.removeRun("1"), refusal);
    assert.deepEqual(Deno.readFileSync(path), before);
  }));

Deno.test("a state that cannot be used is said, and reading still answers from the sessions", () =>
  withFolder(async (folder) => {
    const failure = (e: unknown) => e instanceof OsirisError && e.code === "SES710" && e.help !== undefined;
    Deno.mkdirSync(join(folder, "state.db"), { recursive: true });
    const state = openState(folder, { runs: source(run("1")) });
    assert.deepEqual(idsOf(await state.listRuns()), ["1"]);
    await assert.rejects(state.recordRun(run("2")), failure);
    Deno.removeSync(folder, { recursive: true });
    Deno.writeTextFileSync(folder, "a file");
    await assert.rejects(openState(folder).recordRun(run("2")), failure);
  }));

/** Starts processes that record runs at the same time, and the runs they record. */
async function recordAtOnce(folder: string, processes: number, each: number): Promise<string[]> {
  const started = Array.from({ length: processes }, (_, p) => {
    const args = ["run", "-A", "--no-check", RECORDER, folder, `p${p}`, String(each)];
    return new Deno.Command(Deno.execPath(), { args, stdout: "null", stderr: "piped" }).output();
  });
  for (const { success, stderr } of await Promise.all(started)) {
    assert.ok(success, new TextDecoder().decode(stderr));
  }
  return Array.from({ length: processes }, (_, p) => Array.from({ length: each }, (_, n) => `p${p}_${n}`))
    .flat().sort();
}

Deno.test("processes that record at the same time lose nothing, from before the database exists", () =>
  withFolder(async (folder) => {
    const recorded = await recordAtOnce(folder, 4, 25);
    const runs = await openState(folder).listRuns();
    assert.deepEqual(idsOf(runs).sort(), recorded);
    assert.ok(runs.every((r) => r.state === "succeeded" && r.exit_code === 0));
    assert.deepEqual(names(folder), ["state.db"]);
  }));

Deno.test("processes that find the same damage mend it once and lose nothing", () =>
  withFolder(async (folder) => {
    Deno.mkdirSync(folder);
    Deno.writeTextFileSync(join(folder, "state.db"), "not a database".repeat(1000));
    const recorded = await recordAtOnce(folder, 4, 10);
    assert.deepEqual(idsOf(await openState(folder).listRuns()).sort(), recorded);
    assert.equal(names(folder).filter((name) => name.includes("damaged")).length, 1);
  }));

Deno.test("a process killed while it records leaves a database that reads and goes on", () =>
  withFolder(async (folder) => {
    for (let n = 0; n < 8; n++) {
      const args = ["run", "-A", "--no-check", RECORDER, folder, `k${n}`, "100000"];
      const recorder = new Deno.Command(Deno.execPath(), { args, stdout: "null", stderr: "null" }).spawn();
      const before = (await openState(folder).listRuns()).length;
      const deadline = performance.now() + 30_000;
      while ((await openState(folder).listRuns()).length <= before + 2 && performance.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      recorder.kill("SIGKILL");
      await recorder.status;
      const runs = await openState(folder).listRuns();
      const ofThis = runs.filter((r) => r.session_id.startsWith(`k${n}_`)).length;
      assert.ok(ofThis >= 2);
      await openState(folder).recordRun(run("1"));
    }
    assert.ok(!names(folder).some((name) => name.includes("damaged")));
  }));

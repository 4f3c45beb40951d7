import assert from "node:assert/strict";
import { join } from "node:path";
import { begin, withRoot } from "./_fixture_for_tests.ts";
import { type EventData, sessionUse, sessionUses } from "./mod.ts";

const USED: EventData["driver.used"] = {
  step_id: "load",
  component: "a.b",
  isolation: "process",
  counted_by: ["realm"],
  net: [{ host: "db:1", count: 2 }],
  read: ["/data/in.csv"],
  write: [],
  denied: [],
  declared: [{ permission: "net", template: "${connection.host}:1", used: true }],
  rows_out: 3,
};
const GRANTS = { net: ["db:1"], read: ["/data/in.csv"], write: ["/data/in.csv.staged"] };
const PLAN = { order: ["load"], steps: [{ id: "load", component: "a.b", version: "1.0.0", grants: GRANTS }] };
const id = (second: number) => `run_20260115T1000${String(second).padStart(2, "0")}Z_k3f9qa`;

Deno.test("sessionUses gives what each of the newest runs granted and used", () =>
  withRoot(async (root) => {
    for (const second of [1, 3, 2]) {
      const session = await begin(root, { id: id(second), plan: PLAN });
      session.event("driver.log", { step_id: "load", level: "info", text: 'it says "driver.used" here' });
      session.event("driver.used", USED);
      await session.close();
    }
    const { total, sessions } = await sessionUses(root, 2);
    assert.equal(total, 3);
    assert.deepEqual(sessions.map((session) => session.session_id), [id(3), id(2)]);
    assert.deepEqual(sessions[0], {
      session_id: id(3),
      steps: [{ step_id: "load", component: "a.b", ...GRANTS }],
      uses: [USED],
    });
    assert.equal((await sessionUses(root, 0)).sessions.length, 3);
  }));

Deno.test("sessionUses of a folder without runs, or of no folder, is empty", () =>
  withRoot(async (root) => {
    assert.deepEqual(await sessionUses(root, 10), { total: 0, sessions: [] });
    assert.deepEqual(await sessionUses(join(root, "none"), 10), { total: 0, sessions: [] });
  }));

Deno.test("sessionUse leaves out what is torn, foreign or missing", () =>
  withRoot(async (root) => {
    const folder = join(root, id(1));
    await Deno.mkdir(folder);
    assert.deepEqual(await sessionUse(folder), { session_id: id(1), steps: [], uses: [] });

    const line = (data: unknown, event_type = "driver.used") => JSON.stringify({ event_type, data });
    await Deno.writeTextFile(
      join(folder, "events.jsonl"),
      [
        line(USED),
        line(USED, "driver.log"),
        line("no record"),
        line({ ...USED, step_id: 7 }),
        line({ step_id: "old", component: "a.b" }),
        line({
          ...USED,
          net: ["db:1", { host: "x:1" }],
          read: [1, "r"],
          declared: [{ template: "t" }, null],
          counted_by: ["me"],
        }),
        '\0\0"driver.used"',
        line(USED).slice(0, -30),
      ].join("\n"),
    );
    await Deno.writeTextFile(
      join(folder, "plan.json"),
      JSON.stringify({ steps: [{ id: "load", component: "a.b" }, null, { id: 1 }, "x"] }),
    );
    const { steps, uses } = await sessionUse(folder);
    assert.deepEqual(steps, [{ step_id: "load", component: "a.b", net: [], read: [], write: [] }]);
    const empty = { net: [], read: [], write: [], denied: [], declared: [], counted_by: [] };
    assert.deepEqual(uses, [
      USED,
      { ...empty, step_id: "old", component: "a.b", isolation: "unknown" },
      { ...USED, net: [{ host: "x:1", count: 0 }], read: ["r"], declared: [], counted_by: [] },
    ]);
    await Deno.writeTextFile(join(folder, "plan.json"), "{");
    assert.deepEqual((await sessionUse(folder)).steps, []);
  }));

Deno.test("sessionUse finds its lines in large files, across the pieces that are read, and drops what no line is", () =>
  withRoot(async (root) => {
    const folder = join(root, id(1));
    await Deno.mkdir(folder);
    const line = (rows: number) =>
      JSON.stringify({ event_type: "driver.used", data: { ...USED, rows_out: rows } });
    const noise = (length: number) => JSON.stringify({ event_type: "driver.log", text: "x".repeat(length) });
    const lines: string[] = [];
    for (let i = 0; i < 40; i++) lines.push(line(i), noise(i * 1999));
    lines.push(`${line(98)}${"y".repeat(9_000_000)}`, line(99));
    await Deno.writeTextFile(join(folder, "events.jsonl"), lines.join("\n"));
    const { uses } = await sessionUse(folder);
    assert.deepEqual(uses.map((use) => use.rows_out), [...Array(40).keys(), 99]);
  }));

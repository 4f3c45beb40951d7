import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { OsirisError } from "../diagnostic.ts";
import { type Cursor, type CursorKey, type Intent, openState, type State } from "./mod.ts";

const KEY: CursorKey = { pipeline: "sales", profile: null, step: "get" };
const at = (value: string): Cursor => ({
  column: "at",
  source: { connection: "@sqlite.shop", table: "orders" },
  value,
  type: "BIGINT",
  since: "1",
  identity: [{ name: "at", type: "BIGINT" }],
  seen: new Uint8Array([1, 2, 3]),
});
const intent = (session: string, base: number, changes: Partial<Intent> = {}): Intent => ({
  ...KEY,
  session_id: session,
  started_at: "2026-01-15T10:00:00.000Z",
  base,
  next: at("5"),
  loads: [{ step: "put", load_id: `${session}/put`, target: "sha256:0", repeatable: false }],
  ...changes,
});

async function withState(test: (state: State, folder: string) => Promise<void>): Promise<void> {
  const project = await Deno.makeTempDir({ prefix: "osiris-cursors-" });
  try {
    await test(openState(join(project, ".osiris")), join(project, ".osiris"));
  } finally {
    await Deno.remove(project, { recursive: true });
  }
}

Deno.test("a cursor moves when its intent is settled, and never otherwise", () =>
  withState(async (state) => {
    assert.equal(await state.cursor(KEY), undefined);
    assert.equal(await state.intend(intent("one", 0)), undefined);
    assert.equal(await state.cursor(KEY), undefined);
    assert.deepEqual(await state.listIntents(KEY), [intent("one", 0)]);
    await state.drop(KEY, "one");
    assert.deepEqual([await state.cursor(KEY), await state.listIntents()], [undefined, []]);
    await state.settle(KEY, "one");
    assert.equal(await state.cursor(KEY), undefined, "what was dropped cannot be settled");

    await state.intend(intent("two", 0));
    await state.settle(KEY, "other");
    assert.equal(await state.cursor(KEY), undefined, "an intent is its session's own");
    await state.settle(KEY, "two");
    const { updated_at: _, ...moved } = (await state.cursor(KEY))!;
    assert.deepEqual(moved, { ...KEY, ...at("5"), version: 1, session_id: "two" });
    assert.deepEqual(await state.listIntents(), []);
  }));

Deno.test("an intent is refused beside another run's, and when the cursor moved since the run began", () =>
  withState(async (state) => {
    await state.intend(intent("one", 0));
    assert.deepEqual(await state.intend(intent("two", 0)), { by: "another run", session: "one" });
    assert.equal(
      await state.intend(intent("one", 0, { next: at("6") })),
      undefined,
      "a session may say it again",
    );
    await state.settle(KEY, "one");
    assert.deepEqual(await state.intend(intent("two", 0)), { by: "a move" });
    assert.equal(await state.intend(intent("two", 1)), undefined);
    await state.setCursor(KEY, at("9"));
    await state.settle(KEY, "two");
    assert.equal((await state.cursor(KEY))!.value, "9", "what a person set stands");
    assert.equal((await state.cursor(KEY))!.session_id, null);
  }));

Deno.test("profiles and steps have cursors of their own", () =>
  withState(async (state) => {
    const keys = [KEY, { ...KEY, profile: "dev" }, { ...KEY, step: "more" }, { ...KEY, pipeline: "stock" }];
    for (const [i, key] of keys.entries()) await state.setCursor(key, at(String(i)));
    for (const [i, key] of keys.entries()) assert.equal((await state.cursor(key))!.value, String(i));
    assert.deepEqual((await state.listCursors("sales")).map(({ value }) => value), ["0", "2", "1"]);
    assert.equal((await state.listCursors()).length, 4);
  }));

Deno.test("a window is finished when its intent is settled, moves no cursor, and can be forgotten", () =>
  withState(async (state) => {
    const window = { backfill: "0..9/3", from: "0", to: "3" };
    const { next: _, ...still } = intent("one", 7);
    await state.intend({ ...still, window });
    assert.equal(await state.isFinished(KEY, window), false);
    await state.settle(KEY, "one");
    assert.equal(await state.isFinished(KEY, window), true);
    assert.equal(await state.isFinished(KEY, { ...window, backfill: "0..9/4" }), false);
    await state.finish(KEY, { ...window, from: "3", to: "6" }, "two");
    assert.deepEqual(await state.finishedWindows(KEY, "0..9/3"), new Set(["0", "3"]));
    assert.deepEqual(await state.finishedWindows(KEY, "0..9/4"), new Set());
    assert.deepEqual(await state.intend({ ...still, session_id: "late", window }), { by: "a move" });
    assert.equal(await state.cursor(KEY), undefined);
    assert.equal(await state.forgetBackfills({ pipeline: "sales", profile: "dev" }), 0);
    assert.equal(await state.forgetBackfills(KEY), 2);
    assert.equal(await state.isFinished(KEY, window), false);
  }));

Deno.test("a cursor that was lost with a damaged database is not taken for one that never was", () =>
  withState(async (state, folder) => {
    await state.setCursor(KEY, at("5"));
    const path = join(folder, "state.db");
    Deno.writeTextFileSync(path, "no database at all, but text enough to look like one".repeat(40));
    await assert.rejects(() => state.cursor(KEY), (error: OsirisError) => error.code === "SES710");
    await state.removeRun("any"); // which sets the damaged one aside
    await assert.rejects(
      () => state.cursor(KEY),
      (error: OsirisError) =>
        error.code === "SES713" && /was damaged, and lies in .*state\.db\.damaged-/.test(error.message),
    );
    await state.setCursor(KEY, at("4"));
    assert.equal((await state.cursor(KEY))!.value, "4");
    assert.equal(
      (new DatabaseSync(path).prepare("PRAGMA integrity_check").get() as { integrity_check: string })
        .integrity_check,
      "ok",
    );
  }));

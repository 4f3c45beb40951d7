import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { withFolder } from "./_folder_for_tests.ts";
import { openState } from "./mod.ts";

const COLUMNS = [{ name: "id", type: "BIGINT" }, { name: "note", type: "VARCHAR" }];
const KEY = { pipeline: "sales", profile: null, step: "extract" };

Deno.test("schemaOf gives what was recorded last for the step, the pipeline and the profile", () =>
  withFolder(async (folder) => {
    const state = openState(folder);
    assert.equal(await state.schemaOf(KEY), undefined);
    await state.recordSchemas([]);
    assert.throws(() => Deno.statSync(folder), Deno.errors.NotFound);
    await state.recordSchemas([{ ...KEY, columns: [], session_id: "run_1" }]);
    await state.recordSchemas([
      { ...KEY, columns: COLUMNS, session_id: "run_2" },
      { ...KEY, profile: "dev", columns: COLUMNS.slice(1), session_id: "run_2" },
    ]);
    assert.deepEqual(await state.schemaOf(KEY), { columns: COLUMNS, session_id: "run_2" });
    assert.deepEqual((await state.schemaOf({ ...KEY, profile: "dev" }))?.columns, COLUMNS.slice(1));
    assert.equal(await state.schemaOf({ ...KEY, step: "other" }), undefined);
  }));

Deno.test("recordSchemas brings an older database up to date and keeps its runs", () =>
  withFolder(async (folder) => {
    Deno.mkdirSync(folder);
    const db = new DatabaseSync(join(folder, "state.db"));
    db.exec(
      `CREATE TABLE runs (session_id TEXT PRIMARY KEY, pipeline TEXT NOT NULL, fingerprint TEXT NOT NULL, profile TEXT,
        state TEXT NOT NULL, started_at TEXT NOT NULL, ended_at TEXT, duration_ms REAL, exit_code INTEGER, error TEXT) STRICT;
      INSERT INTO runs VALUES ('run_1', 'sales', 'sha256:0', NULL, 'succeeded', '2026-01-15T10:00:00Z', NULL, NULL, 0, NULL);
      PRAGMA user_version = 1`,
    );
    db.close();
    const state = openState(folder);
    assert.equal(await state.schemaOf(KEY), undefined);
    await state.recordSchemas([{ ...KEY, columns: COLUMNS, session_id: "run_2" }]);
    assert.deepEqual((await state.schemaOf(KEY))?.columns, COLUMNS);
    assert.equal((await state.lastRun("sales"))?.session_id, "run_1");
  }));

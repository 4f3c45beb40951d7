/**
 * Runs from and to database files that are killed at every point where something becomes durable, with rows that come
 * while nobody looks. What must hold: the next run leaves each row in the target exactly once.
 *
 * @module
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { DuckDBInstance } from "@duckdb/node-api";
import { fromSource } from "./_osiris.ts";
import { TestProject } from "./_project.ts";
import { REPO } from "./_repo.ts";

/** Runs statements on a file, past the program; gives the first column of the last one's rows. */
type Ground = (path: string, ...statements: string[]) => Promise<string[]>;

const GROUNDS: { readonly [family: string]: Ground } = {
  sqlite(path, ...statements) {
    const db = new DatabaseSync(path);
    const rows = statements.map((sql) => db.prepare(sql).all()).at(-1)!;
    db.close();
    return Promise.resolve(rows.map((row) => String(Object.values(row as object)[0])));
  },
  async duckdb(path, ...statements) {
    const instance = await DuckDBInstance.create(path);
    const connection = await instance.connect();
    let rows: unknown[][] = [];
    for (const sql of statements) rows = (await connection.runAndReadAll(sql)).getRows() as unknown[][];
    connection.closeSync();
    instance.closeSync();
    return rows.map(([value]) => String(value));
  },
};

/** Runs the program until it is killed at a point, or to its end; gives what it said last. */
async function killed(project: TestProject, at: number) {
  const [deno, ...rest] = fromSource(`--preload=${join(REPO, "tests/_kill_points.ts")}`);
  const { signal, code, stderr } = await new Deno.Command(deno!, {
    args: [...rest, "run", "pipeline.oml"],
    cwd: project.root,
    env: { KILL_AT: String(at), NO_COLOR: "1" },
    stdin: "null",
  }).output();
  return { signal, code, said: new TextDecoder().decode(stderr) };
}

for (const [family, run] of Object.entries(GROUNDS)) {
  Deno.test(`a run that is killed at any point loses and doubles no row of ${family}'s files`, async () => {
    const incremental = { cursor: "at", lag: 3 };
    const steps = [
      {
        id: "get",
        component: `${family}.extractor`,
        mode: "read",
        config: { path: "in.db", table: "t", incremental },
      },
      { id: "put", component: `${family}.writer`, mode: "write", config: { path: "out.db", table: "t" } },
    ];
    await using project = await TestProject.create({
      "pipeline.oml": JSON.stringify({ oml_version: "0.1.0", name: "killed", steps }),
    });
    const [source, target] = [project.path("in.db"), project.path("out.db")];
    const all = `SELECT id || '|' || "at" FROM t ORDER BY id`;
    await run(source, 'CREATE TABLE t (id BIGINT, "at" BIGINT)');
    const points: string[] = [];
    for (let at = 1;; at++) {
      const old = Number((await run(source, 'SELECT coalesce(max("at"), 0) FROM t'))[0]);
      const rows = [-2, -1, 0, 0, 1, 2, 2].map((d, i) => `(${at * 100 + i}, ${Math.max(0, old + d)})`);
      await run(source, `INSERT INTO t VALUES ${rows.join(", ")}`);
      const { signal, code, said } = await killed(project, at);
      const made = await run(target, 'CREATE TABLE IF NOT EXISTS t (id BIGINT, "at" BIGINT)', all);
      assert.equal(new Set(made).size, made.length, `a row is there twice after ${points.join(", then ")}`);
      if (signal === null) {
        assert.equal(code, 0, said);
        assert.deepEqual(made, await run(source, all));
        break;
      }
      points.push(/killed at: (.*)/.exec(said)?.[1] ?? said);
    }
    const committed = family === "duckdb"
      ? "after a database file is committed to"
      : "after a driver has committed";
    assert.ok(points.includes(committed), `${committed} is no point among ${points.join(", ")}`);
  });
}

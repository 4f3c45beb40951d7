/**
 * Runs that are killed at every point where something becomes durable, with rows that come while nobody looks. What
 * must hold: the next run leaves each row in the target exactly once, and the cursor where the target is.
 *
 * @module
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { fromSource, osiris } from "./_osiris.ts";
import type { TestProject } from "./_project.ts";
import { REPO } from "./_repo.ts";
import { type Fields, ServerOfFile } from "./_server_of_file.ts";

const server = new ServerOfFile("postgres");

/** Runs the program until it is killed at a point, or to its end; gives what it said last. */
async function killed(project: TestProject, at: number, args: readonly string[] = []) {
  const [deno, ...rest] = fromSource(`--preload=${join(REPO, "tests/_kill_points.ts")}`);
  const child = await new Deno.Command(deno!, {
    args: [...rest, "run", "pipeline.oml", ...args],
    cwd: project.root,
    env: { KILL_AT: String(at), NO_COLOR: "1" },
    stdin: "null",
  }).output();
  return { signal: child.signal, code: child.code, said: new TextDecoder().decode(child.stderr) };
}

/** Adds rows, some at the last value, some a little below it; every row is another one. */
async function add(table: string): Promise<void> {
  await server.sql(
    `INSERT INTO ${table} (at) SELECT greatest(0, (SELECT coalesce(max(at), 0) FROM ${table}) + d)
       FROM unnest(ARRAY[-2, -1, 0, 0, 1, 2, 2]) AS d`,
  );
}

/**
 * Kills run after run, each at a later point, until one gets to its end; so each run also mends what the one before
 * it left. `written` are the rows in the target: never one twice, and all of them at the end.
 */
async function killEverywhere(
  project: TestProject,
  source: string,
  written: () => Promise<string[]>,
): Promise<string[]> {
  const points: string[] = [];
  for (let at = 1; at < 100; at++) {
    await add(source);
    const { signal, code, said } = await killed(project, at);
    const rows = await written();
    if (signal === null) {
      assert.equal(code, 0, said);
      assert.deepEqual(rows, await rowsOf(source));
      return points;
    }
    points.push(/killed at: (.*)/.exec(said)?.[1] ?? said);
    assert.equal(new Set(rows).size, rows.length, `a row is there twice after ${points.join(", then ")}`);
  }
  throw new Error("a run has fewer points than that");
}

/** A step that reads what is new in a table. */
function reading(table: string): Fields {
  const incremental = { cursor: "at", lag: 3 };
  return { id: "get", component: "postgres.extractor", mode: "read", config: { table, incremental } };
}

function writing(id: string, component: string, config: Fields): Fields {
  return { id, component, mode: "write", inputs: { df: "get" }, config };
}

/** The rows of a table, as `id|at`. */
async function rowsOf(table: string): Promise<string[]> {
  return (await server.sql(`SELECT id, at FROM ${table}`)).split("\n").filter((row) => row !== "").sort();
}

Deno.test("a run that is killed at any point loses and doubles no row of a table", async () => {
  await server.sql("CREATE TABLE t_in (id bigint GENERATED ALWAYS AS IDENTITY, at bigint)");
  await server.sql("CREATE TABLE t_out (id bigint, at bigint)");
  await using project = await server.project([
    reading("t_in"),
    writing("put", "postgres.writer", { table: "t_out" }),
  ]);
  const points = await killEverywhere(project, "t_in", () => rowsOf("t_out"));
  for (const what of ["before a driver is told to commit", "after a driver has committed"]) {
    assert.ok(points.includes(what), `${what} is no point`);
  }
  const { stdout } = await osiris(["state", "show", "--json"], { cwd: project.root });
  const { cursors: [cursor], open } = JSON.parse(stdout);
  assert.deepEqual([cursor.value, open], [await server.sql("SELECT max(at) FROM t_out"), []]);
});

Deno.test("a run that is killed at any point loses and doubles no row of files", async () => {
  for (const config of [{ path: "rows.json" }, { path: "rows", partition_by: ["odd"] }]) {
    await server.sql(
      `DROP TABLE IF EXISTS f_in; CREATE TABLE f_in (id bigint GENERATED ALWAYS AS IDENTITY, at bigint,
      odd int GENERATED ALWAYS AS (id % 2) STORED)`,
    );
    const write = { ...config, write_mode: "append" };
    await using project = await server.project([
      reading("f_in"),
      writing("put", "filesystem.json_writer", write),
    ]);
    const points = await killEverywhere(project, "f_in", async () => {
      const files = (await project.list()).filter((path) => /^rows.*json$/.test(path));
      const texts = await Promise.all(files.map((path) => project.read(path)));
      const lines = texts.flatMap((text) => text.trimEnd().split("\n"));
      return lines.map((line) => JSON.parse(line)).map(({ id, at }) => `${id}|${at}`).sort();
    });
    assert.ok(points.includes("after a rename"));
  }
});

Deno.test("a run that is killed at any point leaves two tables that are written by key alike", async () => {
  await server.sql("CREATE TABLE k_in (id bigint GENERATED ALWAYS AS IDENTITY, at bigint)");
  for (const table of ["k_one", "k_two"]) await server.sql(`CREATE TABLE ${table} (id bigint, at bigint)`);
  await using project = await server.project([
    reading("k_in"),
    writing("one", "postgres.writer", { table: "k_one", write_mode: "upsert", keys: ["id"] }),
    writing("two", "postgres.writer", { table: "k_two", write_mode: "delete_insert", keys: ["id"] }),
  ]);
  await killEverywhere(project, "k_in", () => rowsOf("k_one"));
  assert.deepEqual(await rowsOf("k_two"), await rowsOf("k_in"));
});

Deno.test("a backfill that is killed at any point loses and doubles no row when it is repeated", async () => {
  await server.sql(`CREATE TABLE p_in (id bigint, at bigint); CREATE TABLE p_out (id bigint, at bigint);
    INSERT INTO p_in SELECT i, i / 3 FROM generate_series(0, 11) AS i`);
  const args = ["--backfill", "0..4", "--window", "1"];
  await using project = await server.project([
    reading("p_in"),
    writing("put", "postgres.writer", { table: "p_out" }),
  ]);
  for (let at = 2;; at++) {
    const { signal, said } = await killed(project, at, args);
    const rows = await rowsOf("p_out");
    assert.equal(new Set(rows).size, rows.length, said);
    if (signal === null) break;
  }
  assert.deepEqual(await rowsOf("p_out"), await rowsOf("p_in"));
});

Deno.test("two runs at once on one pipeline load each row once, and the one that comes late says so", async () => {
  await server.sql(`CREATE TABLE r_in (id bigint, at bigint); CREATE TABLE r_out (id bigint, at bigint);
    INSERT INTO r_in SELECT i, i FROM generate_series(1, 1000) AS i`);
  await using project = await server.project([
    reading("r_in"),
    writing("put", "postgres.writer", { table: "r_out" }),
  ]);
  const text = await project.read("pipeline.oml");
  const outcomes = await Promise.all([1, 2, 3].map(() => project.run(text)));
  const failed = outcomes.filter(({ state }) => state === "failed");
  assert.ok(failed.length < 3, failed.map(({ failure }) => failure!.message).join("; "));
  for (const { failure } of failed) {
    assert.equal(failure!.code, "RUN614");
    assert.match(failure!.message, /(session run_\S+ is about to|its cursor was moved meanwhile)/);
  }
  await project.succeed();
  assert.deepEqual(await rowsOf("r_out"), await rowsOf("r_in"));
});

/**
 * Stories of `duckdb.writer`, as a user meets it. What must hold in all of them: a load is there whole or not at all, and
 * once.
 *
 * @module
 */

import assert from "node:assert/strict";
import { pipeline, projectWith, read, sql, write, writingText } from "./_duckdb_file.ts";
import { FAILING_ANYWHERE, type FailingWrite, MODES, NEW, OLD } from "./_writes.ts";
import { osiris, osirisCommand, SMALL_DISK } from "./_osiris.ts";
import { TestProject } from "./_project.ts";
import { until } from "./_until.ts";

for (const [write_mode, rows] of Object.entries(MODES)) {
  for (const key of ["", " PRIMARY KEY"]) {
    if (write_mode === "append" && key !== "") continue;
    Deno.test(`duckdb.writer: ${write_mode} into a table${key && " with keys"}`, async () => {
      await using project = await projectWith(
        `CREATE TABLE t (id INTEGER${key}, name VARCHAR, n BIGINT, m INTEGER DEFAULT 7)`,
      );
      assert.equal((await write(project, OLD)).state, "succeeded");
      const keys = write_mode === "upsert" || write_mode === "delete_insert" ? { keys: ["id"] } : {};
      const { state, failure } = await write(project, NEW, { write_mode, ...keys });
      assert.equal(state, "succeeded", String(failure?.message));
      const path = project.path("shop.duckdb");
      assert.deepEqual(await sql(path, "SELECT id, name, n::INTEGER FROM t ORDER BY id, n"), rows);
      assert.deepEqual(await sql(path, "SELECT DISTINCT m FROM t"), [[7]]);
      assert.deepEqual(
        await sql(path, "SELECT pipeline, step, table_name, rows::INTEGER, cursors FROM _osiris_loads"),
        [
          ["files", "put", "t", 2, null],
          ["files", "put", "t", 2, null],
        ],
      );
    });
  }
}

/** Rows and configurations that fail, with what is said; `t` holds (1, 'a') and (2, 'b'). */
const FAILING: readonly FailingWrite[] = [
  ...FAILING_ANYWHERE,
  ["SELECT i::INTEGER AS id, 'x' AS name FROM range(2, 200) AS r(i)", {}, /Duplicate key "id: 2"/],
  ["SELECT 3 AS id, NULL::VARCHAR AS name", {}, /NOT NULL constraint failed: t.name/],
  ["SELECT 3 AS id, 'x' AS nme", {}, /the table t has no column 'nme'/],
  [
    "SELECT 3000000000 AS id, 'x' AS name",
    {},
    /column 'id' has '3000000000', which the table's INTEGER would change/,
  ],
  ["SELECT 1.5 AS id, 'x' AS name", {}, /column 'id' has '1.5', which the table's INTEGER would change/],
  ["SELECT '3' AS id, 'x' AS name", {}, /column 'id' is a VARCHAR, and the table's column is a INTEGER/],
  [
    "SELECT NULL::INTEGER AS id, 'x' AS name",
    { write_mode: "upsert", keys: ["id"] },
    /no value in its key|NOT NULL/,
  ],
  [
    "SELECT i AS id, CAST(error('boom') AS VARCHAR) AS name FROM range(9) AS r(i)",
    { write_mode: "overwrite" },
    /boom|may not|function/,
  ],
];

for (const [query, config, says] of FAILING) {
  Deno.test(`duckdb.writer keeps nothing of ${query} ${JSON.stringify(config)}`, async () => {
    await using project = await projectWith(
      "CREATE TABLE t (id INTEGER PRIMARY KEY, name VARCHAR NOT NULL CHECK (length(name) < 9))",
      "INSERT INTO t VALUES (1, 'a'), (2, 'b')",
    );
    const { state, failure } = await write(project, query, config);
    assert.equal(state, "failed");
    assert.match(failure!.message, says);
    assert.ok(failure!.help);
    const path = project.path("shop.duckdb");
    assert.deepEqual(await sql(path, "SELECT * FROM t ORDER BY id"), [[1, "a"], [2, "b"]]);
    assert.deepEqual(await sql(path, "SELECT count(*)::INTEGER FROM duckdb_tables()"), [[1]]);
  });
}

Deno.test("duckdb.writer leaves no file behind when it fails to write to a new one", async () => {
  await using project = await TestProject.create();
  const { state } = await write(project, "SELECT 1 AS i", { write_mode: "upsert", keys: ["nope"] });
  assert.equal(state, "failed");
  assert.deepEqual((await project.list()).filter((path) => path.startsWith("shop")), []);
});

Deno.test("duckdb.writer says so when the disk takes no more, and leaves the old content", async () => {
  await using project = await projectWith("CREATE TABLE t AS SELECT 1::BIGINT AS i");
  const query = "SELECT (hash(i) >> 1)::BIGINT AS i FROM range(2000000) AS r(i)";
  await project.write("pipeline.oml", writingText(query, { write_mode: "overwrite" }));
  const { code, stderr } = await osiris(["run", "pipeline.oml"], { cwd: project.root, prefix: SMALL_DISK });
  assert.equal(code, 1);
  assert.match(stderr, /(?:disk is full|too large)[^]*help: /);
  assert.deepEqual((await sql(project.path("shop.duckdb"), "SELECT i FROM t")).map(String), ["1"]);
});

Deno.test("duckdb.writer makes the table of another schema, with keys for upsert", async () => {
  await using project = await TestProject.create();
  const { state } = await write(project, OLD, { table: "sales.t", write_mode: "upsert", keys: ["id"] });
  assert.equal(state, "succeeded");
  const [row] = await sql(
    project.path("shop.duckdb"),
    "SELECT schema_name, has_primary_key, estimated_size::INTEGER FROM duckdb_tables() WHERE table_name = 't'",
  );
  assert.deepEqual(row, ["sales", true, 2]);
});

Deno.test("duckdb.writer fills two tables of one file, and a step reads it in the same run", async () => {
  await using project = await projectWith("CREATE TABLE s AS SELECT i FROM range(5000) AS r(i)");
  const path = "shop.duckdb";
  const { state, failure } = await project.run(pipeline([
    { id: "get", component: "duckdb.extractor", mode: "read", config: { path, table: "s" } },
    {
      id: "one",
      component: "duckdb.writer",
      mode: "write",
      inputs: { df: "get" },
      config: { path, table: "a" },
    },
    {
      id: "two",
      component: "duckdb.writer",
      mode: "write",
      inputs: { df: "get" },
      config: { path, table: "b" },
    },
  ]));
  assert.equal(state, "succeeded", String(failure?.message));
  assert.deepEqual(
    await sql(project.path(path), "SELECT (SELECT sum(i)::INTEGER FROM a), (SELECT sum(i)::INTEGER FROM b)"),
    [[12497500, 12497500]],
  );
});

Deno.test("duckdb.writer leaves the old content when it is killed", async () => {
  await using project = await projectWith("CREATE TABLE t AS SELECT 1::BIGINT AS i");
  const query = "SELECT i FROM range(2000000000) AS r(i)";
  await project.write(
    "pipeline.oml",
    pipeline([
      { id: "rows", component: "duckdb.processor", mode: "transform", inputs: {}, config: { query } },
      {
        id: "put",
        component: "duckdb.writer",
        mode: "write",
        config: { path: "shop.duckdb", table: "t", write_mode: "overwrite" },
      },
    ]),
  );
  const [program, ...args] = [...osirisCommand(), "run", "pipeline.oml"];
  const child = new Deno.Command(program!, {
    args,
    cwd: project.root,
    stdout: "null",
    stderr: "null",
  })
    .spawn();
  const size = () => Deno.statSync(project.path("shop.duckdb")).size;
  const before = size();
  await until(() => size() !== before);
  child.kill("SIGKILL");
  await child.status;
  assert.deepEqual(await read(project, { table: "t" }), [["1"]]);
});

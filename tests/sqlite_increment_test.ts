/**
 * Incremental loading from and to SQLite files. What must hold: whatever order rows come in and whatever form their
 * times have, each row is loaded once; an increment without rows changes nothing.
 *
 * @module
 */

import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { TestProject } from "./_project.ts";

type Fields = Readonly<Record<string, unknown>>;

/** A project whose pipeline reads `t` of `in.db` and appends to `t` of `out.db`. */
async function projectOf(sql: string, config: Fields): Promise<TestProject> {
  const steps = [
    { id: "get", component: "sqlite.extractor", mode: "read", config: { path: "in.db", ...config } },
    { id: "put", component: "sqlite.writer", mode: "write", config: { path: "out.db", table: "t" } },
  ];
  const project = await TestProject.create({
    "pipeline.oml": JSON.stringify({ oml_version: "0.1.0", name: "increments", steps }),
  });
  change(project, sql);
  return project;
}

function change(project: TestProject, sql: string): void {
  const db = new DatabaseSync(project.path("in.db"));
  db.exec(sql);
  db.close();
}

function loaded(project: TestProject, query: string): unknown[] {
  const db = new DatabaseSync(project.path("out.db"), { readOnly: true });
  const rows = db.prepare(query).all().map((row) => Object.values(row as object).join("|"));
  db.close();
  return rows;
}

/** A column's declaration, values of a first run, and values that come later; of which `again` was there before. */
const FOLLOWED: { readonly [declared: string]: readonly [first: string[], later: string[]] } = {
  INTEGER: [["1", "9007199254740993", "3"], ["9007199254740993", "9007199254740994"]],
  TEXT: [["'a'", "'ä'", "'Z'"], ["'ä'", "'漢'"]],
  DATE: [["'2026-01-01'", "'2026-01-02'"], ["'2026-01-02'", "'2026-02-01'"]],
  DATETIME: [["'2026-01-01 05:00:00'", "'2026-01-01T05:00:00.5'"], [
    "'2026-01-01T05:00:00.5'",
    "'2026-01-01 05:00:00.500001'",
    "'2026-01-01T06:00'",
  ]],
  TIMESTAMPTZ: [["'2026-01-01 05:00:00+00:00'"], [
    "'2026-01-01T07:00:00+02:00'",
    "'2026-01-01T05:00:00.1Z'",
    "'2025-12-31 23:30:00-06:00'",
  ]],
  "DECIMAL(10,2)": [["1.1", "2"], ["2", "2.01"]],
};

for (const [declared, [first, later]] of Object.entries(FOLLOWED)) {
  Deno.test(`sqlite.extractor follows a column of ${declared}, and each row is loaded once`, async () => {
    const insert = (from: number, values: string[]) =>
      `INSERT INTO t VALUES ${values.map((value, i) => `(${from + i}, ${value})`).join(", ")};`;
    const table = `CREATE TABLE t(id INTEGER, v ${declared});`;
    await using project = await projectOf(table + insert(1, first), {
      table: "t",
      incremental: { cursor: "v" },
    });
    await project.succeed();
    assert.deepEqual(loaded(project, "SELECT count(*) FROM t"), [String(first.length)]);
    change(project, insert(101, later));
    await project.succeed();
    const ids = [...first.keys()].map((i) => i + 1).concat([...later.keys()].map((i) => i + 101));
    assert.deepEqual(loaded(project, "SELECT id FROM t ORDER BY id"), ids.map(String));
    const before = Deno.readFileSync(project.path("out.db"));
    await project.succeed();
    assert.deepEqual(Deno.readFileSync(project.path("out.db")), before);
  });
}

Deno.test("sqlite.writer keeps the cursors with the load", async () => {
  const sql = "CREATE TABLE t(id INTEGER); INSERT INTO t VALUES (5), (7)";
  await using project = await projectOf(sql, { table: "t", incremental: { cursor: "id", initial: 6 } });
  await project.succeed();
  assert.deepEqual(loaded(project, "SELECT cursors ->> '$.get.to', rows FROM _osiris_loads"), ["7|1"]);
});

Deno.test("sqlite.extractor leaves out of a query what is not due", async () => {
  const sql = `CREATE TABLE t(id INTEGER, at DATETIME); CREATE INDEX t_at ON t(at);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000)
    INSERT INTO t SELECT i, datetime('2020-01-01', i || ' hours') FROM n`;
  const query = "SELECT id, at FROM t WHERE id > ?";
  await using project = await projectOf(sql, {
    query,
    params: [10],
    incremental: { cursor: "at", initial: "2025-09-14 00:00" },
  });
  await project.succeed();
  assert.deepEqual(loaded(project, "SELECT min(at), max(id), count(*) FROM t"), [
    "2025-09-14 00:00:00|50000|9",
  ]);
});

/** What cannot be followed, with what is said. */
const REFUSED: readonly (readonly [sql: string, incremental: Fields, says: RegExp])[] = [
  [
    "CREATE TABLE t(a INTEGER); INSERT INTO t VALUES (1), (NULL), (NULL)",
    { cursor: "a", initial: 1 },
    /'a'.*(2|null)/i,
  ],
  [
    "CREATE TABLE t(a INTEGER); INSERT INTO t VALUES (1), ('x')",
    { cursor: "a", initial: 1 },
    /column 'a' has the text 'x', and should have an integer/,
  ],
  [
    "CREATE TABLE t(a DATE); INSERT INTO t VALUES ('2026-01-01'), (5)",
    { cursor: "a", initial: "2026-01-01" },
    /column 'a' has the number 5, and should have a date/,
  ],
  [
    "CREATE TABLE t(a REAL)",
    { cursor: "a", initial: 1 },
    /column 'a' is read as DOUBLE, which cannot be followed/,
  ],
  ["CREATE TABLE t(a INTEGER)", { cursor: "b", initial: 1 }, /there is no column 'b' to follow/],
  ["CREATE TABLE t(a INTEGER)", { cursor: "a", initial: "soon" }, /'soon'/],
];

for (const [sql, incremental, says] of REFUSED) {
  Deno.test(`sqlite.extractor refuses to follow ${JSON.stringify(incremental)} in ${sql}`, async () => {
    await using project = await projectOf(sql, { table: "t", incremental });
    const { state, failure } = await project.run(await project.read("pipeline.oml"));
    assert.equal(state, "failed");
    assert.match(failure!.message, says);
    assert.ok(failure!.help);
  });
}

/**
 * Stories of `sqlite.writer`, as a user meets it. What must hold in all of them: a value is there as it was sent or
 * the run fails and names it, a load is there whole or not at all and once, a file that cannot be used is told with
 * what to do.
 *
 * @module
 */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { FAILING_ANYWHERE, type FailingWrite, MODES, NEW, OLD } from "./_writes.ts";
import { osiris, osirisCommand, SMALL_DISK } from "./_osiris.ts";
import { parquetColumns } from "./_parquet.ts";
import { TestProject } from "./_project.ts";
import { database, found, pipeline, readingText, write, writingSteps } from "./_sqlite.ts";
import { until } from "./_until.ts";

/** Literals of the engine that make the way to SQLite and back. */
const ROUND_TRIP: { readonly [type: string]: readonly string[] } = {
  BOOLEAN: ["true", "false", "NULL"],
  BIGINT: ["-9223372036854775808", "9223372036854775807", "9007199254740993", "NULL"],
  "DECIMAL(20,0)": ["18446744073709551615", "0"],
  "DECIMAL(38,0)": ["-99999999999999999999999999999999999999", "1"],
  "DECIMAL(15,4)": ["-12345678901.2345", "0.0001", "7", "NULL"],
  "DECIMAL(15,12)": ["-0.000000000001", "0.000000123", "999.999999999999"],
  "DECIMAL(38,10)": ["-9999999999999999999999999999.9999999999", "0.1000000000", "NULL"],
  DOUBLE: ["0.1", "1.7976931348623157e308", "5e-324", "'inf'", "'-inf'", "3", "NULL"],
  VARCHAR: ["''", "'  a '", "'😀 ñ 汉'", "'it''s \"x\"'", "'007'", "'1e5'", "NULL"],
  BLOB: ["''::BLOB", "'\\x00\\xFF'::BLOB", "NULL"],
  DATE: ["'0001-01-01'", "'9999-12-31'", "'2026-01-31'", "NULL"],
  TIME: ["'00:00:00'", "'23:59:59.999999'", "NULL"],
  TIMESTAMP: ["'2026-01-31 12:34:56.789012'", "'0001-01-01 00:00:00'", "NULL"],
  TIMESTAMP_NS: ["'2026-01-31 12:34:56.123456789'", "NULL"],
  "TIMESTAMP WITH TIME ZONE": ["'2026-01-31 12:34:56.789012+02'", "NULL"],
  UUID: ["'0b4e8d1c-1d4f-4a3e-9d8f-2f6d6f0c1a2b'", "NULL"],
  JSON: [`'{"a":[1,2.50]}'`, "'7.0'", "NULL"],
};

for (const [type, literals] of Object.entries(ROUND_TRIP)) {
  Deno.test(`sqlite.writer and sqlite.extractor bring every ${type} back as it was`, async () => {
    await using project = await TestProject.create();
    const query = `SELECT v::${type} AS v FROM (VALUES ${
      literals.map((each) => `(${each})`).join(", ")
    }) AS t(v)`;
    const text = pipeline([
      ...writingSteps(query, {}),
      {
        id: "keep",
        component: "filesystem.parquet_writer",
        mode: "write",
        inputs: { df: "rows" },
        config: {
          path: "sent.parquet",
        },
      },
    ]);
    const written = await project.run(text);
    assert.equal(written.state, "succeeded", String(written.failure?.message));
    const read = await project.run(readingText({ table: "t" }));
    assert.equal(read.state, "succeeded", String(read.failure?.message));
    const [sent, back] = [
      await parquetColumns(project.path("sent.parquet")),
      await parquetColumns(project.path("rows.parquet")),
    ];
    // Written to Parquet, JSON of a driver is the text that it is.
    if (type === "JSON") assert.deepEqual(back["v"]!.slice(1), sent["v"]!.slice(1));
    else assert.deepEqual(back, sent);
  });
}

Deno.test("sqlite.writer widens what SQLite has no word for, and keeps the values", async () => {
  await using project = await TestProject.create();
  const query = `SELECT 255::UTINYINT AS a, 4294967295::UINTEGER AS b, 18446744073709551615::UBIGINT AS c,
    1.5::FLOAT AS d, 'x'::ENUM('x', 'y') AS e, (-170141183460469231731687303715884105)::HUGEINT AS f`;
  assert.equal((await write(project, query)).state, "succeeded");
  assert.equal((await project.run(readingText({ table: "t" }))).state, "succeeded");
  assert.deepEqual(await parquetColumns(project.path("rows.parquet")), {
    a: ["BIGINT", "255"],
    b: ["BIGINT", "4294967295"],
    c: ["DECIMAL(20,0)", "18446744073709551615"],
    d: ["DOUBLE", "1.5"],
    e: ["VARCHAR", "x"],
    f: ["DECIMAL(38,0)", "-170141183460469231731687303715884105"],
  });
});

/** What SQLite would change, into a column that is there: the query's value, the column, what is said. */
const CHANGED: readonly (readonly [value: string, declared: string, says: RegExp])[] = [
  ["'007'", "INTEGER", /column 'v' is a VARCHAR, and the table's column is INTEGER/],
  ["'x'", "DATE", /column 'v' is a VARCHAR, and the table's column is DATE/],
  ["7", "TEXT", /column 'v' is a INTEGER, and the table's column is TEXT/],
  ["1.5::DOUBLE", "INTEGER", /column 'v' is a DOUBLE, and the table's column is INTEGER/],
  ["'nan'::DOUBLE", "REAL", /column 'v' has 'NaN', which SQLite would keep as null/],
  ["'1e5'", "STRING", /column 'v' has '1e5', which SQLite would turn into a number in this column/],
  [
    "18446744073709551615::UBIGINT",
    "INTEGER",
    /column 'v' has '18446744073709551615', which is beyond the 64 bits/,
  ],
  ["9007199254740993::BIGINT", "REAL", /column 'v' has '9007199254740993', which would be rounded to a REAL/],
  ["1234567890123456.78::DECIMAL(18,2)", "DECIMAL(18,2)", /has more than the 15 digits of SQLite's numbers/],
  ["123.45::DECIMAL(6,2)", "DECIMAL(4,1)", /column 'v' has '123.45', which does not fit into DECIMAL\(4,1\)/],
  ["'2026-01-31 00:00:00.123456789'::TIMESTAMP_NS", "TIMESTAMP", /finer than microseconds/],
  ["[1, 2]", "TEXT", /column 'v' is a INTEGER\[\]/],
  ["'infinity'::DATE", "DATE", /column 'v' has 'infinity', which is no point in time/],
  ["'-infinity'::TIMESTAMP", "TIMESTAMP", /column 'v' has '-infinity', which is no point in time/],
];

for (const [value, declared, says] of CHANGED) {
  Deno.test(`sqlite.writer refuses ${value} for a column of ${declared}`, async () => {
    await using project = await TestProject.create();
    database(project.path("shop.db"), `CREATE TABLE t(v ${declared}); INSERT INTO t VALUES (NULL)`);
    const { state, failure } = await write(project, `SELECT ${value} AS v`);
    assert.equal(state, "failed");
    assert.match(failure!.message, says);
    assert.ok(failure!.help);
    assert.deepEqual(found(project, "SELECT * FROM t"), [[null]]);
    assert.deepEqual(found(project, "SELECT name FROM sqlite_schema"), [["t"]]);
  });
}

for (const [write_mode, rows] of Object.entries(MODES)) {
  for (
    const table of [
      "CREATE TABLE t(id INTEGER, name TEXT, n INTEGER, more TEXT DEFAULT 'x')",
      "CREATE TABLE t(id INTEGER UNIQUE, name, n)",
    ]
  ) {
    if (write_mode === "append" && table.includes("UNIQUE")) continue;
    Deno.test(`sqlite.writer: ${write_mode} into ${table}`, async () => {
      await using project = await TestProject.create();
      database(project.path("shop.db"), table);
      assert.equal((await write(project, OLD)).state, "succeeded");
      const keys = write_mode === "upsert" || write_mode === "delete_insert" ? { keys: ["id"] } : {};
      const { state, failure } = await write(project, NEW, { write_mode, ...keys });
      assert.equal(state, "succeeded", String(failure?.message));
      assert.deepEqual(found(project, "SELECT id, name, n FROM t ORDER BY id, n"), rows);
      assert.deepEqual(
        found(project, "SELECT pipeline, step, table_name, rows, cursors FROM _osiris_loads"),
        [
          ["sqlite", "put", "t", 2, null],
          ["sqlite", "put", "t", 2, null],
        ],
      );
    });
  }
}

Deno.test("sqlite.writer makes a table whose keys are its primary key, for upsert", async () => {
  await using project = await TestProject.create();
  assert.equal((await write(project, OLD, { write_mode: "upsert", keys: ["id"] })).state, "succeeded");
  assert.deepEqual(found(project, "SELECT name, type, pk FROM pragma_table_info('t')"), [
    ["id", "INTEGER", 1],
    ["name", "TEXT", 0],
    ["n", "INTEGER", 0],
  ]);
});

Deno.test("sqlite.writer leaves what the input has not as it is, for upsert", async () => {
  await using project = await TestProject.create();
  database(
    project.path("shop.db"),
    "CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, kept TEXT); INSERT INTO t VALUES (2, 'b', 'x')",
  );
  const query = "SELECT * FROM (VALUES (2, 'B'), (3, 'c')) AS t(id, name)";
  assert.equal((await write(project, query, { write_mode: "upsert", keys: ["id"] })).state, "succeeded");
  assert.deepEqual(found(project, "SELECT * FROM t"), [[2, "B", "x"], [3, "c", null]]);
});

/** Rows and configurations that fail, with what is said; `t` holds (1, 'a') and (2, 'b'). */
const FAILING: readonly FailingWrite[] = [
  ...FAILING_ANYWHERE,
  [
    "SELECT i::BIGINT AS id, 'x' AS name FROM range(3, 200) AS r(i) UNION ALL SELECT 150, 'y'",
    {},
    /UNIQUE constraint failed: t.id \(row 198 of the input\)/,
  ],
  ["SELECT 3 AS id, NULL::VARCHAR AS name", {}, /NOT NULL constraint failed: t.name \(row 1 of the input\)/],
  ["SELECT NULL::INTEGER AS id, 'x' AS name", {}, /column 'id' is null in a row, and is a key of the table/],
  ["SELECT 3 AS id, 'x' AS nme", {}, /the table has no column 'nme'/],
  [
    "SELECT 3 AS id, NULL::VARCHAR AS name",
    { write_mode: "delete_insert", keys: ["name"] },
    /no value in its key|NOT NULL/,
  ],
  ["SELECT 3 AS id, 'x' AS name", { table: "v" }, /it is a view/],
  ["SELECT 3 AS id", { table: "sqlite_mine" }, /reserved for internal use/],
];

for (const [query, config, says] of FAILING) {
  Deno.test(`sqlite.writer keeps nothing of ${query} ${JSON.stringify(config)}`, async () => {
    await using project = await TestProject.create();
    database(
      project.path("shop.db"),
      `CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT NOT NULL CHECK (length(name) < 9));
      INSERT INTO t VALUES (1, 'a'), (2, 'b'); CREATE VIEW v AS SELECT * FROM t`,
    );
    const before = Deno.readFileSync(project.path("shop.db"));
    const { state, failure } = await write(project, query, config);
    assert.equal(state, "failed");
    assert.match(failure!.message, says);
    assert.ok(failure!.help);
    assert.deepEqual(Deno.readFileSync(project.path("shop.db")), before);
  });
}

Deno.test("sqlite.writer leaves no file behind when it fails to write to a new one", async () => {
  await using project = await TestProject.create();
  const { state } = await write(project, "SELECT 'nan'::DOUBLE AS v");
  assert.equal(state, "failed");
  assert.deepEqual((await project.list()).filter((path) => path.startsWith("shop.db")), []);
});

Deno.test("sqlite.writer says so when the disk takes no more, and leaves the old content", async () => {
  await using project = await TestProject.create();
  database(project.path("shop.db"), "CREATE TABLE t(i BIGINT); INSERT INTO t VALUES (1)");
  const steps = writingSteps("SELECT i FROM range(300000) AS r(i)", { write_mode: "overwrite" });
  await project.write("pipeline.oml", pipeline(steps));
  const { code, stderr } = await osiris(["run", "pipeline.oml"], { cwd: project.root, prefix: SMALL_DISK });
  assert.equal(code, 1);
  assert.match(stderr, /step 'put'.*\(data\): the file may not grow any further[^]*help: /);
  assert.deepEqual(found(project, "SELECT i FROM t"), [[1]]);
});

Deno.test("sqlite.writer fills two tables of one file in one pipeline, one after the other", async () => {
  await using project = await TestProject.create();
  const [rows, put] = writingSteps("SELECT i FROM range(20000) AS r(i)", {}) as [object, { config: object }];
  const other = { ...put, id: "more", inputs: { df: "rows" }, config: { ...put.config, table: "u" } };
  const { state, failure } = await project.run(pipeline([rows, { ...put, inputs: { df: "rows" } }, other]));
  assert.equal(state, "succeeded", String(failure?.message));
  assert.deepEqual(found(project, "SELECT (SELECT count(*) FROM t), (SELECT count(*) FROM u)"), [[
    20000,
    20000,
  ]]);
});

Deno.test("sqlite.writer is not planned twice for one table of a file", async () => {
  await using project = await TestProject.create();
  const [rows, put] = writingSteps("SELECT 1 AS i", {}) as [object, object];
  const twice = pipeline([rows, { ...put, inputs: { df: "rows" } }, {
    ...put,
    id: "more",
    inputs: { df: "rows" },
  }]);
  await assert.rejects(
    project.plan(twice),
    /step 'more': it writes the table 't' in '.*shop.db', which step 'put' writes too/,
  );
});

Deno.test("sqlite.writer says that it may be tried again when another program holds the file", async () => {
  await using project = await TestProject.create();
  database(project.path("shop.db"), "CREATE TABLE t(i INTEGER)");
  const other = new DatabaseSync(project.path("shop.db"));
  other.exec("BEGIN IMMEDIATE");
  const { failure } = await write(project, "SELECT 1 AS i", { timeout_s: 0.1 });
  other.close();
  assert.match(failure!.message, /Cannot open 'shop.db' \(conflict\): the database is locked/);
  assert.equal(failure!.retryable, true);
});

Deno.test("sqlite.writer says so when the file may not be written, or its folder is missing", async () => {
  await using project = await TestProject.create();
  const { failure } = await write(project, "SELECT 1 AS i", { path: "none/shop.db" });
  assert.match(failure!.message, /Cannot open 'none\/shop.db' \(config\): unable to open database file/);
});

Deno.test("sqlite.writer fails when the file is removed while it is written: nobody would see the rows", async () => {
  await using project = await TestProject.create();
  database(project.path("shop.db"), "CREATE TABLE t(i BIGINT); INSERT INTO t VALUES (1)");
  const reader = new DatabaseSync(project.path("shop.db"));
  reader.exec("BEGIN; SELECT i FROM t"); // nobody commits until it is done
  const written = write(project, "SELECT i FROM range(1000) AS r(i)");
  await until(() => existsSync(project.path("shop.db-journal")));
  await Deno.remove(project.path("shop.db"));
  reader.close();
  const { state, failure } = await written;
  assert.equal(state, "failed");
  assert.match(failure!.message, /\(conflict\): the file was removed or replaced while it was written/);
  assert.equal(failure!.retryable, true);
});

Deno.test("sqlite.writer waits for a program that holds the file", async () => {
  await using project = await TestProject.create();
  database(project.path("shop.db"), "CREATE TABLE t(i INTEGER)");
  const other = new DatabaseSync(project.path("shop.db"));
  other.exec("BEGIN IMMEDIATE; INSERT INTO t VALUES (1)");
  const written = write(project, "SELECT 2 AS i");
  await new Promise((resolve) => setTimeout(resolve, 1000));
  other.exec("COMMIT");
  other.close();
  const { state, failure } = await written;
  assert.equal(state, "succeeded", String(failure?.message));
  assert.deepEqual(found(project, "SELECT i FROM t"), [[1], [2]]);
});

Deno.test("sqlite.writer takes back what it wrote when the run is cancelled", async () => {
  await using project = await TestProject.create();
  database(project.path("shop.db"), "CREATE TABLE t(i BIGINT); INSERT INTO t VALUES (1)");
  const cancel = new AbortController();
  const query = "SELECT i FROM range(100000000) AS r(i)";
  const written = project.run(pipeline(writingSteps(query, {})), {
    signal: cancel.signal,
    onProgress: () => {},
  });
  await until(() => existsSync(project.path("shop.db-journal")));
  cancel.abort();
  assert.equal((await written).state, "cancelled");
  assert.deepEqual(found(project, "SELECT i FROM t"), [[1]]);
});

/** `osiris run`, in a process of its own, until it is killed with part of its rows in the file. */
async function killedWhileWriting(project: TestProject): Promise<void> {
  const [program, ...args] = [...osirisCommand(), "run", "pipeline.oml"];
  const size = () => Deno.statSync(project.path("shop.db")).size;
  const before = size();
  const child = new Deno.Command(program!, { args, cwd: project.root, stdout: "null", stderr: "null" })
    .spawn();
  await until(() => size() >= before + 1_000_000);
  child.kill("SIGKILL");
  await child.status;
}

/** Does what an error says brings the old content back, as whoever reads it would. */
async function asTold(project: TestProject, help: string): Promise<void> {
  const [, command = ""] = /the command "(.+)" brings the old content back/.exec(help)!;
  const args = ["-c", command];
  const { success } = await new Deno.Command("sh", { args, cwd: project.root, stdout: "null" }).output();
  assert.ok(success, command);
}

const SQLITE3_IS_THERE = new Deno.Command("sh", { args: ["-c", "command -v sqlite3"], stdout: "null" })
  .outputSync().success;

for (const more of [{}, { isolation: "process" }]) {
  Deno.test(`sqlite.writer ${JSON.stringify(more)} leaves the old content when it is killed, and whoever reads next is told or sees it`, async () => {
    await using project = await TestProject.create();
    database(
      project.path("shop.db"),
      "CREATE TABLE t(i BIGINT); INSERT INTO t SELECT value FROM json_each('[1,2,3]')",
    );
    const endless = "SELECT i FROM range(1000000000) AS r(i)";
    await project.write("pipeline.oml", pipeline(writingSteps(endless, { write_mode: "overwrite" }, more)));
    await killedWhileWriting(project);
    const { failure } = await project.run(readingText({ table: "t" }));
    assert.match(failure!.message, /a program was stopped while it wrote to the file, and left it half-way/);
    if (SQLITE3_IS_THERE && more.isolation === undefined) {
      await asTold(project, failure!.help!);
      assert.deepEqual(found(project, "SELECT i FROM t"), [[1], [2], [3]]);
    }
    const next = await write(project, "SELECT 4 AS i", {}, more);
    assert.equal(next.state, "succeeded", String(next.failure?.message));
    assert.deepEqual(found(project, "SELECT i FROM t"), [[1], [2], [3], [4]]);
  });
}

Deno.test("sqlite.writer in a process of its own touches the file and what SQLite keeps beside it, and leaves an empty journal at most", async () => {
  await using project = await TestProject.create();
  const apart = { isolation: "process" };
  const beside = async () => (await project.list()).filter((path) => path.startsWith("shop.db"));
  const failed = await write(project, "SELECT 'nan'::DOUBLE AS id", {}, apart);
  assert.match(failed.failure!.message, /which SQLite would keep as null/);
  assert.deepEqual(await beside(), []);

  const upsert = { write_mode: "upsert", keys: ["id"] };
  for (const query of [OLD, NEW]) {
    const { state, failure } = await write(project, query, upsert, apart);
    assert.equal(state, "succeeded", String(failure?.message));
  }
  assert.deepEqual(found(project, "SELECT id, name, n FROM t ORDER BY id"), MODES["upsert"]);
  for (const path of (await beside()).filter((path) => path !== "shop.db")) {
    assert.deepEqual([path, await project.read(path)], ["shop.db-journal", ""]);
  }

  database(project.path("shop.db"), "PRAGMA journal_mode = WAL");
  const { state, failure } = await write(project, "SELECT 4 AS id, 'd' AS name, 40 AS n", upsert, apart);
  assert.equal(state, "succeeded", String(failure?.message));
  assert.deepEqual(found(project, "SELECT count(*) FROM t"), [[4]]);
  const read = await project.run(
    readingText({ table: "t" }).replace('"mode":"read"', '"mode":"read","isolation":"process"'),
  );
  assert.equal(read.state, "succeeded", String(read.failure?.message));
  assert.deepEqual((await parquetColumns(project.path("rows.parquet")))["id"]!.slice(1).sort(), [
    "1",
    "2",
    "3",
    "4",
  ]);
});

/**
 * Stories of `duckdb.extractor` and `duckdb.writer`, as a user meets them. What must hold in all of them: a value
 * arrives as it is stored, a load is there whole or not at all and once, a query reaches the file's tables and nothing
 * else, a file that cannot be used is told with what to do.
 *
 * @module
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { FAILING_ANYWHERE, type FailingWrite, MODES, NEW, OLD } from "./_writes.ts";
import { osiris, osirisCommand, SMALL_DISK } from "./_osiris.ts";
import { TestProject } from "./_project.ts";
import { REPO } from "./_repo.ts";

type Fields = Readonly<Record<string, unknown>>;

function pipeline(steps: readonly unknown[]): string {
  return JSON.stringify({ oml_version: "0.1.0", name: "files", steps });
}

/** Steps that read from `shop.duckdb` into `rows.parquet`. */
function readingText(config: Fields): string {
  return pipeline([
    { id: "get", component: "duckdb.extractor", mode: "read", config: { path: "shop.duckdb", ...config } },
    { id: "save", component: "filesystem.parquet_writer", mode: "write", config: { path: "rows.parquet" } },
  ]);
}

/** Runs statements on a database file, and gives the rows of the last one as texts. */
async function sql(path: string, ...statements: string[]): Promise<unknown[][]> {
  const instance = await DuckDBInstance.create(path);
  const connection = await instance.connect();
  await connection.run("SET TimeZone = 'UTC'");
  let rows: unknown[][] = [];
  for (const statement of statements) {
    rows = (await connection.runAndReadAll(statement)).getRowsJson() as unknown[][];
  }
  connection.closeSync();
  instance.closeSync();
  return rows;
}

/** A project with such a file. */
async function projectWith(...statements: string[]): Promise<TestProject> {
  const project = await TestProject.create();
  if (statements.length > 0) await sql(project.path("shop.duckdb"), ...statements);
  return project;
}

/** The rows of `rows.parquet` as texts, after a run that succeeds. */
async function read(project: TestProject, config: Fields): Promise<unknown[][]> {
  await project.succeed(readingText(config));
  return await sql(":memory:", `SELECT COLUMNS(*)::VARCHAR FROM '${project.path("rows.parquet")}'`);
}

/** A pipeline that writes what a query gives. */
function writingText(query: string, config: Fields): string {
  return pipeline([
    { id: "rows", component: "duckdb.processor", mode: "transform", inputs: {}, config: { query } },
    {
      id: "put",
      component: "duckdb.writer",
      mode: "write",
      config: { path: "shop.duckdb", table: "t", ...config },
    },
  ]);
}

/** Runs it. */
function write(project: TestProject, query: string, config: Fields = {}) {
  return project.run(writingText(query, config));
}

const ORDERS = [
  "CREATE TABLE orders (id INTEGER PRIMARY KEY, status VARCHAR, total DECIMAL(18,2))",
  "INSERT INTO orders VALUES (1, 'paid', 10.50), (2, 'open', 20), (3, 'paid', 30)",
  "CREATE SCHEMA sales",
  "CREATE TABLE sales.lines (order_id INTEGER, item VARCHAR)",
  "INSERT INTO sales.lines VALUES (1, 'x'), (3, 'y')",
  "CREATE VIEW paid AS SELECT * FROM orders",
];

/** What is asked, and the rows that come. */
const READ: readonly (readonly [config: Fields, rows: unknown[][]])[] = [
  [{ table: "orders", columns: ["total", "id"] }, [["10.50", "1"], ["20.00", "2"], ["30.00", "3"]]],
  [{ table: "sales.lines" }, [["1", "x"], ["3", "y"]]],
  [{ query: "SELECT id FROM orders WHERE status = $1 AND total > $2", params: ["paid", 20] }, [["3"]]],
  [
    { query: 'SELECT o.id, l.item FROM orders AS o JOIN "sales.lines" AS l ON l.order_id = o.id ORDER BY 1' },
    [
      ["1", "x"],
      ["3", "y"],
    ],
  ],
  [{ query: "FROM orders SELECT count(*) AS n, sum(total) AS s; -- all of them" }, [["3", "60.50"]]],
  [{ query: "SELECT $1 AS a, $2 AS b", params: [true, null] }, [["true", null]]],
];

for (const [config, rows] of READ) {
  Deno.test(`duckdb.extractor reads ${JSON.stringify(config)}`, async () => {
    await using project = await projectWith(...ORDERS);
    assert.deepEqual(await read(project, config), rows);
  });
}

/** What is refused, with what is said; `other.duckdb` and `other.csv` lie beside the file. */
const REFUSED: readonly (readonly [config: Fields, says: RegExp])[] = [
  [{ table: "order" }, /Cannot read the table 'order' in '.*shop.duckdb': there is no such table/],
  [{ table: "paid" }, /there is no such table/],
  [{ table: "orders", columns: ["nope"] }, /there is no column 'nope'/],
  [{ query: "SELECT * FROM nope" }, /table 'nope' is not an input/],
  [{ query: "SELECT * FROM 'other.csv'" }, /not an input/],
  [{ query: "SELECT * FROM read_csv('other.csv')" }, /table function 'read_csv'/],
  [{ query: "SELECT * FROM duckdb_tables()" }, /table function 'duckdb_tables'/],
  [{ query: "SELECT * FROM sales.lines" }, /'sales.lines' is outside the step/],
  [{ query: "SELECT * FROM information_schema.tables" }, /outside the step/],
  [{ query: "SELECT getenv('HOME')" }, /getenv/],
  [{ query: "ATTACH 'other.duckdb'" }, /not a single SELECT/],
  [{ query: "COPY orders TO 'out.csv'" }, /not a single SELECT/],
  [{ query: "DROP TABLE orders" }, /not a single SELECT/],
  [{ query: "SELECT 1; DROP TABLE orders" }, /more than one statement/],
  [{ query: "SELECT * FROM orders WHERE id = $1" }, /parameter '\$p1' has no value/],
  [{ query: "SELEC 1" }, /syntax error/],
];

for (const [config, says] of REFUSED) {
  Deno.test(`duckdb.extractor refuses ${JSON.stringify(config)}`, async () => {
    await using project = await projectWith(...ORDERS);
    await sql(project.path("other.duckdb"), "CREATE TABLE secret AS SELECT 1 AS x");
    await project.write("other.csv", "a\n1\n");
    const { state, failure } = await project.run(readingText(config));
    assert.equal(state, "failed");
    assert.match(failure!.message, says);
    assert.ok(failure!.help);
    assert.deepEqual((await project.list()).filter((path) => /^(rows|out)/.test(path)), []);
  });
}

/** What a file may be instead of a database, with what is said. */
const NO_DATABASE: { readonly [what: string]: readonly [(path: string) => unknown, RegExp] } = {
  "is missing": [() => {}, /Cannot open the database '.*shop.duckdb': there is no such file/],
  "is a folder": [(path) => Deno.mkdirSync(path), /it is no file/],
  "is empty": [(path) => Deno.writeTextFileSync(path, ""), /it is no DuckDB database/],
  "is a text": [(path) => Deno.writeTextFileSync(path, "hello ".repeat(999)), /it is no DuckDB database/],
  "was cut": [(path) => patched(path, (bytes) => bytes.subarray(0, 20_000)), /it is damaged/],
  "is damaged": [(path) => patched(path, (bytes) => bytes.fill(7, 12_500, 16_000)), /it is damaged/],
  "is encrypted": [
    (path) =>
      sql(
        ":memory:",
        "SET force_mbedtls_unsafe = 'true'",
        `ATTACH '${path}' AS e (ENCRYPTION_KEY 'secret')`,
        "CREATE TABLE e.t AS SELECT 1 AS x",
        "DETACH e",
      ),
    /it is encrypted/,
  ],
};

async function patched(path: string, patch: (bytes: Uint8Array) => Uint8Array): Promise<void> {
  await sql(path, "CREATE TABLE orders AS SELECT i FROM range(100000) AS r(i)");
  Deno.writeFileSync(path, patch(Deno.readFileSync(path)));
}

for (const [what, [make, says]] of Object.entries(NO_DATABASE)) {
  Deno.test(`duckdb.extractor says so when the file ${what}`, async () => {
    await using project = await TestProject.create();
    await make(project.path("shop.duckdb"));
    const { state, failure } = await project.run(readingText({ table: "orders" }));
    assert.equal(state, "failed");
    assert.match(failure!.message, says);
    assert.ok(failure!.help);
    assert.equal(failure!.retryable, false);
  });
}

/** Another program that has the file open until it is ended. */
async function holding(path: string): Promise<Deno.ChildProcess> {
  const code = `import { DuckDBInstance } from "@duckdb/node-api";
    const instance = await DuckDBInstance.create(${JSON.stringify(path)});
    await (await instance.connect()).run("CREATE TABLE IF NOT EXISTS held (i INTEGER)");
    console.log("open"); setInterval(() => instance, 1000);`;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-check", "--config", join(REPO, "deno.json"), code],
    cwd: REPO,
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = child.stdout.getReader();
  assert.match(new TextDecoder().decode((await reader.read()).value), /open/);
  await reader.cancel();
  return child;
}

Deno.test("duckdb.extractor and duckdb.writer say that it may be tried again when another program holds the file", async () => {
  await using project = await projectWith(...ORDERS);
  const child = await holding(project.path("shop.duckdb"));
  try {
    const outcomes = [
      await project.run(readingText({ table: "orders" })),
      await write(project, "SELECT 1 AS i"),
    ];
    for (const { failure } of outcomes) {
      assert.equal(failure?.code, "ENG551");
      assert.match(failure!.message, /another program has it open/);
      assert.equal(failure!.retryable, true);
    }
  } finally {
    child.kill("SIGKILL");
    await child.status;
  }
});

/** Literals of the engine, by type, that are written and read back. */
const TYPES: { readonly [type: string]: readonly string[] } = {
  BOOLEAN: ["true", "false", "NULL"],
  TINYINT: ["-128", "127"],
  UBIGINT: ["0", "18446744073709551615"],
  BIGINT: ["-9223372036854775808", "9223372036854775807", "NULL"],
  HUGEINT: ["'-170141183460469231731687303715884105728'", "'170141183460469231731687303715884105727'"],
  UHUGEINT: ["'340282366920938463463374607431768211455'"],
  "DECIMAL(38,10)": ["-9999999999999999999999999999.9999999999", "0.0000000001", "NULL"],
  FLOAT: ["'nan'", "'inf'", "-3.4e38", "NULL"],
  DOUBLE: ["'nan'", "'-inf'", "0.1", "5e-324"],
  VARCHAR: ["''", "'😀 ñ'", "'a' || chr(0) || 'b'", "NULL"],
  BLOB: ["''::BLOB", "'\\x00\\xFF'::BLOB", "NULL"],
  DATE: ["'infinity'", "'-infinity'", "'0001-01-01'", "'5877642-06-25 (BC)'"],
  TIME: ["'23:59:59.999999'"],
  TIMESTAMP: ["'infinity'", "'2026-01-31 12:34:56.789012'", "NULL"],
  TIMESTAMP_NS: ["'2026-01-31 12:34:56.123456789'"],
  "TIMESTAMP WITH TIME ZONE": ["'2026-01-31 12:34:56.789012+02'", "'-infinity'"],
  INTERVAL: ["'1 month 2 days 3.5 seconds'"],
  UUID: ["'0b4e8d1c-1d4f-4a3e-9d8f-2f6d6f0c1a2b'"],
  JSON: [`'{"a":[1,2.50]}'`, "NULL"],
  "ENUM('x', 'y')": ["'x'", "NULL"],
  BIT: ["'10101'"],
  "INTEGER[]": ["[1, NULL]", "[]", "NULL"],
  "INTEGER[2]": ["[1, 2]"],
  "STRUCT(a INTEGER, b VARCHAR[])": ["{'a': 1, 'b': ['x']}", "NULL"],
  "MAP(VARCHAR, INTEGER)": ["MAP {'a': 1}"],
};

Deno.test("duckdb.writer and duckdb.extractor bring every type back as it was", async () => {
  await using project = await TestProject.create();
  const selects = Object.entries(TYPES).flatMap(([type, literals], at) =>
    literals.map((literal) =>
      `SELECT ${
        Object.keys(TYPES).map((each, i) =>
          i === at ? `CAST(${literal} AS ${type}) AS c${i}` : `CAST(NULL AS ${each}) AS c${i}`
        )
          .join(", ")
      }`
    )
  );
  const query = selects.join(" UNION ALL ");
  const { state, failure } = await write(project, query);
  assert.equal(state, "succeeded", String(failure?.message));
  const copied = await project.run(pipeline([
    { id: "get", component: "duckdb.extractor", mode: "read", config: { path: "shop.duckdb", table: "t" } },
    { id: "put", component: "duckdb.writer", mode: "write", config: { path: "copy.duckdb", table: "t" } },
  ]));
  assert.equal(copied.state, "succeeded", String(copied.failure?.message));
  const files = ["shop.duckdb", "copy.duckdb"].map((name) =>
    `ATTACH '${project.path(name)}' AS ${name.split(".")[0]}`
  );
  const types =
    "SELECT string_agg(data_type, ';' ORDER BY column_index) FROM duckdb_columns() WHERE table_name = 't'";
  const [[shop], [copy]] = await sql(":memory:", ...files, `${types} GROUP BY database_name`) as [
    [string],
    [string],
  ];
  assert.equal(shop, copy);
  assert.match(shop, /^BOOLEAN;TINYINT;UBIGINT;BIGINT;HUGEINT;.*MAP\(VARCHAR, INTEGER\)$/);
  const expected = `(${query})`;
  for (const name of ["shop", "copy"]) {
    const [[lost]] = await sql(
      ":memory:",
      ...files,
      `SELECT count(*) FROM (SELECT t::VARCHAR FROM ${expected} AS t EXCEPT ALL SELECT t::VARCHAR FROM ${name}.t AS t)`,
    ) as [[unknown]];
    assert.equal(Number(lost), 0, name);
  }
});

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
  while (size() === before) await new Promise((done) => setTimeout(done, 50));
  child.kill("SIGKILL");
  await child.status;
  assert.deepEqual(await read(project, { table: "t" }), [["1"]]);
});

Deno.test("duckdb.extractor follows a column, and duckdb.writer keeps the cursor with the load", async () => {
  await using project = await projectWith(
    "CREATE TABLE s (id INTEGER, seen TIMESTAMP)",
    "INSERT INTO s VALUES (1, '2026-01-01 05:00'), (2, '2026-01-01 06:00')",
  );
  const text = pipeline([
    {
      id: "get",
      component: "duckdb.extractor",
      mode: "read",
      config: {
        path: "shop.duckdb",
        table: "s",
        incremental: { cursor: "seen" },
      },
    },
    { id: "put", component: "duckdb.writer", mode: "write", config: { path: "out.duckdb", table: "t" } },
  ]);
  const load = async (more: string, ids: number[]) => {
    await sql(project.path("shop.duckdb"), more);
    const { state, failure } = await project.run(text);
    assert.equal(state, "succeeded", String(failure?.message));
    assert.deepEqual((await sql(project.path("out.duckdb"), "SELECT id FROM t ORDER BY id")).flat(), ids);
  };
  await load("SELECT 1", [1, 2]);
  await load("INSERT INTO s VALUES (3, '2026-01-01 06:00'), (4, '2026-01-02'), (5, '2026-01-01')", [
    1,
    2,
    3,
    4,
  ]);
  const before = Deno.readFileSync(project.path("out.duckdb"));
  await load("SELECT 1", [1, 2, 3, 4]);
  assert.deepEqual(Deno.readFileSync(project.path("out.duckdb")), before);
  assert.deepEqual(
    await sql(
      project.path("out.duckdb"),
      "SELECT cursors->>'$.get.to' FROM _osiris_loads ORDER BY loaded_at",
    ),
    [
      ["2026-01-01 06:00:00"],
      ["2026-01-02 00:00:00"],
    ],
  );
});

Deno.test("connections doctor and discover look into a database file", async () => {
  await using project = await projectWith(...ORDERS);
  const text =
    "version: 1\nconnections:\n  duckdb:\n    shop: { path: shop.duckdb }\n    gone: { path: gone.duckdb }\n";
  await project.write("osiris_connections.yaml", text);
  const asked = async (...args: string[]) => {
    const { code, stdout } = await osiris(args, { cwd: project.root });
    return { code, answer: JSON.parse(stdout) };
  };
  const doctor = await asked("connections", "doctor", "--json");
  assert.equal(doctor.code, 3);
  const fared = doctor.answer.connections.map((each: Fields) => [each["name"], each["status"]]);
  assert.deepEqual(fared, [["@duckdb.shop", "ok"], ["@duckdb.gone", "failed"]]);
  const { answer } = await asked(
    "discover",
    "@duckdb.shop",
    "orders",
    "sales.lines",
    "--samples",
    "1",
    "--json",
  );
  assert.deepEqual(
    answer.tables.map((table: Fields) => [table["name"], table["columns"], table["keys"], table["rows"]]),
    [
      [
        "orders",
        [
          { name: "id", type: "INTEGER" },
          { name: "status", type: "VARCHAR" },
          { name: "total", type: "DECIMAL(18,2)" },
        ],
        ["id"],
        3,
      ],
      ["sales.lines", [{ name: "order_id", type: "INTEGER" }, { name: "item", type: "VARCHAR" }], [], 2],
    ],
  );
  assert.equal(answer.tables[0].samples.length, 1);
});

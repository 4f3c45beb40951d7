/**
 * Stories of a database file: `duckdb.extractor`, and what it has in common with `duckdb.writer`. What must hold in all
 * of them: a value arrives as it is stored, a query reaches the file's tables and nothing else, a file that cannot be
 * used is told with what to do.
 *
 * @module
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { type Fields, pipeline, projectWith, read, readingText, sql, write } from "./_duckdb_file.ts";
import { osiris } from "./_osiris.ts";
import { TestProject } from "./_project.ts";
import { REPO } from "./_repo.ts";

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

/**
 * Stories of `sqlite.extractor` and `sqlite.writer`, as a user meets them. What must hold in all of them: a value
 * arrives as it is stored or the run fails and names it, a load is there whole or not at all and once, a file that
 * cannot be used is told with what to do.
 *
 * @module
 */

import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { DuckDBInstance } from "@duckdb/node-api";
import { osiris, osirisCommand } from "./_osiris.ts";
import { TestProject } from "./_project.ts";

type Fields = Readonly<Record<string, unknown>>;

/** A project whose one pipeline reads from `shop.db` into `rows.parquet`. */
async function reading(sql: string, config: Fields): Promise<TestProject> {
  const project = await TestProject.create();
  if (sql !== "") database(project.path("shop.db"), sql);
  await project.write("pipeline.oml", readingText(config));
  return project;
}

function readingText(config: Fields): string {
  return pipeline([
    { id: "get", component: "sqlite.extractor", mode: "read", config: { path: "shop.db", ...config } },
    { id: "save", component: "filesystem.parquet_writer", mode: "write", config: { path: "rows.parquet" } },
  ]);
}

function pipeline(steps: readonly unknown[]): string {
  return JSON.stringify({ oml_version: "0.1.0", name: "sqlite", steps });
}

/** Runs statements on a database file. */
function database(path: string, sql: string): void {
  const db = new DatabaseSync(path);
  db.exec(sql);
  db.close();
}

/** Each column's type and its values, as text, in what a pipeline reads; the run succeeds. */
async function columnsOf(sql: string, config: Fields): Promise<Record<string, string[]>> {
  await using project = await reading(sql, config);
  const outcome = await project.run(await project.read("pipeline.oml"));
  assert.equal(outcome.state, "succeeded", String(outcome.failure?.message));
  return await parquet(project.path("rows.parquet"));
}

async function parquet(path: string): Promise<Record<string, string[]>> {
  const instance = await DuckDBInstance.create();
  const duckdb = await instance.connect();
  await duckdb.run("SET TimeZone = 'UTC'");
  const columns: Record<string, string[]> = {};
  for (const [name, type] of (await (await duckdb.run(`DESCRIBE FROM '${path}'`)).getRows())) {
    const shown = type === "BLOB" ? `hex("${name}")` : `"${name}"::VARCHAR`;
    const values = await (await duckdb.run(`SELECT ${shown} FROM '${path}'`)).getRows();
    columns[String(name)] = [
      String(type),
      ...values.map(([value]) => value === null ? "null" : String(value)),
    ];
  }
  duckdb.closeSync();
  instance.closeSync();
  return columns;
}

/** What the run fails with; no rows are left. */
async function failureOf(sql: string, config: Fields) {
  await using project = await reading(sql, config);
  const outcome = await project.run(await project.read("pipeline.oml"));
  assert.equal(outcome.state, "failed");
  assert.deepEqual((await project.list()).filter((path) => path.startsWith("rows")), []);
  return outcome.failure!;
}

/** Literals of a column, with the type and the values that they arrive with. */
const EXACT: { readonly [declared: string]: readonly [readonly string[], string, readonly string[]] } = {
  INTEGER: [
    ["-9223372036854775807 - 1", "9223372036854775807", "9007199254740993", "NULL"],
    "BIGINT",
    ["-9223372036854775808", "9223372036854775807", "9007199254740993", "null"],
  ],
  "UNSIGNED BIG INT": [["0", "7"], "BIGINT", ["0", "7"]],
  BOOLEAN: [["0", "1", "NULL"], "BOOLEAN", ["false", "true", "null"]],
  REAL: [
    ["0.1", "1.7976931348623157e308", "9e999", "-9e999", "5", "NULL"],
    "DOUBLE",
    ["0.1", "1.7976931348623157e+308", "inf", "-inf", "5.0", "null"],
  ],
  TEXT: [
    ["''", "'  a '", "'😀 ñ 汉'", "'it''s'", "'\uFFFD'", "char(10) || '\"' || char(13)", "NULL"],
    "VARCHAR",
    ["", "  a ", "😀 ñ 汉", "it's", "\uFFFD", '\n"\r', "null"],
  ],
  "VARCHAR(10)": [["'x'"], "VARCHAR", ["x"]],
  BLOB: [["x''", "x'00ff'", "NULL"], "BLOB", ["", "00FF", "null"]],
  "DECIMAL(12,2)": [["'12.50'", "-0.01", "9999999999.99", "7", "NULL"], "DECIMAL(12,2)", [
    "12.50",
    "-0.01",
    "9999999999.99",
    "7.00",
    "null",
  ]],
  "DECIMAL_TEXT(38,10)": [
    ["'-9999999999999999999999999999.9999999999'", "'0.0000000001'"],
    "DECIMAL(38,10)",
    ["-9999999999999999999999999999.9999999999", "0.0000000001"],
  ],
  DATE: [["'2026-01-31'", "'0001-01-01'", "'9999-12-31'", "NULL"], "DATE", [
    "2026-01-31",
    "0001-01-01",
    "9999-12-31",
    "null",
  ]],
  TIME: [["'12:34'", "'23:59:59.999999'"], "TIME", ["12:34:00", "23:59:59.999999"]],
  DATETIME: [["'2026-01-31 12:34:56.789'", "'2026-01-31T00:00'", "NULL"], "TIMESTAMP", [
    "2026-01-31 12:34:56.789",
    "2026-01-31 00:00:00",
    "null",
  ]],
  TIMESTAMP: [
    ["'2026-01-31T12:00:00Z'", "'2026-01-31 12:00:00.5+02:00'", "NULL"],
    "TIMESTAMP WITH TIME ZONE",
    ["2026-01-31 12:00:00+00", "2026-01-31 10:00:00.5+00", "null"],
  ],
  TIMESTAMPTZ: [["'2026-01-31 12:00:00+00:00'"], "TIMESTAMP WITH TIME ZONE", ["2026-01-31 12:00:00+00"]],
  UUID: [["'0b4e8d1c-1d4f-4a3e-9d8f-2f6d6f0c1a2b'"], "UUID", ["0b4e8d1c-1d4f-4a3e-9d8f-2f6d6f0c1a2b"]],
  JSON: [[`'{"a":[1,2]}'`, "7", "NULL"], "JSON", ['{"a":[1,2]}', "7", "null"]],
};

for (const [declared, [literals, type, values]] of Object.entries(EXACT)) {
  Deno.test(`sqlite.extractor reads ${declared} as ${type}, every value as it is stored`, async () => {
    const sql = `CREATE TABLE t(v ${declared}); INSERT INTO t VALUES ${literals.map((each) => `(${each})`)}`;
    assert.deepEqual(await columnsOf(sql, { table: "t" }), { v: [type, ...values] });
  });
}

/** Columns without a type of their own: what their values make of them. */
const FOUND: readonly (readonly [values: string, type: string, read: readonly string[]])[] = [
  ["(1), (NULL), (3)", "BIGINT", ["1", "null", "3"]],
  ["(1), (2.5)", "DOUBLE", ["1.0", "2.5"]],
  ["('a'), ('')", "VARCHAR", ["a", ""]],
  ["(x'01'), (NULL)", "BLOB", ["01", "null"]],
  ["(NULL)", "VARCHAR", ["null"]],
];

for (const [values, type, read] of FOUND) {
  Deno.test(`sqlite.extractor finds ${type} in a column without a type that holds ${values}`, async () => {
    const sql = `CREATE TABLE t(v); INSERT INTO t VALUES ${values}`;
    assert.deepEqual(await columnsOf(sql, { table: "t" }), { v: [type, ...read] });
  });
}

/** A column's declaration, a value that is none of its, and what is said. */
const UNFIT: readonly (readonly [declared: string, literal: string, says: string])[] = [
  ["INTEGER", "'abc'", "column 'v' has the text 'abc', and should have an integer"],
  ["INTEGER", "1.5", "column 'v' has the number 1.5, and should have an integer"],
  ["INTEGER", "x'00'", "column 'v' has a blob of 1 bytes, and should have an integer"],
  ["REAL", "'n/a'", "column 'v' has the text 'n/a', and should have a number"],
  ["BOOLEAN", "2", "column 'v' has the number 2, and should have 1 for true or 0 for false"],
  ["TEXT", "x'616263'", "column 'v' has a blob of 3 bytes, and should have a text"],
  ["BLOB", "'abc'", "column 'v' has the text 'abc', and should have a blob"],
  [
    "DECIMAL(6,2)",
    "0.125",
    "column 'v' has the number 0.125, and should have a number such as 12.50, for DECIMAL(6,2)",
  ],
  ["DATE", "'31.01.2026'", "column 'v' has the text '31.01.2026', and should have a date such as 2026-01-31"],
  ["DATE", "1700000000", "column 'v' has the number 1700000000, and should have a date such as 2026-01-31"],
  ["DATETIME", "'soon'", "column 'v' has the text 'soon', and should have a timestamp such as"],
  ["UUID", "'7'", "column 'v' has the number 7, and should have a UUID"],
  ["TEXT", "'ab' || char(0) || 'c'", "a text of column 'v' has a zero character, or bytes that are no UTF-8"],
  ["TEXT", "CAST(x'ff41' AS TEXT)", "a text of column 'v' has a zero character, or bytes that are no UTF-8"],
  ["NUMERIC", "'x'), (1", "column 'v' has numbers and texts, and no type holds both"],
];

for (const [declared, literal, says] of UNFIT) {
  Deno.test(`sqlite.extractor refuses ${literal} in a column of ${declared}`, async () => {
    const { message, help, category } = await failureOf(
      `CREATE TABLE t(v ${declared}); INSERT INTO t VALUES (${literal})`,
      { table: "t" },
    );
    assert.ok(message.includes(`Cannot read the table 't' in 'shop.db' (data): ${says}`), message);
    assert.match(help!, /query/);
    assert.equal(category, "run");
  });
}

const ORDERS = `CREATE TABLE orders(id INTEGER PRIMARY KEY, status TEXT, total REAL);
  INSERT INTO orders VALUES (1, 'paid', 10.5), (2, 'open', 20), (3, 'paid', 30)`;

Deno.test("sqlite.extractor reads a query with bound values, in its order", async () => {
  const query =
    "SELECT id, total * ? AS double FROM orders WHERE status = ? ORDER BY id DESC -- the latest first";
  assert.deepEqual(await columnsOf(ORDERS, { query, params: [2, "paid"] }), {
    id: ["BIGINT", "3", "1"],
    double: ["DOUBLE", "60.0", "21.0"],
  });
});

Deno.test("sqlite.extractor binds whole numbers as integers and truth as 1 and 0", async () => {
  const query = "SELECT typeof(?) AS a, typeof(?) AS b, ? AS c, ? AS d";
  assert.deepEqual(await columnsOf(ORDERS, { query, params: [1, 1.5, true, null] }), {
    a: ["VARCHAR", "integer"],
    b: ["VARCHAR", "real"],
    c: ["BIGINT", "1"],
    d: ["VARCHAR", "null"],
  });
});

Deno.test("sqlite.extractor reads the columns it is asked for, from tables of any name", async () => {
  const sql = `CREATE TABLE "odd ""name"".x"(a, "b c" TEXT, d) WITHOUT ROWID`.replace(
    "(a,",
    "(a PRIMARY KEY,",
  );
  const config = { table: 'odd "name".x', columns: ["b c", "a"] };
  assert.deepEqual(await columnsOf(`${sql}; INSERT INTO "odd ""name"".x" VALUES (1, 'x', 2)`, config), {
    "b c": ["VARCHAR", "x"],
    a: ["BIGINT", "1"],
  });
});

Deno.test("sqlite.extractor hands on an empty table with its columns", async () => {
  assert.deepEqual(await columnsOf("CREATE TABLE t(a INTEGER, b TEXT)", { table: "t" }), {
    a: ["BIGINT"],
    b: ["VARCHAR"],
  });
});

Deno.test("sqlite.extractor reads more rows than fit into a piece of text, each once", async () => {
  const sql =
    `CREATE TABLE t(id INTEGER, text TEXT); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n
    WHERE i < 50000) INSERT INTO t SELECT i, 'row ' || i FROM n`;
  const { id, text } = await columnsOf(sql, { table: "t" });
  const ids = Array.from({ length: 50_000 }, (_, i) => String(i + 1));
  assert.deepEqual(id, ["BIGINT", ...ids]);
  assert.deepEqual(text, ["VARCHAR", ...ids.map((each) => `row ${each}`)]);
});

Deno.test("sqlite.extractor fails when a statement fails after some of its rows", async () => {
  const sql = `CREATE TABLE t(a INTEGER); INSERT INTO t VALUES (1), (2), (-9223372036854775807 - 1), (4)`;
  const { message } = await failureOf(sql, {
    query: "SELECT a, CASE WHEN a < 9 THEN abs(a) END AS b FROM t",
  });
  assert.match(message, /integer overflow/);
});

/** Configurations that cannot be read, with what is said. */
const REFUSED: readonly (readonly [config: Fields, says: RegExp])[] = [
  [{ table: "nope" }, /Cannot read the table 'nope' in 'shop.db' \(config\): no such table: nope/],
  [{ table: "orders", columns: ["nope"] }, /no such column: "?nope/],
  [{ query: "SELEC 1" }, /\(config\): near "1": syntax error/],
  [{ query: "DELETE FROM orders" }, /syntax error/],
  [{ query: "SELECT 1; DELETE FROM orders" }, /syntax error/],
  [{ query: "SELECT 1) UNION ALL SELECT 2 FROM (SELECT 3" }, /\(config\)/],
  [{ query: "ATTACH 'other.db' AS o" }, /syntax error/],
  [{ query: "SELECT load_extension('x')" }, /not authorized/],
  [{ query: "SELECT readfile('/etc/passwd')" }, /no such function: readfile/],
  [
    { query: "SELECT * FROM orders WHERE id = ? AND status = ?", params: [1] },
    /there are more `\?` in the query than values in params/,
  ],
  [
    { query: "SELECT * FROM orders WHERE id = ?", params: [1, 2] },
    /there are more values in params than `\?`/,
  ],
  [{ query: "SELECT 1 AS a, 2 AS A" }, /two of its columns are called 'a'/],
];

for (const [config, says] of REFUSED) {
  Deno.test(`sqlite.extractor refuses ${JSON.stringify(config)}`, async () => {
    const { message, help, retryable } = await failureOf(ORDERS, config);
    assert.match(message, says);
    assert.ok(help);
    assert.equal(retryable, false);
  });
}

/** What a file may be instead of a database, with what is said. */
const NO_DATABASE: { readonly [what: string]: readonly [(path: string) => unknown, RegExp] } = {
  "is missing": [() => {}, /Cannot open 'shop.db' \(config\): there is no such file/],
  "is a folder": [(path) => Deno.mkdirSync(path), /\(config\): it is no file/],
  "is empty": [(path) => Deno.writeTextFileSync(path, ""), /it is no SQLite database/],
  "is a text": [
    (path) => Deno.writeTextFileSync(path, "hello ".repeat(100)),
    /it is no SQLite database, or an encrypted/,
  ],
  "is encrypted": [
    (path) => Deno.writeFileSync(path, crypto.getRandomValues(new Uint8Array(4096))),
    /or an encrypted one/,
  ],
  "is of a newer format": [
    (path) => patched(path, (bytes) => bytes.fill(3, 18, 20)),
    /it is in a newer format than this SQLite knows/,
  ],
  "has a newer schema": [
    (path) => patched(path, (bytes) => bytes.fill(9, 47, 48)),
    /it is in a newer format/,
  ],
  "was cut": [(path) => patched(path, (bytes) => bytes.subarray(0, 6000)), /\(data\): the file is damaged/],
  "is damaged": [(path) => patched(path, (bytes) => bytes.fill(255, 4096)), /\(data\): the file is damaged/],
};

function patched(path: string, patch: (bytes: Uint8Array) => Uint8Array): void {
  database(
    path,
    `CREATE TABLE orders(id INTEGER, text TEXT);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 999) INSERT INTO orders SELECT i, 'x' FROM n`,
  );
  Deno.writeFileSync(path, patch(Deno.readFileSync(path)));
}

for (const [what, [make, says]] of Object.entries(NO_DATABASE)) {
  Deno.test(`sqlite.extractor says so when the file ${what}`, async () => {
    await using project = await reading("", { table: "orders" });
    make(project.path("shop.db"));
    const { state, failure } = await project.run(await project.read("pipeline.oml"));
    assert.equal(state, "failed");
    assert.match(failure!.message, says);
    assert.ok(failure!.help);
    assert.equal(failure!.retryable, false);
  });
}

Deno.test("sqlite.extractor waits for a lock, and says when it waited in vain that it may be tried again", async () => {
  await using project = await reading(ORDERS, { table: "orders", timeout_s: 0.1 });
  const other = new DatabaseSync(project.path("shop.db"));
  other.exec("BEGIN EXCLUSIVE");
  const { failure } = await project.run(await project.read("pipeline.oml"));
  assert.match(failure!.message, /Cannot open 'shop.db' \(conflict\): the database is locked/);
  assert.equal(failure!.retryable, true);
  other.exec("ROLLBACK");
  const { state } = await project.run(await project.read("pipeline.oml"));
  other.close();
  assert.equal(state, "succeeded");
});

Deno.test("sqlite.extractor reads a file in WAL mode while another program writes to it", async () => {
  await using project = await reading(`PRAGMA journal_mode = wal; ${ORDERS}`, {
    table: "orders",
    columns: ["id"],
  });
  const other = new DatabaseSync(project.path("shop.db"));
  other.exec(
    "INSERT INTO orders VALUES (4, 'new', 1); BEGIN IMMEDIATE; INSERT INTO orders VALUES (5, 'open', 1)",
  );
  const { state } = await project.run(await project.read("pipeline.oml"));
  assert.equal(state, "succeeded");
  assert.deepEqual(await parquet(project.path("rows.parquet")), { id: ["BIGINT", "1", "2", "3", "4"] });
  other.close();
});

/** A step that computes rows, and one that writes them to `shop.db`; `more` is said of the second. */
function writingSteps(query: string, config: Fields, more: Fields = {}): unknown[] {
  return [
    { id: "rows", component: "duckdb.processor", mode: "transform", inputs: {}, config: { query } },
    {
      id: "put",
      component: "sqlite.writer",
      mode: "write",
      config: { path: "shop.db", table: "t", ...config },
      ...more,
    },
  ];
}

/** Runs a pipeline that writes what a query gives. */
function write(project: TestProject, query: string, config: Fields = {}, more: Fields = {}) {
  return project.run(pipeline(writingSteps(query, config, more)));
}

/** The rows that a query finds in `shop.db`. */
function found(project: TestProject, query: string): unknown[] {
  const db = new DatabaseSync(project.path("shop.db"), { readOnly: true });
  const rows = db.prepare(query).all().map((row) => Object.values(row as object));
  db.close();
  return rows;
}

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
      await parquet(project.path("sent.parquet")),
      await parquet(project.path("rows.parquet")),
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
  assert.deepEqual(await parquet(project.path("rows.parquet")), {
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

const OLD = "SELECT * FROM (VALUES (1, 'a', 10), (2, 'b', 20)) AS t(id, name, n)";
const NEW = "SELECT * FROM (VALUES (2, 'B', 21), (3, 'c', 30)) AS t(id, name, n)";

/** What is there after old rows were written and new ones in a mode. */
const MODES: { readonly [mode: string]: readonly unknown[] } = {
  append: [[1, "a", 10], [2, "b", 20], [2, "B", 21], [3, "c", 30]],
  overwrite: [[2, "B", 21], [3, "c", 30]],
  upsert: [[1, "a", 10], [2, "B", 21], [3, "c", 30]],
  delete_insert: [[1, "a", 10], [2, "B", 21], [3, "c", 30]],
};

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
const FAILING: readonly (readonly [query: string, config: Fields, says: RegExp])[] = [
  [
    "SELECT i::BIGINT AS id, 'x' AS name FROM range(3, 200) AS r(i) UNION ALL SELECT 150, 'y'",
    {},
    /UNIQUE constraint failed: t.id \(row 198 of the input\)/,
  ],
  ["SELECT 3 AS id, NULL::VARCHAR AS name", {}, /NOT NULL constraint failed: t.name \(row 1 of the input\)/],
  ["SELECT NULL::INTEGER AS id, 'x' AS name", {}, /column 'id' is null in a row, and is a key of the table/],
  ["SELECT 3 AS id, 'much too long' AS name", {}, /CHECK constraint failed/],
  ["SELECT 3 AS id, 'x' AS nme", {}, /the table has no column 'nme'/],
  [
    "SELECT * FROM (VALUES (3, 'x'), (3, 'y')) AS t(id, name)",
    { write_mode: "upsert", keys: ["id"] },
    /two rows have the key id = 3/,
  ],
  [
    "SELECT 3 AS id, NULL::VARCHAR AS name",
    { write_mode: "delete_insert", keys: ["name"] },
    /no value in its key|NOT NULL/,
  ],
  [
    "SELECT 3 AS id, 'x' AS name",
    { write_mode: "upsert", keys: ["nope"] },
    /the key 'nope' is no column of the input/,
  ],
  ["SELECT 3 AS id, 'x' AS name", { table: "v" }, /it is a view/],
  ["SELECT 3 AS id", { table: "nope", create: false }, /the table is not there/],
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
  while (!(await project.list()).includes("shop.db-journal")) {
    await new Promise((done) => setTimeout(done, 20));
  }
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
  while (size() < before + 1_000_000) await new Promise((done) => setTimeout(done, 20));
  child.kill("SIGKILL");
  await child.status;
}

/** Does what an error says brings the old content back, as whoever reads it would. */
async function asTold(project: TestProject, help: string): Promise<void> {
  const [, command] = /the command "(.+)" brings the old content back/.exec(help)!;
  const args = ["-c", command!];
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
  assert.deepEqual((await parquet(project.path("rows.parquet")))["id"]!.slice(1).sort(), [
    "1",
    "2",
    "3",
    "4",
  ]);
});

Deno.test("connections doctor and discover look into a database file", async () => {
  await using project = await reading(ORDERS, { table: "orders" });
  const text =
    "version: 1\nconnections:\n  sqlite:\n    shop: { path: shop.db }\n    gone: { path: gone.db }\n";
  await project.write("osiris_connections.yaml", text);
  const asked = async (...args: string[]) => {
    const { code, stdout } = await osiris(args, { cwd: project.root });
    return { code, answer: JSON.parse(stdout) };
  };
  const doctor = await asked("connections", "doctor", "--json");
  assert.equal(doctor.code, 3);
  assert.match(JSON.stringify(doctor.answer), /there is no such file/);
  const { answer } = await asked("discover", "@sqlite.shop", "orders", "--samples", "1", "--json");
  const [{ name, columns, keys, rows, samples }] = answer.tables;
  assert.deepEqual([name, keys, rows, samples.length], ["orders", ["id"], 3, 1]);
  assert.deepEqual(columns, [
    { name: "id", type: "BIGINT" },
    { name: "status", type: "VARCHAR" },
    { name: "total", type: "DOUBLE" },
  ]);
});

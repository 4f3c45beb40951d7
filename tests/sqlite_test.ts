/**
 * Stories of `sqlite.extractor`, as a user meets it. What must hold in all of them: a value arrives as it is stored or
 * the run fails and names it, a file that cannot be used is told with what to do.
 *
 * @module
 */

import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { osiris } from "./_osiris.ts";
import { parquetColumns } from "./_parquet.ts";
import { TestProject } from "./_project.ts";
import { database, type Fields, readingText } from "./_sqlite.ts";

/** A project whose one pipeline reads from `shop.db` into `rows.parquet`. */
async function reading(sql: string, config: Fields): Promise<TestProject> {
  const project = await TestProject.create();
  if (sql !== "") database(project.path("shop.db"), sql);
  await project.write("pipeline.oml", readingText(config));
  return project;
}

/** Each column's type and its values, as text, in what a pipeline reads; the run succeeds. */
async function columnsOf(sql: string, config: Fields): Promise<Record<string, string[]>> {
  await using project = await reading(sql, config);
  await project.succeed();
  return await parquetColumns(project.path("rows.parquet"));
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

/** Tables whose rows SQLite writes page by page, with some that are read value by value; their rows as `t` has them. */
const PAGED: { readonly [of: string]: string } = {
  "rows of odd values among plain ones, and the least and greatest number of a row":
    `CREATE TABLE t(id INTEGER PRIMARY KEY, x REAL, s TEXT, at TIMESTAMP, b BLOB, f BOOLEAN, d DECIMAL(9,2), j JSON);
    WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 9000) INSERT INTO t
    SELECT n, iif(n % 700 = 0, n / 3.0, -n / 100.0), iif(n % 1100 = 0, replace(hex(zeroblob(1100)), '00', 'long'), 'say "' || n || '", ñ'),
      datetime(1700000000 + n, 'unixepoch') || iif(n % 1300 = 0, '.5', ''), iif(n % 3 = 0, NULL, CAST('b' || n AS BLOB)), n % 2, n / 4.0,
      iif(n % 2900 = 0, n, '{}') FROM i;
    INSERT INTO t(id, s) VALUES (-9223372036854775808, 'least'), (9223372036854775807, 'greatest')`,
  "numbers that are no decimals, in a file of UTF-16 texts":
    "PRAGMA encoding = 'UTF-16le'; CREATE TABLE t(x REAL, s TEXT); INSERT INTO t SELECT value / 7.0, 'ñ' FROM json_each('[1,2,3]')",
  "numbers that are no decimals alone, whose columns have the names of the row's number":
    `CREATE TABLE t(rowid REAL, oid TEXT); WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 900)
    INSERT INTO t SELECT n / 7.0, 'same' FROM i`,
};

for (const [of, sql] of Object.entries(PAGED)) {
  Deno.test(`sqlite.extractor reads the same of a table and of a query over it: ${of}`, async () => {
    const [table, query] = [{ table: "t" }, { query: "SELECT * FROM t ORDER BY _rowid_" }];
    assert.deepEqual(await columnsOf(sql, table), await columnsOf(sql, query));
  });
}

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
  assert.deepEqual(await parquetColumns(project.path("rows.parquet")), {
    id: ["BIGINT", "1", "2", "3", "4"],
  });
  other.close();
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
  database(
    project.path("shop.db"),
    "CREATE TABLE gone(a); CREATE VIEW broken AS SELECT a FROM gone; DROP TABLE gone",
  );
  const { code, stdout } = await osiris(["discover", "@sqlite.shop", "broken"], { cwd: project.root });
  assert.deepEqual([code, stdout], [0, "broken\ncannot be read: no such table: main.gone\n"]);
  const { answer } = await asked("discover", "@sqlite.shop", "orders", "--samples", "1", "--json");
  const [{ name, columns, keys, rows, samples }] = answer.tables;
  assert.deepEqual([name, keys, rows, samples.length], ["orders", ["id"], 3, 1]);
  assert.deepEqual(columns, [
    { name: "id", type: "BIGINT" },
    { name: "status", type: "VARCHAR" },
    { name: "total", type: "DOUBLE" },
  ]);
});

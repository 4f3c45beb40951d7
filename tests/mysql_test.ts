/**
 * Stories of `mysql.extractor`, as a user meets it, against a real MariaDB server. What must hold in all of them: a
 * value arrives as it is stored or the run fails and names it, a result is whole or the run fails, an error says what
 * to do, and the password is in no output.
 *
 * @module
 */

import assert from "node:assert/strict";
import { createDriverPool, loadCatalog } from "../src/component/mod.ts";
import { osiris } from "./_osiris.ts";
import { parquetColumns } from "./_parquet.ts";
import type { TestProject } from "./_project.ts";
import { type Fields, ServerOfFile } from "./_server_of_file.ts";
import { TcpProxy } from "./_tcp_proxy.ts";

const server = new ServerOfFile("mysql");

/** A project whose one pipeline reads from the server into `rows.parquet`. */
async function reading(config: Fields, connection: Fields = {}): Promise<TestProject> {
  const steps = [
    { id: "get", component: "mysql.extractor", mode: "read", config },
    { id: "save", component: "filesystem.parquet_writer", mode: "write", config: { path: "rows.parquet" } },
  ];
  return await server.project(steps, connection);
}

/** Each column's type and its values, as text, in what a pipeline reads; the run succeeds. */
async function columnsOf(config: Fields, connection?: Fields): Promise<Record<string, string[]>> {
  await using project = await reading(config, connection);
  await project.succeed();
  return await parquetColumns(project.path("rows.parquet"));
}

/** What the run fails with; no rows are left, and the password is in no file of the project but the one it stands in. */
async function failureOf(config: Fields, connection?: Fields) {
  await using project = await reading(config, connection);
  const outcome = await project.run(await project.read("pipeline.oml"));
  assert.equal(outcome.state, "failed");
  assert.deepEqual((await project.list()).filter((path) => path.startsWith("rows")), []);
  await server.demandNoPassword(project);
  assert.ok(!JSON.stringify(outcome).includes(server.password));
  return outcome.failure!;
}

/** A column's declaration, its values as the server's literals, and its type and values as they arrive. */
type TypeCase = readonly [
  declared: string,
  literals: readonly string[],
  type: string,
  values: readonly string[],
];

const EXACT: { readonly [name: string]: TypeCase } = {
  tiny: ["TINYINT", ["-128", "127", "NULL"], "TINYINT", ["-128", "127", "null"]],
  tiny_u: ["TINYINT UNSIGNED", ["0", "255", "NULL"], "UTINYINT", ["0", "255", "null"]],
  tiny_1: ["TINYINT(1)", ["0", "2", "-1"], "TINYINT", ["0", "2", "-1"]],
  small: ["SMALLINT", ["-32768", "32767", "NULL"], "SMALLINT", ["-32768", "32767", "null"]],
  small_u: ["SMALLINT UNSIGNED", ["0", "65535", "NULL"], "USMALLINT", ["0", "65535", "null"]],
  medium: ["MEDIUMINT", ["-8388608", "8388607", "NULL"], "INTEGER", ["-8388608", "8388607", "null"]],
  medium_u: ["MEDIUMINT UNSIGNED", ["0", "16777215", "NULL"], "UINTEGER", ["0", "16777215", "null"]],
  int: ["INT", ["-2147483648", "2147483647", "NULL"], "INTEGER", ["-2147483648", "2147483647", "null"]],
  int_u: ["INT UNSIGNED", ["0", "4294967295", "NULL"], "UINTEGER", ["0", "4294967295", "null"]],
  big: ["BIGINT", ["-9223372036854775808", "9223372036854775807", "9007199254740993"], "BIGINT", [
    "-9223372036854775808",
    "9223372036854775807",
    "9007199254740993",
  ]],
  big_u: ["BIGINT UNSIGNED", ["0", "18446744073709551615", "NULL"], "UBIGINT", [
    "0",
    "18446744073709551615",
    "null",
  ]],
  float: ["FLOAT", ["16777217", "0.1", "-3.4e38"], "FLOAT", ["16777216.0", "0.1", "-3.4e+38"]],
  double: ["DOUBLE", ["0.1", "1.7976931348623157e308", "NULL"], "DOUBLE", [
    "0.1",
    "1.7976931348623157e+308",
    "null",
  ]],
  money: ["DECIMAL(12,2)", ["-0.01", "9999999999.99", "NULL"], "DECIMAL(12,2)", [
    "-0.01",
    "9999999999.99",
    "null",
  ]],
  widest: [
    "DECIMAL(38,0)",
    ["99999999999999999999999999999999999999", "-99999999999999999999999999999999999999", "0"],
    "DECIMAL(38,0)",
    ["99999999999999999999999999999999999999", "-99999999999999999999999999999999999999", "0"],
  ],
  finest: ["DECIMAL(65,30)", ["12345678.000000000000000000000000000001", "-1", "NULL"], "DECIMAL(38,30)", [
    "12345678.000000000000000000000000000001",
    "-1.000000000000000000000000000000",
    "null",
  ]],
  unsigned: ["DECIMAL(10,3) UNSIGNED", ["0", "9999999.999", "NULL"], "DECIMAL(10,3)", [
    "0.000",
    "9999999.999",
    "null",
  ]],
  date: ["DATE", ["'0001-01-01'", "'9999-12-31'", "'2024-02-29'"], "DATE", [
    "0001-01-01",
    "9999-12-31",
    "2024-02-29",
  ]],
  datetime: [
    "DATETIME(6)",
    ["'0001-01-01 00:00:00.000001'", "'9999-12-31 23:59:59.999999'", "'1969-12-31'"],
    "TIMESTAMP",
    [
      "0001-01-01 00:00:00.000001",
      "9999-12-31 23:59:59.999999",
      "1969-12-31 00:00:00",
    ],
  ],
  datetime_0: ["DATETIME", ["'2024-03-10 02:30:00'", "NULL", "'1970-01-01 00:00:01'"], "TIMESTAMP", [
    "2024-03-10 02:30:00",
    "null",
    "1970-01-01 00:00:01",
  ]],
  stamp: [
    "TIMESTAMP(6) NULL",
    ["'1970-01-01 05:45:01'", "'2038-01-19 08:59:07.999999'", "NULL"],
    "TIMESTAMP WITH TIME ZONE",
    ["1970-01-01 00:00:01+00", "2038-01-19 03:14:07.999999+00", "null"],
  ],
  time: ["TIME(6)", ["'00:00:00'", "'23:59:59.999999'", "NULL"], "TIME", [
    "00:00:00",
    "23:59:59.999999",
    "null",
  ]],
  time_24: ["TIME", ["'24:00:00'", "'12:34:56'", "NULL"], "TIME", ["24:00:00", "12:34:56", "null"]],
  year: ["YEAR", ["1901", "2155", "0"], "SMALLINT", ["1901", "2155", "0"]],
  bit_1: ["BIT(1)", ["b'0'", "b'1'", "NULL"], "BOOLEAN", ["false", "true", "null"]],
  bit_64: ["BIT(64)", ["b'0'", "18446744073709551615", "NULL"], "UBIGINT", [
    "0",
    "18446744073709551615",
    "null",
  ]],
  bit_9: ["BIT(9)", ["256", "511", "1"], "UBIGINT", ["256", "511", "1"]],
  text: ["TEXT CHARACTER SET utf8mb4", ["''", "NULL", "'a😀\\0\\tß'"], "VARCHAR", ["", "null", "a😀\0\tß"]],
  latin: ["VARCHAR(20) CHARACTER SET latin1", ["'München'", "''", "NULL"], "VARCHAR", [
    "München",
    "",
    "null",
  ]],
  greek: ["VARCHAR(20) CHARACTER SET utf16", ["'αβγ'", "'😀'", "' x '"], "VARCHAR", ["αβγ", "😀", " x "]],
  char: ["CHAR(5)", ["'ab'", "''", "NULL"], "VARCHAR", ["ab", "", "null"]],
  enum: ["ENUM('a','ö','c d')", ["'a'", "'ö'", "NULL"], "VARCHAR", ["a", "ö", "null"]],
  set: ["SET('x','y','z')", ["'x,z'", "''", "NULL"], "VARCHAR", ["x,z", "", "null"]],
  json: ["JSON", [`'{"a": [1, 12345678901234567890]}'`, "'null'", "NULL"], "JSON", [
    `{"a": [1, 12345678901234567890]}`,
    "null",
    "null",
  ]],
  blob: ["BLOB", ["x'00FF5C27'", "''", "NULL"], "BLOB", ["00FF5C27", "", "null"]],
  binary: ["BINARY(4)", ["x'01'", "x'00000000'", "NULL"], "BLOB", ["01000000", "00000000", "null"]],
  uuid: [
    "UUID",
    ["'00000000-0000-0000-0000-000000000000'", "'123e4567-e89b-12d3-a456-426655440000'", "NULL"],
    "UUID",
    [
      "00000000-0000-0000-0000-000000000000",
      "123e4567-e89b-12d3-a456-426655440000",
      "null",
    ],
  ],
  inet: ["INET6", ["'::1'", "'2001:db8::ff00:42:8329'", "NULL"], "VARCHAR", [
    "::1",
    "2001:db8::ff00:42:8329",
    "null",
  ]],
};

Deno.test("mysql.extractor gives every type's edge values as they are stored", async () => {
  const columns = Object.entries(EXACT).map(([name, [declared]]) => `\`${name}\` ${declared}`);
  const rows = [0, 1, 2].map((row) =>
    `(${Object.values(EXACT).map(([, literals]) => literals[row]).join(", ")})`
  );
  await server.sql(
    `CREATE TABLE edges (${columns.join(", ")}) CHARACTER SET utf8mb4; INSERT INTO edges VALUES ${
      rows.join(", ")
    }`,
  );
  const read = await columnsOf({ table: "edges" });
  for (const [name, [, , type, values]] of Object.entries(EXACT)) {
    assert.deepEqual(read[name], [type, ...values], name);
  }
  assert.deepEqual(Object.keys(read), Object.keys(EXACT));
});

const REFUSED: { readonly [name: string]: readonly [declared: string, literal: string, message: RegExp] } = {
  zero_date: ["DATE", "'0000-00-00'", /column 'zero_date' \(data\): '0000-00-00' is no date/],
  zero_month: ["DATE", "'2024-00-01'", /column 'zero_month' \(data\): '2024-00-01' is no date/],
  zero_stamp: ["DATETIME", "'0000-00-00'", /column 'zero_stamp' \(data\): '0000-00-00' is no date/],
  long_time: ["TIME", "'838:59:59'", /column 'long_time' \(data\): '838:59:59' is no time of day/],
  minus_time: [
    "TIME(6)",
    "'-00:00:00.5'",
    /column 'minus_time' \(data\): '-00:00:00.500000' is no time of day/,
  ],
  too_wide: [
    "DECIMAL(65,30)",
    "123456789",
    /column 'too_wide' \(data\): '123456789.0+' has more than 8 digits before its point/,
  ],
};

Deno.test("mysql.extractor refuses what no type holds, and names column and value", async () => {
  for (const [name, [declared, literal, message]] of Object.entries(REFUSED)) {
    await server.sql(`CREATE TABLE ${name} (${name} ${declared}); INSERT INTO ${name} VALUES (${literal})`);
    assert.match((await failureOf({ table: name })).message, message);
  }
});

Deno.test("mysql.extractor reads dates that are none as null when it is told to", async () => {
  await server.sql(
    "CREATE TABLE zeros (a DATE, b DATETIME); INSERT INTO zeros VALUES ('0000-00-00', '2024-01-00')",
  );
  const read = await columnsOf({ table: "zeros", zero_dates: "null" });
  assert.deepEqual(read, { a: ["DATE", "null"], b: ["TIMESTAMP", "null"] });
});

Deno.test("mysql.extractor reads TINYINT(1) as booleans when it is told to, and no other value than 0 and 1", async () => {
  await server.sql("CREATE TABLE flags (f TINYINT(1)); INSERT INTO flags VALUES (0), (1), (NULL)");
  const read = await columnsOf({ table: "flags", tinyint1_as_boolean: true });
  assert.deepEqual(read, { f: ["BOOLEAN", "false", "true", "null"] });
  await server.sql("INSERT INTO flags VALUES (-1)");
  const { message } = await failureOf({ table: "flags", tinyint1_as_boolean: true });
  assert.match(message, /column 'f' \(data\): -1 is neither 0 nor 1/);
});

Deno.test("mysql.extractor reads chosen columns in their order, also of awkward names", async () => {
  await server.sql("CREATE DATABASE `odd.one`");
  await server.sql(
    "CREATE TABLE `t``1` (a INT, `b c` INT, `order` INT); INSERT INTO `t``1` VALUES (1, 2, 3)",
    "odd.one",
  );
  const read = await columnsOf({ table: "`odd.one`.`t``1`", columns: ["order", "b c"] });
  assert.deepEqual(Object.entries(read), [["order", ["INTEGER", "3"]], ["b c", ["INTEGER", "2"]]]);
});

Deno.test("mysql.extractor binds a query's values, whatever they hold", async () => {
  const params = ["a' OR '1'='1", 9007199254740991, true, null, "\\'; DROP TABLE edges; -- "];
  const query = "SELECT ? AS a, CAST(? AS SIGNED) AS b, ? = 1 AS c, ? IS NULL AS d, ? AS e";
  const read = await columnsOf({ query, params });
  assert.deepEqual(Object.values(read).map(([, value]) => value), [
    "a' OR '1'='1",
    "9007199254740991",
    "1",
    "1",
    "\\'; DROP TABLE edges; -- ",
  ]);
  assert.equal(await server.sql("SELECT COUNT(*) FROM edges"), "3");
});

Deno.test("mysql.extractor reads many rows in batches, an empty table, and wide rows", async () => {
  const many = await columnsOf({ query: "SELECT COUNT(*) AS n, SUM(seq) AS s FROM seq_1_to_3" });
  assert.deepEqual(many, { n: ["BIGINT", "3"], s: ["DECIMAL(38,0)", "6"] });
  const { n } = await columnsOf({ query: "SELECT seq AS n FROM seq_1_to_20000" });
  assert.deepEqual(n!.slice(1).map(Number), Array.from({ length: 20_000 }, (_, i) => i + 1));
  await server.sql("CREATE TABLE bare (a INT)");
  assert.deepEqual(await columnsOf({ table: "bare" }), { a: ["INTEGER"] });
  const query = "SELECT REPEAT('x', 300000 + seq) AS t FROM seq_1_to_60";
  const { t } = await columnsOf({ query });
  assert.deepEqual(t!.slice(1).map((text) => text.length), Array.from({ length: 60 }, (_, i) => 300_001 + i));
  const huge = await columnsOf({ query: "SELECT REPEAT('y', 16777200) AS t" }).catch((error) => error);
  assert.ok(huge.t?.[1]?.length === 16_777_200, String(huge).slice(0, 200));
});

Deno.test("mysql.extractor sees one moment of a table that changes while it is read", async () => {
  await server.sql("CREATE TABLE moving (n INT) AS SELECT seq AS n FROM seq_1_to_200000");
  const { driver, pool } = await openReader({ query: "SELECT a.n FROM moving a" });
  const answer = await driver.read();
  assert.ok(answer.kind === "bytes");
  assert.equal((await answer.pieces.next()).done, false);
  await server.sql("DELETE FROM moving");
  assert.equal((await endOf(answer.pieces)).rows, 200_000);
  await driver[Symbol.asyncDispose]();
  await pool[Symbol.asyncDispose]();
});

Deno.test("mysql.extractor reads a table in parts, every row once, whatever its key", async () => {
  await server.sql(
    "CREATE TABLE parted (id BIGINT UNSIGNED PRIMARY KEY, k INT, at DATE); INSERT INTO parted " +
      "SELECT seq, IF(seq % 10 > 0, CAST(seq AS SIGNED) - 2500, NULL), DATE '2024-01-01' + INTERVAL seq % 700 DAY FROM seq_1_to_5000",
  );
  const all = Array.from({ length: 5000 }, (_, i) => i + 1);
  const ids = async (config: Fields) =>
    (await columnsOf(config)).id!.slice(1).map(Number).sort((a, b) => a - b);
  for (const partition of [{}, { partition_key: "k" }, { partition_key: "at", partitions: 7 }]) {
    assert.deepEqual(await ids({ table: "parted", partitions: 3, ...partition }), all);
  }
  const query = "SELECT id FROM parted WHERE id > ? -- the others";
  const asked = { query, params: [4_000], partitions: 2, partition_key: "id" };
  assert.deepEqual(await ids(asked), all.slice(4_000));
  assert.deepEqual(await ids({ ...asked, params: [5_000] }), []);
});

Deno.test("mysql.extractor reads all parts at one moment, however much is changed meanwhile", async () => {
  await server.sql(
    "CREATE TABLE changing (id INT PRIMARY KEY, k INT); INSERT INTO changing SELECT seq, seq FROM seq_1_to_2000",
  );
  let over = false;
  const changes = (async () => {
    while (!over) await server.sql("UPDATE changing SET k = 2001 - k;".repeat(20));
  })();
  try {
    for (const from of [{ table: "changing" }, { query: "SELECT * FROM changing" }]) {
      const { id } = await columnsOf({ ...from, partitions: 4, partition_key: "k" });
      assert.equal(id!.length, 2001);
      assert.equal(new Set(id).size, 2001);
    }
  } finally {
    over = true;
    await changes;
  }
});

Deno.test("mysql.extractor says what it cannot read in parts, or not at one moment", async () => {
  await server.sql(
    "CREATE TABLE keyless (a INT, t TEXT); CREATE TABLE worded (t VARCHAR(9) PRIMARY KEY); " +
      "CREATE USER modest@'%' IDENTIFIED BY 'modest'; GRANT SELECT ON osiris.* TO modest@'%'",
  );
  const of = async (config: Fields, connection?: Fields) =>
    (await failureOf({ partitions: 2, ...config }, connection)).message;
  assert.match(await of({ table: "keyless" }), /\(config\): it has no primary key of one column/);
  assert.match(
    await of({ table: "keyless", partition_key: "b" }),
    /the key 'b' is not among the columns that are read: a, t/,
  );
  assert.match(
    await of({ table: "worded" }),
    /the key 't' is a VARCHAR, and should be a whole number or a date/,
  );
  const modest = { user: "modest", password: "modest" };
  const asked = { query: "SELECT a FROM keyless", partition_key: "a" };
  const told = /\(permission\): its parts would not be of one moment: the user may not hold off writers/;
  assert.match(await of(asked, modest), told);
  assert.match(await of({ table: "keyless", partition_key: "a" }, modest), told);
});

/** A driver as a run starts it, without the run. */
async function openReader(config: Fields, connection: Fields = {}) {
  const entry = (await loadCatalog()).get("mysql.extractor")!;
  const pool = createDriverPool();
  const whole = { ...server.connection, connect_timeout_s: 30, timeout_s: 30, ...connection };
  const driver = await pool.open(entry, {
    step: "get",
    config: { zero_dates: "error", tinyint1_as_boolean: false, ...config },
    connection: whole,
    grants: { net: [`${whole.host}:${whole.port}`], read: [], write: [] },
  });
  return { driver, pool };
}

/** Reads to the end, and gives what it says. */
async function endOf<T>(pieces: AsyncGenerator<unknown, T, void>): Promise<T> {
  let next = await pieces.next();
  while (next.done !== true) next = await pieces.next();
  return next.value;
}

Deno.test("mysql.extractor fails when the connection is cut, at whatever byte, and never gives a short result", async () => {
  const query = "SELECT seq AS n, REPEAT('x', 40) AS t FROM seq_1_to_400";
  const readAll = async (most: number) => {
    let passed = 0;
    const fromServer = (bytes: number) => {
      passed = bytes;
      return false;
    };
    await using proxy = new TcpProxy(server.port, () => ({ most, fromServer }));
    const { driver, pool } = await openReader({ query }, { port: proxy.ownPort });
    try {
      const answer = await driver.read();
      assert.ok(answer.kind === "bytes");
      const { rows } = await endOf(answer.pieces);
      return { rows, passed };
    } finally {
      await driver[Symbol.asyncDispose]();
      await pool[Symbol.asyncDispose]();
    }
  };
  const whole = await readAll(Infinity);
  assert.equal(whole.rows, 400);
  const cuts = [0, 1, 3, 4, 5, 60, 80, 100, 120, 150];
  for (let cut = 200; cut < whole.passed; cut += 2_111) cuts.push(cut);
  cuts.push(whole.passed - 1, whole.passed - 5, whole.passed - 9, whole.passed - 40);
  const told = /\(network\): the connection was cut before the answer was whole/;
  const failing = async (cut: number) =>
    await assert.rejects(readAll(cut), (error: Error & { retryable?: boolean }) => {
      assert.match(error.message, told, `cut at ${cut}`);
      return error.retryable === true;
    });
  while (cuts.length > 0) await Promise.all(cuts.splice(0, 6).map(failing));
});

Deno.test("mysql.extractor says what is wrong with a connection, and what to do", async () => {
  const silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await server.sql("CREATE USER nobody@'%' IDENTIFIED BY 'x'; CREATE TABLE seen (a INT)");
  const cases: readonly (readonly [Fields, Fields, RegExp, boolean])[] = [
    [{ table: "seen" }, { password: "not it" }, /\(auth\): Access denied for user 'osiris'/, false],
    [{ table: "seen" }, { database: "nowhere" }, /\(config\): Unknown database 'nowhere'/, false],
    [{ table: "seen" }, { port: 1 }, /\(network\): the connection was refused/, true],
    [
      { table: "seen" },
      { host: "no-such-host.invalid" },
      /\(network\): the name of the host cannot be resolved/,
      false,
    ],
    [
      { table: "seen" },
      { port: (silent.addr as Deno.NetAddr).port, connect_timeout_s: 0.3 },
      /\(timeout\): the server did not answer in time/,
      true,
    ],
    [{ query: "SELECT SLEEP(9)" }, { timeout_s: 0.6 }, /\(timeout\): nothing moved for 0.6 s/, true],
    [{ table: "seen" }, { user: "nobody", password: "x" }, /\(permission\): Access denied/, false],
    [
      { table: "unseen" },
      {},
      /the table 'unseen' at .* \(config\): Table 'osiris.unseen' doesn't exist/,
      false,
    ],
    [{ table: "seen", columns: ["b"] }, {}, /\(config\): Unknown column 'b'/, false],
    [{ query: "SELEC 1" }, {}, /\(config\): You have an error in your SQL syntax/, false],
    [{ query: "DELETE FROM seen" }, {}, /READ ONLY transaction/, false],
    [{ query: "SELECT 1 AS a, 2 AS a" }, {}, /two of its columns are called 'a'/, false],
    [{ query: "SELECT a / 0 FROM seen WHERE ? = 1" }, {}, /\(config\)|\(data\)/, false],
  ];
  for (const [config, connection, message, retryable] of cases) {
    const failure = await failureOf(config, connection);
    assert.match(failure.message, message);
    assert.equal(failure.retryable, retryable, failure.message);
    assert.ok((failure.help ?? "") !== "", failure.message);
  }
  silent.close();
});

Deno.test("mysql.extractor encrypts when it is told to, and asks who answers", async () => {
  const query = "SHOW SESSION STATUS LIKE 'Ssl_version'";
  for (const host of ["127.0.0.1", "localhost"]) {
    const { Value } = await columnsOf({ query }, { host, tls: "verify", ca: server.ca });
    assert.match(Value![1]!, /^TLS/);
  }
  assert.match((await columnsOf({ query }, { tls: "verify_ca", ca: server.ca })).Value![1]!, /^TLS/);
  assert.equal((await columnsOf({ query })).Value![1], "");
  const { message } = await failureOf({ query }, { tls: "verify" });
  assert.match(message, /certificate/i);
  await server.sql("CREATE USER careful@'%' IDENTIFIED BY 'pw' REQUIRE SSL; GRANT ALL ON *.* TO careful@'%'");
  const refused = await failureOf({ query }, { user: "careful", password: "pw" });
  assert.match(refused.message, /\(auth\)/);
});

Deno.test("mysql.extractor checks a connection without reading", async () => {
  for (const [connection, ok, category] of [[{}, true, null], [{ password: "no" }, false, "auth"]] as const) {
    const { driver, pool } = await openReader({ table: "edges" }, connection);
    const checked = await driver.check();
    assert.deepEqual([checked.ok, checked.category], [ok, category]);
    await driver[Symbol.asyncDispose]();
    await pool[Symbol.asyncDispose]();
  }
});

Deno.test("mysql.extractor works in the program as it is started, and no output shows the password", async () => {
  await using project = await reading({ query: "SELECT ? AS a", params: ["x"] });
  const good = await osiris(["run", "pipeline.oml"], { cwd: project.root });
  assert.equal(good.code, 0, good.stderr);
  await project.write(
    "osiris_connections.yaml",
    (await project.read("osiris_connections.yaml")).replace(`"user":"osiris"`, `"user":"stranger"`),
  );
  const bad = await osiris(["run", "pipeline.oml", "--debug"], { cwd: project.root });
  assert.equal(bad.code, 3, bad.stderr);
  assert.match(bad.stderr, /Access denied for user 'stranger'/);
  for (const text of [good.stdout, good.stderr, bad.stdout, bad.stderr]) {
    assert.ok(!text.includes(server.password));
  }
});

/**
 * Stories of `mysql.writer`, as a user meets it, against a real MariaDB server. What must hold in all of them: a
 * table has every row as it came, or is as it was before; a load is done once; an error names column, value or row.
 *
 * @module
 */

import assert from "node:assert/strict";
import driver from "../plugins/mysql.writer/driver.ts";
import { contextFor, type DriverError, type Evolution, inputOf, type Row } from "../src/component/sdk.ts";
import { type Fields, ServerOfFile } from "./_server_of_file.ts";
import { TcpProxy } from "./_tcp_proxy.ts";
import { until } from "./_until.ts";

const server = new ServerOfFile("mysql");

/** What comes of a pipeline that writes the rows of a query of the engine. */
async function write(query: string, config: Fields, connection: Fields = {}, more: Fields = {}) {
  const steps = [
    { id: "one", component: "filesystem.csv_extractor", mode: "read", config: { path: "one.csv" } },
    { id: "rows", component: "duckdb.processor", mode: "transform", needs: ["one"], config: { query } },
    { id: "save", component: "mysql.writer", mode: "write", needs: ["rows"], config, ...more },
  ];
  await using project = await server.project(steps, connection, { "one.csv": "one\n1\n" });
  const outcome = await project.run(await project.read("pipeline.oml"));
  await server.demandNoPassword(project);
  return outcome;
}

/** Writes, which succeeds. */
async function written(query: string, config: Fields, connection?: Fields): Promise<void> {
  const outcome = await write(query, config, connection);
  assert.equal(outcome.state, "succeeded", String(outcome.failure?.message));
}

/** What the run fails with. */
async function failure(query: string, config: Fields, connection?: Fields) {
  const outcome = await write(query, config, connection);
  assert.equal(outcome.state, "failed");
  return outcome.failure!;
}

/** A column's SQL type, its values as literals of the engine, and how the server shows them. */
type TypeCase = readonly [
  type: string,
  literals: readonly string[],
  declared: string,
  shown: readonly string[],
];

const TYPES: { readonly [name: string]: TypeCase } = {
  flag: ["BOOLEAN", ["true", "false", "NULL"], "tinyint(1)", ["1", "0", "NULL"]],
  tiny: ["TINYINT", ["-128", "127", "NULL"], "tinyint(4)", ["-128", "127", "NULL"]],
  small_u: ["USMALLINT", ["0", "65535", "NULL"], "smallint(5) unsigned", ["0", "65535", "NULL"]],
  int: ["INTEGER", ["-2147483648", "2147483647", "NULL"], "int(11)", ["-2147483648", "2147483647", "NULL"]],
  big: [
    "BIGINT",
    ["-9223372036854775808", "9223372036854775807", "NULL"],
    "bigint(20)",
    ["-9223372036854775808", "9223372036854775807", "NULL"],
  ],
  big_u: [
    "UBIGINT",
    ["18446744073709551615", "0", "NULL"],
    "bigint(20) unsigned",
    ["18446744073709551615", "0", "NULL"],
  ],
  huge: ["HUGEINT", ["9223372036854775808", "-1", "NULL"], "decimal(38,0)", [
    "9223372036854775808",
    "-1",
    "NULL",
  ]],
  widest: ["DECIMAL(38,0)", ["'99999999999999999999999999999999999999'", "0", "NULL"], "decimal(38,0)", [
    "99999999999999999999999999999999999999",
    "0",
    "NULL",
  ]],
  money: ["DECIMAL(12,2)", ["-0.01", "9999999999.99", "NULL"], "decimal(12,2)", [
    "-0.01",
    "9999999999.99",
    "NULL",
  ]],
  float: ["FLOAT", ["0.1", "-3.4e38", "NULL"], "float", ["0.1", "-3.4e38", "NULL"]],
  double: ["DOUBLE", ["0.1", "1.7976931348623157e308", "5e-324"], "double", [
    "0.1",
    "1.7976931348623157e308",
    "5e-324",
  ]],
  text: ["VARCHAR", ["''", "NULL", "'a😀' || chr(9) || chr(10) || '\\N\\'"], "longtext", [
    "",
    "NULL",
    "61F09F9880090A5C4E5C",
  ]],
  json: ["JSON", [`'{"a":[1,12345678901234567890]}'`, "'null'", "NULL"], "longtext", [
    `{"a":[1,12345678901234567890]}`,
    "null",
    "NULL",
  ]],
  blob: ["BLOB", ["'\\x00\\xFF\\x5C\\x09'::BLOB", "''::BLOB", "NULL"], "longblob", ["00FF5C09", "", "NULL"]],
  uuid: ["UUID", ["'123e4567-e89b-12d3-a456-426655440000'", "NULL", "NULL"], "uuid", [
    "123e4567-e89b-12d3-a456-426655440000",
    "NULL",
    "NULL",
  ]],
  date: ["DATE", ["'0001-01-01'", "'9999-12-31'", "NULL"], "date", ["0001-01-01", "9999-12-31", "NULL"]],
  time: ["TIME", ["'23:59:59.999999'", "'00:00:00'", "NULL"], "time(6)", [
    "23:59:59.999999",
    "00:00:00.000000",
    "NULL",
  ]],
  stamp: [
    "TIMESTAMP",
    ["'1000-01-01 00:00:00.000001'", "'9999-12-31 23:59:59.999999'", "NULL"],
    "datetime(6)",
    [
      "1000-01-01 00:00:00.000001",
      "9999-12-31 23:59:59.999999",
      "NULL",
    ],
  ],
  zoned: [
    "TIMESTAMPTZ",
    ["'1970-01-01 00:00:01+00'", "'2038-01-19 03:14:07.999999+00'", "NULL"],
    "timestamp(6)",
    [
      "1970-01-01 00:00:01.000000",
      "2038-01-19 03:14:07.999999",
      "NULL",
    ],
  ],
};

Deno.test("mysql.writer makes a table that holds every type's edge values, by LOAD DATA and by INSERT", async () => {
  const rows = [0, 1, 2].map((row) =>
    `SELECT ${row} AS n, ${
      Object.entries(TYPES).map(([name, [type, literals]]) =>
        `CAST(${literals[row]} AS ${type}) AS "${name}"`
      )
    }`
  );
  const query = `WITH o AS (FROM df) ${rows.join(" UNION ALL ")}`;
  for (const [table, allowed] of [["loaded", 1], ["inserted", 0]] as const) {
    await server.sql(`SET GLOBAL local_infile = ${allowed}`);
    await written(query, { table });
    for (const [name, [type, , declared, shown]] of Object.entries(TYPES)) {
      const column = type === "BLOB" || name === "text" ? `HEX(\`${name}\`)` : `\`${name}\``;
      const values = await server.sql(
        `SET time_zone = '+00:00'; SELECT ${column} FROM ${table} ORDER BY n`,
      );
      assert.deepEqual(
        values.split("\n"),
        shown,
        name,
      );
      const is = await server.sql(
        `SELECT COLUMN_TYPE FROM information_schema.COLUMNS WHERE TABLE_NAME = '${table}' AND COLUMN_NAME = '${name}'`,
      );
      assert.equal(is, declared, name);
    }
  }
  await server.sql("SET GLOBAL local_infile = 1");
});

/** Takes rows in with the driver itself, without a run around it. */
async function staged(
  columns: Readonly<Record<string, string>>,
  rows: readonly Row[],
  config: Fields,
  {
    loadId = String(crypto.randomUUID()),
    port = server.port,
    signal = new AbortController().signal,
    evolution = { add: [], widen: [] } as Evolution,
  } = {},
) {
  const connection = { ...server.connection, port, connect_timeout_s: 30, timeout_s: 30 };
  const options = { write_mode: "append", create: true, ...config } as Parameters<typeof contextFor>[0];
  const context = { ...contextFor(options, connection), signal };
  const answer = await driver.write!(context as never, { ...inputOf(columns, rows), loadId, evolution });
  assert.ok(!("kind" in answer));
  return answer;
}

/** A table's column, a value with its type, and what is said of it. */
const REFUSED: readonly (readonly [declared: string, type: string, value: unknown, message: RegExp])[] = [
  [
    "VARCHAR(3)",
    "VARCHAR",
    "abcd",
    /Data too long for column 'c' at row 1|truncated for column 'c' at row 1/,
  ],
  ["VARCHAR(3)", "VARCHAR", "abc ", /Data truncated for column 'c' at row 1|too long/],
  ["VARCHAR(9) CHARACTER SET latin1", "VARCHAR", "😀", /Incorrect string value/],
  ["CHAR(5)", "VARCHAR", "ab ", /'ab ' ends with a space, which char\(5\) does not keep/],
  ["BINARY(4)", "BLOB", new Uint8Array([1]), /has 1 bytes, and binary\(4\) would pad or cut it/],
  ["VARBINARY(1)", "BLOB", new Uint8Array([1, 2]), /too long|truncated/i],
  ["TINYINT", "BIGINT", 128n, /Out of range value for column 'c' at row 1/],
  ["INT UNSIGNED", "BIGINT", -1n, /Out of range value for column 'c' at row 1/],
  ["DECIMAL(4,2)", "DECIMAL(9,3)", "1.234", /'1.234' has more than the 2 decimals of decimal\(4,2\)/],
  ["DECIMAL(4,2)", "DECIMAL(9,0)", "100", /Out of range value/],
  ["FLOAT", "DOUBLE", 0.1, /'0.1' would be rounded by float/],
  ["DOUBLE", "BIGINT", 9007199254740993n, /would be rounded by double/],
  ["DOUBLE", "DOUBLE", NaN, /is no number that the server knows/],
  ["INT", "VARCHAR", "12", /it is VARCHAR, and the table's column is int/],
  ["DATETIME", "TIMESTAMP", "2024-01-01 00:00:00.5", /is finer than datetime/],
  ["DATETIME(3)", "TIMESTAMP", "2024-01-01 00:00:00.0001", /is finer than datetime\(3\)/],
  ["DATETIME(6)", "TIMESTAMP_NS", "2024-01-01 00:00:00.000000001", /is finer than datetime\(6\)/],
  ["TIMESTAMP NULL", "TIMESTAMP", "2040-01-01 00:00:00", /Incorrect datetime value|Out of range/],
  ["TIME", "TIME", "12:00:00.25", /is finer than time/],
  ["DATE", "DATE", "-0043-03-15", /is no date between 0001-01-01 and 9999-12-31/],
  ["YEAR", "BIGINT", 70n, /'70' is no year between 1901 and 2155/],
  ["BIT(3)", "BIGINT", 8n, /'8' does not fit into bit\(3\)/],
  ["ENUM('a','b')", "VARCHAR", "1", /'1' is not among the values of enum/],
  ["ENUM('a','b')", "VARCHAR", "A", /'A' is not among the values of enum/],
  ["SET('a','b')", "VARCHAR", "a,c", /'a,c' is not among the values of set/],
  ["UUID", "VARCHAR", "123E4567-E89B-12D3-A456-426655440000", /is no UUID in its usual form/],
  ["INT NOT NULL", "INTEGER", null, /column 'c' \(data\): it is null in row 1/],
  ["TIMESTAMP NOT NULL", "TIMESTAMP", null, /it is null in row 1/],
  ["LONGTEXT", "INTEGER[]", [1], /it is INTEGER\[\], and the table's column is longtext/],
  ["JSON", "JSON", "{bad", /CONSTRAINT|json/i],
  ["INT CHECK (c < 5)", "INTEGER", 7, /CONSTRAINT/],
];

Deno.test("mysql.writer fails where the server would change a value, and keeps nothing", async () => {
  for (const allowed of [1, 0]) {
    await server.sql(`SET GLOBAL local_infile = ${allowed}`);
    for (const [at, [declared, type, value, message]] of REFUSED.entries()) {
      const table = `refuse_${at}`;
      if (allowed === 1) await server.sql(`CREATE TABLE ${table} (c ${declared})`);
      await assert.rejects(staged({ c: type }, [{ c: value }], { table }), message, declared);
    }
  }
  const counts = REFUSED.map((_, at) => `SELECT COUNT(*) AS n FROM refuse_${at}`).join(" UNION ALL ");
  assert.equal(await server.sql(`SET GLOBAL local_infile = 1; SELECT SUM(n) FROM (${counts}) c`), "0");
});

/** What a table keeps as it came, of types that no table is made with. */
const KEPT: readonly (readonly [declared: string, type: string, value: unknown, shown: string])[] = [
  ["BIT(64)", "UBIGINT", 18446744073709551615n, "18446744073709551615"],
  ["BIT(1)", "BOOLEAN", true, "1"],
  ["YEAR", "SMALLINT", 2155, "2155"],
  ["CHAR(5)", "VARCHAR", " ab", " ab"],
  ["BINARY(2)", "BLOB", new Uint8Array([0, 92]), "92"],
  ["ENUM('a','ö')", "VARCHAR", "ö", "ö"],
  ["SET('x','y')", "VARCHAR", "x,y", "x,y"],
  ["DECIMAL(30,2)", "DECIMAL(9,3)", "1.250", "1.25"],
  ["INT", "DECIMAL(9,3)", "12.000", "12"],
  ["DOUBLE", "BIGINT", 9007199254740992n, "9.007199254740992e15"],
  ["DATETIME", "TIMESTAMP", "2024-03-10 02:30:00", "2024-03-10 02:30:00"],
  ["DATETIME", "DATE", "2024-03-10", "2024-03-10 00:00:00"],
  ["TIME", "TIME", "23:59:59", "23:59:59"],
  ["INET6", "VARCHAR", "2001:db8::1", "2001:db8::1"],
  ["VARCHAR(9) CHARACTER SET utf16", "VARCHAR", "😀β", "😀β"],
  ["BIGINT AUTO_INCREMENT PRIMARY KEY", "BIGINT", 0n, "0"],
];

Deno.test("mysql.writer keeps a value as it came in every kind of column that holds it", async () => {
  for (const [at, [declared, type, value, shown]] of KEPT.entries()) {
    const table = `keep_${at}`;
    await server.sql(`CREATE TABLE ${table} (c ${declared})`);
    for (const allowed of [1, 0]) {
      await server.sql(`SET GLOBAL local_infile = ${allowed}; DELETE FROM ${table}`);
      await (await staged({ c: type }, [{ c: value }], { table })).commit();
      const column = /^(BIT|BINARY)/.test(declared) ? "CONV(HEX(c), 16, 10)" : "c";
      assert.equal(await server.sql(`SELECT ${column} FROM ${table}`), shown, declared);
    }
  }
  await server.sql("SET GLOBAL local_infile = 1");
});

Deno.test("mysql.writer loads once, however often the same load is tried", async () => {
  const columns = { a: "BIGINT" };
  for (const write_mode of ["append", "overwrite", "delete_insert"]) {
    const table = `once_${write_mode}`;
    const config = { table, write_mode, ...(write_mode === "delete_insert" ? { keys: ["a"] } : {}) };
    for (let time = 0; time < 3; time++) {
      await (await staged(columns, [{ a: 1 }, { a: 2 }], config, { loadId: `run/${table}` })).commit();
    }
    assert.equal(await server.sql(`SELECT COUNT(*) FROM ${table}`), "2");
  }
});

/** Lets everything through but the answer to a COMMIT, whose connection is cut; and the COMMIT itself when told so. */
function losing(what: "answer" | "commit"): TcpProxy {
  let lost = false;
  const loses = (piece: Uint8Array) => {
    if (lost || !new TextDecoder("latin1").decode(piece).includes("COMMIT")) return false;
    return lost = true;
  };
  return new TcpProxy(
    server.port,
    () => what === "answer" ? { afterClient: loses } : { beforeServer: loses },
  );
}

Deno.test("mysql.writer finds out what became of a COMMIT whose answer was lost", async () => {
  await server.sql("CREATE TABLE sure (a BIGINT)");
  await using answer = losing("answer");
  await (await staged({ a: "BIGINT" }, [{ a: 1 }], { table: "sure" }, {
    port: answer.ownPort,
    loadId: "l/1",
  }))
    .commit();
  assert.equal(await server.sql("SELECT COUNT(*) FROM sure"), "1");
  await using commit = losing("commit");
  const open = await staged({ a: "BIGINT" }, [{ a: 2 }], { table: "sure" }, {
    port: commit.ownPort,
    loadId: "l/2",
  });
  await assert.rejects(
    Promise.resolve(open.commit()),
    (error: DriverError) => error.options.retryable === true && /\(network\)/.test(error.message),
  );
  assert.equal(await server.sql("SELECT COUNT(*) FROM sure"), "1");
  await (await staged({ a: "BIGINT" }, [{ a: 2 }], { table: "sure" }, { loadId: "l/2" })).commit();
  assert.equal(await server.sql("SELECT COUNT(*) FROM sure"), "2");
});

Deno.test("mysql.writer leaves nothing behind when it is told to abort, or is cancelled", async () => {
  for (const write_mode of ["append", "overwrite"]) {
    await (await staged({ a: "BIGINT" }, [{ a: 1 }], { table: "gone", write_mode })).abort();
    const controller = new AbortController();
    const open = await staged({ a: "BIGINT" }, [{ a: 1 }], { table: "gone", write_mode }, {
      signal: controller.signal,
    });
    controller.abort(new Error("cancelled"));
    await open.abort();
  }
  assert.equal(await server.sql("SHOW TABLES LIKE 'gone'"), "");
  assert.equal(await server.sql("SHOW TABLES LIKE '\\_osiris\\_%\\_%'"), "");
});

Deno.test("mysql.writer takes columns back that it made for a load, unless somebody has used them since", async () => {
  const columns = () =>
    server.sql(
      "SELECT GROUP_CONCAT(column_name, ' ', column_type ORDER BY ordinal_position) FROM information_schema.columns " +
        "WHERE table_name = 'evolving'",
    );
  const [before, after] = ["id int(11),price int(11)", "id int(11),price decimal(11,1),note longtext"];
  const evolution = {
    add: [{ name: "note", type: "VARCHAR" }],
    widen: [{ name: "price", type: "DECIMAL(11,1)" }],
  };
  const types = { id: "INTEGER", price: "DECIMAL(11,1)", note: "VARCHAR" };
  const load = async (signal?: AbortSignal) =>
    await staged(types, [{ id: 2, price: "2.5", note: null }], { table: "evolving" }, {
      evolution,
      ...(signal === undefined ? {} : { signal }),
    });
  await server.sql(
    "CREATE TABLE evolving (id INT PRIMARY KEY, price INT NOT NULL DEFAULT 5); INSERT INTO evolving VALUES (1, 1)",
  );
  for (const used of ["note = 'theirs'", "price = 7.5"]) {
    const ours = await load();
    assert.equal(await columns(), after);
    await server.sql(`UPDATE evolving SET ${used} WHERE id = 1`);
    await ours.abort();
    assert.equal(await columns(), after, used);
    await server.sql("UPDATE evolving SET note = NULL, price = 1");
    await server.sql("ALTER TABLE evolving DROP COLUMN note, MODIFY COLUMN price INT NOT NULL DEFAULT 5");
  }
  const declared = await server.sql("SHOW CREATE TABLE evolving");
  await (await load()).abort();
  const controller = new AbortController();
  const cancelled = await load(controller.signal);
  controller.abort(new Error("cancelled"));
  await cancelled.abort();
  assert.equal(await columns(), before);
  assert.equal(await server.sql("SHOW CREATE TABLE evolving"), declared);
  await (await load()).commit();
  assert.equal(await columns(), after);
  assert.equal(await server.sql("SELECT COUNT(*) FROM evolving"), "2");
});

Deno.test("mysql.writer says that another attempt is worth it when rows are locked", async () => {
  await server.sql("CREATE TABLE held (id INT PRIMARY KEY); INSERT INTO held VALUES (1)");
  const first = await staged({ id: "INTEGER" }, [{ id: 2 }], { table: "held" });
  await assert.rejects(
    staged({ id: "INTEGER" }, [{ id: 2 }], { table: "held" }),
    (error: DriverError) =>
      error.options.retryable === true && /\(conflict\): (Lock wait|Deadlock)/.test(error.message),
  );
  await first.commit();
  assert.equal(await server.sql("SELECT GROUP_CONCAT(id) FROM held"), "1,2");
});

Deno.test("mysql.writer says which row breaks a constraint, and keeps no row of the load", async () => {
  await server.sql("CREATE TABLE taken (id INT PRIMARY KEY); INSERT INTO taken VALUES (70)");
  const query = "SELECT i::INTEGER AS id FROM range(1, 101) r(i)";
  for (const allowed of [1, 0]) {
    await server.sql(`SET GLOBAL local_infile = ${allowed}`);
    const { message } = await failure(query, { table: "taken" });
    assert.match(message, /Duplicate entry '70' for key 'PRIMARY'/);
    if (allowed === 1) assert.match(message, /\(row 70\)/);
    assert.equal(await server.sql("SELECT GROUP_CONCAT(id) FROM taken"), "70");
  }
  await server.sql("SET GLOBAL local_infile = 1");
  assert.equal(await server.sql("SELECT COUNT(*) FROM _osiris_loads WHERE table_name = '`taken`'"), "0");
});

Deno.test("mysql.writer appends, and notes the load beside the rows", async () => {
  await written("SELECT i AS id, 'n' || i AS name FROM range(50000) r(i)", { table: "grown" });
  await written("SELECT i AS id FROM range(50000, 50010) r(i)", { table: "grown" });
  assert.equal(
    await server.sql("SELECT COUNT(*), COUNT(DISTINCT id), COUNT(name) FROM grown"),
    "50010\t50010\t50000",
  );
  const noted = await server.sql(
    "SELECT `rows`, step FROM _osiris_loads WHERE table_name = '`grown`' ORDER BY loaded_at",
  );
  assert.equal(noted, "50000\tsave\n10\tsave");
});

Deno.test("mysql.writer overwrites a table in one step, and the table stays as it is declared", async () => {
  await server.sql(
    "CREATE TABLE replaced (id INT AUTO_INCREMENT PRIMARY KEY, t VARCHAR(9) CHARACTER SET latin1, KEY (t)); " +
      "INSERT INTO replaced VALUES (1, 'old')",
  );
  const before = await server.sql("SHOW CREATE TABLE replaced");
  await written("SELECT i::INTEGER AS id, 'é' AS t FROM range(3) r(i)", {
    table: "replaced",
    write_mode: "overwrite",
  });
  assert.equal(await server.sql("SELECT GROUP_CONCAT(id ORDER BY id), MAX(t) FROM replaced"), "0,1,2\té");
  const after = await server.sql("SHOW CREATE TABLE replaced");
  assert.equal(after.replace(/ AUTO_INCREMENT=\d+/, ""), before.replace(/ AUTO_INCREMENT=\d+/, ""));
  await written("SELECT 1 AS a", { table: "replaced_new", write_mode: "overwrite" });
  assert.equal(await server.sql("SELECT a FROM replaced_new"), "1");
  await failure("SELECT 1::INTEGER AS id, 'much too long' AS t", {
    table: "replaced",
    write_mode: "overwrite",
  });
  assert.equal(await server.sql("SELECT COUNT(*) FROM replaced"), "3");
  assert.equal(await server.sql("SHOW TABLES LIKE '\\_osiris\\_%\\_%'"), "");
  await server.sql("CREATE TRIGGER watch BEFORE INSERT ON replaced FOR EACH ROW SET NEW.t = 'x'");
  const { message } = await failure("SELECT 1::INTEGER AS id", {
    table: "replaced",
    write_mode: "overwrite",
  });
  assert.match(message, /the table has triggers, which a new table would not have/);
});

Deno.test("mysql.writer upserts: rows with the same keys are changed, the others added", async () => {
  const config = { table: "merged", write_mode: "upsert", keys: ["a", "b"] };
  await written("SELECT i::INTEGER AS a, 'k' AS b, 'one' AS t FROM range(4) r(i)", config);
  await written(
    "SELECT i::INTEGER AS a, 'k' AS b, 'two' AS t FROM range(2, 6) r(i) UNION ALL SELECT 0, 'K', 'two'",
    config,
  );
  const rows = await server.sql("SELECT CONCAT(a, b, t) FROM merged ORDER BY a, t");
  assert.deepEqual(rows.split("\n"), ["0kone", "0Ktwo", "1kone", "2ktwo", "3ktwo", "4ktwo", "5ktwo"]);
  const twice = await failure("SELECT 9 AS a, 'k' AS b, 'x' AS t FROM range(2)", config);
  assert.match(twice.message, /Duplicate entry '9-k'/);
  const none = await failure("SELECT NULL::INTEGER AS a, 'k' AS b, 'x' AS t", config);
  assert.match(none.message, /column 'a' \(data\): it is null in row 1/);
  const wrong = await failure("SELECT 1 AS a, 'k' AS b, 'x' AS t", { ...config, keys: ["a"] });
  assert.match(wrong.message, /it has no PRIMARY or UNIQUE key over exactly a/);
  assert.equal(await server.sql("SELECT COUNT(*) FROM merged"), "7");
  await server.sql(
    "CREATE TABLE partly (id INT PRIMARY KEY, a INT NOT NULL UNIQUE, kept INT DEFAULT 5, t TEXT)",
  );
  await server.sql("INSERT INTO partly VALUES (1, 10, 1, 'x'), (2, 20, 2, 'y')");
  await written("SELECT 2::INTEGER AS id, 21::INTEGER AS a, 'z' AS t UNION ALL SELECT 3, 30, 'n'", {
    table: "partly",
    write_mode: "upsert",
    keys: ["id"],
  });
  assert.equal(
    await server.sql("SELECT GROUP_CONCAT(CONCAT_WS(' ', id, a, kept, t) ORDER BY id) FROM partly"),
    "1 10 1 x,2 21 2 z,3 30 5 n",
  );
  const other = await failure("SELECT 4::INTEGER AS id, 10::INTEGER AS a", {
    table: "partly",
    write_mode: "upsert",
    keys: ["id"],
  });
  assert.match(other.message, /Duplicate entry '10' for key 'a'/);
});

Deno.test("mysql.writer deletes rows with the same keys before it inserts", async () => {
  const config = { table: "renewed", write_mode: "delete_insert", keys: ["day"] };
  await written("SELECT DATE '2024-01-01' + i::INTEGER AS day, i AS n FROM range(3) r(i), range(2)", config);
  await written(
    "SELECT DATE '2024-01-02' AS day, 7::BIGINT AS n UNION ALL SELECT NULL, 8 UNION ALL SELECT NULL, 9",
    config,
  );
  await written("SELECT NULL::DATE AS day, 5::BIGINT AS n", config);
  const rows = await server.sql("SELECT CONCAT_WS(' ', day, n) FROM renewed ORDER BY day, n");
  assert.deepEqual(rows.split("\n"), [
    "5",
    "2024-01-01 0",
    "2024-01-01 0",
    "2024-01-02 7",
    "2024-01-03 2",
    "2024-01-03 2",
  ]);
});

Deno.test("mysql.writer refuses tables that could not take rows back, and those that are not to be made", async () => {
  await server.sql("CREATE TABLE loose (a INT) ENGINE = MyISAM; CREATE VIEW seen AS SELECT * FROM loose");
  assert.match(
    (await failure("SELECT 1 AS a", { table: "loose" })).message,
    /its engine is MyISAM, and should be/,
  );
  assert.match((await failure("SELECT 1 AS a", { table: "seen" })).message, /it is a view, and should be/);
  assert.match(
    (await failure("SELECT 1 AS a", { table: "none", create: false })).message,
    /there is no such table/,
  );
  await server.sql("CREATE TABLE slim (a INT)");
  assert.match((await failure("SELECT 1 AS b", { table: "slim" })).message, /`slim` has no such column/);
  assert.match(
    (await failure("SELECT [1] AS b", { table: "new_one" })).message,
    /the server has no type for INTEGER\[\]/,
  );
  assert.match((await failure("SELECT 1 AS a", { table: "slim" }, { password: "no" })).message, /\(auth\)/);
});

Deno.test("mysql.writer tries a deadlock again", async () => {
  await server.sql(
    `CREATE TABLE pair_of (id INT PRIMARY KEY, name VARCHAR(9)); INSERT INTO pair_of VALUES (1, ''), (2, '');
    CREATE TABLE heavy AS SELECT seq AS id FROM seq_1_to_5000`,
  );
  const processes = (info: string) => `FROM information_schema.processlist WHERE info = '${info}'`;
  const working = (info: string) =>
    until(async () => await server.sql(`SELECT COUNT(*) ${processes(info)}`) === "1");
  // It holds the other transaction up until the writer waits for that one.
  const gate = server.sql("DO GET_LOCK('gate', 0); DO SLEEP(600)").catch(() => {});
  await working("DO SLEEP(600)");
  // The server ends the transaction that changed less: the writer's.
  const other = server.sql(
    `BEGIN; UPDATE heavy SET id = -id; UPDATE pair_of SET name = 'o' WHERE id = 2;
    DO GET_LOCK('gate', 600); UPDATE pair_of SET name = 'o' WHERE id = 1; COMMIT`,
  );
  await working("DO GET_LOCK(''gate'', 600)");
  const written = write(
    "SELECT i::INTEGER AS id, 'w' AS name FROM range(1, 3) r(i) ORDER BY 1",
    { table: "pair_of", write_mode: "upsert", keys: ["id"] },
    {},
    { retry: { max: 2, delay: "10ms" } },
  );
  const waits = "SHOW STATUS LIKE 'Innodb_row_lock_current_waits'";
  await until(async () => /\t1$/.test(await server.sql(waits)));
  await server.sql(`KILL ${await server.sql(`SELECT id ${processes("DO SLEEP(600)")}`)}`);
  await Promise.all([gate, other]);
  const { state, failure } = await written;
  assert.equal(state, "succeeded", String(failure?.message));
  assert.equal(await server.sql("SELECT GROUP_CONCAT(name) FROM pair_of"), "w,w");
});

/**
 * PostgreSQL, read by the program, at a real server whose own settings are unusual. What must hold: a value arrives as
 * it was or the run fails and names its column; a result is whole or the run fails; and the password is nowhere.
 *
 * @module
 */

import assert from "node:assert/strict";
import { osiris } from "./_osiris.ts";
import { failureOf, reading, RETRY, rowsOf, rowsOfRun, server, writing, written } from "./_postgres.ts";
import type { Fields } from "./_server_of_file.ts";
import { TcpProxy } from "./_tcp_proxy.ts";

Deno.test("postgres.extractor reads tables and queries, small and large", async () => {
  await server.sql(
    `CREATE SCHEMA "Sales"; CREATE TABLE "Sales"."Or.ders" AS SELECT i::bigint AS id, 'name ' || i AS "Name",
    CASE WHEN i % 3 = 0 THEN NULL WHEN i % 3 = 1 THEN '' ELSE '\\N' END AS odd FROM generate_series(1, 200000) AS i`,
  );
  const few = await rowsOf({ query: 'SELECT * FROM "Sales"."Or.ders" ORDER BY id LIMIT 3 -- the first' });
  assert.deepEqual(few, [
    { id: 1, Name: "name 1", odd: "" },
    { id: 2, Name: "name 2", odd: "\\N" },
    { id: 3, Name: "name 3", odd: null },
  ]);
  assert.deepEqual(await rowsOf({ query: "SELECT 1 AS a WHERE false" }), []);
  const columns = await rowsOf({ table: 'Sales."Or.ders"', columns: ["odd", "id"] });
  assert.equal(columns.length, 200_000);
  assert.deepEqual(Object.keys(columns[0]!), ["odd", "id"]);
  assert.equal(columns.filter(({ odd }) => odd === null).length, 66_666);
});

Deno.test("postgres.extractor binds values, which are never part of the statement", async () => {
  const evil = `'; DROP TABLE x; --"\n\\N`;
  const query = "SELECT $1::text AS t, $2::int + 1 AS n, $3::text AS z, $4::bool AS b, ARRAY[$1] AS l";
  assert.deepEqual(await rowsOf({ query, params: [evil, 41, null, true] }), [
    { t: evil, n: 42, z: null, b: true, l: [evil] },
  ]);
  const { message } = await failureOf(reading({ query, params: [evil, "x", null, true] }));
  assert.match(message, /invalid input syntax for type integer/);
});

/** PostgreSQL's type, a value as the server's SQL writes it, and the value as JSON. */
const VALUES: readonly (readonly [type: string, sql: string, json: unknown])[] = [
  ["boolean", "true", true],
  ["smallint", "-32768", -32768],
  ["integer", "2147483647", 2147483647],
  ["bigint", "9223372036854775807", "9223372036854775807"],
  ["bigint", "-9223372036854775808", "-9223372036854775808"],
  ["numeric(38,10)", "-1234567890123456789012345678.0123456789", "-1234567890123456789012345678.0123456789"],
  ["numeric(5,2)", "12.50", "12.50"],
  ["numeric(3,-2)", "12345", "12300"],
  ["numeric(2,4)", "0.0012", ".0012"],
  [
    "numeric",
    "1.10000000000000000000000000000000000000000000001",
    "1.10000000000000000000000000000000000000000000001",
  ],
  [
    "numeric(50,2)",
    "123456789012345678901234567890123456789012.50",
    "123456789012345678901234567890123456789012.50",
  ],
  ["real", "3.4028235e38", 3.4028235e38],
  ["double precision", "0.1::float8 + 0.2::float8", 0.30000000000000004],
  ["double precision", "5e-324", 5e-324],
  ["text", "E'tab\\t \"quoted\", \\\\N \\r\\n\\\\.\\n ü😀'", 'tab\t "quoted", \\N \r\n\\.\n ü😀'],
  ["text", "''", ""],
  ["text", "NULL", null],
  ["varchar(5)", "'abc'", "abc"],
  ["char(4)", "'a'", "a   "],
  ["date", "'0001-01-01'", "0001-01-01"],
  ["date", "'9999-12-31'", "9999-12-31"],
  ["date", "'0044-03-15 BC'", "0044-03-15 (BC)"],
  ["time", "'23:59:59.999999'", "23:59:59.999999"],
  ["timetz", "'12:00:00.5+05:30'", "12:00:00.5+05:30"],
  ["timestamp", "'2026-01-31 12:34:56.789012'", "2026-01-31 12:34:56.789012"],
  ["timestamp", "'infinity'", "infinity"],
  ["timestamptz", "'2026-01-31 12:34:56.789012+05:45'", "2026-01-31 06:49:56.789012+00"],
  ["timestamptz", "'1900-01-01 00:00:00+00'", "1900-01-01 00:00:00+00"],
  ["interval", "'-1 year +2 days -03:04:05.678901'", "-1 year 2 days -03:04:05.678901"],
  ["interval", "'1 mon -1 day +25:00'", "1 month -1 day 25:00:00"],
  ["uuid", "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"],
  ["json", `'{"a": 1.10, "a": "ü"}'`, '{"a": 1.10, "a": "ü"}'],
  ["jsonb", `'{"big": 12345678901234567890.123}'`, '{"big": 12345678901234567890.123}'],
  ["bit varying", "B'0101'", "0101"],
  ["mood", "'so, so'", "so, so"],
  ["positive", "7", 7],
  ["int4range", "'[1,5)'", "[1,5)"],
  ["inet", "'10.0.0.1/8'", "10.0.0.1/8"],
  ["pair", "ROW(1, 'x,y')", '(1,"x,y")'],
  ["int[]", "'{1,NULL,3}'", [1, null, 3]],
  ["bigint[]", "'{9223372036854775807}'", ["9223372036854775807"]],
  ["numeric(10,2)[]", "'{1.25,-0.01}'", ["1.25", "-0.01"]],
  ["text[]", `ARRAY['a"b\\', '', NULL, E'\\n{},', 'null']`, ['a"b\\', "", null, "\n{},", "null"]],
  ["text[]", "'{}'", []],
  ["timestamptz[]", "ARRAY['2026-01-01 00:00:00+05:45'::timestamptz]", ["2025-12-31 18:15:00+00"]],
  ["mood[]", "ARRAY['so, so'::mood]", ["so, so"]],
  ["bit(8)", "B'00001111'", "00001111"],
  ["bit(1)", "B'1'", "1"],
  ["money", "'12.50'", "$12.50"],
  ["xml", "'<a>ü</a>'", "<a>ü</a>"],
  ["oid", "4294967295", "4294967295"],
  ["time", "'24:00:00'", "24:00:00"],
  ["timestamp", "'-infinity'", "-infinity"],
  ["timestamptz", "'infinity'", "infinity"],
  ["date", "'infinity'", "infinity"],
  ["double precision", "'NaN'", "nan"],
  ["double precision", "'-Infinity'", "-inf"],
  ["numeric", "'NaN'", "NaN"],
  ["uuid[]", "ARRAY['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid]", ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"]],
  ["boolean[]", "'{t,f,NULL}'", ["true", "false", null]],
  ["bytea[]", "ARRAY['\\x00ff'::bytea]", ["\\x00ff"]],
  ["jsonb[]", `ARRAY['{"a": 1}'::jsonb]`, ['{"a": 1}']],
];

/** A value as texts, so that numbers of every length compare. */
function plain(value: unknown): string {
  return Array.isArray(value) ? `[${value.map(plain).join("; ")}]` : value === null ? "null" : String(value);
}

Deno.test("postgres.extractor reads every type as it is", async () => {
  await server.sql(
    `CREATE TYPE mood AS ENUM ('so, so', 'good'); CREATE DOMAIN positive AS int CHECK (VALUE > 0);
    CREATE TYPE pair AS (a int, b text)`,
  );
  const columns = VALUES.map(([type, sql], i) => `CAST(${sql} AS ${type}) AS v${i}`);
  await server.sql(`CREATE TABLE edges AS SELECT ${columns.join(", ")}`);
  for (const config of [{ table: "edges" }, { query: "SELECT * FROM edges WHERE $1", params: [true] }]) {
    const texts = VALUES.map(([, , json], i) =>
      Array.isArray(json)
        ? `list_transform(v${i}, lambda x: CAST(x AS VARCHAR)) AS v${i}`
        : `CAST(v${i} AS VARCHAR) AS v${i}`
    );
    const query = `SELECT ${texts.join(", ")} FROM df`;
    const [get, save] = reading(config);
    const text = { id: "text", component: "duckdb.processor", mode: "transform", config: { query } };
    const [row] = await rowsOfRun([get!, text, save!]);
    VALUES.forEach(([type, sql, json], i) => {
      const got = row![`v${i}`];
      const same = typeof json === "number" ? Number(got) === json : plain(got) === plain(json);
      assert.ok(same, `${sql} as ${type} is ${plain(got)}, and should be ${plain(json)}`);
    });
  }
});

Deno.test("postgres.extractor names the column of a value that has no place in the engine", async () => {
  for (
    const [sql, said] of [
      ["'0044-03-15 00:00:00 BC'::timestamp", /v/],
      ["'290000-01-01'::timestamp + interval '4276 years'", /v/],
      ["'NaN'::numeric(5,2)", /v/],
      ["'{{1,2},{3,4}}'::int[]", /column v holds an array of more than one dimension/],
    ] as const
  ) {
    const { message } = await failureOf(reading({ query: `SELECT 1 AS a, ${sql} AS v` }));
    assert.match(message, said, message);
    assert.match(message, /\bv\b/);
  }
});

Deno.test("postgres.extractor says what is wrong with a connection", async () => {
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  for (
    const [connection, said, retryable] of [
      [{ password: "wrong" }, /\(auth\): password authentication failed for user "osiris"/, false],
      [{ database: "nowhere" }, /\(config\): database "nowhere" does not exist/, false],
      [{ port: 1 }, /\(network\): the connection was refused/, true],
      [{ host: "nowhere.invalid" }, /\(network\): the name of the host cannot be resolved/, false],
      [
        { port: silent.addr.port, connect_timeout_s: 0.5 },
        /\(timeout\): the server did not answer in time/,
        true,
      ],
      [{ tls: "verify" }, /\(network\): .*(?:certificate|UnknownIssuer)/i, false],
      [{ tls: "verify", ca: server.ca, host: "localhost" }, undefined, false],
      [{ tls: "verify", ca: server.ca }, undefined, false],
      [
        { tls: "verify", ca: server.ca, host: "127.0.0.2" },
        /\(network\): .*(?:name|NotValidForName)/i,
        false,
      ],
      [{ tls: "verify_ca", ca: server.ca, host: "127.0.0.2" }, undefined, false],
      [{ tls: "verify_ca" }, /\(network\): .*(?:certificate|UnknownIssuer)/i, false],
    ] as const
  ) {
    if (said === undefined) {
      const query = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
      assert.deepEqual(await rowsOf({ query }, connection), [{ ssl: true }]);
      continue;
    }
    const failure = await failureOf(reading({ query: "SELECT 1 AS a" }), connection);
    assert.match(failure.message, said);
    assert.equal(failure.retryable, retryable, failure.message);
    assert.ok(failure.help);
    assert.equal(failure.category, said.source.includes("config") ? "run" : "connection");
  }
});

Deno.test("postgres.extractor says what is wrong with a table, a column or a query", async () => {
  for (
    const [config, said] of [
      [{ table: "nothing" }, /\(config\): relation "nothing" does not exist/],
      [{ table: "pg_class", columns: ["nothing"] }, /\(config\): column "nothing" does not exist/],
      [{ query: "SELEC 1" }, /\(config\): syntax error/],
      [{ query: "SELECT 1 AS a; DROP TABLE x" }, /cannot insert multiple commands/],
      [
        { query: "DELETE FROM pg_class RETURNING relname" },
        /cannot execute DELETE in a read-only transaction/,
      ],
      [{ query: 'SELECT 1 AS a, 2 AS "A"' }, /two columns named 'A'/],
      [{ query: "SELECT i, 1 / (150000 - i) AS q FROM generate_series(1, 200000) AS i" }, /division by zero/],
    ] as const
  ) {
    const failure = await failureOf(reading(config));
    assert.match(failure.message, said);
    assert.equal(failure.retryable, false);
    if (failure.message.includes("(data)")) assert.match(failure.help!, /in the query/);
  }
});

Deno.test("postgres.extractor fails when the connection is cut, at whatever byte", async () => {
  await server.sql(
    "CREATE TABLE long AS SELECT i, 'name ' || i AS name FROM generate_series(1, 150000) AS i",
  );
  let all = 0;
  const measure = (bytes: number) => ((all = bytes), false);
  {
    await using proxy = new TcpProxy(server.port, () => ({ fromServer: measure }));
    assert.equal((await rowsOf({ table: "long" }, { port: proxy.ownPort })).length, 150_000);
  }
  const ends = [20, 400, 900, 1_500, 20_000, 1_000_000, all / 2, all - 200, all - 60, all - 30];
  for (const end of ends) {
    await using proxy = new TcpProxy(server.port, () => ({ fromServer: (bytes) => bytes > end }));
    const failure = await failureOf(reading({ table: "long" }), { port: proxy.ownPort });
    assert.match(failure.message, /\(network\): the connection was cut/, `cut at ${end}`);
    assert.equal(failure.retryable, true);
  }
});

Deno.test("postgres.extractor waits for a slow server as long as it sends something", async () => {
  const query = "SELECT repeat('x', 9000) AS t FROM generate_series(1, 7) i, LATERAL pg_sleep(0.7 + i * 0)";
  assert.equal((await rowsOf({ query }, { timeout_s: 4.5 })).length, 7);
});

const COMMIT = new TextEncoder().encode("COMMIT");

/** Whether a piece of what a client sends holds a word. */
function holds(piece: Uint8Array, word: Uint8Array): boolean {
  return new TextDecoder("latin1").decode(piece).includes(new TextDecoder("latin1").decode(word));
}

Deno.test("postgres.extractor and postgres.writer do a cut connection's work again, once", async () => {
  await server.sql("CREATE TABLE once (id bigint)");
  {
    await using proxy = new TcpProxy(
      server.port,
      (connection) => connection === 1 ? { fromServer: (bytes) => bytes > 1_000_000 } : {},
    );
    const steps = reading({ table: "long" }, "rows.json", RETRY);
    assert.equal((await rowsOfRun(steps, { port: proxy.ownPort })).length, 150_000);
    assert.equal(proxy.count, 2);
  }
  const load = (query: string) => writing(query, { table: "once" }, RETRY);
  for (const lost of ["the rows", "the answer to COMMIT"]) {
    let sent = 0;
    const cut = {
      afterClient: (piece: Uint8Array) =>
        lost === "the rows" ? (sent += piece.byteLength) > 500_000 : holds(piece, COMMIT),
    };
    await using proxy = new TcpProxy(server.port, (connection) => connection === 1 ? cut : {});
    const outcome = await written(load(`SELECT range AS id FROM df, range(100000)`), { port: proxy.ownPort });
    assert.equal(outcome.state, "succeeded", String(outcome.failure?.message));
    assert.equal(proxy.count, 2, lost);
    assert.equal(await server.sql("SELECT count(*), count(DISTINCT id) FROM once"), "100000|100000", lost);
    await server.sql("TRUNCATE once");
  }
});

Deno.test("discover and connections doctor know what is behind a connection", async () => {
  await server.sql(`CREATE SCHEMA shop; CREATE DOMAIN price AS numeric(10,2);
    CREATE TABLE shop."odd.name" (b text, a int, amount price, tags text[], PRIMARY KEY (a, b));
    INSERT INTO shop."odd.name" VALUES ('x', 1, 2.5, '{q}'), ('y', 1, NULL, NULL); ANALYZE shop."odd.name";
    CREATE VIEW shop.orders AS SELECT a AS id FROM shop."odd.name"`);
  await using project = await server.project([]);
  const asked = async (...args: string[]) => {
    const { stdout, stderr, code } = await osiris([...args, "--json"], { cwd: project.root });
    assert.ok(!`${stdout}${stderr}`.includes(server.password));
    return { code, said: JSON.parse(stdout) };
  };
  const { said: listed } = await asked("discover", "@postgres.main");
  const names = listed.tables.map(({ name }: { name: string }) => name);
  assert.ok(names.includes("shop.orders") && names.includes('shop."odd.name"'), names.join());
  const { said: described } = await asked("discover", "@postgres.main", "shop", "--samples", "1");
  assert.deepEqual(described.tables[0], {
    name: 'shop."odd.name"',
    rows: 2,
    columns: [
      { name: "b", type: "VARCHAR" },
      { name: "a", type: "INTEGER" },
      { name: "amount", type: "DECIMAL(10,2)" },
      { name: "tags", type: "VARCHAR[]" },
    ],
    keys: ["a", "b"],
    samples: [{ b: "x", a: "1", amount: "2.50", tags: "{q}" }],
  });
  assert.equal((await asked("connections", "doctor")).code, 0);
  await using locked = await server.project([], { password: "${WRONG}" });
  await locked.write(".env", "WRONG=wrong\n");
  const { code, stdout } = await osiris(["connections", "doctor", "--json"], { cwd: locked.root });
  assert.equal(code, 3);
  assert.match(stdout, /"auth"/);
});

Deno.test("postgres.extractor reads a table in parts, every row once, whatever its key", async () => {
  await server.sql(
    `CREATE TABLE parted (id bigint PRIMARY KEY, k integer, at date);
    INSERT INTO parted SELECT i, CASE WHEN i % 10 > 0 THEN i - 2500 END, DATE '2024-01-01' + i % 700
      FROM generate_series(1, 5000) AS i`,
  );
  const ids = (rows: readonly Record<string, unknown>[]) =>
    rows.map(({ id }) => Number(id)).sort((a, b) => a - b);
  const all = Array.from({ length: 5000 }, (_, i) => i + 1);
  for (const partition of [{}, { partition_key: "k" }, { partition_key: "at", partitions: 7 }]) {
    assert.deepEqual(ids(await rowsOf({ table: "parted", partitions: 3, ...partition })), all);
  }
  const query = "SELECT id FROM parted WHERE id > $1 -- the others";
  const asked = { query, params: [4_000], partitions: 2, partition_key: "id" };
  assert.deepEqual(ids(await rowsOf(asked)), all.slice(4_000));
  assert.deepEqual(await rowsOf({ ...asked, params: [5_000] }), []);
});

Deno.test("postgres.extractor reads all parts at one moment, however much is changed meanwhile", async () => {
  await server.sql(
    `CREATE TABLE moving (id integer PRIMARY KEY, k integer); INSERT INTO moving SELECT i, i FROM generate_series(1, 2000) AS i`,
  );
  let over = false;
  const changing = (async () => {
    while (!over) {
      await server.sql(
        "DO $$ BEGIN FOR i IN 1..20 LOOP UPDATE moving SET k = 2001 - k; COMMIT; END LOOP; END $$",
      );
    }
  })();
  try {
    for (let turn = 0; turn < 3; turn++) {
      const rows = await rowsOf({ table: "moving", partitions: 4, partition_key: "k" });
      assert.equal(rows.length, 2000);
      assert.equal(new Set(rows.map(({ id }) => id)).size, 2000);
    }
  } finally {
    over = true;
    await changing;
  }
});

Deno.test("postgres.extractor says what it cannot read in parts by", async () => {
  await server.sql(`CREATE TABLE keyless (a integer, t text); CREATE TABLE worded (t text PRIMARY KEY)`);
  const of = async (config: Fields) => (await failureOf(reading({ partitions: 2, ...config }))).message;
  assert.match(
    await of({ table: "keyless" }),
    /\(config\): it has no primary key of one column to read it in parts by/,
  );
  assert.match(
    await of({ table: "keyless", partition_key: "b" }),
    /the key 'b' is not among the columns that are read: a, t/,
  );
  assert.match(
    await of({ table: "worded" }),
    /the key 't' is a VARCHAR, and should be a whole number or a date/,
  );
});

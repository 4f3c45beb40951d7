/**
 * PostgreSQL, written by the program, at a real server whose own settings are unusual. What must hold: a value is there
 * as it was sent or the run fails and names its column; what is written is there once or not at all.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Session } from "../plugins/postgres/mod.ts";
import driver from "../plugins/postgres.writer/driver.ts";
import { Loads } from "../plugins/postgres.writer/loads.ts";
import { contextFor } from "../src/component/sdk.ts";
import { reading, RETRY, rowsOfRun, server, write, writing, written } from "./_postgres.ts";
import type { Fields } from "./_server_of_file.ts";
import { until } from "./_until.ts";

const RANGE = (from: number, to: number, name: string) =>
  `SELECT range AS id, '${name} ' || range AS name FROM df, range(${from}, ${to})`;

Deno.test("postgres.writer makes a table, and adds, replaces, changes and removes rows", async () => {
  const state = (table: string) => server.sql(`SELECT count(*), min(id), max(id), min(name) FROM ${table}`);
  const keys = { keys: ["id"] };
  for (const [table, made] of [["fresh", ""], ["indexed", ", UNIQUE (id)"], ["bare", ""]] as const) {
    if (table !== "fresh") {
      await server.sql(`CREATE TABLE ${table} (extra int DEFAULT 7, name text, id bigint${made})`);
    }
    const first = table === "fresh" ? { write_mode: "upsert", ...keys } : {};
    await write(RANGE(0, 100_000, "a"), { table, ...first });
    assert.equal(await state(table), "100000|0|99999|a 0");
    await write(RANGE(99_990, 100_010, "b"), { table, write_mode: "upsert", ...keys });
    assert.equal(await state(table), "100010|0|100009|a 0");
    assert.equal(await server.sql(`SELECT count(*) FROM ${table} WHERE name LIKE 'b %'`), "20");
    await write(RANGE(0, 10, "c"), { table, write_mode: "delete_insert", ...keys });
    assert.equal(await server.sql(`SELECT count(*) FROM ${table} WHERE name LIKE 'c %'`), "10");
    await write(RANGE(0, 0, "d"), { table, write_mode: "upsert", ...keys });
    assert.equal(await state(table), "100010|0|100009|a 10");
    await write(RANGE(5, 7, "e"), { table, write_mode: "overwrite" });
    assert.equal(await state(table), "2|5|6|e 5");
    if (table !== "fresh") assert.equal(await server.sql(`SELECT DISTINCT extra FROM ${table}`), "7");
  }
  assert.equal(await server.sql("SELECT max(rows) FROM _osiris_loads WHERE table_name = 'bare'"), "100000");
});

Deno.test("postgres.writer keeps every value, and postgres.extractor gives it back", async () => {
  const query = `SELECT * FROM (VALUES
    (1, 9223372036854775807, 18446744073709551615::UBIGINT, true, 0.1::DOUBLE, 3.4028235e38::FLOAT,
     12345678901234567890123456789012345.678::DECIMAL(38,3), E'q"\\\\ \\n,\\\\N', '\\xAB\\x00'::BLOB, DATE '0001-01-01',
     TIMESTAMP '2026-01-31 12:34:56.789012', TIMESTAMPTZ '2026-01-31 12:00:00+00', TIME '23:59:59.999999',
     INTERVAL '1 year 2 days 03:04:05.5', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::UUID, ['a"b\\n', NULL, ''], [1.25, NULL]::DECIMAL(9,2)[]),
    (2, -9223372036854775808, 0, false, 5e-324, '-inf'::FLOAT, -0.001, '', ''::BLOB, DATE 'infinity',
     TIMESTAMP '-infinity', TIMESTAMPTZ '1900-01-01 00:00:00+00', TIME '00:00:00', INTERVAL '-1 month 5 days -00:00:01', NULL, [], []),
    (3, NULL, NULL, NULL, 'nan', NULL, NULL, '\\N', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)
  ) AS t(id, i, u, b, d, f, n, s, x, day, ts, tz, t, iv, uu, l, ld), df`;
  const text = (from: string) =>
    `SELECT CAST(id AS VARCHAR) AS id, ${
      ["i", "u", "b", "d", "f", "n", "s", "x", "day", "ts", "tz", "t", "iv", "uu", "l", "ld"].map((name) =>
        `CAST(${name} AS VARCHAR) AS ${name}`
      ).join(", ")
    } FROM ${from} ORDER BY 1`;
  const columns = query.replace(", df", "");
  await write(columns.replace(") AS t(", ") AS t(") + " CROSS JOIN df", { table: "kept" });
  await write(columns + " CROSS JOIN df", { table: "kept", write_mode: "upsert", keys: ["id"] });
  const [get, save] = reading({ table: "kept" });
  const shown = (from: Fields[], sql: string) => [
    ...from,
    { id: "text", component: "duckdb.processor", mode: "transform", config: { query: sql } },
    save!,
  ];
  const got = await rowsOfRun(shown([get!], text("df")));
  await using project = await server.project(
    shown(writing(query, {}).slice(0, 1), text(`(${columns})`).replace(" ORDER", ", df ORDER")),
  );
  await project.write("one.csv", "one\n1\n");
  await project.succeed();
  const made = (await project.read("rows.json")).trim().split("\n").map((line) => JSON.parse(line));
  assert.equal(made.length, 3);
  assert.deepEqual(got, made);
});

Deno.test("postgres.writer refuses what the server would round or cut without a word", async () => {
  await server.sql(
    `CREATE TABLE narrow (n numeric(10,2), r real, d date, t timestamp(3), z timestamptz, i int, v varchar(3))`,
  );
  for (
    const [value, column, said] of [
      [
        "1.005::DECIMAL(9,3)",
        "n",
        /column 'n' is a DECIMAL\(9,3\), and the table's numeric\(10,2\) would round/,
      ],
      ["0.1::DOUBLE", "r", /would round/],
      ["TIMESTAMP '2026-01-01 10:00:00'", "d", /would cut/],
      ["TIMESTAMP '2026-01-01 10:00:00'", "t", /would round/],
      ["TIMESTAMP '2026-01-01 10:00:00'", "z", /would change/],
      ["'2026-01-01 10:00:00.123456789'::TIMESTAMP_NS", "t", /TIMESTAMP_NS/],
      ["3000000000", "i", /"3000000000" is out of range for type integer.*narrow, line 1, column i/],
      ["'abcd'", "v", /value too long.*line 1, column v/],
      ["1", "missing", /the table has no column 'missing'/],
    ] as const
  ) {
    const outcome = await written(writing(`SELECT ${value} AS ${column} FROM df`, { table: "narrow" }));
    assert.equal(outcome.state, "failed", value);
    assert.match(outcome.failure!.message, said);
  }
  assert.equal(await server.sql("SELECT count(*) FROM narrow"), "0");
});

Deno.test("postgres.writer keeps nothing when a row is refused, and shows the row", async () => {
  await server.sql(
    `CREATE TABLE strict (id bigint PRIMARY KEY, name text); INSERT INTO strict VALUES (77777, 'there')`,
  );
  for (const config of [{ table: "strict" }, { table: "strict", write_mode: "overwrite" }]) {
    const query =
      `SELECT CASE WHEN range = 150000 THEN 3 ELSE range END AS id, 'x' AS name FROM df, range(200000)`;
    const { state, failure } = await written(writing(query, config));
    assert.equal(state, "failed");
    assert.match(failure!.message, /duplicate key value .* Key \(id\)=\((?:77777|3)\) already exists/);
    assert.equal(await server.sql("SELECT * FROM strict"), "77777|there");
  }
  for (
    const [query, said] of [
      ["SELECT NULL::BIGINT AS id, 'x' AS name FROM df", /a row has no value in its key \(id\)/],
      [
        "SELECT 1 AS id, 'x' AS name FROM df, range(2)",
        /cannot affect row a second time|two rows have the key/,
      ],
    ] as const
  ) {
    const outcome = await written(writing(query, { table: "strict", write_mode: "upsert", keys: ["id"] }));
    assert.equal(outcome.state, "failed");
    assert.match(outcome.failure!.message, said);
  }
  assert.equal(await server.sql("SELECT * FROM strict"), "77777|there");
  const failing =
    `SELECT CAST(CASE WHEN range = 190000 THEN 'x' ELSE '5' END AS BIGINT) AS id FROM df, range(200000)`;
  const outcome = await written(writing(failing, { table: "never" }));
  assert.match(outcome.failure!.message, /Could not convert string 'x'/);
  assert.equal(await server.sql("SELECT to_regclass('never')"), "");
});

Deno.test("postgres.writer tells of a load whose end is open only once it has ended, the first of all too", async () => {
  await server.sql("CREATE SCHEMA first_of_all");
  const { signal } = new AbortController();
  const connection = { ...server.connection, connect_timeout_s: 60, timeout_s: 60 };
  await using session = await Session.open(connection, signal);
  await session.rows("test", "BEGIN");
  const loads = new Loads(session, "test", "first_of_all");
  await loads.remember({ loadId: "run/load", pipeline: "test", cursors: {} }, "load", "orders");
  await loads.count("run/load", 5);
  const context = { ...contextFor({ table: "first_of_all.orders" } as never, connection), signal };
  const asked = driver.loaded!(context as never, { loadId: "run/load" });
  const waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
  await until(async () => await server.sql(waiting) !== "0");
  await session.rows("test", "COMMIT");
  assert.equal(await asked, 5);
  assert.equal(await driver.loaded!(context as never, { loadId: "run/other" }), null);
});

Deno.test("postgres.writer waits no longer for a silent server than it may, also when it has rows to send", async () => {
  await server.sql("CREATE TABLE held (id bigint)");
  const holding = server.sql("BEGIN; LOCK TABLE held IN EXCLUSIVE MODE; SELECT pg_sleep(20)");
  const holder = "FROM pg_locks WHERE relation = 'held'::regclass AND mode = 'ExclusiveLock'";
  await until(async () => await server.sql(`SELECT count(*) ${holder}`) !== "0");
  const { failure } = await written(writing("SELECT 1 AS id FROM df", { table: "held" }), { timeout_s: 0.6 });
  await Promise.all([
    assert.rejects(holding, /terminat/),
    server.sql(`SELECT pg_terminate_backend(pid) ${holder}`),
  ]);
  assert.match(failure!.message, /\(timeout\): the server was silent for 0\.6 s/);
  assert.match(failure!.help!, /timeout_s/);
  assert.equal(await server.sql("SELECT count(*) FROM held"), "0");
});

Deno.test("postgres.writer tries a deadlock again", async () => {
  // The first time that the writer has row 1, it waits until the other transaction waits for that row.
  await server.sql(
    `CREATE TABLE pair_of (id int PRIMARY KEY, name text); INSERT INTO pair_of VALUES (1, ''), (2, '');
    CREATE SEQUENCE tried; ALTER DATABASE osiris SET deadlock_timeout = '50ms';
    CREATE FUNCTION meets_the_other() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF nextval('tried') = 1 THEN
        PERFORM pg_advisory_xact_lock(4711);
        WHILE NOT EXISTS (SELECT FROM pg_locks WHERE NOT granted) LOOP PERFORM pg_sleep(0.01); END LOOP;
      END IF;
      RETURN NEW;
    END $$;
    CREATE TRIGGER meets BEFORE UPDATE ON pair_of FOR EACH ROW WHEN (NEW.id = 1 AND NEW.name = 'w')
      EXECUTE FUNCTION meets_the_other()`,
  );
  const other = server.sql(
    `BEGIN; SET LOCAL deadlock_timeout = '10min'; UPDATE pair_of SET name = 'o' WHERE id = 2;
    DO $$ BEGIN WHILE NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711)
      LOOP PERFORM pg_sleep(0.01); END LOOP; END $$;
    UPDATE pair_of SET name = 'o' WHERE id = 1; COMMIT`,
  );
  const query = "SELECT range + 1 AS id, 'w' AS name FROM df, range(2) ORDER BY 1";
  const config = { table: "pair_of", write_mode: "upsert", keys: ["id"] };
  const outcome = await written(writing(query, config, RETRY));
  await other;
  assert.equal(outcome.state, "succeeded", String(outcome.failure?.message));
  assert.equal(await server.sql("SELECT last_value FROM tried"), "2");
  assert.equal(await server.sql("SELECT string_agg(name, '') FROM pair_of"), "ww");
});

/**
 * PostgreSQL, read and written by the program, at a real server whose own settings are unusual. What must hold: a
 * value arrives as it was or the run fails and names its column; a result is whole or the run fails; what is written
 * is there once or not at all; and the password is nowhere.
 *
 * @module
 */

import assert from "node:assert/strict";
import { type PostgresServer, startPostgres } from "./_servers.ts";
import { TestProject } from "./_project.ts";

type Fields = Readonly<Record<string, unknown>>;

let server: PostgresServer;

Deno.test.beforeAll(async () => {
  server = await startPostgres();
});
Deno.test.afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

/** A project with these steps in its pipeline; it knows the server as `@postgres.main`. */
async function projectOf(steps: readonly Fields[], connection: Fields = {}): Promise<TestProject> {
  const { host, port, user, database } = server;
  const alias = { default: true, host, port, user, database, password: "${PG_PASSWORD}", ...connection };
  return await TestProject.create({
    ".env": `PG_PASSWORD=${server.password}\n`,
    "osiris_connections.yaml": `version: 1\nconnections:\n  postgres:\n    main: ${JSON.stringify(alias)}\n`,
    "pipeline.oml": JSON.stringify({ oml_version: "0.1.0", name: "rows", steps }),
  });
}

/** Steps that read as `config` says and write to a file. */
function reading(config: Fields, path = "rows.json", more: Fields = {}): Fields[] {
  const format = path.slice(path.lastIndexOf(".") + 1);
  return [
    { id: "get", component: "postgres.extractor", mode: "read", config, ...more },
    { id: "save", component: `filesystem.${format}_writer`, mode: "write", config: { path } },
  ];
}

/** The rows that a step reads, as JSON. */
async function rowsOf(config: Fields, connection?: Fields): Promise<Record<string, unknown>[]> {
  return await rowsOfRun(reading(config), connection);
}

/** The rows that a run leaves in `rows.json`. */
async function rowsOfRun(steps: readonly Fields[], connection?: Fields): Promise<Record<string, unknown>[]> {
  await using project = await projectOf(steps, connection);
  const outcome = await project.run(await project.read("pipeline.oml"));
  assert.equal(outcome.state, "succeeded", outcome.failure?.message);
  await noSecret(project);
  const text = await project.read("rows.json");
  return text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}

/** What a run fails with; no rows are left. */
async function failureOf(steps: readonly Fields[], connection?: Fields) {
  await using project = await projectOf(steps, connection);
  const outcome = await project.run(await project.read("pipeline.oml"));
  assert.equal(outcome.state, "failed");
  assert.deepEqual((await project.list()).filter((path) => path.startsWith("rows")), []);
  await noSecret(project);
  return outcome.failure!;
}

/** The password is in the file that holds it, and in no other. */
async function noSecret(project: TestProject): Promise<void> {
  for (const path of await project.list()) {
    if (path === ".env" || (await Deno.stat(project.path(path))).isDirectory) continue;
    const text = new TextDecoder("latin1").decode(await Deno.readFile(project.path(path)));
    assert.ok(!text.includes(server.password), `the password is in ${path}`);
  }
}

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

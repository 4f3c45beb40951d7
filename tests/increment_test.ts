/**
 * Incremental loading at real servers. What must hold: whatever order rows come in, each is loaded once; an increment
 * without rows changes nothing; the cursor stands in the target with the rows that it stands for.
 *
 * @module
 */

import assert from "node:assert/strict";
import { osiris } from "./_osiris.ts";
import { connectionText, TestProject } from "./_project.ts";
import { addressOf, type DatabaseServer, startMariaDb, startPostgres } from "./_servers.ts";

type Fields = Readonly<Record<string, unknown>>;

/** A column to follow, and three values that grow. */
type Followed = readonly [type: string, ...values: [string, string, string]];

interface Place {
  readonly family: "postgres" | "mysql";
  readonly types: { readonly [name: string]: Followed };
  /** Of columns that cannot be followed. */
  readonly refused: { readonly [name: string]: string };
  readonly to: (step: string) => string;
}

const PLACES: readonly Place[] = [
  {
    family: "postgres",
    types: {
      whole: ["bigint", "9223372036854775805", "9223372036854775806", "9223372036854775807"],
      small: ["smallint", "-2", "-1", "0"],
      decimal: ["numeric(38,10)", "0.0000000001", "0.0000000002", "1234567890123456789012345678.0"],
      day: ["date", "'2026-01-01'", "'2026-01-02'", "'2026-01-03'"],
      stamp: ["timestamp", "'2026-01-01 00:00:00.000001'", "'2026-01-01 00:00:00.000002'", "'2026-01-02'"],
      zoned: [
        "timestamptz",
        "'2026-01-01 00:00:00.000001+00'",
        "'2026-01-01 05:45:00.000002+05:45'",
        "'2026-01-02Z'",
      ],
      text: ['text COLLATE "und-x-icu"', "'B'", "'a'", "'ä'"],
      uuid: [
        "uuid",
        "'7fffffff-0000-0000-0000-000000000000'",
        "'80000000-0000-0000-0000-000000000000'",
        "'ffffffff-0000-0000-0000-000000000000'",
      ],
    },
    refused: { free: "numeric", real: "double precision", wide: "numeric(50,2)", moment: "time" },
    to: (step) => `cursors->'${step}'->>'to'`,
  },
  {
    family: "mysql",
    types: {
      whole: ["BIGINT UNSIGNED", "18446744073709551613", "18446744073709551614", "18446744073709551615"],
      small: ["SMALLINT", "-2", "-1", "0"],
      decimal: ["DECIMAL(38,10)", "0.0000000001", "0.0000000002", "1234567890123456789012345678.0"],
      day: ["DATE", "'2026-01-01'", "'2026-01-02'", "'2026-01-03'"],
      stamp: ["DATETIME(6)", "'2026-01-01 00:00:00.000001'", "'2026-01-01 00:00:00.000002'", "'2026-01-02'"],
      zoned: ["TIMESTAMP(6)", "'2026-01-01 00:00:00.000001'", "'2026-01-01 00:00:00.000002'", "'2026-01-02'"],
      text: ["VARCHAR(20) COLLATE utf8mb4_general_ci", "'B'", "'a'", "'ä'"],
      uuid: [
        "UUID",
        "'7fffffff-0000-0000-0000-000000000000'",
        "'80000000-0000-0000-0000-000000000000'",
        "'ffffffff-0000-0000-0000-000000000000'",
      ],
    },
    refused: { real: "DOUBLE", flag: "BIT(1)", bytes: "VARBINARY(10)" },
    to: (step) => `JSON_UNQUOTE(JSON_EXTRACT(cursors, '$.${step}.to'))`,
  },
];

const servers: { postgres?: DatabaseServer; mysql?: DatabaseServer } = {};

Deno.test.beforeAll(async () => {
  [servers.postgres, servers.mysql] = await Promise.all([startPostgres(), startMariaDb()]);
});
Deno.test.afterAll(async () => {
  await Promise.all([servers.postgres?.[Symbol.asyncDispose](), servers.mysql?.[Symbol.asyncDispose]()]);
});

/** Steps that read one table as `incremental` says and write what is new to another. */
function steps({ family }: Place, name: string, incremental: Fields, write: Fields = {}): Fields[] {
  return [
    {
      id: name,
      component: `${family}.extractor`,
      mode: "read",
      config: { table: `${name}_in`, incremental },
    },
    {
      id: `${name}_put`,
      component: `${family}.writer`,
      mode: "write",
      inputs: { df: name },
      config: { table: `${name}_out`, ...write },
    },
  ];
}

async function projectOf({ family }: Place, all: readonly Fields[]): Promise<TestProject> {
  const { password, ...address } = addressOf(servers[family]!);
  return await TestProject.create({
    ".env": `DB_PASSWORD=${password}\n`,
    "osiris_connections.yaml": connectionText(family, { ...address, password: "${DB_PASSWORD}" }),
    "pipeline.oml": JSON.stringify({ oml_version: "0.1.0", name: "increments", steps: all }),
  });
}

async function run(project: TestProject) {
  return await project.run(await project.read("pipeline.oml"));
}

async function succeed(project: TestProject): Promise<string> {
  const outcome = await run(project);
  assert.equal(outcome.state, "succeeded", String(outcome.failure?.message));
  return outcome.session_id;
}

for (const place of PLACES) {
  const { family, types, refused } = place;
  const sql = (text: string) => servers[family]!.sql(text);
  const names = Object.keys(types);

  Deno.test(`${family}.extractor gives each row once, whatever type of column is followed`, async () => {
    for (const [name, [type, first, second]] of Object.entries(types)) {
      await sql(`CREATE TABLE ${name}_in (c ${type}, id INT)`);
      await sql(`INSERT INTO ${name}_in VALUES (${second}, 2), (${first}, 1)`);
    }
    await using project = await projectOf(
      place,
      names.flatMap((name) => steps(place, name, { cursor: "c" })),
    );
    const ids = async (name: string) =>
      (await sql(`SELECT id FROM ${name}_out ORDER BY id`)).split("\n").join(" ");
    await succeed(project);
    for (const name of names) assert.equal(await ids(name), "1 2", name);
    for (const [name, [, , second, third]] of Object.entries(types)) {
      await sql(`INSERT INTO ${name}_in VALUES (${third}, 4), (${second}, 3), (${second}, 2)`);
    }
    await succeed(project);
    for (const name of names) assert.equal(await ids(name), "1 2 2 3 4", name);
    const session = await succeed(project);
    for (const name of names) assert.equal(await ids(name), "1 2 2 3 4", name);
    const status = JSON.parse(await project.read(`logs/${session}/status.json`));
    const states = status.steps.map((step: Fields) => step["state"]);
    assert.deepEqual(states.filter((state: string) => state === "skipped").length, names.length);
    const kept = await sql(
      `SELECT pipeline FROM _osiris_loads WHERE ${place.to("whole")} = '${types["whole"]![3]}'`,
    );
    assert.equal(kept, "increments");
  });

  Deno.test(`${family}.extractor takes what comes late within the lag, and what changed under a key`, async () => {
    await sql("CREATE TABLE late_in (at TIMESTAMP NULL, id INT, note VARCHAR(20))");
    await sql("INSERT INTO late_in VALUES ('2026-01-01 12:00:00', 1, 'a'), ('2026-01-01 11:00:00', 2, 'a')");
    const keyed = { cursor: "at", lag: "2h", unique_key: "id", initial: "2026-01-01" };
    await using project = await projectOf(
      place,
      steps(place, "late", keyed, { write_mode: "upsert", keys: ["id"], create: false }),
    );
    await sql("CREATE TABLE late_out (at TIMESTAMP NULL, id INT NOT NULL PRIMARY KEY, note VARCHAR(20))");
    await succeed(project);
    await sql(
      "INSERT INTO late_in VALUES ('2026-01-01 10:00:00', 3, 'late'), ('2026-01-01 09:59:59', 4, 'too late')",
    );
    await sql("UPDATE late_in SET at = '2026-01-01 12:30:00', note = 'b' WHERE id = 2");
    const session = await succeed(project);
    assert.equal(
      (await sql("SELECT id, note FROM late_out ORDER BY id")).replaceAll(/[|\t]/g, " "),
      "1 a\n2 b\n3 late",
    );
    const events = await project.read(`logs/${session}/events.jsonl`);
    assert.match(events, /"from":"2026-01-01 [0-9:+]+","to":null,"rows_new":2,"rows_before":1/);
  });

  Deno.test(`${family}.extractor refuses a column that cannot be followed, and says how many values it lacks`, async () => {
    for (const [name, type] of Object.entries(refused)) {
      await sql(`CREATE TABLE ${name}_in (c ${type}, id INT)`);
      await using project = await projectOf(place, steps(place, name, { cursor: "c" }));
      const { failure } = await run(project);
      assert.match(
        failure!.message,
        /the values of column 'c' have no exact order that the engine shares/,
        name,
      );
    }
    await sql("CREATE TABLE holes_in (c INT, id INT)");
    await sql("INSERT INTO holes_in VALUES (1, 1)");
    await using project = await projectOf(place, steps(place, "holes", { cursor: "c" }));
    await succeed(project);
    await sql("INSERT INTO holes_in VALUES (2, 2), (NULL, 3), (NULL, 4)");
    const { failure } = await run(project);
    assert.match(failure!.message, /column 'c' of step 'holes': 2 of 4 rows have no value in it/);
    await sql("DELETE FROM holes_in WHERE c IS NULL");
    await succeed(project);
    assert.equal(await sql("SELECT COUNT(*) FROM holes_out"), "2");
    const text = await project.read("pipeline.oml");
    for (
      const [from, to, said] of [
        ["holes_in", "holes_out", "table 'holes_in' -> 'holes_out'"],
        ['"c"', '"id"', "cursor column 'c' -> 'id'"],
      ] as const
    ) {
      const { failure: other } = await project.run(text.replace(from, to));
      assert.deepEqual([other!.code, other!.message.endsWith(`: ${said}`)], ["RUN616", true], other!.message);
    }
    await using missing = await projectOf(place, steps(place, "holes", { cursor: "nothing" }));
    assert.match(
      (await run(missing)).failure!.message,
      /there is no column 'nothing' to follow; its columns are c, id/,
    );
  });
}

Deno.test("run --backfill loads a range window by window, goes on where it stopped, and moves no cursor", async () => {
  const sql = (text: string) => servers.postgres!.sql(text);
  await sql(`CREATE TABLE past_in (at date, id int);
    INSERT INTO past_in SELECT '2026-01-01'::date + i / 2, i FROM generate_series(0, 9) AS i;
    CREATE TABLE past_out (at date, id int CHECK (id <> 5))`);
  await using project = await projectOf(
    PLACES[0]!,
    steps(PLACES[0]!, "past", { cursor: "at", initial: "2026-01-05" }),
  );
  const command = ["run", "pipeline.oml", "--json", "--backfill", "2026-01-01..2026-01-05", "--window", "1d"];
  const state = async () =>
    JSON.parse((await osiris(["state", "show", "--json"], { cwd: project.root })).stdout);
  const ids = () => sql("SELECT string_agg(id::text, ' ' ORDER BY id) FROM past_out");
  const done = async () => {
    const { code, stdout } = await osiris(command, { cwd: project.root });
    return { code, backfill: JSON.parse(stdout.trimEnd().split("\n").at(-1)!).backfill };
  };

  await succeed(project);
  assert.equal(await ids(), "8 9");
  const before = (await state()).cursors;
  const stopped = await done();
  assert.equal(stopped.code, 1);
  assert.deepEqual([stopped.backfill.windows, stopped.backfill.before, stopped.backfill.sessions.length], [
    4,
    0,
    3,
  ]);
  assert.equal(await ids(), "0 1 2 3 8 9");
  await sql("ALTER TABLE past_out DROP CONSTRAINT past_out_id_check");
  const rest = await done();
  assert.deepEqual([rest.code, rest.backfill.before, rest.backfill.sessions.length], [0, 2, 2]);
  assert.equal(await ids(), "0 1 2 3 4 5 6 7 8 9");
  const again = await done();
  assert.deepEqual([again.code, again.backfill.before, again.backfill.sessions.length], [0, 4, 0]);
  assert.equal(await ids(), "0 1 2 3 4 5 6 7 8 9");
  assert.deepEqual((await state()).cursors, before);
  assert.match(
    (await osiris(["state", "reset", "increments", "--backfills"], { cwd: project.root })).stdout,
    /Forgot 4 windows/,
  );
  await sql("DELETE FROM past_out WHERE id < 8");
  assert.equal((await done()).backfill.sessions.length, 4);
  assert.equal(await ids(), "0 1 2 3 4 5 6 7 8 9");
});

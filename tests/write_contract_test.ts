/**
 * The contract of a write step, at real servers: every action on every kind of difference between what comes and
 * the table that is there, told apart by a model of what the table has to be afterwards.
 *
 * @module
 */

import assert from "node:assert/strict";
import { readSession } from "../src/session/mod.ts";
import { DUCKDB, MYSQL, POSTGRES, projectAt, SQLITE, type SqlTarget, targetsOfFile } from "./_sql_targets.ts";

const ACTIONS = ["evolve", "freeze", "discard_row", "discard_value"] as const;
type Action = (typeof ACTIONS)[number];
/** Every action with every other one; all sixty-four combinations are tried where no server is asked. */
const EVERY_PAIR = ACTIONS.flatMap((first, i) =>
  ACTIONS.map((second, j) => [first, second, ACTIONS[(i + j) % ACTIONS.length]!] as const)
);
type Fields = Readonly<Record<string, unknown>>;

/** What differs between the databases. */
interface Dialect extends SqlTarget {
  /** A moment that the database puts there by itself. */
  readonly filled: string;
  /** A value as a text, and a null as `-`. */
  shown(column: string): string;
  /** Columns and types, in order. */
  columns(table: string): string;
  /** What the engine calls its `integer`. */
  readonly integer: string;
  /** The type of a point in time. */
  readonly moment: string;
  /** The tables that only a load has use for. */
  readonly leftOver: () => Promise<string>;
}

targetsOfFile();

const DIALECTS: readonly Dialect[] = [
  {
    ...POSTGRES,
    filled: "timestamptz DEFAULT now()",
    shown: (column) => `coalesce(CAST(${column} AS text), '-')`,
    columns: (table) =>
      `SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum)
        FROM pg_attribute WHERE attrelid = '${table}'::regclass AND attnum > 0`,
    integer: "INTEGER",
    moment: "timestamptz",
    leftOver: () =>
      POSTGRES.sql(
        "SELECT relname FROM pg_class WHERE relname LIKE '\\_osiris\\_%' AND relname NOT LIKE '\\_osiris\\_loads%'",
      ),
  },
  {
    ...MYSQL,
    filled: "timestamp DEFAULT current_timestamp()",
    shown: (column) => `coalesce(CAST(${column} AS char), '-')`,
    columns: (table) =>
      `SELECT group_concat(column_name, ' ', column_type ORDER BY ordinal_position SEPARATOR ', ')
        FROM information_schema.columns WHERE table_name = '${table}'`,
    integer: "INTEGER",
    moment: "datetime(6)",
    leftOver: () =>
      MYSQL.sql(
        "SELECT table_name FROM information_schema.tables WHERE table_name LIKE '\\_osiris%' AND table_name <> '_osiris_loads'",
      ),
  },
  {
    ...SQLITE,
    filled: "TIMESTAMP DEFAULT CURRENT_TIMESTAMP",
    shown: (column) => `coalesce(CAST(${column} AS text), '-')`,
    columns: (table) => `SELECT group_concat(name || ' ' || type, ', ') FROM pragma_table_info('${table}')`,
    integer: "BIGINT",
    moment: "TIMESTAMP",
    leftOver: () =>
      SQLITE.sql(
        "SELECT name FROM sqlite_schema WHERE name LIKE '%\\_osiris%' ESCAPE '\\' AND tbl_name <> '_osiris_loads'",
      ),
  },
  {
    ...DUCKDB,
    filled: "TIMESTAMP DEFAULT current_timestamp",
    shown: (column) => `coalesce(CAST(${column} AS VARCHAR), '-')`,
    columns: (table) =>
      `SELECT string_agg(column_name || ' ' || data_type, ', ' ORDER BY column_index)
        FROM duckdb_columns() WHERE table_name = '${table}'`,
    integer: "INTEGER",
    moment: "TIMESTAMPTZ",
    leftOver: () =>
      DUCKDB.sql(
        "SELECT table_name FROM duckdb_tables() WHERE table_name LIKE '%osiris%' AND table_name <> '_osiris_loads'",
      ),
  },
];

function writing({ family }: Dialect, query: string, config: Fields, contract: Fields): string {
  const steps = [
    { id: "rows", component: "duckdb.processor", mode: "transform", inputs: {}, config: { query } },
    { id: "load", component: `${family}.writer`, mode: "write", config, contract },
  ];
  return JSON.stringify({ oml_version: "0.1.0", name: "drifting", steps });
}

/** `amount` has a fraction where the table has whole numbers, `extra` is new, `note` is missing. */
const ROWS = [
  { id: 1, amount: "10.0", extra: null },
  { id: 2, amount: "2.5", extra: null },
  { id: 3, amount: "30.0", extra: "new" },
  { id: 4, amount: "4.5", extra: "new" },
];
const QUERY =
  "SELECT id, amount, extra FROM (VALUES (1::BIGINT, 10.0::DECIMAL(4,1), NULL), (2, 2.5, NULL), (3, 30.0, 'new'), (4, 4.5, 'new')) t(id, amount, extra)";

/** What the table has to hold afterwards, beside the row that was there. */
function expected(onNew: Action, onMissing: Action, onType: Action): string[][] {
  const isBad = (row: (typeof ROWS)[number]) => !row.amount.endsWith(".0");
  const kept = ROWS.filter((row) =>
    !(onNew === "discard_row" && row.extra !== null) && onMissing !== "discard_row" &&
    !(onType === "discard_row" && isBad(row))
  );
  const rows = kept.map((row) => {
    const whole = row.amount.slice(0, -2);
    const amount = onType === "evolve" ? row.amount : isBad(row) ? "-" : whole;
    return [`${row.id}`, amount, "-", ...onNew === "evolve" ? [row.extra ?? "-"] : []];
  });
  const old = ["0", onType === "evolve" ? "7.0" : "7", "old", ...onNew === "evolve" ? ["-"] : []];
  return [old, ...rows];
}

for (const dialect of DIALECTS) {
  const { sql } = dialect;

  Deno.test(`${dialect.family}.writer: a contract does what it says with every action`, async (t) => {
    await using project = await projectAt(dialect);
    const drifting =
      `CREATE TABLE drifting (id bigint NOT NULL PRIMARY KEY, amount integer, note varchar(20), made_at ${dialect.filled})`;
    await sql(drifting);
    const before = await sql(dialect.columns("drifting"));
    for (const [onNew, onMissing, onType] of EVERY_PAIR) {
      await t.step(`new ${onNew}, missing ${onMissing}, type ${onType}`, async () => {
        await sql(
          `DROP TABLE IF EXISTS drifting; ${drifting}; INSERT INTO drifting (id, amount, note) VALUES (0, 7, 'old')`,
        );
        const contract = { on_new: onNew, on_missing: onMissing, on_type: onType };
        const outcome = await project.run(writing(dialect, QUERY, { table: "drifting" }, contract));
        const read = async (...columns: string[]) =>
          (await sql(`SELECT ${columns.map(dialect.shown).join(", ")} FROM drifting ORDER BY id`)).split(
            "\n",
          )
            .map((line) => line.split(dialect.between));
        const frozen = [
          ...onType === "freeze" ? [`column 'amount' is DECIMAL(4,1), should be ${dialect.integer}`] : [],
          ...onNew === "freeze" ? ["column 'extra' (VARCHAR) is new"] : [],
          ...onMissing === "freeze" ? ["column 'note' (VARCHAR) is missing"] : [],
        ];
        if (frozen.length > 0) {
          assert.equal(outcome.failure?.code, "RUN618", String(outcome.failure?.message));
          assert.equal(outcome.failure?.step, "load");
          assert.ok(outcome.failure!.message.endsWith(`its contract promises: ${frozen.join("; ")}`));
          assert.equal(await sql(dialect.columns("drifting")), before);
          assert.deepEqual(await read("id", "amount", "note"), [["0", "7", "old"]]);
          return;
        }
        if (onType === "evolve" && !dialect.widens) {
          assert.match(
            String(outcome.failure?.message),
            /changes no column's type, and 'amount' would have to/,
          );
          assert.equal(await sql(dialect.columns("drifting")), before);
          return;
        }
        assert.equal(outcome.state, "succeeded", String(outcome.failure?.message));
        const rows = expected(onNew, onMissing, onType);
        const columns = ["id", "amount", "note", ...onNew === "evolve" ? ["extra"] : []];
        assert.deepEqual(await read(...columns), rows);
        assert.equal((await sql(dialect.columns("drifting"))).includes("extra"), onNew === "evolve");
        const { metrics } = await readSession(outcome.folder);
        const counted = metrics.find((each) => each.metric === "rows_rejected" && each.step_id === "load");
        assert.equal(counted?.value ?? 0, ROWS.length + 1 - rows.length);
        assert.equal(outcome.status.steps.find(({ id }) => id === "load")?.rows_out, rows.length - 1);
      });
    }
  });

  Deno.test(`${dialect.family}.writer: a table follows in every write mode, and once`, async () => {
    await using project = await projectAt(dialect);
    const evolve = { on_new: "evolve", on_missing: "evolve", on_type: "evolve" };
    for (const write_mode of ["append", "overwrite", "upsert", "delete_insert"]) {
      await sql("DROP TABLE IF EXISTS follows");
      await sql(
        `CREATE TABLE follows (id integer NOT NULL DEFAULT 9${
          dialect.family === "duckdb" ? "" : " PRIMARY KEY"
        }, price float)`,
      );
      const keys = /upsert|delete_insert/.test(write_mode) ? { keys: ["id"] } : {};
      const config = { table: "follows", write_mode, ...keys };
      for (const [id, column] of [["5000000000", "a"], ["6000000000", "b"]]) {
        const query = `SELECT ${id}::BIGINT AS id, 0.1::DOUBLE AS price, 'new' AS ${column}`;
        const outcome = await project.run(writing(dialect, query, config, evolve));
        assert.equal(outcome.state, "succeeded", `${write_mode}: ${outcome.failure?.message}`);
      }
      const rows = write_mode === "overwrite" ? ["6000000000"] : ["5000000000", "6000000000"];
      assert.deepEqual((await sql("SELECT id FROM follows ORDER BY id")).split("\n"), rows, write_mode);
      assert.match(
        await sql(dialect.columns("follows")),
        dialect.widens
          ? /^id bigint.*, price double.*, a .*(text|varchar), b .*(text|varchar)$/i
          : /^id integer, price float, a TEXT, b TEXT$/i,
      );
    }
  });

  Deno.test(`${dialect.family}.writer: a load that fails takes the columns back that were made for it`, async () => {
    await using project = await projectAt(dialect);
    const evolve = { on_new: "evolve", on_missing: "evolve", on_type: "evolve" };
    for (const write_mode of ["append", "overwrite", "upsert", "delete_insert", "scd2"]) {
      const history = write_mode === "scd2"
        ? `, valid_from ${dialect.moment} NOT NULL, valid_to ${dialect.moment}, current boolean NOT NULL`
        : "";
      await sql("DROP TABLE IF EXISTS broken");
      await sql(
        `CREATE TABLE broken (id integer NOT NULL, price float, note varchar(20)${history}${
          write_mode === "upsert" ? ", PRIMARY KEY (id)" : ""
        }, CHECK (id < 3))`,
      );
      const before = await sql(dialect.columns("broken"));
      const keys = /upsert|delete_insert|scd2/.test(write_mode) ? { keys: ["id"] } : {};
      const load = (ids: number) =>
        project.run(writing(
          dialect,
          `SELECT i::INTEGER AS id, ${
            dialect.widens ? "0.1::DOUBLE" : "0.5::FLOAT"
          } AS price, 'x' AS note, 'new' AS a
            FROM range(1, ${ids + 1}) r(i)`,
          { table: "broken", write_mode, ...keys },
          evolve,
        ));
      const { failure } = await load(3);
      assert.match(String(failure?.message), /constraint/i, write_mode);
      assert.equal(await sql(dialect.columns("broken")), before, write_mode);
      assert.equal(await sql("SELECT count(*) FROM broken"), "0", write_mode);
      assert.equal(await dialect.leftOver(), "", write_mode);
      const outcome = await load(2);
      assert.equal(outcome.state, "succeeded", `${write_mode}: ${outcome.failure?.message}`);
      assert.match(await sql(dialect.columns("broken")), /\ba (?:text|longtext|varchar)/i);
    }
  });

  Deno.test(`${dialect.family}.writer: what cannot follow is said, and nothing has changed`, async () => {
    await using project = await projectAt(dialect);
    await sql("CREATE TABLE stuck (id integer, day date)");
    const query = "SELECT 'one' AS id, 'Monday' AS day, 5 AS other";
    const before = await sql(dialect.columns("stuck"));
    const evolve = { on_new: "evolve", on_type: "evolve" };
    const { failure } = await project.run(writing(dialect, query, { table: "stuck" }, evolve));
    assert.equal(failure?.code, "RUN618");
    assert.match(
      failure!.message,
      /'id' is VARCHAR, and the table's (?:INTEGER|BIGINT) cannot be widened to keep it; .*'day'/,
    );
    assert.match(failure!.help!, /cast the column.*'discard_row'/);
    assert.equal(await sql(dialect.columns("stuck")), before);
    await sql("CREATE TABLE texts (id text)");
    const text = await project.run(writing(dialect, "SELECT 12345 AS id", { table: "texts" }, evolve));
    assert.equal(text.state, "succeeded", String(text.failure?.message));
    assert.equal(await sql("SELECT id FROM texts"), "12345");
  });

  Deno.test(`${dialect.family}.writer: a table that is made keeps to its contract from its second load on`, async () => {
    await using project = await projectAt(dialect);
    const types = [
      "1::TINYINT AS a, 2::USMALLINT AS b, 3::BIGINT AS c, 4::UBIGINT AS d, 5::HUGEINT AS e, true AS f",
      "1.5::FLOAT AS g, 2.5::DOUBLE AS h, 3.25::DECIMAL(18,2) AS i, 'x' AS j, 'x'::ENUM('x', 'y') AS k",
      "DATE '2024-02-29' AS l, TIME '10:11:12' AS m, TIMESTAMP '2024-02-29 10:11:12.123456' AS n",
      "TIMESTAMPTZ '2024-02-29 10:11:12+00' AS o, 'ab'::BLOB AS p, '{\"a\": 1}'::JSON AS q",
      "'018f7d6e-0000-7000-8000-000000000000'::UUID AS r, TIMESTAMP_S '2024-02-29 10:11:12' AS s",
    ];
    const freeze = { on_new: "freeze", on_missing: "freeze", on_type: "freeze" };
    for (const load of [1, 2]) {
      const outcome = await project.run(
        writing(dialect, `SELECT ${types.join(", ")}`, { table: "made_so" }, freeze),
      );
      assert.equal(outcome.state, "succeeded", `load ${load}: ${outcome.failure?.message}`);
    }
    assert.equal(await sql("SELECT count(*) FROM made_so"), "2");
  });
}

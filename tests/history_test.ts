/**
 * Histories (`write_mode: scd2`) at real servers: whatever snapshots are loaded one after the other, the table is
 * that of a simple model; a load that cannot be is none; a load that is tried again is done once.
 *
 * @module
 */

import assert from "node:assert/strict";
import fc from "fast-check";
import type { TestProject } from "./_project.ts";
import { DUCKDB, MYSQL, POSTGRES, projectAt, SQLITE, type SqlTarget, targetsOfFile } from "./_sql_targets.ts";
import { TcpProxy } from "./_tcp_proxy.ts";

type Fields = Readonly<Record<string, unknown>>;

targetsOfFile();

/** What differs between the databases. */
interface Dialect extends SqlTarget {
  /** A list of texts as one JSON text. */
  json(columns: readonly string[]): string;
  /** Makes a table in which upper and lower case are the same. */
  looseTable(name: string): string;
}

const DIALECTS: readonly Dialect[] = [
  {
    ...POSTGRES,
    // The server's own text of a moment begins with its day: that has no order.
    json: (columns) => `json_build_array(${columns.map((each) => `to_json(${each}) #>> '{}'`).join(", ")})`,
    looseTable: (name) =>
      `CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
       CREATE TABLE ${name} (id bigint, name text COLLATE loose, amount numeric(10,2),
         valid_from timestamptz, valid_to timestamptz, current boolean)`,
  },
  {
    ...MYSQL,
    json: (columns) => `json_array(${columns.map((each) => `CAST(${each} AS char)`).join(", ")})`,
    looseTable: (name) =>
      `CREATE TABLE ${name} (id bigint, name varchar(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci,
         amount decimal(10,2), valid_from datetime(6), valid_to datetime(6), current boolean) ENGINE = InnoDB`,
  },
  {
    ...SQLITE,
    json: (columns) =>
      `json_array(${
        columns.map((each) =>
          each === "amount" ? "printf('%.2f', amount) || substr(amount, 1, 0)" : `CAST(${each} AS text)`
        ).join(", ")
      })`,
    looseTable: (name) =>
      `CREATE TABLE ${name} (id INTEGER, name TEXT COLLATE NOCASE, amount DECIMAL(10,2),
         valid_from TIMESTAMPTZ, valid_to TIMESTAMPTZ, current BOOLEAN)`,
  },
  {
    ...DUCKDB,
    json: (columns) => `json_array(${columns.map((each) => `CAST(${each} AS VARCHAR)`).join(", ")})`,
    looseTable: (name) =>
      `CREATE TABLE ${name} (id BIGINT, name VARCHAR COLLATE NOCASE, amount DECIMAL(10,2),
         valid_from TIMESTAMPTZ, valid_to TIMESTAMPTZ, current BOOLEAN)`,
  },
];

interface Row {
  readonly id: number;
  readonly name: string | null;
  readonly amount: string | null;
}

/** A version as the test sees it: which loads opened and closed it, from 0. */
interface Version extends Row {
  readonly from: number;
  readonly to: number | null;
}

/** The model: what a history is after these snapshots. */
function historyOf(snapshots: readonly (readonly Row[])[], closeMissing: boolean): Version[] {
  let versions: Version[] = [];
  snapshots.forEach((rows, load) => {
    const coming = new Map(rows.map((row) => [row.id, row]));
    versions = versions.map((version) => {
      const row = coming.get(version.id);
      if (version.to !== null) return version;
      if (row === undefined) return closeMissing ? { ...version, to: load } : version;
      if (row.name === version.name && row.amount === version.amount) {
        coming.delete(version.id);
        return version;
      }
      return { ...version, to: load };
    });
    versions.push(...[...coming.values()].map((row) => ({ ...row, from: load, to: null })));
  });
  return versions.sort((a, b) => a.id - b.id || a.from - b.from);
}

const row = fc.record({
  id: fc.integer({ min: 1, max: 4 }),
  name: fc.constantFrom(null, "", "a", "A", "a ", "á", "NULL", "it's"),
  amount: fc.constantFrom(null, "0.00", "1.50", "-1.50"),
});
const snapshot = fc.uniqueArray(row, { selector: ({ id }) => id, maxLength: 4 });

function query(rows: readonly Row[]): string {
  const literal = (text: string | null) => text === null ? "NULL" : `'${text.replaceAll("'", "''")}'`;
  const values = rows.map(({ id, name, amount }) => `(${id}, ${literal(name)}, ${literal(amount)})`);
  const from = values.length > 0 ? `VALUES ${values.join(", ")}` : "SELECT 1, '', '' WHERE false";
  return `SELECT id::BIGINT AS id, name::VARCHAR AS name, amount::DECIMAL(10,2) AS amount FROM (${from}) t(id, name, amount)`;
}

for (const dialect of DIALECTS) {
  const { family } = dialect;
  const { sql } = dialect;
  const quoted = (name: string) => `${dialect.quote}${name}${dialect.quote}`;

  const load = async (project: TestProject, text: string, config: Fields, more: Fields = {}) =>
    await project.run(JSON.stringify({
      oml_version: "0.1.0",
      name: "history",
      steps: [
        { id: "rows", component: "duckdb.processor", mode: "transform", inputs: {}, config: { query: text } },
        {
          id: "load",
          component: `${family}.writer`,
          mode: "write",
          config: { write_mode: "scd2", keys: ["id"], ...config },
          ...more,
        },
      ],
    }));
  /** The history with times as the numbers of their loads. */
  const versions = async (table: string, names = ["valid_from", "valid_to", "current"]) => {
    const [from, to, current] = names.map(quoted);
    const json = dialect.json(["id", "name", "amount", from!, to!, `CASE WHEN ${current} THEN 1 ELSE 0 END`]);
    const text = await sql(`SELECT ${json} FROM ${table} ORDER BY id, ${from}`);
    return text.split("\n").filter((line) => line !== "").map((line) =>
      JSON.parse(line.replaceAll("\\\\", "\\")) as (string | null)[]
    );
  };
  /** The moments of a history in the order of time. */
  const momentsOf = (rows: readonly (string | null)[][]) =>
    [...new Set(rows.flatMap((each) => [each[3], each[4]]).filter((each) => typeof each === "string"))]
      .sort();

  Deno.test(`${family}.writer: a history is that of a simple model, whatever is loaded`, async () => {
    await using project = await projectAt(dialect);
    await fc.assert(
      fc.asyncProperty(
        fc.array(snapshot, { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        async (snapshots, close_missing) => {
          await sql("DROP TABLE IF EXISTS modelled");
          for (const rows of snapshots) {
            const outcome = await load(project, query(rows), { table: "modelled", scd2: { close_missing } });
            assert.equal(outcome.state, "succeeded", String(outcome.failure?.message));
            assert.equal(outcome.status.steps.find(({ id }) => id === "load")?.rows_out, rows.length);
          }
          const found = await versions("modelled");
          const wanted = historyOf(snapshots, close_missing);
          // A load that changed nothing has no moment of its own.
          const loads = [...new Set(wanted.flatMap(({ from, to }) => [from, ...to === null ? [] : [to]]))]
            .sort();
          const moments = momentsOf(found);
          const at = (moment: string | null) => moment === null ? null : loads[moments.indexOf(moment)];
          assert.deepEqual(
            found.map((
              [id, name, amount, from, to, current],
            ) => [id, name, amount, at(from!), at(to!), current]),
            wanted.map(({ id, name, amount, from, to }) => [
              `${id}`,
              name,
              amount,
              from,
              to,
              to === null ? "1" : "0",
            ]),
          );
        },
      ),
      { numRuns: 10 },
    );
  });

  Deno.test(`${family}.writer: a history knows null from nothing, and goes on after a key was away`, async () => {
    await using project = await projectAt(dialect);
    const config = {
      table: "came_back",
      scd2: { valid_from: "since", valid_to: "until", current: "is now", close_missing: true },
    };
    const one = { id: 1, name: null, amount: null };
    for (const rows of [[one], [one], [{ ...one, name: "" }], [], [{ ...one, name: "" }]]) {
      const outcome = await load(project, query(rows), config);
      assert.equal(outcome.state, "succeeded", String(outcome.failure?.message));
    }
    const found = await versions("came_back", ["since", "until", "is now"]);
    const [a, b, c] = found;
    assert.deepEqual(found.map(([, name, , , , current]) => [name, current]), [[null, "0"], ["", "0"], [
      "",
      "1",
    ]]);
    assert.equal(a![4], b![3], "a version ends where the next one begins");
    assert.ok(b![4]! < c![3]! && c![4] === null);
  });

  Deno.test(`${family}.writer: a history tells texts apart whatever their collation, and never runs backwards`, async () => {
    await sql(dialect.looseTable("by_hand"));
    await sql(
      `INSERT INTO by_hand (id, name, amount, valid_from, ${
        quoted("current")
      }) VALUES (1, 'a', 1, '2999-01-01 00:00:00', true)`,
    );
    await using project = await projectAt(dialect);
    for (const name of ["a", "A", "A ", "A "]) {
      const outcome = await load(project, query([{ id: 1, name, amount: "1.00" }]), { table: "by_hand" });
      assert.equal(outcome.state, "succeeded", String(outcome.failure?.message));
    }
    const found = await versions("by_hand");
    assert.deepEqual(found.map(([, name, , , , current]) => [name, current]), [["a", "0"], ["A", "0"], [
      "A ",
      "1",
    ]]);
    assert.ok(found.every(([, , , from, to]) => to === null || from! < to!), JSON.stringify(found));
  });

  Deno.test(`${family}.writer: a load that no history can take changes nothing, and says why`, async () => {
    await using project = await projectAt(dialect);
    const good = { id: 1, name: "a", amount: "1.00" };
    assert.equal((await load(project, query([good]), { table: "strict_history" })).state, "succeeded");
    const before = await versions("strict_history");
    const cases: [string, Fields, RegExp, RegExp][] = [
      [
        query([{ ...good, name: "b" }, { ...good, name: "c" }]),
        {},
        /two rows have the key|rows of one key/,
        /step before/,
      ],
      [
        "SELECT NULL::BIGINT AS id, 'x' AS name, 1::DECIMAL(10,2) AS amount",
        {},
        /no value in its key|'id'.* is null/,
        /step before/,
      ],
      [
        `SELECT *, now() AS valid_from FROM (${query([good])})`,
        {},
        /'valid_from'.*another has its name/,
        /scd2/,
      ],
      [query([good]), { scd2: { current: "valid_to" } }, /'valid_to'/, /scd2/],
      [query([good]), { scd2: { current: "is_current" } }, /no column 'is_current'/, /scd2/],
      [query([good]), { keys: ["code"] }, /'code'/, /./],
    ];
    for (const [text, config, message, help] of cases) {
      const { failure } = await load(project, text, { table: "strict_history", ...config });
      assert.match(String(failure?.message), message);
      assert.match(String(failure?.help), help);
    }
    assert.deepEqual(await versions("strict_history"), before);
    const { diagnostics } = await project.compile(
      JSON.stringify({
        oml_version: "0.1.0",
        name: "history",
        steps: [
          {
            id: "rows",
            component: "duckdb.processor",
            mode: "transform",
            inputs: {},
            config: { query: "SELECT 1" },
          },
          {
            id: "load",
            component: `${family}.writer`,
            mode: "write",
            config: { table: "t", write_mode: "scd2" },
          },
        ],
      }),
    );
    assert.match(diagnostics.map((each) => each.message).join(), /scd2/);
  });

  Deno.test(`${family}.writer: a history follows its step's contract`, async () => {
    await using project = await projectAt(dialect);
    const contract = { contract: { on_new: "evolve", on_missing: "freeze", on_type: "evolve" } };
    const rows = [
      "SELECT 1 AS id, 'a' AS name, 1::DECIMAL(4,1) AS amount",
      "SELECT 1 AS id, 'a' AS name, 1::DECIMAL(4,1) AS amount, NULL::VARCHAR AS note",
      `SELECT 1 AS id, 'a' AS name, ${
        dialect.widens ? "1.25::DECIMAL(10,2)" : "1.5::DECIMAL(4,1)"
      } AS amount, 'n' AS note`,
    ];
    for (const text of rows) {
      const outcome = await load(project, text, { table: "followed" }, contract);
      assert.equal(outcome.state, "succeeded", String(outcome.failure?.message));
    }
    const found = await versions("followed");
    assert.deepEqual(found.map((each) => [each[2], each[5]]), [["1.00", "0"], [
      dialect.widens ? "1.25" : "1.50",
      "1",
    ]]);
  });

  if (family === "sqlite" || family === "duckdb") continue; // a file has one writer, and no line to cut
  Deno.test(`${family}.writer: loads of one history at the same time wait for each other`, async () => {
    const rows = (name: string) => query([{ id: 1, name, amount: null }, { id: 2, name: "b", amount: null }]);
    await using first = await projectAt(dialect);
    assert.equal((await load(first, rows("a"), { table: "at_once" })).state, "succeeded");
    await using second = await projectAt(dialect);
    const outcomes = await Promise.all([
      load(first, rows("x"), { table: "at_once" }),
      load(second, rows("y"), { table: "at_once" }),
    ]);
    for (const { state, failure } of outcomes) assert.equal(state, "succeeded", String(failure?.message));
    const found = await versions("at_once");
    assert.deepEqual(found.map(([id, , , , , current]) => [id, current]), [
      ["1", "0"],
      ["1", "0"],
      ["1", "1"],
      ["2", "1"],
    ]);
    assert.equal(found[0]![4], found[1]![3]);
    assert.equal(found[1]![4], found[2]![3]);
  });
  Deno.test(`${family}.writer: a history is loaded once when the answer to COMMIT was lost`, async () => {
    const rows = (name: string) => query([{ id: 1, name, amount: null }, { id: 2, name: "b", amount: null }]);
    await using direct = await projectAt(dialect);
    assert.equal((await load(direct, rows("a"), { table: "once_history" })).state, "succeeded");
    const cut = {
      afterClient: (piece: Uint8Array) => new TextDecoder("latin1").decode(piece).includes("COMMIT"),
    };
    await using proxy = new TcpProxy(
      Number(dialect.connection()["port"]),
      (connection) => connection === 1 ? cut : {},
    );
    await using project = await projectAt(dialect, { port: proxy.ownPort });
    const retry = { retry: { max: 2, delay: "10ms" } };
    const outcome = await load(project, rows("z"), { table: "once_history" }, retry);
    assert.equal(outcome.state, "succeeded", String(outcome.failure?.message));
    assert.ok(proxy.count >= 2);
    const found = await versions("once_history");
    assert.deepEqual(found.map(([id, name, , , , current]) => [id, name, current]), [
      ["1", "a", "0"],
      ["1", "z", "1"],
      ["2", "b", "1"],
    ]);
    assert.equal(await sql("SELECT count(*) FROM _osiris_loads WHERE table_name LIKE '%once_history%'"), "2");
  });
}

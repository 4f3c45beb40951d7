/**
 * What a spec declares is what its driver does: one suite over the components of every database and both transports, the
 * worker and the process, at real servers and files. What every component promises, whoever wrote it, is held by its
 * examples (`src/component/examples_test.ts`), over both transports too.
 *
 * Each promise says of which specs it holds; a component is asked all that its spec declares, and for what it does not
 * declare it must be of no use.
 *
 * @module
 */

import assert from "node:assert/strict";
import {
  type CatalogEntry,
  checkConfig,
  type Column,
  type ComponentSpec,
  createDriverPool,
  type Driver,
  type DriverRows,
  expandPermissions,
  type Isolation,
} from "../src/component/mod.ts";
import { Emission, type Row } from "../src/component/_emission.ts";
import { OsirisError } from "../src/diagnostic.ts";
import { openEngine } from "../src/engine/mod.ts";
import { AskedFile, type Questioned } from "../src/run/_asked_file.ts";
import { checkConnections, discoverTables } from "../src/run/mod.ts";
import { asking } from "./_asking.ts";
import { type Ground, GROUNDS } from "./_grounds.ts";
import { connectionText, testCatalog, TestProject } from "./_project.ts";

type Fields = Readonly<Record<string, unknown>>;

const TRANSPORTS: readonly Isolation[] = ["worker", "process"];
const ENTRIES = (await testCatalog()).entries().filter(({ spec }) => !spec.name.startsWith("test."));

/** A component on its ground, over one transport. */
interface Trial {
  readonly entry: CatalogEntry;
  readonly spec: ComponentSpec;
  readonly ground: Ground;
  readonly isolation: Isolation;
  /** A name for a table that nobody else uses. */
  table(): string;
}

/** What holds of every spec that `of` is true for. */
interface Declared {
  readonly says: string;
  of(spec: ComponentSpec): boolean;
  holds(trial: Trial): Promise<void>;
}

/** The columns of a load. */
const LOADED = Object.entries({ id: "BIGINT", name: "VARCHAR", n: "INTEGER" }).map(([name, type]) => ({
  name,
  type,
}));
const ITEMS = ["1,a,10", "2,b,-1", "3,-,30"];

interface Afterwards {
  /** The second load's rows; the first one's are `ITEMS`. */
  readonly second: string;
  readonly holds: readonly string[];
  /** Of a way that keeps versions, those that are current. It wants columns that a plain table has not. */
  readonly current?: readonly string[];
}

/** What a table holds after two loads, by the way they are written. */
const AFTERWARDS: { readonly [mode: string]: Afterwards } = {
  append: { second: "(2, 'B', 20), (4, 'd', 40)", holds: [...ITEMS, "2,B,20", "4,d,40"] },
  overwrite: { second: "(2, 'B', 20), (4, 'd', 40)", holds: ["2,B,20", "4,d,40"] },
  upsert: { second: "(2, 'B', 20), (4, 'd', 40)", holds: ["1,a,10", "2,B,20", "3,-,30", "4,d,40"] },
  delete_insert: { second: "(2, 'B', 20), (2, 'C', 21)", holds: ["1,a,10", "2,B,20", "2,C,21", "3,-,30"] },
  scd2: {
    second: "(2, 'B', 20), (4, 'd', 40)",
    holds: [...ITEMS, "2,B,20", "4,d,40"],
    current: ["1,a,10", "2,B,20", "3,-,30", "4,d,40"],
  },
};

const PROMISES: readonly Declared[] = [
  {
    says: "reads rows as they are stored",
    of: reads,
    async holds(trial) {
      const table = await filled(trial);
      assert.deepEqual(await rowsRead(trial, { table }), ITEMS);
      assert.deepEqual(await rowsRead(trial, { table: await filled(trial, []) }), []);
    },
  },
  {
    says: "leaves reading and writing to the engine, as it declares",
    of: ({ carries, connection }) => carries === "engine" && connection !== undefined,
    async holds(trial) {
      const table = await filled(trial);
      const { kind } = await withDriver(trial, { table }, async (driver) => {
        return reads(trial.spec) ? await driver.read() : await driver.write(LOADED, { batches: noRows });
      });
      assert.equal(kind, "relation");
    },
  },
  {
    says: "gives its rows piece by piece",
    of: (spec) => reads(spec) && isCarrier(spec) && spec.capabilities.includes("streaming"),
    async holds(trial) {
      const table = trial.table();
      await trial.ground.run(
        `CREATE TABLE ${table} AS WITH RECURSIVE i(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM i WHERE id < 900)
          SELECT a.id AS id, 'a long enough name, for a row to weigh something' AS name FROM i AS a, i AS b`,
      );
      const { pieces, rows } = await withDriver(
        trial,
        { table },
        async (driver) => await counted(await driver.read()),
      );
      assert.equal(rows, 810_000);
      assert.ok(pieces > 3, `${pieces} pieces`);
    },
  },
  {
    says:
      "relays the database's own bytes if it declares that it moves rows in bulk, and gives batches if not",
    of: (spec) => reads(spec) && isCarrier(spec),
    async holds(trial) {
      const table = await filled(trial);
      const { kind } = await withDriver(trial, { table }, async (driver) => {
        const answer = await driver.read();
        await counted(answer);
        return answer;
      });
      assert.equal(kind, trial.spec.capabilities.includes("bulk") ? "bytes" : "batches");
    },
  },
  {
    says: "checks its connection, and says in a category what is wrong with one that cannot work",
    of: (spec) => isCarrier(spec) && spec.capabilities.includes("check"),
    async holds(trial) {
      const checked = (fields?: Fields) => questioned(trial, (asked) => asked.check(), fields);
      assert.equal((await checked()).ok, true);
      const { fields, categories } = trial.ground.broken;
      const { ok, category, message, help } = await checked(fields);
      assert.equal(ok, false);
      assert.ok(categories.includes(category!), `${category}: ${message}`);
      assert.ok(message!.length > 10 && help!.length > 10);
    },
  },
  {
    says: "discovers tables as it reads them",
    of: (spec) => isCarrier(spec) && spec.capabilities.includes("discover"),
    async holds(trial) {
      const table = await filled(trial);
      const names = await questioned(trial, (asked) => asked.discover());
      const listed = names.filter(({ name }) => name === table || name.endsWith(`.${table}`));
      assert.equal(listed.length, 1, table);
      const [found, none] = await questioned(trial, (asked) => asked.discover({ scope: table, samples: 2 }));
      assert.equal(none, undefined);
      assert.deepEqual(plain(found!.columns), plain(await columnsRead(trial, table)));
      assert.equal(found!.name, listed[0]!.name);
      assert.equal(found!.samples.length, 2);
      const unknown = await questioned(trial, (asked) => asked.discover({ scope: "nothing_of_this_name" }));
      assert.deepEqual(unknown, []);
    },
  },
  {
    says: "lets the engine check its connection and look for tables",
    of: (spec) =>
      !isCarrier(spec) && spec.capabilities.some((each) => each === "check" || each === "discover"),
    async holds(trial) {
      const table = await filled(trial);
      const { family } = trial.spec.connection!;
      const { connection, broken } = trial.ground;
      const aliases = JSON.stringify({ main: connection, broken: { ...connection, ...broken.fields } });
      await using at = await asking({
        "osiris_connections.yaml": `version: 1\nconnections:\n  ${family}: ${aliases}\n`,
      });
      const [works, fails] = await checkConnections(at.input, [`@${family}.main`, `@${family}.broken`]);
      const verdictOf = ({ verdicts }: typeof works & object) =>
        verdicts.find(({ component }) => component === trial.spec.name)!;
      assert.equal(verdictOf(works!).status, "ok");
      const { status, category, help } = verdictOf(fails!);
      assert.equal(status, "failed");
      assert.ok(broken.categories.includes(category!) && help!.length > 10, String(category));
      const request = { tables: [table], samples: 2, profile: true, maxAgeMs: 0 };
      const { tables: [found] } = await discoverTables(at.input, `@${family}.main`, request);
      assert.deepEqual(found!.columns, LOADED);
      assert.equal(found!.samples!.length, 2);
      assert.equal(found!.profile!.columns.length, LOADED.length);
    },
  },
  {
    says: "reads what is new, and what is due alone",
    of: (spec) => spec.capabilities.includes("incremental"),
    async holds(trial) {
      const table = await filled(trial);
      await using project = await projectOf(trial);
      const config = { table, incremental: { cursor: "id" } };
      const run = async () => {
        await project.succeed(pipeline(trial, reading(trial, config)));
        const text = await project.read("rows.json");
        return lines(text).map((line) => JSON.parse(line).id).sort();
      };
      assert.deepEqual(await run(), [1, 2, 3]);
      await trial.ground.run(`INSERT INTO ${table} VALUES (3, 'again', 1), (4, 'new', 1)`);
      assert.deepEqual(await run(), [3, 4]);
    },
  },
  ...writeModes(),
  {
    says: "lets a table follow its step's contract, or fails and leaves it alone",
    of: (spec) => writes(spec) && spec.capabilities.includes("contract"),
    async holds(trial) {
      const table = await filled(trial);
      const query = "SELECT 4::BIGINT AS id, 'd' AS name, 40::INTEGER AS n, 'more' AS extra";
      for (const [on_new, state] of [["freeze", "failed"], ["evolve", "succeeded"]] as const) {
        const outcome = await written(trial, query, { table }, { contract: { on_new } });
        assert.equal(outcome.state, state, String(outcome.failure?.message));
        assert.deepEqual(await stored(trial, table), state === "failed" ? ITEMS : [...ITEMS, "4,d,40"]);
      }
      assert.deepEqual(await trial.ground.texts(`SELECT extra FROM ${table} WHERE id = 4`), ["more"]);
    },
  },
  {
    says: "takes the bytes of a text only if it declares that it moves rows in bulk",
    of: (spec) => writes(spec) && isCarrier(spec) && !spec.capabilities.includes("bulk"),
    async holds(trial) {
      const { asked } = await load(trial, trial.table(), "1", [{ id: 1n, name: "a", n: 10 }]);
      assert.deepEqual(asked, ["batches"]);
    },
  },
  {
    says: "loads once what is tried again, and knows that it did",
    of: (spec) => writes(spec) && isCarrier(spec) && spec.capabilities.includes("transactions"),
    async holds(trial) {
      const table = trial.table();
      const rows = [{ id: 1n, name: "a", n: 10 }];
      for (const _ of ["first", "again"]) assert.equal((await load(trial, table, "1", rows)).rows, 1);
      assert.deepEqual(await stored(trial, table), ["1,a,10"]);
      await load(trial, table, "2", rows);
      assert.equal((await stored(trial, table)).length, 2);
      const known = (id: string) => withDriver(trial, { table }, (driver) => driver.loaded(`${table}/${id}`));
      assert.deepEqual([await known("1"), await known("3")], [1, null]);
    },
  },
  {
    says: "leaves nothing of a load that is taken back, or that breaks off",
    of: (spec) => writes(spec) && spec.capabilities.includes("transactions"),
    async holds(trial) {
      const table = await filled(trial, ITEMS, true);
      const before = await tablesIn(trial);
      if (isCarrier(trial.spec)) await load(trial, table, "1", [{ id: 9n, name: "x", n: 1 }], "abort");
      assert.deepEqual(await stored(trial, table), ITEMS);
      for (const write_mode of trial.spec.write_modes ?? []) {
        const query = "SELECT i::BIGINT AS id, 'x' AS name, " +
          "CAST(CASE WHEN i = 60000 THEN 'y' ELSE '1' END AS INTEGER) AS n FROM range(100000) r(i)";
        const outcome = await written(trial, query, { table, write_mode, ...keysFor(write_mode) });
        assert.equal(outcome.state, "failed", write_mode);
        assert.deepEqual(await stored(trial, table), ITEMS, write_mode);
      }
      assert.deepEqual(
        (await tablesIn(trial)).filter((name) => !before.includes(name) && !/_loads$/.test(name)),
        [],
      );
    },
  },
];

function writeModes(): Declared[] {
  return Object.entries(AFTERWARDS).map(([mode, { second, holds, current }]) => ({
    says: `writes so that '${mode}' holds`,
    of: (spec) => (spec.write_modes ?? []).includes(mode as never) && spec.connection !== undefined,
    async holds(trial) {
      const there = current === undefined ? [await filled(trial, [], mode === "upsert")] : [];
      for (const table of [trial.table(), ...there]) {
        for (const values of ["(1, 'a', 10), (2, 'b', -1), (3, NULL, 30)", second]) {
          const query =
            `SELECT id::BIGINT AS id, name, n::INTEGER AS n FROM (VALUES ${values}) t(id, name, n)`;
          const outcome = await written(trial, query, { table, write_mode: mode, ...keysFor(mode) });
          assert.equal(outcome.state, "succeeded", String(outcome.failure?.message));
        }
        assert.deepEqual(await stored(trial, table), [...holds].sort());
        if (current !== undefined) {
          assert.deepEqual(await stored(trial, `${table} WHERE valid_to IS NULL`), current);
        }
      }
    },
  }));
}

Deno.test("every way of writing that a database's component declares is one that the suite knows", () => {
  for (const { spec } of ENTRIES) {
    if (spec.connection === undefined || !writes(spec)) continue;
    for (const mode of spec.write_modes ?? []) {
      assert.ok(Object.hasOwn(AFTERWARDS, mode), `${spec.name}: ${mode}`);
    }
  }
});

for (const [family, start] of Object.entries(GROUNDS)) {
  const entries = ENTRIES.filter(({ spec }) => spec.connection?.family === family);
  let ground: Ground | undefined;
  let left = entries.length * TRANSPORTS.length;
  for (const entry of entries) {
    for (const isolation of TRANSPORTS) {
      // The ground stays for the tests that follow.
      const options = { sanitizeOps: false, sanitizeResources: false };
      Deno.test(`${entry.spec.name} does in a ${isolation} what its spec declares`, options, async (test) => {
        ground ??= await start();
        let tables = 0;
        const table = () => `t_${entry.spec.name.replace(".", "_")}_${isolation}_${++tables}`;
        try {
          for (const { says, holds } of PROMISES.filter((each) => each.of(entry.spec))) {
            await test.step(
              says,
              () => holds({ entry, spec: entry.spec, ground: ground!, isolation, table }),
            );
          }
        } finally {
          if (--left === 0) await ground[Symbol.asyncDispose]();
        }
      });
    }
  }
}

function reads({ modes, connection }: ComponentSpec): boolean {
  return modes.includes("read") && connection !== undefined;
}

function writes({ modes, connection }: ComponentSpec): boolean {
  return modes.includes("write") && connection !== undefined;
}

/** Whether rows pass through the driver. */
function isCarrier({ carries }: ComponentSpec): boolean {
  return carries !== "engine";
}

function noRows(): never {
  throw new OsirisError("BUG900", "the engine takes the rows");
}

function keysFor(write_mode: string): Fields {
  return ["upsert", "delete_insert", "scd2"].includes(write_mode) ? { keys: ["id"] } : {};
}

/** A table with these rows, each written as `id,name,n` with `-` for null. */
async function filled(
  { ground, table }: Trial,
  items: readonly string[] = ITEMS,
  keyed = false,
): Promise<string> {
  const name = table();
  const key = keyed ? ", PRIMARY KEY (id)" : "";
  await ground.run(`CREATE TABLE ${name} (id BIGINT, name VARCHAR(40), n INTEGER${key})`);
  for (const item of items) {
    const [id, text, n] = item.split(",");
    await ground.run(`INSERT INTO ${name} VALUES (${id}, ${text === "-" ? "NULL" : `'${text}'`}, ${n})`);
  }
  return name;
}

/** The rows of a table in order, past the component. */
async function stored({ ground }: Trial, table: string): Promise<string[]> {
  return (await ground.texts(`SELECT CONCAT(id, ',', COALESCE(name, '-'), ',', n) FROM ${table}`)).sort();
}

/** The names of all tables. */
async function tablesIn(trial: Trial): Promise<string[]> {
  const catalog = trial.spec.connection!.family === "sqlite"
    ? "SELECT name FROM sqlite_schema"
    : "SELECT table_name FROM information_schema.tables";
  return await trial.ground.texts(catalog);
}

async function projectOf({ spec, ground }: Trial): Promise<TestProject> {
  return await TestProject.create({
    "osiris_connections.yaml": connectionText(spec.connection!.family, ground.connection),
  });
}

function pipeline({ isolation }: Trial, steps: readonly Fields[]): string {
  return JSON.stringify({ oml_version: "0.1.0", name: "conformance", defaults: { isolation }, steps });
}

function reading({ spec }: Trial, config: Fields): Fields[] {
  return [
    { id: "get", component: spec.name, mode: "read", config },
    { id: "save", component: "filesystem.json_writer", mode: "write", config: { path: "rows.json" } },
  ];
}

/** What a step reads, each row written as `stored` does it. */
async function rowsRead(trial: Trial, config: Fields): Promise<string[]> {
  await using project = await projectOf(trial);
  await project.succeed(pipeline(trial, reading(trial, config)));
  const rows = lines(await project.read("rows.json")).map((line) => JSON.parse(line));
  return rows.map(({ id, name, n }) => `${id},${name ?? "-"},${n}`).sort();
}

/** Writes what a query gives. */
async function written(trial: Trial, query: string, config: Fields, more: Fields = {}) {
  await using project = await projectOf(trial);
  return await project.run(pipeline(trial, [
    { id: "make", component: "duckdb.processor", mode: "transform", config: { query } },
    { id: "load", component: trial.spec.name, mode: "write", config, ...more },
  ]));
}

/** Does something with the driver, which gets what its spec says and no more. */
function plain(columns: readonly Column[]): Column[] {
  return columns.map(({ name, type }) => ({ name, type }));
}

/** Asks a component about its connection, as the program does: a driver, or the engine where that carries the rows. */
async function questioned<T>(
  trial: Trial,
  work: (asked: Questioned) => Promise<T>,
  fields: Fields = {},
): Promise<T> {
  if (trial.spec.carries === "driver") return await withDriver(trial, {}, work, fields);
  await using file = await AskedFile.open(String({ ...trial.ground.connection, ...fields }["path"]));
  return await work(file);
}

/** The columns of a table as a step reads them. */
async function columnsRead(trial: Trial, table: string): Promise<readonly Column[]> {
  if (trial.spec.carries === "driver") {
    return (await withDriver(trial, { table }, async (driver) => await counted(await driver.read()))).columns;
  }
  const path = String(trial.ground.connection["path"]);
  await using folder = await TestProject.create();
  const fence = { tempDirectory: folder.root, read: [path], write: [], token: "trial" };
  await using engine = await openEngine(fence);
  return (await engine.select("trial", { path, table })).columns;
}

async function withDriver<T>(
  { entry, spec, ground, isolation }: Trial,
  config: Fields,
  work: (driver: Driver) => Promise<T>,
  fields: Fields = {},
): Promise<T> {
  const defaults = Object.entries(spec.connection!.fields).flatMap(([name, { default: value }]) =>
    value === undefined ? [] : [[name, value]]
  );
  const connection = { ...Object.fromEntries(defaults), ...ground.connection, ...fields };
  const { value } = checkConfig(spec, config);
  const grants = expandPermissions(spec, value, connection);
  await using pool = createDriverPool();
  await using driver = await pool.open(entry, {
    step: "trial",
    config: value,
    connection,
    grants,
    isolation,
  });
  return await work(driver);
}

/** One load at the level of the wire: what the driver asked for the rows as, and how many it says it took. */
async function load(
  trial: Trial,
  table: string,
  id: string,
  rows: readonly Row[],
  end: "commit" | "abort" = "commit",
): Promise<{ asked: string[]; rows: number }> {
  const asked: string[] = [];
  return await withDriver(trial, { table }, async (driver) => {
    const answer = await driver.write(LOADED, {
      loadId: `${table}/${id}`,
      async *batches() {
        asked.push("batches");
        yield* new Emission(LOADED, [rows]).batches();
      },
      async *bytes() {
        asked.push("bytes");
        yield new TextEncoder().encode(rows.map(({ id, name, n }) => `${id},"${name}",${n}\n`).join(""));
        return rows.length;
      },
    });
    if (answer.kind !== "staged") throw new OsirisError("BUG900", "the engine is to write");
    await answer[end]();
    return { asked, rows: answer.rows };
  });
}

/** How many pieces and rows an answer has, and of what columns. */
async function counted(answer: DriverRows) {
  if (answer.kind === "relation") throw new OsirisError("BUG900", "the engine is to read");
  const { columns } = answer;
  const source = answer.kind === "bytes" ? answer.pieces : answer.batches;
  let pieces = 0;
  let next = await source.next();
  for (; next.done !== true; next = await source.next()) pieces++;
  return { columns, pieces, rows: next.value.rows };
}

function lines(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}

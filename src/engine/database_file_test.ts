import assert from "node:assert/strict";
import { OsirisError } from "../diagnostic.ts";
import { bench } from "./_testing.ts";
import type { LoadRequest } from "./mod.ts";

const FILE = "shop.duckdb";

function loading(path: string, request: Partial<LoadRequest> = {}): LoadRequest {
  return {
    path,
    table: "t",
    writeMode: "append",
    keys: [],
    create: true,
    loadId: "run/put",
    pipeline: "p",
    cursors: {},
    ...request,
  };
}

const KEYED = { writeMode: "upsert", keys: ["id"] } as const;

Deno.test("load() shows nothing before the commit, and everything after it", async () => {
  await using at = await bench({ names: [FILE] });
  const path = at.path(FILE);
  const rows = await at.sql("SELECT i AS id FROM range(5) AS r(i)");
  const load = await at.engine.load("put", rows, loading(path));
  assert.equal(load.rows, 5);
  await assert.rejects(at.engine.select("get", { path, table: "t" }), /there is no such table/);
  await load.commit();
  const found = await at.engine.select("get", { path, query: "SELECT count(*)::INTEGER AS n FROM t" });
  assert.deepEqual(await at.rows(found), [{ n: 5 }]);
});

Deno.test("load() takes a load that is done as done, and loaded() knows of it", async () => {
  await using at = await bench({ names: [FILE] });
  const path = at.path(FILE);
  assert.equal(await at.engine.loaded("put", path, "run/put"), null);
  const rows = await at.sql("SELECT i AS id FROM range(5) AS r(i)");
  for (const executions of [1, 0]) {
    const load = await at.engine.load("put", rows, loading(path));
    assert.deepEqual([load.rows, load.executions.length], [5, executions]);
    await load.commit();
  }
  assert.equal(await at.engine.loaded("put", path, "run/put"), 5);
  assert.equal(await at.engine.loaded("put", path, "run/other"), null);
  const found = await at.engine.select("get", { path, query: "SELECT count(*)::INTEGER AS n FROM t" });
  assert.deepEqual(await at.rows(found), [{ n: 5 }]);
});

Deno.test("load() leaves no file behind that it made and that was taken back", async () => {
  await using at = await bench({ names: [FILE] });
  const load = await at.engine.load("put", await at.sql("SELECT 1 AS id"), loading(at.path(FILE)));
  await load.abort();
  assert.deepEqual(at.tree(), []);
});

Deno.test("load() waits for whoever writes to the same file", async () => {
  await using at = await bench({ names: [FILE] });
  const path = at.path(FILE);
  const rows = await at.sql("SELECT 1 AS id");
  const first = await at.engine.load("one", rows, loading(path, { loadId: "run/one" }));
  let isStaged = false;
  const second = at.engine.load("two", rows, loading(path, { loadId: "run/two" })).then((load) => {
    isStaged = true;
    return load;
  });
  await at.rows(await at.sql("SELECT 1 AS x"));
  assert.equal(isStaged, false);
  await first.commit();
  await (await second).commit();
  const found = await at.engine.select("get", { path, query: "SELECT count(*)::INTEGER AS n FROM t" });
  assert.deepEqual(await at.rows(found), [{ n: 2 }]);
});

Deno.test("load() keeps every version of a row, and ends those that are missing when it is told to", async () => {
  await using at = await bench({ names: [FILE] });
  const path = at.path(FILE);
  const history = { from: "since", to: "until", current: "holds", closeMissing: true };
  const put = async (loadId: string, values: string) => {
    const rows = await at.sql(`SELECT * FROM (VALUES ${values}) AS t(id, name)`);
    const how = { loadId, writeMode: "scd2", keys: ["id"], history } as const;
    await (await at.engine.load("put", rows, loading(path, how))).commit();
  };
  const versions = async () => {
    const query = "SELECT id, name, holds, (until IS NULL) AS open FROM t ORDER BY id, since";
    const rows = await at.rows(await at.engine.select("get", { path, query }));
    return rows.map((row) => Object.values(row).join(" "));
  };
  await put("1", "(1, 'a'), (2, NULL)");
  await put("2", "(1, 'a'), (2, NULL)");
  assert.deepEqual(await versions(), ["1 a true true", "2  true true"]);
  await put("3", "(1, 'b')");
  assert.deepEqual(await versions(), ["1 a false false", "1 b true true", "2  false false"]);
  await put("4", "(2, 'back')");
  assert.deepEqual(await versions(), [
    "1 a false false",
    "1 b false false",
    "2  false false",
    "2 back true true",
  ]);
  const query =
    "SELECT count(*)::INTEGER AS n FROM t AS a JOIN t AS b ON a.id = b.id AND a.since < b.since AND a.until > b.since";
  assert.deepEqual(await at.rows(await at.engine.select("get", { path, query })), [{ n: 0 }]);
});

/** Tables that cannot take the rows `id, name` in a mode, with what is said. */
const REFUSED: readonly (readonly [table: string, request: Partial<LoadRequest>, says: RegExp])[] = [
  ["SELECT 1 AS id", {}, /the table t has no column 'name'/],
  ["SELECT 1 AS id, TRUE AS name", {}, /column 'name' is a VARCHAR, and the table's column is a BOOLEAN/],
  ["SELECT 1 AS id, 'a' AS name", { ...KEYED, keys: ["nope"] }, /the key 'nope' is no column of the input/],
  [
    "SELECT 1 AS id, 'a' AS name",
    {
      writeMode: "scd2",
      keys: ["id"],
      history: { from: "since", to: "until", current: "holds", closeMissing: false },
    },
    /the table has no column 'since'/,
  ],
  [
    "SELECT 1 AS id, 'a' AS name",
    {
      writeMode: "scd2",
      keys: ["id"],
      history: { from: "name", to: "until", current: "holds", closeMissing: false },
    },
    /the column 'name' is to say how long a version holds/,
  ],
];

for (const [table, request, says] of REFUSED) {
  Deno.test(`load() refuses what a table cannot take: ${says.source}`, async () => {
    await using at = await bench({ names: [FILE] });
    const path = at.path(FILE);
    await (await at.engine.load("make", await at.sql(table), loading(path, { loadId: "run/make" }))).commit();
    const rows = await at.sql("SELECT 2 AS id, 'b' AS name");
    await assert.rejects(
      at.engine.load("put", rows, loading(path, request)),
      (error) => error instanceof OsirisError && says.test(error.message) && error.help !== undefined,
    );
    const found = await at.engine.select("get", { path, query: "SELECT count(*)::INTEGER AS n FROM t" });
    assert.deepEqual(await at.rows(found), [{ n: 1 }]);
  });
}

Deno.test("tables() names what is there, and describes what it is asked for", async () => {
  await using at = await bench({ names: [FILE] });
  const path = at.path(FILE);
  const rows = await at.sql("SELECT 1 AS id, 'a' AS name");
  await (await at.engine.load("put", rows, loading(path, { ...KEYED, table: "sales.orders" }))).commit();
  const names = (await at.engine.tables("look", path, { samples: 0 })).map(({ name }) => name);
  assert.deepEqual(names, ["_osiris_loads", "sales.orders"]);
  const [found] = await at.engine.tables("look", path, { scope: "sales.orders", samples: 5 });
  assert.deepEqual(found, {
    name: "sales.orders",
    columns: [{ name: "id", type: "INTEGER" }, { name: "name", type: "VARCHAR" }],
    keys: ["id"],
    rows: 1,
    samples: [{ id: 1, name: "a" }],
  });
});

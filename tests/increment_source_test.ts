/**
 * A cursor and what it is of. What must hold: a step that reads something else than before does not go on from the
 * cursor of what it read, unless a person says so; what a plan says of where an increment begins is where it begins.
 *
 * @module
 */

import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import schema from "../schemas/plan.schema.json" with { type: "json" };
import { planText } from "../src/cli/_plan_text.ts";
import { streamTo } from "../src/cli/_terminal.ts";
import { validatorOf } from "../src/json_schema.ts";
import { openState } from "../src/state/mod.ts";
import { osiris } from "./_osiris.ts";
import { TestProject } from "./_project.ts";

const pipeline = (config: object, connection = "@sqlite.shop") =>
  JSON.stringify({
    oml_version: "0.1.0",
    name: "sales",
    steps: [
      { id: "get", component: "sqlite.extractor", mode: "read", config: { connection, ...config } },
      {
        id: "put",
        component: "filesystem.csv_writer",
        mode: "write",
        config: { path: "out.csv", write_mode: "append" },
      },
    ],
  });

const TABLE = { table: "orders", incremental: { cursor: "id", initial: 2 } };
const QUERY = { query: "SELECT id, no FROM orders WHERE no > ?", params: [0], incremental: { cursor: "id" } };
const KEY = { pipeline: "sales", profile: null, step: "get" };

async function projectOf(): Promise<TestProject> {
  const aliases = {
    shop: { path: "shop.db", default: true },
    same: { path: "shop.db" },
    stage: { path: "stage.db" },
  };
  const project = await TestProject.create({
    "osiris.yaml": "",
    "osiris_connections.yaml": JSON.stringify({ version: 1, connections: { sqlite: aliases } }),
  });
  for (const path of ["shop.db", "stage.db"]) {
    const db = new DatabaseSync(project.path(path));
    db.exec(`CREATE TABLE orders (id INTEGER, no INTEGER); INSERT INTO orders VALUES (1, 1), (2, 2), (3, 3);
      CREATE TABLE sales (id INTEGER, no INTEGER); INSERT INTO sales VALUES (1, 1), (5, 5)`);
    db.close();
  }
  return project;
}

/** What the plan says of the step that reads. */
async function begins(
  project: TestProject,
  oml: string,
  windows?: { from: string; to: string; backfill: string }[],
) {
  const before = await project.list();
  const { plan } = await project.plan(oml, windows === undefined ? {} : { windows });
  assert.deepEqual(await project.list(), before);
  const { valid, errors } = validatorOf(schema).validate(plan);
  assert.ok(valid, JSON.stringify(errors));
  const pipe = streamTo({ isTerminal: () => false, writeSync: (bytes) => bytes.length });
  const text = planText(plan, project.root, pipe).replaceAll(/\n {14}/g, " ");
  return {
    increment: plan.steps[0]!.increment!,
    text: text.match(/^ +(?:begins|refused|open) .*$/gm)!.join("\n"),
  };
}

Deno.test("a step that reads something else than its cursor is of is refused before anything is read", async () => {
  await using project = await projectOf();
  await project.succeed(pipeline(TABLE));
  const written = await project.read("out.csv");
  assert.equal(written, "id,no\n2,2\n3,3\n");

  // Neither of these changes which rows there are.
  await project.succeed(pipeline({ ...TABLE, columns: ["id", "no"] }, "@sqlite.same"));
  await project.succeed(pipeline({ ...TABLE, incremental: { cursor: "id", lag: 1, unique_key: ["id"] } }));
  assert.equal(await project.read("out.csv"), written);

  const others: [oml: string, said: string][] = [
    [pipeline({ ...TABLE, table: "sales" }), "table 'orders' -> 'sales'"],
    [pipeline({ ...TABLE, incremental: { cursor: "no" } }), "cursor column 'id' -> 'no'"],
    [pipeline(TABLE, "@sqlite.stage"), "place 'shop.db' -> 'stage.db'"],
    [pipeline(QUERY), `table 'orders' -> (none), query (none) -> '${QUERY.query}', params (none) -> '[0]'`],
  ];
  for (const [oml, said] of others) {
    const { failure, status } = await project.run(oml);
    assert.equal(failure?.code, "RUN616", said);
    assert.ok(
      failure.message.endsWith(
        `from its cursor 3 on: the step reads something else than what the cursor is of: ${said}`,
      ),
      failure.message,
    );
    assert.match(failure.help!, /'osiris state reset sales get'.* 'osiris state set sales get --keep'/);
    assert.deepEqual(status.steps.map(({ state }) => state), ["cancelled", "cancelled"]);
    assert.ok(
      (await begins(project, oml)).text.includes(`refused  its cursor is of something else: ${said}`),
    );
  }
  assert.equal(await project.read("out.csv"), written);
  const window = { backfill: "1..2/whole", from: "1", to: "2" };
  const outcome = await project.run(others[0]![0], { backfill: window });
  assert.equal(outcome.state, "succeeded", "a backfill asks no cursor");
  assert.equal(await project.read("out.csv"), `${written}1,1\n`);

  const kept = await osiris(["state", "set", "sales", "get", "--keep"], { cwd: project.root });
  assert.match(kept.stdout, /Step 'get' of 'sales' goes on at 3, whatever it reads now/);
  await project.succeed(others[0]![0]);
  assert.equal(await project.read("out.csv"), `${written}1,1\n5,5\n`);
  const { source, value } = (await openState(project.path(".osiris")).cursor(KEY))!;
  assert.deepEqual([source, value], [{
    component: "sqlite.extractor",
    connection: "@sqlite.shop",
    place: "shop.db",
    table: "sales",
  }, "5"]);
});

Deno.test("a query goes on when its layout changes, and not when its bound values do", async () => {
  await using project = await projectOf();
  await project.succeed(pipeline(QUERY));
  await project.succeed(
    pipeline({ ...QUERY, query: "SELECT id, no -- all\n  FROM orders\n  WHERE no > ?;" }),
  );
  const { failure } = await project.run(pipeline({ ...QUERY, params: [1] }));
  assert.equal(failure?.message.split(": ").at(-1), "params '[0]' -> '[1]'");
});

Deno.test("a component that keeps a cursor of its own is refused another source's, too", async () => {
  await using project = await TestProject.create();
  const steps = (component: string, config: object) =>
    JSON.stringify({
      oml_version: "0.1.0",
      name: "sales",
      steps: [
        { id: "get", component, mode: "read", config },
        {
          id: "put",
          component: "filesystem.csv_writer",
          mode: "write",
          config: { path: "out.csv", write_mode: "append" },
        },
      ],
    });
  const own = steps("test.growing_extractor", { upto: 3 });
  assert.match(
    (await begins(project, own)).text,
    /begins +at the beginning: its component has no cursor yet/,
  );
  await project.succeed(own);
  assert.match((await begins(project, own)).text, /begins +after the cursor of its component, \{"last":3\}/);
  const { failure } = await project.run(steps("test.rows_extractor", { rows: 3 }));
  assert.equal(
    failure?.message.split(": ").at(-1),
    "component 'test.growing_extractor' -> 'test.rows_extractor'",
  );
});

Deno.test("a plan says where an increment begins, and writes nothing", async () => {
  await using project = await projectOf();
  const lagging = pipeline({ ...TABLE, incremental: { cursor: "id", lag: 2 } });
  const start = await begins(project, lagging);
  assert.deepEqual([start.increment.by, start.increment.from], ["start", null]);
  assert.match(start.text, /begins +at the beginning: 'id' has no cursor yet$/);
  const initial = await begins(project, pipeline(TABLE));
  assert.deepEqual([initial.increment.by, initial.increment.from], ["initial", "2"]);
  assert.match(initial.text, /begins +id = 2: `initial`, for there is no cursor yet$/);
  await project.succeed(lagging);
  const cursor = await begins(project, lagging);
  assert.deepEqual(
    [cursor.increment.by, cursor.increment.from, cursor.increment.cursor, cursor.increment.lag],
    ["cursor", "1", "3", 2],
  );
  assert.match(cursor.text, /begins +id = 1: the cursor 3 less a lag of 2$/);
  const windows = ["1", "2", "3", "4"].map((from) => ({
    backfill: "1..5/1",
    from,
    to: String(Number(from) + 1),
  }));
  const backfill = await begins(project, lagging, windows);
  assert.deepEqual([backfill.increment.by, backfill.increment.windows?.length], ["backfill", 4]);
  assert.match(backfill.text, /begins +id: 1\.\.2, 2\.\.3, … 4\.\.5 \(4 windows\); no cursor moves$/);
});

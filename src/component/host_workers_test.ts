import assert from "node:assert/strict";
import { componentOf, failsWith, NO_GRANTS } from "./_made_driver_for_tests.ts";
import { admit } from "./admission/admit.ts";
import { type CatalogEntry, createDriverPool, loadCatalog } from "./mod.ts";

Deno.test("DriverPool serves many steps with few workers, and never mixes their configurations", async () => {
  const entry = (await loadCatalog()).get("duckdb.processor")!;
  await using pool = createDriverPool();
  await pool.warm(entry, NO_GRANTS);
  const queries = await Promise.all(Array.from({ length: 200 }, async (_, i) => {
    const config = { query: `SELECT ${i}` };
    await using driver = await pool.open(entry, {
      step: `s${i}`,
      config,
      connection: null,
      grants: NO_GRANTS,
    });
    const answer = await driver.transform({});
    return answer.kind === "relation" && answer.relation.kind === "sql" ? answer.relation.query : "";
  }));
  assert.deepEqual(queries, Array.from({ length: 200 }, (_, i) => `SELECT ${i}`));
});

/** Counts the workers that are started while it is held. */
function countWorkers(): { started: number } & Disposable {
  const { Worker } = globalThis;
  const counter = {
    started: 0,
    [Symbol.dispose]: () => void (globalThis.Worker = Worker),
  };
  globalThis.Worker = class extends Worker {
    constructor(url: string | URL, options?: WorkerOptions) {
      super(url, options);
      counter.started++;
    }
  };
  return counter;
}

/** While it is held, who waits for a worker goes on waiting, however long the one that there is takes. */
function endlessPatience(): Disposable {
  const { setInterval } = globalThis;
  globalThis.setInterval = (() => 0) as typeof setInterval;
  return { [Symbol.dispose]: () => void (globalThis.setInterval = setInterval) };
}

Deno.test("DriverPool serves all built-in drivers that only answer with relations, and get no connection, by one worker", async () => {
  const catalog = await loadCatalog();
  const entries = catalog.entries().filter(({ spec }) =>
    spec.carries === "engine" && spec.connection === undefined
  );
  using workers = countWorkers();
  using _ = endlessPatience();
  await using pool = createDriverPool();
  await Promise.all(entries.map((entry) => pool.warm(entry, { ...NO_GRANTS, read: ["a"] })));
  const kinds = await Promise.all(entries.map(async (entry) => {
    const config = entry.spec.examples[0]!.config;
    const start = { step: "s", config, connection: null, grants: { ...NO_GRANTS, read: ["a"] } };
    await using driver = await pool.open(entry, start);
    const [mode] = entry.spec.modes;
    const answer = mode === "write"
      ? await driver.write([], { batches: () => assert.fail("no rows were asked for") })
      : await (mode === "read" ? driver.read() : driver.transform({}));
    return answer.kind === "relation" && [entry.spec.name, answer.relation.kind].join(" ");
  }));
  assert.deepEqual(kinds, [
    "duckdb.processor sql",
    "filesystem.csv_extractor scan",
    "filesystem.csv_writer copy",
    "filesystem.json_extractor scan",
    "filesystem.json_writer copy",
    "filesystem.parquet_extractor scan",
    "filesystem.parquet_writer copy",
  ]);
  assert.equal(workers.started, 1);
});

Deno.test("DriverPool refuses a component that the shared code does not serve, and ends that worker", async () => {
  const entry = (await loadCatalog()).get("duckdb.processor")!;
  const stranger = { ...entry, spec: { ...entry.spec, name: "test.stranger" } };
  const start = { step: "s1", config: { query: "SELECT 1" }, connection: null, grants: NO_GRANTS };
  using workers = countWorkers();
  await using pool = createDriverPool();
  const refused = assert.rejects(
    pool.open(stranger, start).then((driver) => driver.transform({})),
    failsWith("DRV405", /serves duckdb\.processor, .*, and should serve 'test\.stranger'/, "test.stranger"),
  );
  const waits = pool.open(entry, start);
  await refused;
  await using driver = await waits;
  assert.equal((await driver.transform({})).kind, "relation");
  assert.equal(workers.started, 2);
});

Deno.test("DriverPool runs a component from outside in a process, and not in a worker of its own", async () => {
  const relation = `export default defineDriver({ read: () => ({ kind: "sql", query: "SELECT 1" }) });`;
  await using made = await componentOf("", { carries: "engine" });
  const text = `import { defineDriver } from "osiris/driver";\n${relation}`;
  const { value } = await admit(new TextEncoder().encode(text), "driver.js");
  const entry: CatalogEntry = {
    ...made.entry,
    origin: "outside",
    code: () => Promise.resolve({ kind: "guest", text: value!, promised: [] }),
  };
  using workers = countWorkers();
  await using pool = createDriverPool();
  for (const isolation of ["worker", undefined] as const) {
    const start = { step: "s1", config: {}, connection: null, grants: NO_GRANTS };
    await using driver = await pool.open(entry, isolation === undefined ? start : { ...start, isolation });
    assert.equal((await driver.read()).kind, "relation");
  }
  assert.equal(workers.started, 1); // the thread that starts processes
});

Deno.test("DriverPool starts no worker after its end, and lets nobody wait for one", async () => {
  const entry = (await loadCatalog()).get("duckdb.processor")!;
  const start = { step: "s1", config: { query: "SELECT 1" }, connection: null, grants: NO_GRANTS };
  using workers = countWorkers();
  const pool = createDriverPool();
  const warmed = pool.warm(entry, NO_GRANTS);
  const waits = pool.open(entry, start);
  const refused = Promise.all(
    [warmed, waits].map((each) => assert.rejects(each, { code: "DRV406" })),
  );
  await pool[Symbol.asyncDispose]();
  await refused;
  await assert.rejects(pool.open(entry, start), { code: "DRV406" });
  assert.equal(workers.started, 0);
});

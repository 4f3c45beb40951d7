import assert from "node:assert/strict";
import { cp, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { loadEmbedded } from "../src/component/_builtins.ts";
import { createDriverPool, loadCatalog } from "../src/component/mod.ts";
import { embedDrivers } from "./_embed_drivers.ts";

const ENGINE_CARRIES = ["duckdb.processor", "filesystem.csv_writer"];
const CARRIES_ITSELF = "test.connected_extractor";
/** What the Arrow library says of bytes that are none of its own. */
const KNOWS_ARROW = "Delta update can not be first dictionary batch";

Deno.test("embedDrivers makes one bundle for what only answers with relations, and one for each other driver", async () => {
  const folder = await Deno.makeTempDir({ prefix: "osiris-embed-test-" });
  const plugins = ENGINE_CARRIES.map((name) => `../plugins/${name}`);
  for (const place of [...plugins, `../tests/drivers/${CARRIES_ITSELF}`]) {
    const source = new URL(place, import.meta.url);
    await cp(fileURLToPath(source), join(folder, place.replace(/.*\//, "plugins/")), { recursive: true });
  }
  const assets = join(folder, "assets");
  await embedDrivers(assets, join(folder, "plugins"));

  const bundles = (await readdir(join(assets, "drivers"))).sort();
  assert.deepEqual(bundles, ["guest.js", "relations.js", `${CARRIES_ITSELF}.js`]);
  const texts = await Promise.all(bundles.map((name) => readFile(join(assets, "drivers", name), "utf8")));
  assert.deepEqual(texts.map((text) => text.includes(KNOWS_ARROW)), [true, false, true]);

  const embedded = await loadEmbedded(pathToFileURL(`${assets}/`));
  const source = await loadCatalog();
  for (const name of ENGINE_CARRIES) {
    const [here, there] = [embedded.find((entry) => entry.spec.name === name)!, source.get(name)!];
    assert.deepEqual(
      [here.spec, here.specHash, here.driverHash, here.origin, here.sharedCode],
      [there.spec, there.specHash, there.driverHash, "builtin", "relations"],
    );
  }

  await using pool = createDriverPool();
  const open = (name: string, config: Record<string, unknown>, connection: Record<string, unknown> | null) =>
    pool.open(embedded.find((entry) => entry.spec.name === name)!, {
      step: "s",
      config,
      connection,
      grants: { net: [], read: [], write: [] },
    });
  await using processor = await open("duckdb.processor", { query: "SELECT 1" }, null);
  const answer = await processor.transform({});
  assert.equal(
    answer.kind === "relation" && answer.relation.kind === "sql" && answer.relation.query,
    "SELECT 1",
  );
  await using connected = await open(CARRIES_ITSELF, {}, { host: "db.local", port: 1, user: "etl" });
  const rows = await connected.read();
  assert.ok(rows.kind === "batches");
  while ((await rows.batches.next()).done !== true);
  await rm(folder, { recursive: true });
});

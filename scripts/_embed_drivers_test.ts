import assert from "node:assert/strict";
import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { loadEmbedded } from "../src/component/_builtins.ts";
import { createDriverPool, loadCatalog } from "../src/component/mod.ts";
import { embedDrivers } from "./_embed_drivers.ts";

const NAME = "duckdb.processor";

Deno.test("embedDrivers makes assets whose hashes are those from source and whose drivers serve", async () => {
  const folder = await Deno.makeTempDir({ prefix: "osiris-embed-test-" });
  const plugin = fileURLToPath(new URL(`../plugins/${NAME}/`, import.meta.url));
  await cp(plugin, join(folder, "plugins", NAME), { recursive: true });
  await embedDrivers(join(folder, "assets"), join(folder, "plugins"));

  const [embedded] = await loadEmbedded(pathToFileURL(join(folder, "assets/")));
  const source = (await loadCatalog()).get(NAME)!;
  assert.deepEqual(
    [embedded?.spec, embedded?.specHash, embedded?.driverHash, embedded?.origin],
    [source.spec, source.specHash, source.driverHash, "builtin"],
  );

  await using pool = createDriverPool();
  const start = {
    step: "s",
    config: { query: "SELECT 1" },
    connection: null,
    grants: { net: [], read: [], write: [] },
  };
  await using driver = await pool.open(embedded!, start);
  const answer = await driver.transform({});
  assert.equal(
    answer.kind === "relation" && answer.relation.kind === "sql" && answer.relation.query,
    "SELECT 1",
  );
  await rm(folder, { recursive: true });
});

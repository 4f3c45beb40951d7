import assert from "node:assert/strict";
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { OsirisError } from "../diagnostic.ts";
import { loadCatalog } from "./catalog.ts";

const PLUGIN = fileURLToPath(new URL("../../plugins/duckdb.processor/", import.meta.url));

/** A folder with a copy of a component under another name. */
async function copyOf(name: string): Promise<{ folder: string; component: string } & AsyncDisposable> {
  const folder = await Deno.makeTempDir({ prefix: "osiris-catalog-test-" });
  const component = join(folder, name);
  await cp(PLUGIN, component, { recursive: true });
  const spec = join(component, "spec.yaml");
  await writeFile(spec, (await readFile(spec, "utf8")).replace("duckdb.processor", name));
  return { folder, component, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}

async function hashesOf(folder: string, name: string): Promise<[spec: string, driver: string]> {
  const entry = (await loadCatalog({ folders: [folder] })).get(name)!;
  return [entry.specHash, entry.driverHash];
}

Deno.test("loadCatalog knows the built-in components, in the order of their names", async () => {
  const catalog = await loadCatalog();
  assert.deepEqual(catalog.names(), [
    "duckdb.processor",
    "filesystem.csv_extractor",
    "filesystem.csv_writer",
    "filesystem.json_extractor",
    "filesystem.json_writer",
    "filesystem.parquet_extractor",
    "filesystem.parquet_writer",
  ]);
  assert.deepEqual(catalog.entries().map((entry) => entry.spec.name), catalog.names());
  assert.equal(catalog.get("mysql.extractor"), undefined);
  assert.ok(
    catalog.entries().every((entry) => entry.origin === "builtin" && /^[0-9a-f]{64}$/.test(entry.driverHash)),
  );
});

Deno.test("loadCatalog gives specs that nobody can change", async () => {
  const { spec } = (await loadCatalog()).get("filesystem.csv_extractor")!;
  assert.throws(
    () => ((spec.config.properties["path"] as { description: string }).description = "x"),
    TypeError,
  );
});

Deno.test("loadCatalog hashes what a component is, and not its comments, tests, examples or place", async () => {
  await using first = await copyOf("test.copy");
  await using second = await copyOf("test.copy");
  await writeFile(join(second.component, "driver_test.ts"), "// another test");
  await writeFile(join(second.component, "examples", "more.json"), "{}");
  const spec = join(second.component, "spec.yaml");
  await writeFile(spec, `# a comment\n${await readFile(spec, "utf8")}`);
  assert.deepEqual(await hashesOf(first.folder, "test.copy"), await hashesOf(second.folder, "test.copy"));
});

Deno.test("loadCatalog gives another hash when one byte of a driver, a file's name or the spec changes", async () => {
  await using copy = await copyOf("test.copy");
  const hashes = [await hashesOf(copy.folder, "test.copy")];
  const driver = join(copy.component, "driver.ts");
  await writeFile(driver, `${await readFile(driver, "utf8")} `);
  hashes.push(await hashesOf(copy.folder, "test.copy"));
  await mkdir(join(copy.component, "sub"));
  await writeFile(join(copy.component, "sub", "a.ts"), "");
  hashes.push(await hashesOf(copy.folder, "test.copy"));
  assert.equal(new Set(hashes.map(([, driver]) => driver)).size, 3);
  assert.equal(new Set(hashes.map(([spec]) => spec)).size, 1);
  const spec = join(copy.component, "spec.yaml");
  await writeFile(spec, (await readFile(spec, "utf8")).replace("title: SQL", "title: SQL!"));
  assert.notEqual((await hashesOf(copy.folder, "test.copy"))[0], hashes[0]![0]);
});

const refused = (text: RegExp) => (error: OsirisError) => {
  assert.equal(error.code, "DRV400");
  assert.match(`${error.message} ${error.diagnostics.map((each) => each.message)}`, text);
  return true;
};

Deno.test("loadCatalog refuses a name that is there twice", async () => {
  await using copy = await copyOf("duckdb.processor");
  await assert.rejects(
    loadCatalog({ folders: [copy.folder] }),
    refused(/'duckdb\.processor' is there twice/),
  );
});

Deno.test("loadCatalog refuses a spec that names another folder, and one that is not valid", async () => {
  await using copy = await copyOf("test.copy");
  const spec = join(copy.component, "spec.yaml");
  const text = await readFile(spec, "utf8");
  await writeFile(spec, text.replace("test.copy", "test.other"));
  await assert.rejects(loadCatalog({ folders: [copy.folder] }), refused(/says 'test\.other'/));
  await writeFile(spec, text.replace("status: beta", "status: perfect"));
  await assert.rejects(loadCatalog({ folders: [copy.folder] }), refused(/status/));
});

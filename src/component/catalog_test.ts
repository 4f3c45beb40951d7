import assert from "node:assert/strict";
import { cp, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { OsirisError } from "../diagnostic.ts";
import { loadCatalog } from "./catalog.ts";

const PLUGINS = fileURLToPath(new URL("../../plugins/", import.meta.url));
const PLUGIN = join(PLUGINS, "duckdb.processor");

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
  const folders = (await readdir(PLUGINS)).filter((name) => name.includes(".")).sort();
  assert.deepEqual(catalog.names(), folders);
  assert.ok(folders.includes("filesystem.csv_extractor"));
  assert.deepEqual(catalog.entries().map((entry) => entry.spec.name), catalog.names());
  assert.equal(catalog.get("mysql.reader"), undefined);
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

Deno.test("loadCatalog gives another hash when one byte of a driver or the spec changes", async () => {
  await using copy = await copyOf("test.copy");
  const [spec, driver] = await hashesOf(copy.folder, "test.copy");
  const code = join(copy.component, "driver.ts");
  await writeFile(code, `${await readFile(code, "utf8")} `);
  const [sameSpec, otherDriver] = await hashesOf(copy.folder, "test.copy");
  assert.equal(sameSpec, spec);
  assert.notEqual(otherDriver, driver);
  const file = join(copy.component, "spec.yaml");
  await writeFile(file, (await readFile(file, "utf8")).replace("title: SQL", "title: SQL!"));
  const [otherSpec, sameDriver] = await hashesOf(copy.folder, "test.copy");
  assert.notEqual(otherSpec, spec);
  assert.equal(sameDriver, otherDriver);
});

const refused = (text: RegExp) => (error: OsirisError) => {
  assert.equal(error.code, "DRV400");
  assert.match(`${error.message} ${error.diagnostics.map((each) => each.message)}`, text);
  return true;
};

Deno.test("loadCatalog lets no component from outside take the name of a built-in one", async () => {
  await using copy = await copyOf("duckdb.processor");
  const catalog = await loadCatalog({ folders: [copy.folder] });
  assert.equal(catalog.get("duckdb.processor")?.origin, "builtin");
  const [broken, ...others] = catalog.broken();
  assert.deepEqual([broken!.name, others], ["duckdb.processor", []]);
  refused(/'duckdb\.processor': a built-in component has that name/)(broken!.error);
});

/** What a component from outside is refused for, once `spoil` had its way with its folder. */
async function faultOf(spoil: (component: string) => Promise<unknown>): Promise<OsirisError> {
  await using copy = await copyOf("test.copy");
  await cp(copy.component, join(copy.folder, "test.sound"), { recursive: true });
  const spec = join(copy.folder, "test.sound", "spec.yaml");
  await writeFile(spec, (await readFile(spec, "utf8")).replace("test.copy", "test.sound"));
  await spoil(copy.component);
  const catalog = await loadCatalog({ folders: [copy.folder] });
  assert.notEqual(catalog.get("test.sound"), undefined);
  assert.equal(catalog.get("test.copy"), undefined);
  const [broken, ...others] = catalog.broken();
  assert.deepEqual([broken?.name, others], ["test.copy", []]);
  assert.equal(broken!.error.code, "DRV400");
  return broken!.error;
}

const FAULTS: readonly [what: string, spoil: (component: string) => Promise<unknown>, says: RegExp][] = [
  ["no spec", (at) => rm(join(at, "spec.yaml")), /'test\.copy': it has no spec\.yaml/],
  ["a spec that names another folder", (at) => respell(at, "test.copy", "test.other"), /says 'test\.other'/],
  [
    "a spec that is not valid",
    (at) => respell(at, "status: beta", "status: perfect"),
    /its spec is not valid/,
  ],
  ["no code", (at) => rm(join(at, "driver.ts")), /it has no code/],
  [
    "two files of code",
    (at) => writeFile(join(at, "driver.js"), ""),
    /both driver\.js and driver\.ts|both driver\.ts and driver\.js/,
  ],
  ["code that is a link", async (at) => {
    await rename(join(at, "driver.ts"), join(at, "..", "elsewhere.ts"));
    await symlink("../elsewhere.ts", join(at, "driver.ts"));
  }, /'driver\.ts' is not a plain file/],
  ["a folder that is a link", async (at) => {
    await rename(at, join(at, "..", ".elsewhere"));
    await symlink(".elsewhere", at);
  }, /is a link, and should be a folder/],
];

for (const [what, spoil, says] of FAULTS) {
  Deno.test(`loadCatalog sets aside a component from outside with ${what}, and knows the others`, async () => {
    assert.match((await faultOf(spoil)).message, says);
  });
}

async function respell(component: string, from: string, to: string): Promise<void> {
  const spec = join(component, "spec.yaml");
  await writeFile(spec, (await readFile(spec, "utf8")).replace(from, to));
}

Deno.test("loadCatalog gives the code of a component from outside as it was when it was hashed, or not at all", async () => {
  await using copy = await copyOf("test.copy");
  const entry = (await loadCatalog({ folders: [copy.folder] })).get("test.copy")!;
  const code = await entry.code();
  assert.ok(code.kind === "guest");
  assert.match(code.text, /from "data:application\/javascript,/);
  assert.deepEqual(code.promised, entry.spec.modes);
  await writeFile(join(copy.component, "driver.ts"), "export default {};");
  await assert.rejects(entry.code(), /'driver\.ts' was changed while Osiris was running/);
  await rm(join(copy.component, "driver.ts"));
  await assert.rejects(entry.code(), /it has no driver\.ts/);
});

Deno.test("loadCatalog gives no code that is not admitted, and says component, place, reason and next step", async () => {
  await using copy = await copyOf("test.copy");
  await writeFile(join(copy.component, "driver.ts"), '// a driver\nimport "node:fs";\nexport default {};\n');
  const entry = (await loadCatalog({ folders: [copy.folder] })).get("test.copy")!;
  await assert.rejects(entry.code(), (error: OsirisError) => {
    assert.deepEqual([error.code, error.category], ["DRV414", "usage"]);
    assert.match(
      error.message,
      /^Cannot use component 'test\.copy': .*test\.copy\/driver\.ts:2:\d: it imports 'node:fs', which is not allowed$/,
    );
    assert.match(error.help!, /a driver may import node:assert/);
    return true;
  });
});

import assert from "node:assert/strict";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { loadPlugins } from "./_builtins.ts";
import { specText } from "./_spec_for_tests.ts";

const CONNECTION = "{ family: test, fields: { host: { type: string, description: A server } } }";

async function component(
  folder: string,
  name: string,
  rest: { readonly [field: string]: string },
): Promise<void> {
  await mkdir(join(folder, name));
  await writeFile(join(folder, name, "driver.ts"), `// ${name}`);
  await writeFile(join(folder, name, "spec.yaml"), specText({ name, modes: "[read]", ...rest }));
}

Deno.test("loadPlugins lets only those share code whose rows the engine carries and who get no connection", async () => {
  const folder = await Deno.makeTempDir({ prefix: "osiris-builtins-test-" });
  await component(folder, "a.one", { carries: "engine" });
  await component(folder, "b.two", { carries: "engine" });
  await component(folder, "c.connected", { carries: "engine", connection: CONNECTION });
  await component(folder, "d.rows", { carries: "driver" });
  const entries = await loadPlugins(folder);
  assert.deepEqual(entries.map((entry) => entry.sharedCode), [
    "relations",
    "relations",
    undefined,
    undefined,
  ]);
  const codes = await Promise.all(entries.map((entry) => entry.code()));
  const served = codes.map((code) => code.kind === "modules" && [Object.keys(code.urls), code.relations]);
  assert.deepEqual(served, [
    [["a.one", "b.two"], true],
    [["a.one", "b.two"], true],
    [["c.connected"], false],
    [["d.rows"], false],
  ]);
  assert.equal(new Set(entries.map((entry) => entry.driverHash)).size, 4);
  await rm(folder, { recursive: true });
});

Deno.test("loadPlugins hashes the families that a driver imports anywhere, and what these import, as its own", async () => {
  const folder = await Deno.makeTempDir({ prefix: "osiris-builtins-test-" });
  await component(folder, "a.one", {});
  await component(folder, "b.two", {});
  await writeFile(join(folder, "a.one", "part.ts"), `import { near } from "../near/mod.ts";`);
  for (
    const [family, text] of [["near", `export * from "../far/mod.ts";`], ["far", `import "../near/mod.ts";`]]
  ) {
    await mkdir(join(folder, family!));
    await writeFile(join(folder, family!, "mod.ts"), text!);
  }
  const hashes = async () => (await loadPlugins(folder)).map((entry) => entry.driverHash);
  const [before, other] = await hashes();
  await writeFile(join(folder, "far", "more.ts"), "export const more = 1;");
  const [after, same] = await hashes();
  assert.notEqual(after, before);
  assert.equal(same, other);
  await rm(folder, { recursive: true });
});

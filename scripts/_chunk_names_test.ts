import assert from "node:assert/strict";
import { renamedChunks } from "./_chunk_names.ts";

/** A bundle as the bundler makes it in a folder: the same texts, the names by that folder. */
function bundled(tag: string): Map<string, string> {
  const name = (stem: string) => `${stem}-${tag}${"X".repeat(8 - tag.length)}.js`;
  return new Map([
    ["main.js", `import "./${name("chunk")}"; import("./${name("a")}"); const other = "./kept.js";`],
    [name("a"), `import { x } from "./${name("b")}"; export { x };`],
    [name("b"), `import "./${name("a")}"; export const x = 1;`],
    [name("chunk"), `export const y = 2;`],
  ]);
}

Deno.test("renamedChunks gives the same names and texts wherever the bundle was made", () => {
  const [here, there] = [renamedChunks(bundled("AAAA")), renamedChunks(bundled("BB12"))];
  assert.deepEqual([...here].sort(), [...there].sort());
  assert.match(here.get("main.js")!, /import "\.\/chunk-[0-9a-f]{16}\.js"; .*"\.\/kept\.js"/);
  for (const text of here.values()) {
    for (const [, name] of text.matchAll(/(?:import |from |import\()"\.\/([^"]+)"/g)) {
      assert.ok(here.has(name!), name!);
    }
  }
});

Deno.test("renamedChunks tells files apart that differ in what their imports import alone", () => {
  const names = (deep: string) =>
    renamedChunks(
      new Map([
        ["main.js", `import "./one-AAAAAAA1.js"; import "./one-AAAAAAA2.js";`],
        ["one-AAAAAAA1.js", `import "./two-AAAAAAA1.js";`],
        ["one-AAAAAAA2.js", `import "./two-AAAAAAA2.js";`],
        ["two-AAAAAAA1.js", `export const n = 1;`],
        ["two-AAAAAAA2.js", `export const n = ${deep};`],
      ]),
    );
  assert.equal(names("2").size, 5);
  assert.throws(() => names("1"), /two files of the bundle are the same/);
});

import assert from "node:assert/strict";
import { join } from "node:path";
import { OsirisError } from "../diagnostic.ts";
import { writeWhole } from "./_write.ts";

Deno.test("writeWhole() replaces a file whole and leaves nothing beside it", async () => {
  const folder = await Deno.makeTempDir();
  try {
    for (const text of ["one", "two"]) await writeWhole(join(folder, "a", "x.yaml"), text);
    assert.equal(await Deno.readTextFile(join(folder, "a", "x.yaml")), "two");
    assert.deepEqual([...Deno.readDirSync(join(folder, "a"))].map((e) => e.name), ["x.yaml"]);
    const misnamed = (error: unknown) => error instanceof OsirisError && error.category === "usage";
    await assert.rejects(writeWhole(join(folder, "a", "x.yaml", "y"), "three"), misnamed);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test({
  name: "writeWhole() that the machine refuses is a failure and not a wrong command line",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    assert.rejects(
      writeWhole("/proc/osiris/manifest.yaml", "x"),
      (error) => error instanceof OsirisError && error.code === "CLI810" && error.category === "run",
    ),
});

/** What `components new` does not make. */

import assert from "node:assert/strict";
import { osiris } from "./_osiris.ts";
import { TestProject } from "./_project.ts";

Deno.test("components new refuses a name that no folder can have, in words, and makes nothing", async () => {
  await using project = await TestProject.create({ "osiris.yaml": "" });
  const before = await project.list();
  for (const name of [`${"a".repeat(300)}.b`, "x".repeat(100_000), "../a.b", "a b", "-x", "A.B", ""]) {
    const { code, stdout, stderr } = await osiris(["components", "new", "--", name], { cwd: project.root });
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(
      stderr,
      /^error\[CLI804\]: Cannot make the component '.{0,40}': its name .*\n = help: for example: osiris components new [a-z_]+\.[a-z_]+\n$/,
    );
  }
  assert.deepEqual(await project.list(), before);
});

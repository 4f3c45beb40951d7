/** What a driver from outside wrote, from source and on the binary: in its place, and nothing beside it. */

import assert from "node:assert/strict";
import { osiris } from "./_osiris.ts";
import { TestProject } from "./_project.ts";

const SPEC = `name: acme.list_writer
version: 1.0.0
title: A list
description: Writes one line for each row
status: experimental
modes: [write]
capabilities: [transactions]
permissions: { write: ["\${config.path}"] }
config:
  type: object
  required: [path, fails]
  properties:
    path: { type: string, format: path, minLength: 1, description: The file, examples: [out/a.txt] }
    fails: { type: boolean, description: Whether it fails when half is written, examples: [false] }
examples: [{ title: A list, mode: write, config: { path: out/a.txt, fails: false } }]
`;

const DRIVER = `import { defineDriver } from "osiris/driver";
export default defineDriver<{ fails: boolean }>({
  async write({ config, grants }, input) {
    let text = "";
    for await (const batch of input.batches()) text += batch.toRows().map(({ i }) => i + "\\n").join("");
    await Deno.writeTextFile(grants.write[0] + "/list.txt", text);
    if (config.fails) throw new Error("half is written");
    return { commit() {}, abort() {} };
  },
});
`;

const pipeline = (fails: boolean) =>
  `oml_version: "0.1.0"
name: list
steps:
  - id: count
    component: duckdb.processor
    mode: transform
    config: { query: "SELECT * FROM range(3) t(i)" }
  - id: save
    component: acme.list_writer
    mode: write
    inputs: { df: "\${count.output.df}" }
    config: { path: out/a.txt, fails: ${fails} }
`;

Deno.test("run leaves of an outside writer what it committed and nothing else, also when it fails half-way", async () => {
  await using project = await TestProject.create({
    "osiris.yaml": "",
    "components/acme.list_writer/spec.yaml": SPEC,
    "components/acme.list_writer/driver.ts": DRIVER,
    "good.oml": pipeline(false),
    "bad.oml": pipeline(true),
  });
  const at = { cwd: project.root };
  assert.equal((await osiris(["components", "lock", "--yes"], at)).code, 0);
  const [good, bad] = [await osiris(["run", "good.oml"], at), await osiris(["run", "bad.oml"], at)];
  assert.deepEqual([good.code, bad.code], [0, 1], good.stderr);
  assert.match(bad.stderr, /half is written/);
  assert.deepEqual(await project.list("out"), ["out/a.txt"]);
  assert.equal(await project.read("out/a.txt"), "0\n1\n2\n");
});

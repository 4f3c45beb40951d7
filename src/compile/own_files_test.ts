import assert from "node:assert/strict";
import { compileText, manifestOf, pipelineText, said } from "./_fixture.ts";

const WRITES = (path: string) =>
  pipelineText(
    `  - { id: a, component: files.reader, mode: read, config: { path: a.csv } }\n` +
      `  - { id: w, component: files.writer, mode: write, inputs: { df: a }, config: { path: ${
        JSON.stringify(path)
      } } }\n`,
  );
const PLACE = { root: "/home/me/shop", file: "/home/me/shop/jobs/pipeline.oml" };

Deno.test("compile refuses a target that is one of Osiris' own files, however it is spelled", () => {
  for (
    const path of [
      "osiris_connections.yaml",
      "./osiris.yaml",
      "out/../.env",
      ".osiris/state/x.json",
      "logs",
      "logs/${run.id}/out.csv",
      "pipeline.oml",
      "osiris.lock",
      "components/acme.numbers/driver.ts",
      ".",
    ]
  ) {
    const found = compileText(WRITES(path));
    assert.deepEqual(found.diagnostics.map((d) => d.code), ["CMP215"], path);
    assert.ok(said(found).includes(`step 'w': it would overwrite '${path}'`), said(found));
  }
});

Deno.test("compile knows Osiris' own files by absolute paths too, once it knows where the project lies", () => {
  for (
    const path of [
      "/home/me/shop/.env",
      "/home/me/shop/out/../logs/x.csv",
      "../shop/osiris.yaml",
      "jobs/pipeline.oml",
      "/home/me/shop/jobs/pipeline.oml",
      "..",
      "/home",
      "logs/x.csv",
    ]
  ) {
    const found = compileText(WRITES(path), { place: PLACE });
    assert.deepEqual(found.diagnostics.map((d) => d.code), ["CMP215"], path);
  }
});

Deno.test("compile takes targets that only look like Osiris' own files, and its manifest does not tell the place", () => {
  const alike = [
    "out/osiris.yaml",
    "logs.csv",
    ".env.csv",
    "../logs/x.csv",
    "/home/me/logs/x.csv",
    "pipeline.oml",
  ];
  for (const path of alike) manifestOf(WRITES(path), { place: PLACE });
  const one = manifestOf(WRITES("out.csv"), { place: PLACE });
  assert.equal(one.fingerprint, manifestOf(WRITES("out.csv")).fingerprint);
});

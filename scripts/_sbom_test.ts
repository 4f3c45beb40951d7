import assert from "node:assert/strict";
import { type Made, sbomText } from "./_sbom.ts";

const MADE: Made = {
  version: "1.0.0",
  license: "Apache-2.0",
  triple: "x86_64-unknown-linux-gnu",
  sha256: "ab".repeat(32),
  packages: [
    { name: "@some/scoped", version: "2.0.0", license: { id: "ISC", text: "As is.\n" } },
    { name: "plain", version: "1.2.0", license: { id: "MIT" } },
  ],
  locked: {
    "@some/scoped@2.0.0_plain@1.2.0": { integrity: "sha512-AAEC", dependencies: ["plain", "not-in-it"] },
    "plain@1.2.0": { integrity: "sha512-AwQF" },
    "not-in-it@1.0.0": { integrity: "sha512-BgcI" },
  },
  deno: "2.6.8",
  duckdb: "1.5.5",
  native: [{ name: "libduckdb.so", sha256: "cd".repeat(32) }],
};

Deno.test("sbomText lists packages with the lock's hash, licence and what they need, and Deno and DuckDB", () => {
  const { components, dependencies, metadata } = JSON.parse(sbomText(MADE));
  assert.equal(metadata.component.hashes[0].content, MADE.sha256);
  assert.deepEqual(components[0], {
    "bom-ref": "pkg:npm/%40some/scoped@2.0.0",
    type: "library",
    name: "@some/scoped",
    version: "2.0.0",
    hashes: [{ alg: "SHA-512", content: "000102" }],
    licenses: [{ license: { id: "ISC", text: { contentType: "text/plain", content: "As is.\n" } } }],
    purl: "pkg:npm/%40some/scoped@2.0.0",
  });
  const names = components.map(({ name, version }: { name: string; version: string }) =>
    `${name} ${version}`
  );
  assert.deepEqual(names, ["@some/scoped 2.0.0", "plain 1.2.0", "deno 2.6.8", "duckdb 1.5.5"]);
  assert.deepEqual(dependencies[1], {
    ref: "pkg:npm/%40some/scoped@2.0.0",
    dependsOn: ["pkg:npm/plain@1.2.0"],
  });
});

Deno.test("sbomText refuses what deno.lock does not pin", () => {
  const { "plain@1.2.0": _, ...others } = MADE.locked;
  assert.throws(
    () => sbomText({ ...MADE, locked: others }),
    /plain@1\.2\.0 is in the bundle and deno\.lock does not/,
  );
  const unhashed = { ...MADE.locked, "plain@1.2.0": {} };
  assert.throws(
    () => sbomText({ ...MADE, locked: unhashed }),
    /deno\.lock has no sha512 of pkg:npm\/plain@1\.2\.0/,
  );
});

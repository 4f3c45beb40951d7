import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packageAt, packagesIn, together } from "./_packages.ts";

function withPackages(check: (root: string) => void): void {
  const root = mkdtempSync(join(tmpdir(), "osiris-packages-"));
  const add = (place: string, fields: object, license?: string) => {
    mkdirSync(join(root, place), { recursive: true });
    writeFileSync(join(root, place, "package.json"), JSON.stringify({ license: "MIT", ...fields }));
    if (license !== undefined) writeFileSync(join(root, place, "LICENSE"), license);
  };
  try {
    add("cache/npm/host.example/plain/1.2.0", { name: "plain", version: "1.2.0" }, "As is.\r\n");
    add("cache/npm/host.example/@some/scoped/2.0.0-r.1", { name: "@some/scoped", version: "2.0.0-r.1" });
    add("made/node_modules/.deno/yaml@2.9.1/node_modules/yaml", { name: "yaml", version: "2.9.1" });
    add("cache/npm/host.example/vague/1.0.0", { name: "vague", version: "1.0.0", license: "SEE LICENSE" });
    check(root);
  } finally {
    rmSync(root, { recursive: true });
  }
}

const BUNDLE = `// cache/npm/host.example/plain/1.2.0/lib/a.js
// cache/npm/host.example/plain/1.2.0/lib/b.js
var require_scoped = __commonJS({
  "cache/npm/host.example/@some/scoped/2.0.0-r.1/index.js"(exports, module) {
  }
});
// made/node_modules/.deno/yaml@2.9.1/node_modules/yaml/browser/dist/nodes/Alias.js
// src/cli/main.ts
// see npm/what/is/1.0.0/said.js about this
const text = "cache/npm/host.example/absent/1.0.0/index.js";
`;

Deno.test("packagesIn finds the packages of a bundle's parts, each once, with version and licence", () => {
  withPackages((root) => {
    assert.deepEqual(packagesIn(BUNDLE, root), [
      { name: "@some/scoped", version: "2.0.0-r.1", license: { id: "MIT" } },
      { name: "plain", version: "1.2.0", license: { id: "MIT", text: "As is.\n" } },
      { name: "yaml", version: "2.9.1", license: { id: "MIT" } },
    ]);
  });
});

Deno.test("packagesIn passes over no part of a package, and none without a licence", () => {
  withPackages((root) => {
    const elsewhere = "// ../npm/plain.js\n";
    assert.throws(
      () => packagesIn(elsewhere, root),
      /a part from \.\.\/npm\/plain\.js, which is no package's place/,
    );
    const vague = "// cache/npm/host.example/vague/1.0.0/index.js\n";
    assert.throws(() => packagesIn(vague, root), /vague@1\.0\.0 does not name one licence: "SEE LICENSE"/);
  });
});

Deno.test("together keeps two versions of a package and drops what is there twice", () => {
  withPackages((root) => {
    const plain = packageAt(join(root, "cache/npm/host.example/plain/1.2.0"));
    const older = { ...plain, version: "1.1.0" };
    assert.deepEqual(together([plain], [older, plain]), [older, plain]);
  });
});

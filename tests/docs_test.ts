/**
 * The documentation is true: what a page tells its reader to type is typed, and what it shows is what
 * appears.
 *
 * In a page, `sh` blocks are run, `console` blocks are run and compared (`…` stands for anything), `yaml`
 * blocks are validated or, when the first line is a comment with a file name, saved under it, as `ts` blocks
 * are, `diff` blocks are applied, and `json` blocks are checked against the schema of what they show. All blocks of a page happen one after the
 * other, from the root of a fresh clone, with `osiris` on PATH. A block that begins with
 * `# not run by the tests:` says why.
 *
 * `OSIRIS_ACCEPT=1` takes what `console` blocks printed as right and writes it into the pages.
 */

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { FOLDER, referencePages } from "../scripts/_reference.ts";
import { withBlocks } from "./docs/_accept.ts";
import { hold, NOT_RUN } from "./docs/_blocks.ts";
import { fits } from "./docs/_expected.ts";
import { type Block, type Page, readPage } from "./docs/_markdown.ts";
import { ROOT, Walk } from "./docs/_walk.ts";

const PAGES = ["README.md", "CHANGELOG.md", ...pagesUnder("docs")];

for (const path of PAGES) {
  const page = pageAt(path);
  if (page.blocks.length === 0) continue;
  Deno.test(`${path} shows what happens`, async (t) => {
    await using walk = await Walk.start();
    const accepted = new Map<Block, string>();
    for (const block of page.blocks) {
      const held = await t.step(`${path}:${block.line} ${block.language}`, async () => {
        const text = await hold(block, walk);
        if (text !== undefined) accepted.set(block, text);
      });
      if (!held) break;
    }
    if (accepted.size > 0) writeFileSync(join(ROOT, path), withBlocks(textAt(path), accepted));
  });
}

Deno.test("docs/reference is what the program says of itself", async () => {
  const pages = await referencePages();
  const kept = pagesUnder("docs/reference").map((path) => relative(FOLDER, join(ROOT, path)));
  const mend = "run 'deno run -A scripts/_reference.ts'";
  assert.deepEqual(kept, [...pages.keys()].sort(), mend);
  for (const [path, page] of pages) {
    assert.equal(readFileSync(join(FOLDER, path), "utf8"), page, `${path}: ${mend}`);
  }
});

Deno.test("docs link to pages and headings that exist", () => {
  const dead: string[] = [];
  for (const path of PAGES) {
    for (const { target, line } of pageAt(path).links) {
      if (/^[a-z]+:/.test(target)) continue;
      const [file, anchor] = target.split("#", 2);
      const found = file === "" ? path : relative(ROOT, join(ROOT, dirname(path), file!));
      const missing = !existsSync(join(ROOT, found)) ||
        (anchor !== undefined && !pageAt(found).anchors.has(anchor));
      if (missing) dead.push(`${path}:${line} ${target}`);
    }
  }
  assert.deepEqual(dead, []);
});

Deno.test("docs name files of this repository that exist", () => {
  const gone = PAGES.flatMap((path) =>
    [...textAt(path).matchAll(/`((?:src|tests|scripts|schemas|plugins)\/[\w./-]+)`/g)]
      .filter(([, named]) => !existsSync(join(ROOT, named!)))
      .map(([, named]) => `${path}: ${named}`)
  );
  assert.deepEqual(gone, []);
});

Deno.test("docs/architecture.md has a row for each folder of src", () => {
  const rows = [...textAt("docs/architecture.md").matchAll(/^\| `src\/(\w+)\/`/gm)].map(([, name]) => name!);
  const folders = readdirSync(join(ROOT, "src"), { withFileTypes: true }).filter((e) => e.isDirectory());
  assert.deepEqual(rows.sort(), folders.map((e) => e.name).sort());
});

Deno.test("docs hold few blocks that are not run", () => {
  const notRun = PAGES.flatMap((path) => pageAt(path).blocks.filter((block) => NOT_RUN.test(block.text)));
  assert.ok(
    notRun.length <= 5,
    `${notRun.length} blocks are not run: ${notRun.map((b) => b.text).join("\n--\n")}`,
  );
});

Deno.test("docs leave nothing to be done", () => {
  const unfinished = PAGES.filter((path) => /\b(?:TODO|TBD|FIXME)\b/.test(textAt(path)));
  assert.deepEqual(unfinished, []);
});

Deno.test("fits takes … for any text of a line, and alone for any lines", () => {
  assert.ok(fits("a 12 ms\n", "a … ms"));
  assert.ok(fits("a\nb\nc\n", "a\n…\nc"));
  assert.ok(fits("a\nc\n", "a\n…\nc"));
  assert.ok(!fits("a 12 s\n", "a … ms"));
  assert.ok(!fits("a\nb\nd\n", "a\n…\nc"));
  assert.ok(!fits("a\nb\n", "a"));
  assert.ok(!fits("a.b\n", "a*b"));
});

Deno.test("readPage keeps blocks, links and headings apart", () => {
  const page = readPage(
    "# A `b` c\n## A b c\n[x](y.md#z) `[no](no)`\n```sh\n# not a heading\n[no](no)\n```\n",
  );
  assert.deepEqual([...page.anchors], ["a-b-c", "a-b-c-1"]);
  assert.deepEqual(page.links, [{ target: "y.md#z", line: 3 }]);
  assert.deepEqual(page.blocks, [{ language: "sh", line: 4, text: "# not a heading\n[no](no)" }]);
});

function pageAt(path: string): Page {
  return readPage(textAt(path));
}

function textAt(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

function pagesUnder(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".md"))
    .map((path) => join(folder, path))
    .sort();
}

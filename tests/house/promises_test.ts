/** The table of promises and their tests (`tests/escape/README.md`): no row is missing, and every test it names is there. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { REPO } from "../_repo.ts";

const LAST = { A: 23, B: 11, F: 9, H: 13, J: 7 };

Deno.test("every promise of rows A, B, F, H and J names a test that is there", async () => {
  const text = await Deno.readTextFile(join(REPO, "tests/escape/README.md"));
  const folder = join(REPO, "tests/escape");
  const files = [...Deno.readDirSync(folder)].filter(({ name }) => name.endsWith(".ts"));
  const escape = files.map(({ name }) => Deno.readTextFileSync(join(folder, name))).join("");
  const rows = [...text.matchAll(/^\| ([ABFHJ]\d+) +\| .+ \| `([^`]+)`: (.+?) +\|$/gm)];
  for (const [, row, file, title] of rows) {
    const source = await Deno.readTextFile(join(REPO, file!)).catch(() => "");
    assert.ok(source.includes(title!), `${row}: ${file} has no test '${title}'`);
    // One test makes the attempts of many rows.
    const tries = !file!.startsWith("tests/escape/") || escape.includes(`"${row}"`);
    assert.ok(tries, `${row}: nothing in tests/escape is counted for it`);
  }
  const named = new Set(rows.map(([, row]) => row));
  for (const [kind, last] of Object.entries(LAST)) {
    for (let i = 1; i <= last; i++) assert.ok(named.has(`${kind}${i}`), `${kind}${i} names no test`);
  }
  assert.equal(
    rows.length,
    text.match(/^\| [A-Z]\d+ /gm)?.length,
    "a row names no test in the form that is read",
  );
});

/** The table of figures, when all is done. @module */

import assert from "node:assert/strict";
import { table } from "./_figures.ts";

export function figures(): void {
  Deno.test("the figures of the suite", () => {
    const text = table();
    // deno-lint-ignore no-console -- the figures are what a reader of the test's output looks for
    console.log(text);
    assert.match(text, /^all/m);
  });
}

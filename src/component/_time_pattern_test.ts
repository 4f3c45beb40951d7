import assert from "node:assert/strict";
import { checkField } from "./_fields.ts";

const said = (pattern: string) =>
  checkField({ type: "string", format: "strftime" }, pattern).map(({ message }) => message).join("\n");

Deno.test("patternProblems takes the engine's letters", () => {
  for (const pattern of ["%Y-%m-%d", "%d.%-m.%y", "100%% %H:%M:%S.%f", "no letters", "${params.format}"]) {
    assert.equal(said(pattern), "", pattern);
  }
});

Deno.test("patternProblems names what stands for nothing", () => {
  const cases = [["%Q", "%Q"], ["%d.%", "%"], ["%-Y", "%-Y"], ["%-", "%-"], ["%%%E", "%E"], ["%ž", "%ž"], [
    "% d",
    "% ",
  ]];
  for (const [pattern, directive] of cases) {
    assert.match(said(pattern!), new RegExp(`and '${directive}' stands for nothing$`), String(pattern));
  }
});

import assert from "node:assert/strict";
import { EXIT_MEANING, exitCodeOf } from "./_exit.ts";

Deno.test("exitCodeOf() gives each kind of failure its documented code", () => {
  const codes = (["run", "usage", "connection", "permission", "check", "interrupted"] as const)
    .map((category) => exitCodeOf({ category }));
  assert.deepEqual(codes, [1, 2, 3, 4, 5, 130]);
  assert.equal(exitCodeOf(undefined), 0);
  for (const code of codes) assert.ok(EXIT_MEANING.some((e) => e.code === code));
});

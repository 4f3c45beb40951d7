import assert from "node:assert/strict";
import { squeezed } from "./_squeeze.ts";

Deno.test("squeezed keeps what is in use in use, however often it is named", async () => {
  const program = `
    // A comment.
    const said = [];
    const opened = (name) => ({ name, [Symbol.dispose]: () => said.push("closed " + name) });
    export function run() {
      using theOnlyUse = opened("a");
      said.push(theOnlyUse.name);
      { using neverNamed = opened("b"); }
      return said;
    }
  `;
  const text = await squeezed(program);
  assert.ok(
    text.length < program.length / 1.5 && !text.includes("comment") && !text.includes("theOnlyUse"),
    text,
  );
  const { run } = await import(`data:application/javascript,${encodeURIComponent(text)}`);
  assert.deepEqual(run(), ["a", "closed b", "closed a"]);
});

import assert from "node:assert/strict";
import { parseTraceparent } from "./mod.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const PARENT = "b7ad6b7169203331";

Deno.test("parseTraceparent reads what the W3C says, of versions to come what is known", () => {
  const read = { traceId: TRACE, parentSpanId: PARENT, sampled: true };
  assert.deepEqual(parseTraceparent(`00-${TRACE}-${PARENT}-01`), read);
  assert.deepEqual(parseTraceparent(` 00-${TRACE}-${PARENT}-00\n`), { ...read, sampled: false });
  assert.deepEqual(parseTraceparent(`cc-${TRACE}-${PARENT}-03-more`), read);
});

Deno.test("parseTraceparent refuses what is not valid", () => {
  const wrong = [
    "",
    "abc",
    `00-${TRACE}-${PARENT}`,
    `00-${TRACE}-${PARENT}-01-more`,
    `ff-${TRACE}-${PARENT}-01`,
    `00-${"0".repeat(32)}-${PARENT}-01`,
    `00-${TRACE}-${"0".repeat(16)}-01`,
    `00-${TRACE.toUpperCase()}-${PARENT}-01`,
  ];
  for (const text of wrong) assert.equal(parseTraceparent(text), undefined, text);
});

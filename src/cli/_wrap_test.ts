import assert from "node:assert/strict";
import fc from "fast-check";
import { columnsOf, cut, cutMiddle, padded, wrapped } from "./_wrap.ts";

Deno.test("wrapped() breaks between words and indents what follows", () => {
  assert.equal(wrapped("one two three four", 9), "one two\nthree\nfour");
  assert.equal(wrapped("one two three", 11, "  "), "one two\n  three");
});

Deno.test("cut() and cutMiddle() count columns, not characters", () => {
  assert.equal(cut("東京都庁", 5), "東京…");
  assert.equal(cutMiddle("run_20260115T100000Z_k3f9qa", 11), "run_2…3f9qa");
  assert.equal(padded("東京", 6), "東京  ");
});

Deno.test("wrapped(), cut() and cutMiddle() never exceed their width", () => {
  const text = fc.oneof(fc.string(), fc.string({ unit: "grapheme" }), fc.lorem());
  fc.assert(fc.property(text, fc.integer({ min: 8, max: 60 }), (text, width) => {
    for (const line of wrapped(text, width).split("\n")) assert.ok(columnsOf(line) <= width, line);
    assert.ok(columnsOf(cut(text, width)) <= width);
    assert.ok(columnsOf(cutMiddle(text, width)) <= width);
  }));
});

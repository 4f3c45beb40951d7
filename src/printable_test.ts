import assert from "node:assert/strict";
import fc from "fast-check";
import { printable, printableText } from "./printable.ts";

Deno.test("printable() shows control characters instead of obeying them", () => {
  assert.equal(
    printable("a\x1b[31mred\x07\u009b2J\u202eabc\ufeff\0"),
    "a\\e[31mred\\x07\\x9b2J\\u{202e}abc\\u{feff}\\x00",
  );
  assert.equal(printable("one\r\ntwo\t"), "one\\r\\ntwo\\t");
});

Deno.test("printable() keeps text of any script", () => {
  const text = "Größe 東京 😀 é e\u0301 שלום";
  assert.equal(printable(text), text);
});

Deno.test("printableText() keeps lines and tabs", () => {
  assert.equal(printableText("a\n\tb\r\x1b"), "a\n\tb\\r\\e");
});

Deno.test("printable() leaves nothing that a terminal obeys", () => {
  // deno-lint-ignore no-control-regex
  const obeyed = /[\0-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => !obeyed.test(printable(text))));
});

import assert from "node:assert/strict";
import fc from "fast-check";
import { ExactNumber, type Json, jsonText, parseExact } from "./exact_json.ts";

for (
  const [text, value] of [
    ["9007199254740991", 9007199254740991],
    ["9007199254740993", 9007199254740993n],
    ["-170141183460469231731687303715884105728", -170141183460469231731687303715884105728n],
    ["0.1", 0.1],
    ["0.30000000000000004", 0.30000000000000004],
    ["0.10000000000000000001", new ExactNumber("0.10000000000000000001")],
    ["1e400", new ExactNumber("1e400")],
    ["1.50000000000000000000", 1.5],
    ["-0.000000000000000000", -0],
    ["1e2", 100],
    ['"9007199254740993"', "9007199254740993"],
  ] as const
) {
  Deno.test(`parseExact reads ${text}`, () => {
    assert.deepEqual(parseExact(text), value);
    assert.deepEqual(parseExact(`{"a": [${text}]}`), { a: [value] });
  });
}

Deno.test("parseExact keeps the digits of every integer and of every decimal, wherever it stands", () => {
  const decimal = fc.tuple(fc.bigInt(), fc.stringMatching(/^\d{1,30}$/)).map(([whole, part]) =>
    `${whole}.${part}`
  );
  fc.assert(fc.property(fc.array(fc.oneof(fc.bigInt().map(String), decimal), { minLength: 1 }), (numbers) => {
    const back = parseExact(`[${numbers.join(",")}]`) as Json[];
    numbers.forEach((text, i) => {
      const value = back[i]!;
      const kept = value instanceof ExactNumber
        ? value.text
        : typeof value === "bigint"
        ? String(value)
        : undefined;
      if (kept !== undefined) assert.equal(kept, text);
      else assert.equal(scaled(String(value)), scaled(text));
    });
  }));
});

Deno.test("parseExact and jsonText agree with JSON on what JSON keeps", () => {
  fc.assert(fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
    const text = JSON.stringify(value);
    assert.equal(JSON.stringify(JSON.parse(jsonText(parseExact(text)))), JSON.stringify(JSON.parse(text)));
  }));
});

Deno.test("jsonText writes numbers with the digits they came with", () => {
  const text = '{"a":[12345678901234567890,0.10000000000000000001],"__proto__":1}';
  assert.equal(jsonText(parseExact(text)), text);
});

Deno.test("parseExact refuses what is no JSON", () => {
  for (const text of ["", "[1", "<html>", "NaN", "[12345678901234567890"]) {
    assert.throws(() => parseExact(text), SyntaxError);
  }
});

/** A number as its digits and an exponent, by way of bigints. */
function scaled(text: string): string {
  const [, sign, whole, part = "", exponent = "0"] = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(text)!;
  const digits = `${BigInt(whole + part)}`;
  const kept = digits.replace(/0+$/, "");
  if (kept === "") return "0";
  return `${sign}${kept}e${Number(exponent) - part.length + digits.length - kept.length}`;
}

import fc from "fast-check";
import assert from "node:assert/strict";
import { join } from "node:path";
import { jsonText, plainData, scrubJson } from "./_json.ts";
import { begin, withRoot } from "./_fixture_for_tests.ts";
import { readSession } from "./mod.ts";

const asIs = (text: string) => text;
// deno-lint-ignore no-control-regex
const STEERING = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;

Deno.test("jsonText of any value is one line that no terminal obeys, and reads back the same", () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    const text = jsonText(value);
    assert.ok(!STEERING.test(text));
    assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)));
  }));
});

Deno.test("jsonText of any text, control characters and lone surrogates included, reads back the same", () => {
  const text = fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((c) => String.fromCharCode(c)) });
  fc.assert(
    fc.property(text, (value) => {
      const line = jsonText({ [value]: value });
      assert.ok(!STEERING.test(line));
      assert.equal(JSON.parse(line)[value], value);
    }),
    { numRuns: 500 },
  );
});

Deno.test("plainData never throws and always gives what JSON can say", () => {
  fc.assert(fc.property(fc.anything({ withBigInt: true, withDate: true, withMap: true }), (value) => {
    jsonText({ value: plainData(value, asIs) });
  }));
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  assert.match(jsonText(plainData(cycle, asIs)), /nested too deep/);
});

Deno.test("plainData keeps integers exact and marks what it cut", () => {
  assert.equal(plainData(9007199254740993n, asIs), "9007199254740993");
  assert.equal(plainData(7n, asIs), 7);
  assert.equal(plainData("x".repeat(10_000_000), asIs), "x".repeat(32_768) + "… (9967232 more characters)");
  assert.equal(
    plainData("secret".repeat(2), (text) => text.replaceAll("secret", "*"), { text: 5, values: 5 }),
    "**",
  );
});

Deno.test("plainData of what holds itself twice, or a million values, ends soon", () => {
  const twice: Record<string, unknown> = {};
  Object.assign(twice, { a: twice, b: twice, c: [twice, twice] });
  assert.ok(jsonText(plainData(twice, asIs)).length < 20_000_000);
  const many = plainData(new Array(1_000_000).fill(0), asIs) as unknown[];
  assert.equal(many.length, 100_000);
  assert.equal(many.at(-1), "[too much]");
});

Deno.test("event is one line whatever the names and messages in it", () =>
  withRoot(async (root) => {
    const corpus = [
      "a\nb",
      "a\r\nb",
      '"},\n{"timestamp":"forged"}',
      "\u001b[2J\u001b[31mSUCCESS",
      "a\u2028b\u2029c",
      "a\u0085b\u009b31m",
      "\u202egnp.exe",
      "\u0000",
      "\ud800",
      "\ufeff",
      "`${x}` %s %n",
      "\\u000a\\",
    ];
    const session = await begin(root);
    for (const text of corpus) session.event("driver.log", { step_id: "load", level: "info", text });
    await session.close();
    const raw = Deno.readTextFileSync(join(session.folder, "events.jsonl"));
    assert.equal(raw.split(/[\n\r\u0085\u2028\u2029\v\f]/).length, corpus.length + 1);
    assert.ok(!STEERING.test(raw.replaceAll("\n", "")));
    const { events } = await readSession(session.folder);
    assert.deepEqual(
      events.map((event) => event.event_type === "driver.log" ? event.data.text : undefined),
      corpus,
    );
  }));

Deno.test("scrubJson masks numbers and texts, and what it gives is JSON with every other number as it was", () => {
  const scrub = (text: string) => text.replaceAll("4711", "***").replaceAll('s"t', "***");
  const json =
    '{"pin":4711,"n":-4711.5e3,"big":9007199254740993,"list":[4711,"a4711",null],"q":"s\\"t","4711":1.50}';
  assert.equal(
    scrubJson(json, scrub),
    '{"pin":"***","n":"-***.5e3","big":9007199254740993,"list":["***","a***",null],"q":"***","***":1.50}',
  );
});

Deno.test("scrubJson of any JSON with any secret in it is JSON", () => {
  fc.assert(fc.property(fc.jsonValue(), fc.string({ minLength: 1 }), (value, secret) => {
    JSON.parse(scrubJson(JSON.stringify(value), (text) => text.replaceAll(secret, "***")));
  }));
});

Deno.test("artifact keeps a JSON file JSON when a number in it is a secret", () =>
  withRoot(async (root) => {
    const session = await begin(root, { scrub: (text) => text.replaceAll("4711", "***") });
    const path = await session.artifact("load", "sample.json", '{"rows":[{"pin":4711}]}');
    await session.close();
    assert.deepEqual(JSON.parse(Deno.readTextFileSync(path)), { rows: [{ pin: "***" }] });
  }));

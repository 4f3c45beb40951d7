import assert from "node:assert/strict";
import { checkConfig } from "./_config.ts";
import type { ComponentSpec, FieldSchema } from "./spec.ts";

function specOf(properties: Record<string, FieldSchema>, more: Partial<ComponentSpec> = {}): ComponentSpec {
  return {
    name: "a.b",
    version: "1.0.0",
    title: "",
    description: "",
    status: "beta",
    modes: ["read"],
    carries: "driver",
    capabilities: [],
    config: { type: "object", properties },
    rules: [],
    permissions: {},
    examples: [],
    hints: [],
    ...more,
  };
}

Deno.test("checkConfig fills defaults in, nested ones too, and leaves what was given", () => {
  const spec = specOf({
    a: { type: "integer", default: 5 },
    b: { type: "boolean", default: true },
    c: { type: "object", properties: { d: { type: "string", default: "x" } } },
    e: { type: "string" },
  });
  const given = { b: false, c: {} };
  assert.deepEqual(checkConfig(spec, given), { value: { a: 5, b: false, c: { d: "x" } }, problems: [] });
  assert.deepEqual(given, { b: false, c: {} });
});

/** A field, a value, and what is said about it. */
const CASES: readonly (readonly [FieldSchema, unknown, readonly string[]])[] = [
  [{ type: "string" }, 5, ["it is 5, and should be text"]],
  [{ type: "string" }, null, ["it is null, and should be text"]],
  [{ type: "integer" }, 1.5, ["it is 1.5, and should be an integer"]],
  [{ type: "integer" }, 2 ** 53, [
    "it is 9007199254740992, which is too large to be exact, and should be an integer",
  ]],
  [{ type: "number" }, "5", ["it is '5', and should be a number"]],
  [{ type: "boolean" }, "yes", ["it is 'yes', and should be true or false"]],
  [{ type: "array" }, "a", ["it is 'a', and should be a list"]],
  [{ type: "object" }, [], ["it is an empty list, and should be a map"]],
  [{ enum: ["a", "b", "c"] }, "d", ["it is 'd', and should be 'a', 'b' or 'c'"]],
  [{ const: 1 }, 2, ["it is 2, and should be 1"]],
  [{ type: "string", minLength: 2 }, "a", ["it is 'a', and should have at least 2 characters"]],
  [{ type: "string", maxLength: 1 }, "👍", []],
  [{ type: "string", pattern: "^[a-z]+$" }, "A", ["it is 'A', and should match ^[a-z]+$"]],
  [{ type: "string", format: "path" }, "a\0b", ["it contains a NUL character, and should not"]],
  [{ type: "number", minimum: 1, maximum: 3 }, 4, ["it is 4, and should be 3 or less"]],
  [{ type: "number", exclusiveMinimum: 0 }, 0, ["it is 0, and should be more than 0"]],
  [{ type: "array", maxItems: 1 }, [1, 2], ["it has 2 items, and should have at most 1"]],
  [{ type: "array", uniqueItems: true }, ["a", "a"], ["it is 'a' once more, and each should be there once"]],
  [{ type: "object", properties: {}, additionalProperties: false }, { x: 1 }, ["there is no field 'x'"]],
  [{ type: "object", required: ["y"] }, {}, ["'y' is missing"]],
  [{ anyOf: [{ type: "integer", minimum: 1 }, { const: "full" }] }, 0, ["it is 0, and should be 1 or more"]],
  [{ anyOf: [{ type: "integer" }, { const: "full" }] }, "ful", [
    "it is 'ful', and should be an integer or 'full'",
  ]],
];

for (const [field, value, said] of CASES) {
  Deno.test(`checkConfig says of ${JSON.stringify(value)} under ${JSON.stringify(field)}: ${said.join() || "nothing"}`, () => {
    const { problems } = checkConfig(specOf({ f: field }), { f: value });
    assert.deepEqual(problems.map((problem) => problem.message), said);
  });
}

Deno.test("checkConfig lets a symbolic text stand for any value, and escaped ones for themselves", () => {
  const spec = specOf({
    n: { type: "integer" },
    e: { enum: ["a"] },
    o: { anyOf: [{ type: "integer" }, { const: "x" }] },
  });
  const symbolic = "${run.id}";
  assert.deepEqual(checkConfig(spec, { n: symbolic, e: `x ${symbolic}`, o: symbolic }).problems, []);
  assert.equal(checkConfig(spec, { e: "$${run.id}" }).problems.length, 1);
});

Deno.test("checkConfig takes the connection and those of its fields that a step may give", () => {
  const connection = {
    family: "db",
    fields: {
      host: { type: "string" },
      user: { type: "string", override: false },
      password: { type: "string", secret: true },
    },
  } as const;
  const spec = specOf({}, { connection });
  const { problems } = checkConfig(spec, { connection: "@db.main", host: 5, user: "u", password: "p" });
  assert.deepEqual(problems.map(({ path, message }) => `${path.join(".")}: ${message}`), [
    "user: there is no field 'user'",
    "password: there is no field 'password'",
    "host: it is 5, and should be text",
  ]);
  assert.equal(
    checkConfig(specOf({}), { connection: "@db.main" }).problems[0]?.message,
    "there is no field 'connection'",
  );
});

Deno.test("checkConfig applies a rule only where its conditions are known to hold", () => {
  const fields = {
    mode: { type: "string", default: "plain" },
    by: { type: "string" },
    size: { type: "integer" },
  } as const;
  const rules = [
    { when: { mode: { const: "parts" } }, require: ["by"], message: "parts need by", help: "add by" },
    { when: { mode: { const: "plain" } }, forbid: ["by"], message: "plain has no by" },
    { when: { by: {} }, then: { size: { minimum: 2 } }, message: "by needs a size of 2" },
  ];
  const said = (config: Record<string, unknown>) =>
    checkConfig(specOf(fields, { rules }), config).problems.map((
      { path, at, message },
    ) => [path.join("."), at, message]);
  assert.deepEqual(said({ mode: "parts" }), [["mode", "value", "parts need by"]]);
  assert.deepEqual(said({ by: "x" }), [["by", "key", "plain has no by"]]);
  assert.deepEqual(said({ mode: "parts", by: "x", size: 1 }), [["size", "value", "by needs a size of 2"]]);
  assert.deepEqual(said({ mode: "${params.mode}" }), []);
});

Deno.test("checkConfig refuses fields that must differ and do not, defaults included", () => {
  const spec = specOf(
    { a: { type: "string", default: "," }, b: { type: "string" } },
    { rules: [{ when: { a: { minLength: 1 } }, differ: ["a", "b"], message: "alike" }] },
  );
  const said = (config: Record<string, unknown>) =>
    checkConfig(spec, config).problems.map(({ path, message }) => `${path}: ${message}`);
  assert.deepEqual(said({ b: "," }), ["b: alike"]);
  assert.deepEqual(said({ a: ";", b: ";" }), ["a: alike"]);
  assert.deepEqual(said({ b: ";" }), []);
  assert.deepEqual(said({}), []);
});

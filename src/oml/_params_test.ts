import assert from "node:assert/strict";
import { fitParam, type ParamDecl, type ParamType } from "./_params.ts";
import { parsePipeline } from "./_pipeline.ts";

Deno.test("fitParam takes what a type holds, in its plain form", () => {
  const fits: [ParamType, unknown, unknown?][] = [
    ["string", ""],
    ["int", -3],
    ["int", "42", 42],
    ["int", "-9223372036854775808"],
    ["int", "9007199254740993"],
    ["int", "007", 7],
    ["number", 1.5],
    ["bool", false],
    ["date", "2024-02-29"],
    ["timestamp", "2024-02-29T23:59:59.123456+02:00"],
    ["timestamp", "2024-02-29 00:00"],
    ["list", [1, "a", true]],
    ["list", []],
    ["map", { a: null }],
  ];
  for (const [type, value, plain = value] of fits) {
    assert.deepEqual(fitParam({ type }, value), { value: plain }, `${type} ${value}`);
  }
});

Deno.test("fitParam says what a value should be", () => {
  const misfits: [ParamType, unknown][] = [
    ["string", 1],
    ["int", 1.5],
    ["int", 2 ** 53],
    ["int", "9223372036854775808"],
    ["int", "1e3"],
    ["int", ""],
    ["number", "1"],
    ["number", Infinity],
    ["number", NaN],
    ["bool", "true"],
    ["date", "2023-02-29"],
    ["date", "2023-2-9"],
    ["date", "2023-02-09T00:00"],
    ["timestamp", "2023-02-09"],
    ["timestamp", "2023-02-09T24:00:00Z"],
    ["list", "a"],
    ["list", [null]],
    ["list", [[1]]],
    ["map", []],
    ["map", null],
  ];
  for (const [type, value] of misfits) assert.ok("should" in fitParam({ type }, value), `${type} ${value}`);
});

Deno.test("fitParam holds values against enum, bounds and pattern", () => {
  const ok = (decl: ParamDecl, value: unknown) => "value" in fitParam(decl, value);
  const day: ParamDecl = { type: "date", min: "2024-01-01", max: "2024-12-31" };
  assert.deepEqual(["2023-12-31", "2024-01-01", "2024-12-31", "2025-01-01"].map((d) => ok(day, d)), [
    false,
    true,
    true,
    false,
  ]);
  const big: ParamDecl = { type: "int", min: "9007199254740993" };
  assert.deepEqual(["9007199254740992", "9007199254740993", 5].map((n) => ok(big, n)), [false, true, false]);
  const noon: ParamDecl = { type: "timestamp", max: "2024-01-01T12:00:00Z" };
  assert.deepEqual(["2024-01-01T13:00:00+02:00", "2024-01-01T12:30:00"].map((t) => ok(noon, t)), [
    true,
    false,
  ]);
  assert.deepEqual(["a", "c"].map((t) => ok({ type: "string", enum: ["a", "b"] }, t)), [true, false]);
  assert.deepEqual([["a", "b"], ["a", "c"], []].map((l) => ok({ type: "list", enum: ["a", "b"] }, l)), [
    true,
    false,
    true,
  ]);
  assert.deepEqual(["abc", "ab1"].map((t) => ok({ type: "string", pattern: "^[a-z]+$" }, t)), [true, false]);
});

Deno.test("fitParam never repeats a value that does not fit", () => {
  const decls: ParamDecl[] = [{ type: "int" }, { type: "string", pattern: "^a$" }, {
    type: "string",
    enum: ["a"],
  }, { type: "date" }];
  for (const decl of decls) assert.doesNotMatch(JSON.stringify(fitParam(decl, "hunter2")), /hunter2/);
});

Deno.test("parsePipeline takes a parameter's type from its default, or else from its choices", () => {
  const declared = (text: string) => {
    const head = 'oml_version: "0.1.0"\nname: x\nsteps: [{ id: a, component: f.r, mode: read }]\n';
    const { value, diagnostics } = parsePipeline(`${head}params: { p: ${text} }\n`, "p.oml");
    assert.deepEqual(diagnostics, []);
    return value?.params["p"]?.type;
  };
  const known = {
    "1": "int",
    "1.5": "number",
    "true": "bool",
    "2024-01-01": "string",
    "{ default: [1] }": "list",
  };
  for (const [text, type] of Object.entries(known)) assert.equal(declared(text), type, text);
  assert.equal(declared("{ enum: [1, 2] }"), "int");
  assert.equal(declared("{ description: d }"), "string");
  assert.equal(declared("{ default: { a: 1 } }"), "map");
});

import assert from "node:assert/strict";
import { checkSpec, readSpec } from "./_check_spec.ts";

const GOOD = {
  name: "shop.extractor",
  version: "1.0.0",
  title: "A shop",
  description: "Reads orders",
  status: "beta",
  modes: ["read"],
  config: {
    type: "object",
    required: ["path"],
    properties: {
      path: { type: "string", description: "A path", examples: ["a"] },
      size: { type: "integer", description: "A size", default: 1 },
    },
  },
  permissions: { read: ["${config.path}"] },
  examples: [{ title: "One", mode: "read", config: { path: "a" } }],
};

Deno.test("checkSpec takes a good spec and spells out what it left to be understood", () => {
  const { value, diagnostics } = checkSpec(GOOD, "spec.yaml");
  assert.deepEqual(diagnostics, []);
  assert.deepEqual([value?.carries, value?.capabilities, value?.rules, value?.hints], ["driver", [], [], []]);
});

const field = (more: object) => ({
  ...GOOD,
  config: { type: "object", properties: { ...GOOD.config.properties, x: { description: "x", ...more } } },
});

/** Changes that make a spec wrong, and what is said about each. */
const BAD: readonly (readonly [string, unknown, RegExp])[] = [
  ["an unknown key", { ...GOOD, colour: "red" }, /colour/],
  ["a bad name", { ...GOOD, name: "Shop" }, /name: /],
  ["more permissions than anybody reads", {
    ...GOOD,
    permissions: { read: Array.from({ length: 21 }, (_, i) => `${i}`) },
  }, /permissions\.read/],
  ["a permission that is too long to be read", {
    ...GOOD,
    permissions: { net: ["x".repeat(301)] },
  }, /permissions\.net/],
  ["no examples", { ...GOOD, examples: [] }, /examples: /],
  [
    "a field without description",
    { ...GOOD, config: { type: "object", properties: { x: {} } } },
    /description/,
  ],
  ["a keyword that is not enforced", field({ multipleOf: 2 }), /multipleOf/],
  [
    "a default that does not fit",
    field({ type: "integer", default: "a" }),
    /default or example of 'x': it is 'a'/,
  ],
  ["an example that does not fit", field({ enum: ["a"], examples: ["b"] }), /default or example of 'x'/],
  ["a secret with a default", field({ secret: true, default: "hunter2" }), /'x' is secret/],
  ["a broken pattern", field({ pattern: "(" }), /pattern/],
  [
    "a required field there is not",
    { ...GOOD, config: { ...GOOD.config, required: ["pth"] } },
    /required names 'pth'/,
  ],
  [
    "a template of something else",
    { ...GOOD, permissions: { read: ["${env.HOME}"] } },
    /neither config nor connection/,
  ],
  ["a template of no field", { ...GOOD, permissions: { net: ["${connection.host}:1"] } }, /names 'host'/],
  [
    "an example that fails",
    { ...GOOD, examples: [{ title: "X", mode: "read", config: {} }] },
    /example 'X': .*'path' is missing/,
  ],
  ["an example of another mode", {
    ...GOOD,
    examples: [{ title: "X", mode: "write", config: { path: "a" } }],
  }, /not among modes/],
  [
    "the capability 'incremental' with a field of that name that has no cursor",
    {
      ...GOOD,
      capabilities: ["incremental"],
      config: {
        ...GOOD.config,
        properties: {
          ...GOOD.config.properties,
          incremental: { type: "boolean", description: "x", default: true },
        },
      },
    },
    /the field 'incremental' is no object that requires a 'cursor'/,
  ],
  ["write modes without the field", { ...GOOD, write_modes: ["append"] }, /write_modes and the enum/],
  [
    "a rule about no field",
    { ...GOOD, rules: [{ when: { z: {} }, forbid: ["path"], message: "m" }] },
    /a rule names 'z'/,
  ],
  ["no document at all", null, /the document/],
];

for (const [what, doc, said] of BAD) {
  Deno.test(`checkSpec refuses ${what}`, () => {
    const { value, diagnostics } = checkSpec(doc, "spec.yaml");
    assert.equal(value, undefined);
    assert.match(diagnostics.map((each) => each.message).join("\n"), said);
    assert.ok(diagnostics.every((each) => each.code === "DRV400" && each.file === "spec.yaml"));
  });
}

Deno.test("readSpec says one fault once, and of an unknown key that it is one", () => {
  const spec = "name: a.b\nversion: 1.0.0\ntitle: T\ndescription: D\nstatus: experimental\nmodes: [read]\n" +
    "permissions: {}\nexamples: [{ title: x, mode: read, config: {} }]\nconfig: { type: object, properties: {} }\n";
  const faults: readonly (readonly [text: string, says: string])[] = [
    [spec.replace(", properties: {}", ""), 'config: Instance does not have required property "properties"'],
    [`${spec}foo: 1\n`, "foo: there is no such key"],
    [spec.replace("permissions: {}", "permissions: { env: [x] }"), "permissions.env: there is no such key"],
  ];
  for (const [text, says] of faults) {
    const messages = readSpec(text, "spec.yaml").diagnostics.map(({ message }) => message);
    assert.deepEqual(messages, [`Cannot accept component spec: ${says}`]);
  }
});

Deno.test("readSpec says where the text is not YAML", () => {
  const { diagnostics } = readSpec("name: a\nname: b\n", "spec.yaml");
  assert.deepEqual([diagnostics[0]?.line, diagnostics[0]?.column], [2, 1]);
});

Deno.test("readSpec refuses a text that is made to be too much", () => {
  const bomb = `a: &a [x, x]\nb: &b [${"*a, ".repeat(20)}*a]\nc: [${"*b, ".repeat(20)}*b]\n`;
  for (
    const text of [
      "#".repeat(2_000_000),
      bomb,
      "[".repeat(100_000),
      `a: ${"[".repeat(20_000)}${"]".repeat(20_000)}`,
    ]
  ) {
    const { value, diagnostics } = readSpec(text, "spec.yaml");
    assert.equal(value, undefined);
    assert.equal(diagnostics[0]?.code, "DRV400");
  }
});

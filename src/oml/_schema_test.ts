import assert from "node:assert/strict";
import fc from "fast-check";
import schema from "../../schemas/oml.schema.json" with { type: "json" };
import { validatorOf } from "../json_schema.ts";
import { Findings } from "./_findings.ts";
import { findMisfits } from "./_schema.ts";
import { Lines } from "./_source.ts";
import { readYaml } from "./_yaml.ts";

const general = validatorOf(schema);

function misfitsOf(value: unknown): number {
  const text = JSON.stringify(value);
  const { root } = readYaml(new Findings("f", text, new Lines(text)));
  assert.ok(root, text);
  return findMisfits(root).length;
}

const keywords = new Set(
  ("$schema $id $ref $defs title description default examples type const enum properties patternProperties " +
    "additionalProperties propertyNames required items minItems minimum maximum minLength maxLength pattern anyOf if else " +
    "not patternErrorMessage errorMessage doNotSuggest x-also-called").split(" "),
);

Deno.test("the schema of OML uses only keywords that findMisfits knows", () => {
  const look = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    for (const [key, held] of Object.entries(node)) {
      assert.ok(keywords.has(key), key);
      if (["properties", "patternProperties", "$defs"].includes(key)) {
        Object.values(held as object).forEach(look);
      } else if (["anyOf"].includes(key)) (held as unknown[]).forEach(look);
      else if (["items", "additionalProperties", "propertyNames", "if", "else", "not"].includes(key)) {
        look(held);
      }
    }
  };
  look(schema);
});

Deno.test("the examples of the schema of OML fit it", () => {
  for (const example of schema.examples) assert.equal(misfitsOf(example), 0);
});

/** One valid document that uses every key, and values to put in the place of its parts. */
const WHOLE = {
  oml_version: "0.1.0",
  name: "n",
  description: "d",
  params: {
    a: 1,
    b: { type: "int", default: 1, enum: [1], min: 0, max: 2, sensitive: false, description: "" },
    c: { pattern: "x" },
  },
  profiles: { p: { params: { a: [1] }, connections: { mysql: "m" }, config: { s: {} } } },
  defaults: {
    retry: { max: 1, backoff: "none", delay: "1s", max_delay: "1m", jitter: true },
    timeout: "1h",
    cache: { ttl: "1h" },
    engine: "spark",
  },
  checkpoint: { interval: 2 },
  schedule: "x",
  stream: {},
  hooks: [
    { name: "h", on: "run.error", webhook: { url: "https://h/x", template: "slack", attempts: 1 } },
    { name: "i", on: ["node_start"], priority: "low", mode: "async", timeout: "1s", command: ["a"] },
    { name: "j", on: "run.error", file: { path: "f" }, summary: { path: "f" }, alert: { message: "m" } },
    { name: "k", on: "run.error", email: { connection: "@smtp.a", to: ["a@b"], subject: "s" } },
    {
      name: "l",
      on: "run.error",
      metrics_export: { path: "f", format: "json" },
      log_rotation: { keep: 1 },
      webhook: { connection: "@webhook.a" },
    },
  ],
  metadata: {},
  run: { run_id: "r", traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" },
  "x-a": null,
  steps: [
    { id: "s", component: "a.b", mode: "read", config: {}, "x-b": 1, labels: ["a"] },
    {
      id: "t",
      component: "a.b",
      mode: "write",
      inputs: { df: "s" },
      needs: ["s"],
      labels: { a: 1 },
      checkpoint: true,
      cache: false,
    },
    {
      id: "u",
      branch: {
        when: "x",
        then: [{ id: "v", component: "a.b", mode: "read" }],
        else: [{ id: "w", component: "a.b", mode: "read" }],
      },
    },
    { id: "x", fan_out: { over: [1], as: "i", step: { id: "y", component: "a.b", mode: "read" } } },
    {
      id: "z",
      component: "a.b",
      mode: "read",
      contract: { columns: { id: "BIGINT" }, on_new: "freeze" },
      checks: ["unique", {}],
      resources: { cpu: 1, timeout: "1s" },
      privacy: "p",
      approval_required: false,
      when: true,
    },
  ],
};

/** Every path into a plain value. */
function pathsOf(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== "object" || value === null) return [path];
  const keys = Array.isArray(value) ? value.map((_, i) => i) : Object.keys(value);
  return [
    path,
    ...keys.flatMap((key) => pathsOf((value as Record<string | number, unknown>)[key], [...path, key])),
  ];
}

const paths = pathsOf(WHOLE).filter((path) => path.length > 0);
const change = fc.record({
  path: fc.constantFrom(...paths),
  how: fc.constantFrom("replace", "remove", "add"),
  key: fc.constantFrom("x-1", "when", "id", "type", "ttl", "max", "then", "version", "bad key", "branch"),
  value: fc.oneof(
    fc.constantFrom("", "1s", "off", "none", "read", "a.b", "a b", "int", "../x"),
    fc.constantFrom(0, -1, 1.5, 101, true, false, null, [], {}, [{}], [1], { a: 1 }, { ttl: "1s" }, {
      interval: 0,
    }, { when: "a", then: [] }),
  ),
});

Deno.test("findMisfits agrees with a general validator about which documents fit", () => {
  let fitting = 0;
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
      const document = structuredClone(WHOLE) as Record<string | number, unknown>;
      for (const { path, how, key, value } of changes) {
        let holder: unknown = document;
        for (const name of path.slice(0, -1)) {
          holder = (holder as Record<string | number, unknown> | undefined)?.[name];
        }
        if (typeof holder !== "object" || holder === null) continue;
        const last = path.at(-1)!;
        if (how === "replace") (holder as Record<string | number, unknown>)[last] = value;
        else if (Array.isArray(holder)) holder.splice(0, 1);
        else if (how === "remove") delete (holder as Record<string | number, unknown>)[last];
        else (holder as Record<string | number, unknown>)[key] = value;
      }
      const fits = general.validate(document).valid;
      if (fits) fitting++;
      assert.equal(misfitsOf(document) === 0, fits, JSON.stringify(document));
    }),
    { numRuns: 150 },
  );
  assert.ok(fitting > 5, "the changes leave some documents whole");
  assert.equal(misfitsOf(WHOLE), 0);
});

Deno.test("every published schema is named after its file", () => {
  const folder = new URL("../../schemas/", import.meta.url);
  const files = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) =>
    name.endsWith(".json")
  );
  assert.ok(files.length > 0);
  for (const file of files) {
    const { $id } = JSON.parse(Deno.readTextFileSync(new URL(file, folder)));
    assert.equal($id, `https://osiris.dev/schemas/${file}`);
  }
});

import assert from "node:assert/strict";
import fc from "fast-check";
import { Document, isCollection, isScalar, visit } from "yaml";
import { Findings } from "./_findings.ts";
import { formatOml } from "./_format.ts";
import { Lines } from "./_source.ts";
import { readYaml } from "./_yaml.ts";

function valueOf(text: string): unknown {
  const findings = new Findings("f", text, new Lines(text));
  const { root } = readYaml(findings);
  assert.ok(root, `${JSON.stringify(findings.sorted)}\n${text}`);
  return root.value;
}

function format(text: string): string {
  const { value, diagnostics } = formatOml(text, "p.oml");
  assert.deepEqual(diagnostics, []);
  return value!;
}

Deno.test("formatOml puts keys in the order of the language and keeps every comment", () => {
  const text = `# yaml-language-server: $schema=oml.schema.json
# about it

steps:
# first
- config: {query: "SELECT 1", a: 'x'}   # beside
  x-note: mine
  mode: read
  id: a

  # above component
  component: f.r
- {mode: write,
   component: f.w, id: b}
x-mine: 1
params:
    limit: {default: 1, type: int}
    since:   2024-01-01
profiles:
    dev: {config: {b: {z: 1, a: 2}}, params: {limit: 2}}
name: x
oml_version: "0.1.0"
# the end
`;
  const formatted = `# yaml-language-server: $schema=oml.schema.json
# about it

oml_version: "0.1.0"
name: x
params:
  limit: { type: int, default: 1 }
  since: 2024-01-01
profiles:
  dev: { params: { limit: 2 }, config: { b: { z: 1, a: 2 } } }
steps:
  # first
  - id: a

    # above component
    component: f.r
    mode: read
    config: { query: "SELECT 1", a: 'x' } # beside
    x-note: mine
  - { id: b, component: f.w, mode: write }
x-mine: 1

# the end
`;
  assert.equal(format(text), formatted);
  assert.equal(format(formatted), formatted);
});

Deno.test("formatOml leaves block texts, quotes and numbers as they were written", () => {
  const text = `metadata:
  sql: |
    SELECT *
      FROM df   -- not a YAML comment
    # nor this
  folded: >-
    one two
  a: '1'
  b: "\\u00e9\\n"
  c: 0x1F
  d: 1.50
  e: ~
  f: true
  g: [1, a, "b"]
  h: {}
  i: []
  keep: |+
    x

  last: 1
`;
  assert.equal(format(text), text);
});

Deno.test("formatOml writes a list or map that is too long for a line as a block", () => {
  const long = Array.from({ length: 30 }, (_, i) => `column_${i}`);
  const formatted = format(`metadata: { columns: [${long.join(", ")}], short: [a, b] }\n`);
  assert.deepEqual(valueOf(formatted), { metadata: { columns: long, short: ["a", "b"] } });
  assert.ok(formatted.split("\n").every((line) => line.length <= 110), formatted);
});

Deno.test("formatOml keeps the order of a text with aliases, which must stay below their anchors", () => {
  const text = "steps:\n  - &a { id: a, component: f.r, mode: read }\n  - *a\nname: x\n";
  assert.equal(format(text), text);
});

Deno.test("formatOml writes LF, no byte order mark, and one line end at the end", () => {
  assert.equal(format("\uFEFFname: x\r\nsteps: []\r\n\r\n\r\n"), "name: x\nsteps: []\n");
  assert.equal(format("name: x"), "name: x\n");
});

Deno.test("formatOml leaves a file of comments alone", () => {
  assert.equal(format("# a\r\n\r\n# b\n\n"), "# a\n\n# b\n");
});

Deno.test("formatOml says what is wrong with a text that is no YAML", () => {
  const { value, diagnostics } = formatOml("name: 'x\n", "p.oml");
  assert.equal(value, undefined);
  assert.deepEqual(diagnostics.map((d) => [d.code, d.line, d.column]), [["OML100", 1, 7]]);
});

// A text in many styles: plain data, written by the YAML library with random comments, blank lines, quotes and flow.
const scalar = fc.oneof(
  fc.constantFrom(
    "",
    "a",
    "#no",
    "- x",
    "a: b",
    "yes",
    "null",
    "1",
    "\u{1F600}",
    " lead",
    "trail ",
    "two\nlines",
    "end\n",
    "tab\t",
    "${params.x}",
    "'",
    '"',
    "@x",
  ),
  fc.string({ maxLength: 12 }),
  fc.integer({ min: -(2 ** 53) + 1, max: 2 ** 53 - 1 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
);
const key = fc.constantFrom(
  ...("oml_version name description params profiles defaults steps metadata id component mode config inputs needs retry max delay " +
    "type default x-a x-b zz unknown").split(" "),
);
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    scalar,
    fc.array(tie("tree"), { maxLength: 4 }),
    fc.dictionary(key, tie("tree"), { maxKeys: 6 }).map((map) => ({ ...map })),
  ),
}));
const data = fc.record({
  name: scalar,
  params: fc.dictionary(key, tree, { maxKeys: 3 }).map((map) => ({ ...map })),
  steps: fc.array(fc.dictionary(key, tree, { maxKeys: 5 }).map((map) => ({ ...map })), { maxLength: 4 }),
  "x-z": tree,
}, { requiredKeys: [] }).map((map) => ({ ...map }));

function write(value: unknown, choices: readonly number[]): string {
  let next = 0;
  const choose = (n: number) => (choices[next++ % choices.length] ?? 0) % n;
  const document = new Document(value);
  visit(document, {
    Node(key, node) {
      if (key === "key" && choose(5) === 0) {
        (node as { commentBefore: string }).commentBefore = ` above ${next}`;
      }
      if (key === "key" && choose(9) === 0) (node as { spaceBefore: boolean }).spaceBefore = true;
      if (isCollection(node) && choose(4) === 0) node.flow = true;
      if (isScalar(node) && key !== "key" && choose(9) === 0) node.comment = ` beside ${next}`;
      if (isScalar(node) && typeof node.value === "string") {
        node.type =
          (["PLAIN", "QUOTE_DOUBLE", "QUOTE_SINGLE", "BLOCK_LITERAL", "BLOCK_FOLDED"] as const)[choose(5)]!;
      }
    },
  });
  return document.toString({
    indent: 1 + choose(5),
    indentSeq: choose(2) === 0,
    lineWidth: [0, 40, 80][choose(3)]!,
  });
}

Deno.test("formatOml keeps the meaning, and formatting twice changes nothing", () => {
  let formatted = 0;
  let runs = 0;
  fc.assert(
    fc.property(data, fc.array(fc.nat({ max: 1000 }), { minLength: 1, maxLength: 60 }), (value, choices) => {
      const text = write(value, choices);
      // The library writes some comments where no YAML reader expects them.
      fc.pre(readYaml(new Findings("f", text, new Lines(text))).root !== undefined);
      runs++;
      const { value: once, diagnostics } = formatOml(text, "p.oml");
      if (once === undefined) return assert.deepEqual(diagnostics.map((d) => d.code), ["OML119"]);
      formatted++;
      assert.deepEqual(valueOf(once), valueOf(text));
      assert.equal(format(once), once);
      const comments = (of: string) => of.match(/ (above|beside) \d+/g)?.sort() ?? [];
      assert.deepEqual(comments(once), comments(text));
    }),
    { numRuns: 60 },
  );
  assert.ok(formatted > runs * 0.9, `${formatted} of ${runs} were formatted`);
});

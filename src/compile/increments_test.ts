import assert from "node:assert/strict";
import type { ComponentSpec } from "../component/mod.ts";
import { catalogOf, compileText, pipelineText, SPECS } from "./_fixture.ts";

const FILES = SPECS.find(({ name }) => name === "files.reader")!;
const reader = (name: string, properties: ComponentSpec["config"]["properties"]): ComponentSpec => ({
  ...FILES,
  name,
  capabilities: ["incremental"],
  permissions: {},
  config: { type: "object", properties },
});
const catalog = catalogOf([
  ...SPECS,
  reader("table.reader", {
    incremental: { type: "object", required: ["cursor"], properties: { cursor: { type: "string" } } },
  }),
  reader("api.reader", {}),
]);

const GET = "  - { id: get, component: table.reader, mode: read, config: { incremental: { cursor: at } } }\n";
const ALL = "  - { id: get, component: table.reader, mode: read }\n";
const OWN = "  - { id: get, component: api.reader, mode: read }\n";
const SQL =
  '  - { id: sum, component: test.sql, mode: transform, inputs: { df: get }, config: { query: "SELECT * FROM df" } }\n';
const put = (id: string, from: string, mode: string) =>
  `  - { id: ${id}, component: files.writer, mode: write, inputs: { df: ${from} }, config: { path: ${id}.csv, write_mode: ${mode} } }\n`;

const foundIn = (steps: string) =>
  compileText(pipelineText(steps), { catalog }).diagnostics.map(({ severity, code, message, line }) =>
    `${severity} ${code} ${line}: ${message}`
  );

Deno.test("compile accepts an increment that one step writes, or several that may write it again", () => {
  for (
    const steps of [
      GET + put("a", "get", "append"),
      GET + SQL + put("a", "sum", "append"),
      GET + SQL + put("a", "sum", "overwrite") + put("b", "get", "overwrite"),
      ALL + put("a", "get", "append") + put("b", "get", "append"),
      ALL,
      OWN + put("a", "get", "append"),
    ]
  ) assert.deepEqual(foundIn(steps), [], steps);
});

Deno.test("compile warns of an increment that nobody writes, and refuses one that could be written twice", () => {
  for (const read of [GET, OWN]) {
    const [nobody, ...none] = foundIn(read + SQL);
    assert.match(
      nobody!,
      /^warning CMP218 \d+: Cannot keep how far step 'get' has come: .* nothing writes its rows/,
    );
    const [twice, ...more] = foundIn(read + SQL + put("a", "get", "overwrite") + put("b", "sum", "append"));
    assert.match(twice!, /^error CMP218 \d+: .* which 2 steps write, and 'b' would write rows twice/);
    assert.deepEqual([none, more], [[], []]);
  }
});

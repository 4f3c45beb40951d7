import assert from "node:assert/strict";
import { checkDriverMessage } from "./_check.ts";
import { Violation } from "./_plain.ts";

const failure = { code: "DRV401", category: "run", message: "no", retryable: false };
const scan = { kind: "scan", format: "csv", path: "a.csv", options: {} };
const copy = { kind: "copy", format: "csv", path: "a", write_mode: "append", partition_by: [], options: {} };
const select = {
  kind: "select",
  path: "a.db",
  table: "t",
  query: null,
  columns: ["a"],
  params: [],
  bounds: { column: "a", from: "1", to: null },
};
const query = { ...select, table: null, query: "SELECT $1", params: ["a", 1.5, true, null], bounds: null };
const history = { valid_from: "f", valid_to: "t", current: "c", close_missing: true };
const load = {
  kind: "load",
  path: "a.db",
  table: "t",
  write_mode: "scd2",
  keys: ["a"],
  history,
  create: false,
};
const table = {
  name: "t",
  columns: [{ name: "id", type: "BIGINT" }],
  keys: [],
  rows: null,
  samples: [{ id: "1" }],
  profile: { rows: 2, columns: [{ name: "id", nulls: 0, distinct: 2, min: "1", max: null }] },
};

const GOOD: unknown[] = [
  { type: "ready", protocol: 1 },
  { type: "checked", ok: true, latency_ms: 0.5, category: null, message: null, help: "x" },
  { type: "discovered", tables: [table] },
  { type: "relation", relation: scan },
  { type: "relation", relation: copy },
  { type: "relation", relation: select },
  { type: "relation", relation: query },
  { type: "relation", relation: load },
  { type: "relation", relation: { ...load, write_mode: "upsert", history: null } },
  { type: "relation", relation: { kind: "sql", query: "SELECT 1" } },
  { type: "schema", columns: [{ name: "id", type: "BIGINT" }] },
  { type: "batch", data: new Uint8Array(3), rows: 1 },
  { type: "end", rows: 3, checksum: 2 ** 32 - 1, cursor: { last: [1, "a", null, true] } },
  { type: "staged", rows: 3 },
  { type: "bytes", columns: [{ name: "a", type: "BIGINT" }], null_text: "\\N" },
  { type: "accepts", input: "df", null_text: "NULL" },
  { type: "target", columns: null },
  { type: "target", columns: [{ name: "id", type: "BIGINT", filled: true }] },
  { type: "committed" },
  { type: "loaded", rows: 3 },
  { type: "loaded", rows: null },
  { type: "aborted" },
  { type: "credit", input: "df", batches: 4 },
  { type: "log", level: "info", text: "hello" },
  { type: "event", name: "page.read", data: {} },
  { type: "metric", name: "pages", value: 3, unit: "count" },
  { type: "progress", rows: 5 },
  {
    type: "used",
    net: [{ host: "db.local:5432", count: 3 }],
    read: ["/data/a.csv"],
    write: [],
    denied: [{ permission: "net", resource: "other.local:80" }],
  },
  { type: "error", failure: { ...failure, help: "x", retry_after_ms: 5 } },
];

Deno.test("checkDriverMessage takes every message of the protocol", () => {
  for (const message of GOOD) assert.deepEqual(structuredClone(checkDriverMessage(message)), message);
});

Deno.test("checkDriverMessage refuses an unknown key, a missing key and a wrong type in every message", () => {
  for (const message of GOOD as Record<string, unknown>[]) {
    assert.throws(() => checkDriverMessage({ ...message, extra: 1 }), Violation);
    for (const key of Object.keys(message)) {
      const { [key]: _, ...rest } = message;
      assert.throws(() => checkDriverMessage(rest), Violation, `${message["type"]} without ${key}`);
      if (key !== "cursor") assert.throws(() => checkDriverMessage({ ...message, [key]: Symbol }), Violation);
    }
  }
});

Deno.test("checkDriverMessage gives objects without a prototype, whatever was sent", () => {
  const sneaky = JSON.parse(
    '{"type":"event","name":"x","data":{"__proto__":{"admin":true},"list":[{"a":1}]}}',
  );
  const message = checkDriverMessage(sneaky) as Extract<
    ReturnType<typeof checkDriverMessage>,
    { type: "event" }
  >;
  assert.equal(Object.getPrototypeOf(message), null);
  assert.equal(Object.getPrototypeOf(message.data), null);
  assert.equal((message.data as { admin?: boolean }).admin, undefined);
  assert.equal(Object.getPrototypeOf((message.data["list"] as object[])[0]), null);
});

Deno.test("checkDriverMessage reads a getter no more than once and keeps a plain value", () => {
  let reads = 0;
  const message = checkDriverMessage({
    type: "log",
    level: "info",
    get text() {
      return reads++ === 0 ? "harmless" : "x".repeat(1_000_000);
    },
  });
  assert.deepEqual(Object.getOwnPropertyDescriptor(message, "text")?.value, "harmless");
});

let deep: unknown = 1;
for (let i = 0; i < 40; i++) deep = [deep];

const BAD: readonly (readonly [string, unknown])[] = [
  ["no object", "ready"],
  ["a list", []],
  ["no type", {}],
  ["an inherited type", Object.create({ type: "committed" })],
  ["an unknown type", { type: "toString" }],
  ["a text of 65,537 characters", { type: "log", level: "info", text: "x".repeat(65_537) }],
  ["a level there is not", { type: "log", level: "fatal", text: "x" }],
  ["a negative count", { type: "progress", rows: -1 }],
  ["a load of fewer rows than none", { type: "loaded", rows: -1 }],
  ["a load that says nothing of its rows", { type: "loaded" }],
  ["a table that is not said", { type: "target" }],
  ["a table's column without a type", { type: "target", columns: [{ name: "a", filled: false }] }],
  ["a table's column of no type", {
    type: "target",
    columns: [{ name: "a", type: "INT); --", filled: false }],
  }],
  ["a broken count", { type: "progress", rows: 0.5 }],
  ["a number that is none", { type: "metric", name: "a", value: NaN, unit: "" }],
  ["a name with a line break", { type: "metric", name: "a\nb", value: 1, unit: "" }],
  ["bytes in shared memory", { type: "batch", data: new Uint8Array(new SharedArrayBuffer(8)), rows: 1 }],
  ["bytes that are no bytes", { type: "batch", data: [1, 2], rows: 1 }],
  ["a cursor with a bigint", { type: "end", rows: 0, checksum: 0, cursor: 1n }],
  ["a cursor with a date", { type: "end", rows: 0, checksum: 0, cursor: new Date() }],
  ["a cursor of 40 levels", { type: "end", rows: 0, checksum: 0, cursor: deep }],
  ["a checksum of 33 bits", { type: "end", rows: 0, checksum: 2 ** 32, cursor: null }],
  ["a use of what is no permission", {
    type: "used",
    net: [],
    read: [],
    write: [],
    denied: [{ permission: "env", resource: "HOME" }],
  }],
  ["1,001 files used", { type: "used", net: [], read: Array(1_001).fill("a"), write: [], denied: [] }],
  ["a file of 4,097 characters", { type: "used", net: [], read: ["a".repeat(4_097)], write: [], denied: [] }],
  ["no columns", { type: "schema", columns: [] }],
  ["a column twice", { type: "schema", columns: [{ name: "a", type: "DATE" }, { name: "A", type: "DATE" }] }],
  ["a column without a name", { type: "schema", columns: [{ name: "", type: "DATE" }] }],
  ["a type that is a statement", {
    type: "schema",
    columns: [{ name: "a", type: "DATE); DROP TABLE x; --" }],
  }],
  ["an option there is not", { type: "relation", relation: { ...scan, options: { filename: true } } }],
  ["an option of the wrong type", { type: "relation", relation: { ...scan, options: { header: "yes" } } }],
  ["a column type that is none", { type: "relation", relation: { ...scan, options: { types: { a: "X" } } } }],
  ["a path with a NUL", { type: "relation", relation: { ...scan, path: "a\0b" } }],
  ["a format there is not", { type: "relation", relation: { ...scan, format: "exe" } }],
  ["a kind there is not", { type: "relation", relation: { ...scan, kind: "attach" } }],
  ["a query of 10 MB and more", {
    type: "relation",
    relation: { kind: "sql", query: "x".repeat(10_485_761) },
  }],
  ["a table and a query", { type: "relation", relation: { ...query, table: "t" } }],
  ["neither a table nor a query", { type: "relation", relation: { ...select, table: null } }],
  ["a value to bind that is none", { type: "relation", relation: { ...query, params: [{}] } }],
  ["a number to bind that is none", { type: "relation", relation: { ...query, params: [NaN] } }],
  ["bounds of nothing", { type: "relation", relation: { ...select, bounds: { from: "1", to: "2" } } }],
  ["versions without their columns", { type: "relation", relation: { ...load, history: null } }],
  ["columns of versions without any", { type: "relation", relation: { ...load, write_mode: "append" } }],
  ["a write mode there is not", { type: "relation", relation: { ...copy, write_mode: "drop" } }],
  ["a code of another family", { type: "error", failure: { ...failure, code: "BUG900" } }],
  ["a code there is not", { type: "error", failure: { ...failure, code: "DRV999" } }],
  ["a category there is not", { type: "error", failure: { ...failure, category: "fatal" } }],
];

for (const [what, message] of BAD) {
  Deno.test(`checkDriverMessage refuses ${what}`, () => {
    assert.throws(() => checkDriverMessage(message), Violation);
  });
}

Deno.test("checkDriverMessage says which message is wrong, and shows no control characters", () => {
  assert.throws(
    () => checkDriverMessage({ type: "staged", rows: "3" }),
    /^Violation: message 'staged': rows is not a whole number/,
  );
  assert.throws(() => checkDriverMessage({ type: "a\x1b[2Jb" }), /unknown type 'a\?\[2Jb'/);
});

Deno.test("checkDriverMessage gives types in canonical spelling", () => {
  const columns = [{ name: "a", type: "int8" }, { name: "b", type: 'struct("x y" numeric(4), z text[])' }];
  const message = checkDriverMessage({ type: "schema", columns });
  assert.deepEqual(message.type === "schema" && message.columns.map((each) => each.type), [
    "BIGINT",
    'STRUCT("x y" DECIMAL(4,0), "z" VARCHAR[])',
  ]);
});

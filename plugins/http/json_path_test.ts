import assert from "node:assert/strict";
import type { DriverError } from "osiris/driver";
import { JsonPath } from "./json_path.ts";

const DOCUMENT = { data: { items: [{ id: 1 }, { id: 2 }], "a.b": { "": 3 }, none: null }, "@next": "/2" };

for (
  const [path, found] of [
    ["$", [DOCUMENT]],
    ["", [DOCUMENT]],
    ["data.items", [[{ id: 1 }, { id: 2 }]]],
    ["$.data.items[1].id", [2]],
    ["data.items[*].id", [1, 2]],
    ['data["a.b"][""]', [3]],
    ["@next", ["/2"]],
    ["data.none", [null]],
  ] as const
) {
  Deno.test(`JsonPath finds ${path}`, () => {
    assert.deepEqual(JsonPath.read("records", path).all(DOCUMENT), found);
  });
}

for (
  const [path, message] of [
    ["rows", "the answer has no 'rows'"],
    ["data.rows", "'data' in the answer has no 'rows'"],
    ["data.items[2]", "'data.items' in the answer has no item 2"],
    ["data[*]", "'data' in the answer is an object, and should be a list"],
    ["data.none.more", "'data.none' in the answer has no 'more'"],
    ["data.items.length", "'data.items' in the answer has no 'length'"],
    ["data.constructor", "'data' in the answer has no 'constructor'"],
  ] as const
) {
  Deno.test(`JsonPath says where ${path} ends`, () => {
    assert.throws(() => JsonPath.read("records", path).all(DOCUMENT), { message });
  });
}

for (const path of ["a..b", "a.", "a[", "a[x]", "a['b']", "a b", '["a]']) {
  Deno.test(`JsonPath refuses ${path}`, () => {
    assert.throws(
      () => JsonPath.read("records", path),
      (error: DriverError) =>
        /Cannot use records: the path/.test(error.message) && error.options.help !== undefined,
    );
  });
}

Deno.test("JsonPath.one gives null when only its last part is missing", () => {
  assert.equal(JsonPath.read("next", "data.next").one(DOCUMENT), null);
  assert.equal(JsonPath.read("next", "@next").one(DOCUMENT), "/2");
  assert.throws(() => JsonPath.read("next", "meta.next").one(DOCUMENT), /the answer has no 'meta'/);
  assert.throws(
    () => JsonPath.read("next", "data.none.next").one(DOCUMENT),
    /'data.none' in the answer is null/,
  );
});

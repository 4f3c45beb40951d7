import assert from "node:assert/strict";
import fc from "fast-check";
import { columnsOf, RowBuilder } from "./columns.ts";
import { ExactNumber, type Json, jsonText, parseExact } from "./exact_json.ts";

for (
  const [values, type] of [
    [[null, null], "VARCHAR"],
    [["a", null], "VARCHAR"],
    [[true, false], "BOOLEAN"],
    [[1, -5], "BIGINT"],
    [[1, 2n ** 63n - 1n], "BIGINT"],
    [[1, 2n ** 63n], "HUGEINT"],
    [[1, 0.5], "DOUBLE"],
    [[2n ** 60n, 0.5], "DOUBLE"],
    [[1e300], "DOUBLE"],
    [[1, "a"], "JSON"],
    [[{ a: 1 }], "JSON"],
    [[[1], null], "JSON"],
  ] as const
) {
  Deno.test(`columnsOf makes ${type} of ${values.map(String).join(", ")}`, () => {
    assert.deepEqual(columnsOf(values.map((a) => ({ a }) as Json), {}), { a: type });
  });
}

for (
  const [values, message] of [
    [[new ExactNumber("0.10000000000000000001")], /which DOUBLE would round/],
    [[0.5, 2n ** 60n + 1n], /1152921504606846977, which DOUBLE would round/],
    [[10n ** 40n], /more than 38 digits/],
  ] as const
) {
  Deno.test(`columnsOf refuses to round: ${message}`, () => {
    assert.throws(() => columnsOf(values.map((a) => ({ a })), {}), message);
  });
}

Deno.test("columnsOf gives what is stated, and columns that no record has when their type is", () => {
  const types = { b: "DATE", c: "DECIMAL(9,2)" };
  assert.deepEqual(columnsOf([{ a: 1, b: "x" }], { types }), { a: "BIGINT", b: "DATE", c: "DECIMAL(9,2)" });
  assert.deepEqual(columnsOf([{ a: 1, b: "x" }], { types, columns: ["c", "a"] }), {
    c: "DECIMAL(9,2)",
    a: "BIGINT",
  });
  assert.throws(() => columnsOf([{ a: 1 }], { columns: ["z"] }), /none of the first 1 records has it/);
});

Deno.test("RowBuilder takes in every record that its columns were found out from, unchanged", () => {
  // A large double without a fraction is written as digits that it does not equal.
  const double = fc.double({ noNaN: true, noDefaultInfinity: true, noInteger: true });
  const value = fc.oneof(
    fc.boolean(),
    fc.integer(),
    double,
    fc.string(),
    fc.constant(null),
  );
  const record = fc.dictionary(
    fc.oneof(fc.constantFrom("a", "b", "__proto__", "constructor"), fc.string()),
    value,
  );
  fc.assert(fc.property(fc.array(record, { minLength: 1, maxLength: 20 }), (given) => {
    const records = parseExact(JSON.stringify(given)) as Json[];
    fc.pre(given.some((each) => Object.keys(each).length > 0));
    const types = columnsOf(records, {});
    const builder = new RowBuilder(types, {});
    for (const each of records) builder.add(each);
    const { values } = builder.rest();
    for (const [name, type] of Object.entries(types)) {
      records.forEach((each, i) => {
        const own = Object.hasOwn(each as object, name) ? (each as Record<string, Json>)[name]! : null;
        const expected = own !== null && type === "JSON"
          ? jsonText(own)
          : typeof own === "bigint" && type === "DOUBLE"
          ? Number(own)
          : own;
        assert.deepEqual(Object.entries(values).find(([key]) => key === name)![1][i], expected);
      });
    }
  }));
});

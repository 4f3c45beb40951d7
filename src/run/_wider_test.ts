import assert from "node:assert/strict";
import fc from "fast-check";
import { keeps, wider } from "./_wider.ts";

const WIDER: readonly [type: string, other: string, both: string | undefined][] = [
  ["INTEGER", "BIGINT", "BIGINT"],
  ["BIGINT", "INTEGER", "BIGINT"],
  ["TINYINT", "UTINYINT", "SMALLINT"],
  ["UINTEGER", "INTEGER", "BIGINT"],
  ["UBIGINT", "BIGINT", "DECIMAL(20,0)"],
  ["BIGINT", "HUGEINT", "HUGEINT"],
  ["INTEGER", "DOUBLE", "DOUBLE"],
  ["BIGINT", "DOUBLE", undefined],
  ["SMALLINT", "FLOAT", "FLOAT"],
  ["INTEGER", "FLOAT", "DOUBLE"],
  ["FLOAT", "DOUBLE", "DOUBLE"],
  ["DECIMAL(10,2)", "DECIMAL(12,1)", "DECIMAL(13,2)"],
  ["DECIMAL(18,3)", "BIGINT", "DECIMAL(22,3)"],
  ["DECIMAL(38,20)", "DECIMAL(38,0)", undefined],
  ["DECIMAL(10,2)", "DOUBLE", undefined],
  ["DATE", "TIMESTAMP", "TIMESTAMP"],
  ["TIMESTAMP", "TIMESTAMP_MS", "TIMESTAMP"],
  ["TIMESTAMP", "TIMESTAMP WITH TIME ZONE", undefined],
  ["INTEGER", "VARCHAR", undefined],
  ["VARCHAR", "INTEGER", undefined],
  ["BOOLEAN", "TINYINT", undefined],
  ["INTEGER[]", "BIGINT[]", "BIGINT[]"],
  ["DATE", '"NULL"', "DATE"],
];

Deno.test("wider is the narrowest type that keeps the values of both", () => {
  for (const [type, other, both] of WIDER) {
    assert.equal(wider(type, other), both, `${type} and ${other}`);
    assert.equal(wider(other, type), both, `${other} and ${type}`);
  }
});

const someType = fc.oneof(
  fc.constantFrom(...WIDER.flatMap(([type, other]) => [type, other])),
  fc.integer({ min: 1, max: 38 }).chain((p) =>
    fc.integer({ min: 0, max: p }).map((s) => `DECIMAL(${p},${s})`)
  ),
);

Deno.test("keeps is an order, and wider an upper bound of it", () => {
  fc.assert(
    fc.property(someType, someType, someType, (a, b, c) => {
      assert.ok(keeps(a, a));
      if (keeps(a, b) && keeps(b, c)) assert.ok(keeps(a, c), `${a} ⊇ ${b} ⊇ ${c}`);
      const both = wider(a, b);
      if (both !== undefined) assert.ok(keeps(both, a) && keeps(both, b));
      if (keeps(a, b)) assert.ok(both !== undefined);
    }),
    { numRuns: 500 },
  );
});

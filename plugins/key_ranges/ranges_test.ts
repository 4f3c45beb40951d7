import assert from "node:assert/strict";
import fc from "fast-check";
import { conditions, demandKey } from "./mod.ts";

/** How often a value meets the conditions. */
function met(found: readonly string[], value: number | null): number {
  return found.filter((condition) => {
    if (condition === "1 = 1") return true;
    if (value === null) return condition.includes("IS NULL");
    return condition.replace(/^\(| OR .*$/g, "").split(" AND ").every((part) => {
      const [, sign, bound] = /^k (<|>=) (-?\d+)$/.exec(part) ?? [];
      return sign === "<" ? value < Number(bound) : value >= Number(bound);
    });
  }).length;
}

Deno.test("conditions puts every row into one range, whatever its key", () => {
  const whole = fc.integer({ min: -1_000_000, max: 1_000_000 });
  fc.assert(
    fc.property(whole, whole, fc.integer({ min: 2, max: 64 }), fc.option(whole), (a, b, parts, value) => {
      const [least, greatest] = [Math.min(a, b), Math.max(a, b)].map(String) as [string, string];
      const found = conditions("Cannot read", "k", { name: "k", type: "BIGINT", least, greatest }, parts);
      assert.ok(found.length <= parts);
      assert.equal(met(found, value), 1);
      for (const edge of [a, b]) assert.equal(met(found, edge), 1);
    }),
  );
});

Deno.test("conditions splits the widest whole numbers, decimals and dates, and nothing where there is nothing", () => {
  const of = (type: string, least: string | null, greatest: string | null) =>
    conditions("Cannot read", "k", { name: "k", type, least, greatest }, 2);
  assert.deepEqual(of("BIGINT", "-9223372036854775808", "9223372036854775807"), [
    "(k < 0 OR k IS NULL)",
    "k >= 0",
  ]);
  assert.deepEqual(of("DECIMAL(20,0)", "0", "3"), ["(k < 2 OR k IS NULL)", "k >= 2"]);
  assert.deepEqual(of("DATE", "2024-02-28", "2024-03-01"), [
    "(k < DATE '2024-02-29' OR k IS NULL)",
    "k >= DATE '2024-02-29'",
  ]);
  assert.deepEqual(of("INTEGER", null, null), ["1 = 1"]);
  assert.deepEqual(of("INTEGER", "7", "7"), ["1 = 1"]);
  assert.throws(() => of("DATE", "-infinity", "2024-03-01"), /reach from -infinity to 2024-03-01/);
});

Deno.test("demandKey says what a key should be", () => {
  const columns = [{ name: "id", type: "BIGINT" }, { name: "name", type: "VARCHAR" }];
  assert.equal(demandKey("Cannot read", "id", columns).type, "BIGINT");
  assert.throws(() => demandKey("Cannot read", undefined, columns), /no primary key of one column/);
  assert.throws(
    () => demandKey("Cannot read", "ID", columns),
    /the key 'ID' is not among the columns that are read: id, name/,
  );
  assert.throws(() => demandKey("Cannot read", "name", columns), /the key 'name' is a VARCHAR/);
});

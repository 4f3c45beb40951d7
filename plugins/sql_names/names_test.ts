import { strict as assert } from "node:assert";
import fc from "fast-check";
import { namesIn } from "./mod.ts";

const STYLES = [
  { quote: '"', quoteIs: "double quote", example: "sales.orders" },
  { quote: "`", quoteIs: "backtick", example: "shop.orders" },
] as const;

Deno.test("namesIn reads back every name that it writes, as a config and as a statement", () => {
  const part = fc.string({ minLength: 1, unit: fc.constantFrom("a", " ", ".", '"', "`", "é", "\n") });
  fc.assert(fc.property(
    fc.constantFrom(...STYLES),
    fc.record({ schema: part, table: part }, { requiredKeys: ["table"] }),
    (style, name) => {
      const { tableName, tableText, listedName } = namesIn(style);
      assert.deepEqual(tableName(tableText(name)), { ...name });
      assert.deepEqual(tableName(listedName(name)), { ...name });
    },
  ));
});

Deno.test("namesIn quotes in a config's names only what asks for it", () => {
  const { listedName, tableText } = namesIn(STYLES[0]);
  assert.equal(listedName({ schema: "sales", table: "my orders" }), "sales.my orders");
  assert.equal(listedName({ table: 'the "new".orders' }), '"the ""new"".orders"');
  assert.equal(tableText({ schema: "sales", table: "my orders" }), '"sales"."my orders"');
});

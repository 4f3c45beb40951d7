import assert from "node:assert/strict";
import fc from "fast-check";
import { inputOf } from "osiris/driver";
import { valuesOf } from "./stamp_text.ts";

Deno.test("valuesOf gives points in time exactly as the column itself does", async () => {
  const edge = 2n ** 53n;
  const counts = fc.array(fc.bigInt({ min: -62_135_596_800_000_000n, max: 253_402_300_799_999_999n }), {
    minLength: 1,
  });
  await fc.assert(fc.asyncProperty(counts, async (some) => {
    const rows = [...some, 0n, -1n, 1n, edge, -edge, edge - 1n, 1n - edge].map((t) => ({ t, z: t }));
    for await (const batch of inputOf({ t: "TIMESTAMP", z: "TIMESTAMP WITH TIME ZONE" }, rows).batches()) {
      for (let row = 0; row < batch.rows; row++) {
        assert.equal(valuesOf(batch.column("t"))(row), batch.column("t").at(row));
        assert.equal(
          String(valuesOf(batch.column("z"))(row)).replace("+00", ""),
          String(batch.column("z").at(row)).replace("+00", ""),
        );
      }
    }
  }));
});

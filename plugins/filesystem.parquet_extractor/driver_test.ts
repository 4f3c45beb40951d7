import assert from "node:assert/strict";
import { contextFor } from "osiris/driver";
import driver from "./driver.ts";

Deno.test("parquet_extractor reads the columns it was given", () => {
  const context = contextFor({ path: "a.parquet", columns: ["id"] });
  assert.deepEqual(driver.read!(context, { cursor: null, columns: null, limit: null }), {
    kind: "scan",
    format: "parquet",
    path: "a.parquet",
    options: { columns: ["id"] },
  });
});

import assert from "node:assert/strict";
import { contextFor, inputOf } from "osiris/driver";
import driver from "./driver.ts";

Deno.test("duckdb.writer loads as it was told", () => {
  const config = { table: "orders", write_mode: "upsert", keys: ["id"], create: true } as const;
  assert.deepEqual(driver.write!(contextFor(config, { path: "shop.duckdb" }), inputOf()), {
    kind: "load",
    path: "shop.duckdb",
    table: "orders",
    write_mode: "upsert",
    keys: ["id"],
    create: true,
  });
});

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
    history: null,
    create: true,
  });
});

Deno.test("duckdb.writer keeps versions in columns of the usual names, unless others are said", () => {
  const config = {
    table: "t",
    write_mode: "scd2",
    keys: ["id"],
    create: true,
    scd2: { current: "holds" },
  } as const;
  const relation = driver.write!(contextFor(config, { path: "shop.duckdb" }), inputOf()) as {
    history?: unknown;
  };
  assert.deepEqual(relation.history, {
    valid_from: "valid_from",
    valid_to: "valid_to",
    current: "holds",
    close_missing: false,
  });
});

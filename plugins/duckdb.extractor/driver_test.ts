import assert from "node:assert/strict";
import { contextFor } from "osiris/driver";
import driver from "./driver.ts";

const REQUEST = { columns: null, limit: null };

Deno.test("duckdb.extractor asks for a table's columns", () => {
  const context = contextFor({ table: "orders", columns: ["id"] }, { path: "shop.duckdb" });
  assert.deepEqual(driver.read!(context, { ...REQUEST, cursor: null }), {
    kind: "select",
    path: "shop.duckdb",
    table: "orders",
    query: null,
    columns: ["id"],
    params: [],
    bounds: null,
  });
});

Deno.test("duckdb.extractor hands on which rows are due", () => {
  const bounds = { column: "at", from: "2026-01-01", to: null };
  const context = contextFor({ query: "SELECT * FROM orders", params: [1] }, { path: "shop.duckdb" });
  const relation = driver.read!(context, { ...REQUEST, cursor: bounds });
  assert.deepEqual(relation, {
    kind: "select",
    path: "shop.duckdb",
    table: null,
    query: "SELECT * FROM orders",
    columns: null,
    params: [1],
    bounds,
  });
});

Deno.test("duckdb.extractor says so when it is told nothing to read", () => {
  const read = () => driver.read!(contextFor({}, { path: "shop.duckdb" }), { ...REQUEST, cursor: null });
  assert.throws(read, /the step names neither a table nor a query/);
});

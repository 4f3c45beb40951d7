import assert from "node:assert/strict";
import { contextFor } from "osiris/driver";
import driver from "./driver.ts";

Deno.test("processor hands its query to the engine", () => {
  assert.deepEqual(driver.transform!(contextFor({ query: "SELECT 1" }), {}), {
    kind: "sql",
    query: "SELECT 1",
  });
});

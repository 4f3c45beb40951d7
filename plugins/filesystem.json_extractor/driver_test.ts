import assert from "node:assert/strict";
import { contextFor } from "osiris/driver";
import driver from "./driver.ts";

Deno.test("json_extractor names the format as the engine does", () => {
  const context = contextFor({ path: "a.json", format: "ndjson" as const, compression: "gzip" });
  assert.deepEqual(driver.read!(context, { cursor: null, columns: null, limit: null }), {
    kind: "scan",
    format: "json",
    path: "a.json",
    options: { json_format: "ndjson", compression: "gzip" },
  });
});

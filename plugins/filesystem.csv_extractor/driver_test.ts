import assert from "node:assert/strict";
import { contextFor } from "osiris/driver";
import driver from "./driver.ts";

Deno.test("csv_extractor reads with the options it was given and leaves compression to the file's name", () => {
  const context = contextFor({ path: "a.csv", compression: "auto", delimiter: ";", header: false });
  assert.deepEqual(driver.read!(context, { cursor: null, columns: null, limit: null }), {
    kind: "scan",
    format: "csv",
    path: "a.csv",
    options: { delimiter: ";", header: false },
  });
});

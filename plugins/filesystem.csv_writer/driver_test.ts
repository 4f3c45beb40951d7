import assert from "node:assert/strict";
import { contextFor, inputOf } from "osiris/driver";
import driver from "./driver.ts";

Deno.test("csv_writer writes as it was told", () => {
  const context = contextFor(
    { path: "a", write_mode: "append", partition_by: ["day"], compression: "auto" } as const,
  );
  assert.deepEqual(driver.write!(context, inputOf()), {
    kind: "copy",
    format: "csv",
    path: "a",
    write_mode: "append",
    partition_by: ["day"],
    options: {},
  });
});

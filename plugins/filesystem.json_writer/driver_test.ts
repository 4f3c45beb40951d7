import assert from "node:assert/strict";
import { contextFor, inputOf } from "osiris/driver";
import driver from "./driver.ts";

Deno.test("json_writer names the format as the engine does", () => {
  const context = contextFor(
    { path: "a.json", format: "array", write_mode: "overwrite", compression: "zstd" } as const,
  );
  assert.deepEqual(driver.write!(context, inputOf()), {
    kind: "copy",
    format: "json",
    path: "a.json",
    write_mode: "overwrite",
    partition_by: [],
    options: { json_format: "array", compression: "zstd" },
  });
});

import assert from "node:assert/strict";
import { contextFor, inputOf } from "osiris/driver";
import driver from "./driver.ts";

Deno.test("parquet_writer writes as it was told", () => {
  const context = contextFor(
    { path: "a.parquet", write_mode: "overwrite", compression: "zstd", row_group_size: 5 } as const,
  );
  assert.deepEqual(driver.write!(context, inputOf()), {
    kind: "copy",
    format: "parquet",
    path: "a.parquet",
    write_mode: "overwrite",
    partition_by: [],
    options: { compression: "zstd", row_group_size: 5 },
  });
});

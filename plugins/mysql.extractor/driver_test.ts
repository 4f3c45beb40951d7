import assert from "node:assert/strict";
import { contextFor } from "osiris/driver";
import driver from "./driver.ts";

Deno.test("mysql.extractor wants a table or a query before it connects anywhere", async () => {
  const options = { zero_dates: "error", tinyint1_as_boolean: false } as const;
  const nothing = { cursor: null, columns: null, limit: null };
  await assert.rejects(
    Promise.resolve(driver.read!(contextFor(options), nothing)),
    /neither a table nor a query/,
  );
  await assert.rejects(
    Promise.resolve(driver.read!(contextFor({ ...options, table: "a.b.c" }), nothing)),
    /it is no name such as orders or shop\.orders/,
  );
});

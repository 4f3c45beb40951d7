import assert from "node:assert/strict";
import { contextFor, inputOf } from "osiris/driver";
import driver from "./driver.ts";

Deno.test("mysql.writer refuses a name that is none before it connects anywhere", async () => {
  const context = contextFor({ table: "a.b.c", write_mode: "append", create: true } as const);
  await assert.rejects(Promise.resolve(driver.write!(context, inputOf())), /it is no name such as orders/);
});

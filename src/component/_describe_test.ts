import assert from "node:assert/strict";
import { describe } from "./_describe.ts";
import { ServerFailure, type Trouble } from "./_server_failure.ts";

function* until(trouble: Trouble) {
  yield { columns: { id: "BIGINT" } };
  yield { keys: ["id"], rows: 2 };
  throw new ServerFailure("Cannot read", trouble, "its table is gone", { help: "make it again" });
}

Deno.test("describe keeps what was known of a table before something was in the way, and says what", async () => {
  for (const trouble of ["config", "data", "permission"] as const) {
    assert.deepEqual(await describe({ name: "orders", rows: 1 }, () => until(trouble)), {
      name: "orders",
      rows: 2,
      columns: { id: "BIGINT" },
      keys: ["id"],
      trouble: "its table is gone",
    });
  }
});

Deno.test("describe throws what is no matter of one table", async () => {
  for (const trouble of ["network", "timeout", "auth"] as const) {
    await assert.rejects(describe({ name: "orders" }, () => until(trouble)), ServerFailure);
  }
  const broken = () => {
    throw new TypeError("a mistake");
  };
  await assert.rejects(describe({ name: "orders" }, broken), TypeError);
});

import assert from "node:assert/strict";
import { contextFor } from "osiris/driver";
import driver from "./driver.ts";

Deno.test("graphql.extractor sends the query and its variables, and looks below data", async () => {
  const asked: unknown[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    asked.push(request.method, new URL(request.url).pathname, await request.json());
    return Response.json({ data: { a: [{ id: 1 }, { id: 2 }] } });
  });
  const connection = { base_url: `http://127.0.0.1:${server.addr.port}/graphql`, auth: "none", timeout_s: 5 };
  const config = {
    path: "",
    query: "{ a { id } }",
    variables: { x: 1 },
    records: "a",
    sample_records: 10,
    retries: 0,
  };
  const more = {
    retry_for_s: 0,
    max_answer_mb: 1,
    has_next: "n",
    end_cursor: "e",
    cursor_variable: "after",
    max_pages: 1,
  };
  const rows = await driver.read!(contextFor({ ...config, ...more }, connection), {
    cursor: null,
    columns: null,
    limit: null,
  });
  assert.ok("batches" in rows);
  let count = 0;
  for await (const batch of rows.batches()) count += batch.rows;
  await server.shutdown();
  assert.equal(count, 2);
  assert.deepEqual(rows.columns, [{ name: "id", type: "BIGINT" }]);
  assert.deepEqual(asked, ["POST", "/graphql", { query: "{ a { id } }", variables: { x: 1 } }]);
});

/** Stories of `graphql.extractor`, as a user meets it: its pages, and errors that come with every status. @module */

import assert from "node:assert/strict";
import { Api } from "./_api.ts";
import { failureOf, rowsOf, TEN } from "./_http.ts";

Deno.test("graphql.extractor asks page by page, and waits when it is told that it asks too often", async () => {
  await using api = new Api(({ body }, time) => {
    if (time === 1) {
      return Response.json({ errors: [{ message: "wait", extensions: { code: "THROTTLED" } }] });
    }
    const { variables: { after = 0, status } } = JSON.parse(body);
    assert.equal(status, "OPEN");
    const nodes = TEN.slice(Number(after), Number(after) + 3);
    return Response.json({
      data: { orders: { nodes, pageInfo: { hasNextPage: after < 9, endCursor: String(Number(after) + 3) } } },
    });
  });
  const query =
    "query ($status: S, $after: String) { orders { nodes { id } pageInfo { hasNextPage endCursor } } }";
  const rows = await rowsOf({ base_url: api.url }, {
    query,
    variables: { status: "OPEN" },
    records: "orders.nodes",
    page_info: "orders.pageInfo",
  }, "graphql.extractor");
  assert.deepEqual(rows, TEN);
});

for (
  const [answer, message] of [
    [
      { errors: [{ message: "Cannot query field 'x'" }, { message: "more" }] },
      /\(config\): .*Cannot query field 'x', and 1 more/,
    ],
    [{ errors: [{ message: "who?", extensions: { code: "UNAUTHENTICATED" } }] }, /\(auth\): .*who\?/],
    [{ data: null }, /its 'data' is null, and should be an object/],
    [[1], /its 'data' is null, and should be an object/],
    [
      { data: { orders: { nodes: [], pageInfo: { hasNextPage: true } } } },
      /there is another page, and .* has no 'endCursor'/,
    ],
    [
      { data: { orders: { nodes: [{ id: 1 }], pageInfo: { hasNextPage: true, endCursor: "a" } } } },
      /leads back to a page/,
    ],
    [{ data: { orders: { nodes: [], pageInfo: {} } } }, /has no 'hasNextPage' that is true or false/],
  ] as const
) {
  Deno.test(`graphql.extractor fails, whatever the status: ${message}`, async () => {
    await using api = new Api(() => Response.json(answer));
    const config = { query: "{ orders }", records: "orders.nodes", page_info: "orders.pageInfo", retries: 0 };
    assert.match((await failureOf({ base_url: api.url }, config, "graphql.extractor")).message, message);
  });
}

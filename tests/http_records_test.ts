/**
 * What `http.extractor` reads: every page once, every record as it is. What must hold: a result is whole and exact, or
 * the run fails.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Api, type Asked } from "./_api.ts";
import { failureOf, ITEMS, items, reading, rowsOf, TEN } from "./_http.ts";

for (
  const [config, answer] of [
    [
      { pagination: "page", page_param: "p", page_size: 3, page_size_param: "n" },
      ({ query }: Asked) => Response.json(TEN.slice(3 * (Number(query["p"]) - 1), 3 * Number(query["p"]))),
    ],
    [
      { pagination: "page", first_page: 0, last_page: "short", page_size: 3 },
      ({ query }: Asked) =>
        Response.json(TEN.slice(3 * Number(query["page"]), 3 * Number(query["page"]) + 3)),
    ],
    [
      { pagination: "page", last_page: "not_found" },
      ({ query }: Asked) =>
        Number(query["page"]) > 4
          ? new Response("no such page", { status: 404 })
          : Response.json(TEN.slice(3 * (Number(query["page"]) - 1), 3 * Number(query["page"]))),
    ],
    // It gives three whatever it is asked for: an offset counts what came, not what was asked for.
    [
      { pagination: "offset", page_size: 100, page_size_param: "limit", records: "rows", total: "n" },
      ({ query }: Asked) => {
        const from = Number(query["offset"]);
        return Response.json({ rows: TEN.slice(from, from + 3), n: 10 });
      },
    ],
    [
      { pagination: "cursor", records: "rows", next: "meta.next", cursor_param: "after" },
      ({ query }: Asked) => {
        const from = Number(query["after"] ?? 0);
        return Response.json({ rows: TEN.slice(from, from + 3), meta: from < 9 ? { next: from + 3 } : {} });
      },
    ],
    [
      { pagination: "next_url", records: "rows", next: "next" },
      ({ query }: Asked) => {
        const from = Number(query["from"] ?? 0);
        return Response.json({
          rows: TEN.slice(from, from + 3),
          next: from < 9 ? `?from=${from + 3}` : null,
        });
      },
    ],
    [
      { pagination: "link" },
      ({ query }: Asked) => {
        const from = Number(query["from"] ?? 0);
        const link = from < 9
          ? `</items?from=${from + 3}>; title="a, b"; rel="next last"`
          : '</items>; rel="first"';
        return Response.json(TEN.slice(from, from + 3), { headers: { link } });
      },
    ],
    [
      { pagination: "offset", format: "csv", types: { id: "BIGINT" } },
      ({ query }: Asked) => {
        const from = Number(query["offset"]);
        return new Response(["id", ...TEN.slice(from, from + 3).map(({ id }) => id)].join("\n"));
      },
    ],
  ] as const
) {
  Deno.test(`http.extractor reads every page once: ${JSON.stringify(config)}`, async () => {
    await using api = new Api(answer);
    const rows = await rowsOf({ base_url: api.url }, { ...ITEMS, ...config });
    assert.deepEqual(rows, TEN);
    const targets = api.asked.map(({ query }) => JSON.stringify(query));
    assert.equal(new Set(targets).size, targets.length);
  });
}

Deno.test("http.extractor reads 10,000 records over 100 pages, in order", async () => {
  await using api = new Api(({ query }) => {
    const from = Number(query["after"] ?? 0);
    const rows = Array.from({ length: 100 }, (_, i) => ({ id: from + i, name: `n${from + i}` }));
    return Response.json({ rows, next: from + 100 < 10_000 ? String(from + 100) : null });
  });
  const rows = await rowsOf({ base_url: api.url }, {
    ...ITEMS,
    records: "rows",
    pagination: "cursor",
    next: "next",
    cursor_param: "after",
  });
  assert.equal(rows.length, 10_000);
  assert.ok(rows.every(({ id, name }, i) => id === i && name === `n${i}`));
  assert.equal(api.asked.length, 100);
});

for (
  const [config, answer, message] of [
    [{ pagination: "page" }, () => items(), /two pages are the same/],
    [
      { pagination: "cursor", records: "rows", next: "next", cursor_param: "after" },
      (_: Asked, time: number) => Response.json({ rows: [{ id: time }], next: ["a", "b"][time % 2] }),
      /leads back to a page that was read already/,
    ],
    [
      { pagination: "page", max_pages: 2 },
      (_: Asked, time: number) => Response.json([{ id: time }]),
      /there are more than 2 pages/,
    ],
    [
      { pagination: "offset", records: "rows", total: "total" },
      (_: Asked, time: number) => Response.json({ rows: time === 0 ? [{ id: 1 }] : [], total: 3 }),
      /it gave 1 records, and says that there are 3/,
    ],
    [
      { pagination: "next_url", records: "rows", next: "next" },
      () => Response.json({ rows: [{ id: 1 }], next: "http://elsewhere.example/items" }),
      /the next page is on another host, http:\/\/elsewhere.example/,
    ],
    [
      { pagination: "cursor", records: "rows", next: "meta.next", cursor_param: "after" },
      () => Response.json({ rows: [{ id: 1 }] }),
      /the answer has no 'meta'/,
    ],
    [
      { records: "rows" },
      () => Response.json({ rows: [1] }),
      /record 1: it is a number, and should be an object/,
    ],
    [
      { records: "rows[*].id" },
      () => Response.json({ rows: {} }),
      /'rows' in the answer is an object, and should be a list/,
    ],
    [{ records: "rows.[" }, () => Response.json({}), /the path 'rows.\[' is not understood at/],
    [{}, () => Response.json([]), /there are no records, and no types are stated/],
    [{}, () => new Response("[1, 2"), /the answer is broken JSON: it begins with \[1, 2/],
    [
      {},
      () => new Response("<html>Sign in", { headers: { "content-type": "text/html" } }),
      /the answer is text\/html, not JSON: it begins with <html>Sign in/,
    ],
    [
      { format: "csv", types: { id: "BIGINT" } },
      () => new Response("<html>Sign in", { headers: { "content-type": "text/html" } }),
      /the answer is a web page/,
    ],
    [{ format: "ndjson" }, () => new Response('{"id": 1}\n{"id": '), /line 2 is no JSON/],
    [{ format: "csv" }, () => new Response("a,b\n1,2\n3\n"), /the answer is not csv: Invalid Record Length/],
    [{ format: "csv" }, () => new Response('a,b\n1,"2'), /the answer is not csv: Quote Not Closed/],
    [{ format: "csv" }, () => new Response("a,a\n1,2"), /its header has a name twice: a/],
    [{}, () => new Response(new Uint8Array([0x22, 0xff, 0x22])), /the answer is not valid utf-8/],
    [{}, () => new Response("gone", { status: 404 }), /\(config\): status 404: there is nothing: gone/],
    [
      {},
      () => new Response("no", { status: 403 }),
      /\(permission\): status 403: the login may not read this: no/,
    ],
    [
      {},
      () => new Response(`bad\n\u001b[31m ${"x".repeat(1000)}`, { status: 422 }),
      /\(config\): status 422: the server refused the request: bad \[31m x{150,200}…$/,
    ],
  ] as const
) {
  Deno.test(`http.extractor fails, and gives no short result: ${message}`, async () => {
    await using api = new Api(answer);
    const { message: said, help } = await failureOf({ base_url: api.url }, { ...ITEMS, ...config });
    assert.match(said, message);
    assert.ok(help !== undefined && help.length > 10);
  });
}

Deno.test("http.extractor keeps every digit of every number", async () => {
  const text = `[{"id": 9007199254740993, "wide": 170141183460469231731, "price": 0.10000000000000000001,
    "small": 0.1, "e": 1e2, "nested": {"n": [12345678901234567890, 1.50]}, "text": "12345678901234567890"}]`;
  await using api = new Api(() => new Response(text));
  await using project = await reading({ base_url: api.url }, {
    ...ITEMS,
    types: { price: "DECIMAL(38,20)" },
  });
  assert.equal((await project.run(await project.read("pipeline.oml"))).state, "succeeded");
  const row = await project.read("rows.json");
  for (
    const part of [
      '"id":9007199254740993',
      '"wide":170141183460469231731',
      '"price":0.10000000000000000001',
      '"small":0.1',
      '"e":100',
      "12345678901234567890,1.5",
      '"text":"12345678901234567890"',
    ]
  ) assert.ok(row.includes(part), `${part} is not in ${row}`);
});

for (
  const [first, later, types, message] of [
    [{ a: 1 }, { a: 9.5 }, undefined, /record 2: its 'a' is 9.5, and is not an integer/],
    [{ a: 1 }, { a: "x" }, undefined, /record 2: its 'a' is "x", and is not an integer/],
    [
      { a: 0.5 },
      { a: 9007199254740993n },
      undefined,
      /record 2: its 'a' is 9007199254740993, and would be rounded as DOUBLE/,
    ],
    [
      { a: 0.5 },
      { a: 9007199254740993n },
      { a: "DOUBLE" },
      /record 2: its 'a' is 9007199254740993, and would be rounded/,
    ],
    [{ a: "x" }, { a: 1 }, undefined, /record 2: its 'a' is 1, and is not text/],
    [{ a: true }, { a: 1 }, undefined, /record 2: its 'a' is 1, and is not true or false/],
    [{ a: 1 }, { b: 1 }, undefined, /record 2: it has the column 'b', which no record before had/],
    [{ a: 1 }, { a: 128 }, { a: "TINYINT" }, /record 2: its 'a' is 128, and is beyond TINYINT/],
    [
      { a: "1.5" },
      { a: "1.555" },
      { a: "DECIMAL(9,2)" },
      /record 2: its 'a' is "1.555", and has more digits than DECIMAL/,
    ],
    [
      { a: "2026-01-31" },
      { a: 1767225600 },
      { a: "DATE" },
      /record 2: its 'a' is 1767225600, and is not text/,
    ],
  ] as const
) {
  Deno.test(`http.extractor rounds and loses nothing: ${message}`, async () => {
    const bare = (value: unknown) =>
      JSON.stringify(value, (_, each) => typeof each === "bigint" ? `#${each}#` : each).replaceAll(
        /"#(\d+)#"/g,
        "$1",
      );
    await using api = new Api((_, time) =>
      new Response(bare([time === 0 ? first : later]), {
        headers: time === 0 ? { link: '<?p=2>; rel="next"' } : {},
      })
    );
    const config = {
      ...ITEMS,
      pagination: "link",
      sample_records: 1,
      ...(types === undefined ? {} : { types }),
    };
    assert.match((await failureOf({ base_url: api.url }, config)).message, message);
  });
}

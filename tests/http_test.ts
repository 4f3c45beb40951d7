/**
 * Stories of `http.extractor` and `graphql.extractor`, as a user meets them: pipelines against a server on this
 * machine that behaves well, badly and strangely. What must hold in all of them: a result is whole or the run
 * fails, an error says what to do, and no secret leaves its host or gets into a file.
 *
 * @module
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { Api, type Asked, RawServer } from "./_api.ts";
import { osiris } from "./_osiris.ts";
import { connectionText, TestProject } from "./_project.ts";

type Fields = Readonly<Record<string, unknown>>;

/** A project whose one pipeline reads from the API into `rows.json`. */
async function reading(
  connection: Fields,
  config: Fields,
  component = "http.extractor",
): Promise<TestProject> {
  const steps = [
    { id: "get", component, mode: "read", config },
    { id: "save", component: "filesystem.json_writer", mode: "write", config: { path: "rows.json" } },
  ];
  return await TestProject.create({
    "osiris_connections.yaml": connectionText("http", connection, "api"),
    "pipeline.oml": JSON.stringify({ oml_version: "0.1.0", name: "api", steps }),
  });
}

/** The rows that a pipeline reads; the run succeeds. */
async function rowsOf(
  connection: Fields,
  config: Fields,
  component?: string,
): Promise<Record<string, unknown>[]> {
  await using project = await reading(connection, config, component);
  const outcome = await project.run(await project.read("pipeline.oml"));
  assert.equal(outcome.state, "succeeded", String(outcome.failure?.message));
  const text = await project.read("rows.json");
  return text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}

/** What the run fails with; no rows are left. */
async function failureOf(connection: Fields, config: Fields, component?: string) {
  await using project = await reading(connection, config, component);
  const outcome = await project.run(await project.read("pipeline.oml"));
  assert.equal(outcome.state, "failed");
  assert.deepEqual((await project.list()).filter((path) => path.startsWith("rows")), []);
  return outcome.failure!;
}

const ITEMS = { path: "items", retries: 0 };

/** One page of items, whoever asks. */
function items(): Response {
  return Response.json([{ id: 1 }, { id: 2 }]);
}

for (
  const [auth, expected] of [
    [{ auth: "none" }, (asked: Asked) => asked.headers.get("authorization") === null],
    [
      { auth: "basic", user: "jürgen", password: "pä:ss-word" },
      (asked: Asked) => asked.headers.get("authorization") === "Basic asO8cmdlbjpww6Q6c3Mtd29yZA==",
    ],
    [
      { auth: "basic", user: "key-as-user", password: "" },
      (asked: Asked) => asked.headers.get("authorization") === `Basic ${btoa("key-as-user:")}`,
    ],
    [
      { auth: "bearer", token: "tok-4711" },
      (asked: Asked) => asked.headers.get("authorization") === "Bearer tok-4711",
    ],
    [
      { auth: "api_key", api_key: "key-4711" },
      (asked: Asked) => asked.headers.get("x-api-key") === "key-4711",
    ],
    [
      { auth: "api_key", api_key: "key&4711", key_in: "query", key_name: "k" },
      (asked: Asked) => asked.query["k"] === "key&4711",
    ],
    [
      { auth: "none", secret_headers: { "x-second": "second-4711" } },
      (asked: Asked) => asked.headers.get("x-second") === "second-4711",
    ],
  ] as const
) {
  Deno.test(`http.extractor shows who asks: ${JSON.stringify(auth)}`, async () => {
    await using api = new Api(items);
    assert.deepEqual(await rowsOf({ base_url: api.url, ...auth }, ITEMS), [{ id: 1 }, { id: 2 }]);
    assert.equal(api.asked.length, 1);
    assert.ok(expected(api.asked[0]!));
  });
}

for (const client_auth of ["basic", "body"] as const) {
  Deno.test(`http.extractor asks for a token once, and again when it is refused (${client_auth})`, async () => {
    const given: string[] = [];
    await using logins = new Api((asked) => {
      const form = new URLSearchParams(asked.body);
      assert.equal(form.get("grant_type"), "client_credentials");
      assert.equal(form.get("scope"), "a b");
      assert.equal(form.get("client_secret"), client_auth === "body" ? "s3cret/x" : null);
      const header = asked.headers.get("authorization");
      assert.equal(header, client_auth === "body" ? null : `Basic ${btoa("etl:s3cret%2Fx")}`);
      given.push(`tok-${given.length + 1}`);
      return Response.json({ access_token: given.at(-1), token_type: "bearer", expires_in: 3600 });
    });
    await using api = new Api(({ query, headers }, time) => {
      // After two pages the first token is not good any more.
      if (time === 2) return new Response("expired", { status: 401 });
      assert.equal(headers.get("authorization"), `Bearer ${time < 2 ? "tok-1" : "tok-2"}`);
      const page = Number(query["page"]);
      return Response.json(page > 4 ? [] : [{ id: page }]);
    });
    const rows = await rowsOf({
      base_url: api.url,
      auth: "oauth2_client_credentials",
      login_url: `${logins.url}/oauth/token`,
      client_id: "etl",
      client_secret: "s3cret/x",
      scope: "a b",
      client_auth,
    }, { ...ITEMS, pagination: "page" });
    assert.deepEqual(rows.map(({ id }) => id), [1, 2, 3, 4]);
    assert.deepEqual(given, ["tok-1", "tok-2"]);
  });
}

Deno.test("http.extractor says which login was refused, and shows neither token nor key", async () => {
  await using logins = new Api(() => Response.json({ access_token: "tok-very-secret" }));
  await using api = new Api(({ headers }) =>
    new Response(`who is ${headers.get("authorization")}?`, { status: 401 })
  );
  const failure = await failureOf({
    base_url: api.url,
    auth: "oauth2_client_credentials",
    login_url: logins.url,
    client_id: "etl",
    client_secret: "s3cret-4711",
  }, ITEMS);
  assert.match(failure.message, /\(auth\): status 401: the server refused the login: who is Bearer \*\*\*\?/);
  assert.equal(failure.category, "connection");
  assert.match(failure.help!, /client_id, client_secret/);
});

Deno.test("http.extractor says that a client got no token", async () => {
  await using logins = new Api(() => Response.json({ error: "invalid_client" }, { status: 400 }));
  await using api = new Api(items);
  const failure = await failureOf({
    base_url: api.url,
    auth: "oauth2_client_credentials",
    login_url: logins.url,
    client_id: "etl",
    client_secret: "s3cret-4711",
  }, ITEMS);
  assert.match(
    failure.message,
    /\(auth\): status 400: the server gave no token: \{"error":"invalid_client"\}/,
  );
  assert.equal(api.asked.length, 0);
});

for (
  const [connection, message] of [
    [{ auth: "basic", user: "etl" }, /with auth 'basic' it should have password/],
    [{ auth: "bearer" }, /it should have token/],
    [{ timeout_s: 0 }, /'timeout_s' should be more than 0/],
    [
      { auth: "bearer", token: "line\nbreak" },
      /\(config\): a header has a name or a value that no header may have/,
    ],
    [{ login_url: "http://127.0.0.1:1/x" }, /has a login_url, which auth 'none' does not use/],
  ] as const
) {
  Deno.test(`http.extractor refuses a connection that makes no sense: ${JSON.stringify(connection)}`, async () => {
    await using api = new Api(items);
    const failure = await failureOf({ base_url: api.url, ...connection }, ITEMS);
    assert.match(failure.message, message);
    assert.equal(api.asked.length, 0);
  });
}

/** Ten records in pages of three. */
const TEN = Array.from({ length: 10 }, (_, id) => ({ id }));

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

Deno.test("http.extractor keeps to Retry-After, in seconds and as a date, through a storm of refusals", async () => {
  const times: number[] = [];
  await using api = new Api((_, time) => {
    times.push(performance.now());
    if (time === 0) return new Response("slow down", { status: 429, headers: { "retry-after": "1" } });
    // A date has whole seconds: this one is 1 to 2 s away.
    const date = new Date(Date.now() + 2000).toUTCString();
    if (time === 1) return new Response("slow down", { status: 429, headers: { "retry-after": date } });
    return items();
  });
  assert.equal((await rowsOf({ base_url: api.url }, { path: "items" })).length, 2);
  assert.equal(times.length, 3);
  assert.ok(times[1]! - times[0]! >= 990 && times[2]! - times[1]! >= 900);
});

Deno.test("http.extractor leaves a server alone that asks for more than the step may wait", async () => {
  await using api = new Api(() => new Response("later", { status: 429, headers: { "retry-after": "600" } }));
  const failure = await failureOf({ base_url: api.url }, { path: "items", retry_for_s: 5 });
  assert.match(failure.message, /\(limit\): status 429: the server was asked too often: later/);
  assert.equal(failure.retryable, true);
  assert.equal(failure.retry_after_ms, 600_000);
  assert.equal(api.asked.length, 1);
});

for (const status of [500, 502, 503, 504]) {
  Deno.test(`http.extractor asks again after ${status}, in the middle of its pages`, async () => {
    await using api = new Api(({ query }, time) => {
      if (time === 1) return new Response("down", { status });
      const page = Number(query["page"]);
      return Response.json(page > 2 ? [] : [{ id: page }]);
    });
    const rows = await rowsOf({ base_url: api.url }, { path: "items", pagination: "page" });
    assert.deepEqual(rows, [{ id: 1 }, { id: 2 }]);
  });
}

Deno.test("http.extractor gives up after its retries", async () => {
  await using api = new Api(() => new Response("down", { status: 503 }));
  const failure = await failureOf({ base_url: api.url }, { path: "items", retries: 1 });
  assert.match(failure.message, /\(network\): status 503: the server failed: down/);
  assert.equal(failure.category, "connection");
  assert.equal(api.asked.length, 2);
});

Deno.test("http.extractor asks no more often than it may", async () => {
  const times: number[] = [];
  await using api = new Api((_, time) => {
    times.push(performance.now());
    return Response.json(time < 4 ? [{ id: time }] : []);
  });
  await rowsOf({ base_url: api.url }, { ...ITEMS, pagination: "page", requests_per_second: 10 });
  assert.equal(times.length, 5);
  assert.ok(times.at(-1)! - times[0]! >= 4 * 100 - 50);
});

Deno.test("http.extractor does not wait for a silent server for ever", async () => {
  await using server = new RawServer();
  const failure = await failureOf({ base_url: server.url, timeout_s: 0.3 }, ITEMS);
  assert.match(failure.message, /\(timeout\): the server was silent for 0.3 s/);
  assert.equal(failure.retryable, true);
});

Deno.test("http.extractor does not wait for a server that falls silent in the middle", async () => {
  await using api = new Api(() =>
    new Response(
      new ReadableStream({
        start: (body) => body.enqueue(new TextEncoder().encode('[{"id": 1},')),
      }),
    )
  );
  const failure = await failureOf({ base_url: api.url, timeout_s: 0.3 }, ITEMS);
  assert.match(failure.message, /the server was silent for 0.3 s/);
});

const JSON_HEAD = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";

for (
  const [what, answer] of [
    ["is shorter than it says", `${JSON_HEAD}content-length: 100\r\n\r\n[{"id": 1}]`],
    ["ends before its last chunk", `${JSON_HEAD}transfer-encoding: chunked\r\n\r\nb\r\n[{"id": 1}]\r\n`],
    ["never begins", ""],
  ] as const
) {
  Deno.test(`http.extractor fails when an answer ${what}`, async () => {
    await using server = new RawServer(answer);
    const failure = await failureOf({ base_url: server.url }, { ...ITEMS, retries: 1 });
    assert.match(failure.message, /\(network\): the connection was cut before the answer was whole/);
    assert.equal(server.asked, 2);
  });
}

Deno.test("http.extractor takes no more than an answer's content-length", async () => {
  await using server = new RawServer(`${JSON_HEAD}content-length: 11\r\n\r\n[{"id": 1},{"id": 2}]`);
  const failure = await failureOf({ base_url: server.url }, ITEMS);
  assert.match(failure.message, /broken JSON/);
});

for (
  const [what, base_url, message] of [
    ["refuses connections", undefined, /\(network\): the connection was refused/],
    [
      "has a name that cannot be resolved",
      "http://no-such-host.invalid",
      /\(network\): the name of the host cannot be resolved/,
    ],
  ] as const
) {
  Deno.test(`http.extractor says that the host ${what}`, async () => {
    const failure = await failureOf({ base_url: base_url ?? await closedPort() }, ITEMS);
    assert.match(failure.message, message);
    assert.equal(failure.category, "connection");
  });
}

Deno.test("http.extractor says that TLS failed, and does not try again", async () => {
  await using server = new RawServer("HTTP/1.1 200 OK\r\n\r\n");
  const failure = await failureOf({ base_url: server.url.replace("http:", "https:") }, { path: "items" });
  assert.match(failure.message, /\(network\): TLS failed: /);
  assert.equal(server.asked, 1);
});

async function closedPort(): Promise<string> {
  await using server = new RawServer("");
  return server.url;
}

for (const format of ["json", "ndjson", "csv"] as const) {
  Deno.test(`http.extractor takes a gzip bomb for one (${format})`, async () => {
    const line = format === "csv" ? "1\n" : '{"a": 1}\n';
    const plain = format === "csv" ? `a\n${line.repeat(1_500_000)}` : line.repeat(300_000);
    const packed = await new Response(new Blob([plain]).stream().pipeThrough(new CompressionStream("gzip")))
      .bytes();
    assert.ok(packed.length < 20_000);
    await using api = new Api(() => new Response(packed, { headers: { "content-encoding": "gzip" } }));
    const failure = await failureOf({ base_url: api.url }, { ...ITEMS, format, max_answer_mb: 1 });
    assert.match(failure.message, /\(limit\): the answer is larger than 1 MB, unpacked/);
    assert.match(failure.help!, /max_answer_mb/);
  });
}

Deno.test("http.extractor fails when a packed answer is cut", async () => {
  const plain = JSON.stringify(Array.from({ length: 500 }, () => ({ id: Math.random() })));
  const packed = await new Response(new Blob([plain]).stream().pipeThrough(new CompressionStream("gzip")))
    .bytes();
  const answer = packed.slice(0, packed.length - 100);
  await using api = new Api(() => new Response(answer, { headers: { "content-encoding": "gzip" } }));
  const failure = await failureOf({ base_url: api.url }, ITEMS);
  assert.match(failure.message, /the connection was cut/);
});

Deno.test("http.extractor follows a redirect on its own host, with its login", async () => {
  await using api = new Api(({ path }) =>
    path === "/items" ? new Response(null, { status: 301, headers: { location: "/v2/items?a=b" } }) : items()
  );
  const rows = await rowsOf({ base_url: api.url, auth: "bearer", token: "tok-4711" }, ITEMS);
  assert.equal(rows.length, 2);
  assert.equal(api.asked[1]!.headers.get("authorization"), "Bearer tok-4711");
  assert.deepEqual(api.asked[1]!.query, { a: "b" });
});

for (const status of [301, 302, 303, 307, 308]) {
  Deno.test(`http.extractor follows no redirect (${status}) to another host, and takes no login there`, async () => {
    await using other = new Api(items);
    await using api = new Api(() =>
      new Response(null, { status, headers: { location: `${other.url}/items` } })
    );
    const failure = await failureOf({ base_url: api.url, auth: "bearer", token: "tok-4711" }, ITEMS);
    assert.ok(failure.message.includes(`it redirects to another host, ${other.url}`), failure.message);
    assert.equal(other.asked.length, 0);
  });
}

Deno.test("http.extractor does not go in circles", async () => {
  await using api = new Api(() => new Response(null, { status: 302, headers: { location: "/items" } }));
  assert.match((await failureOf({ base_url: api.url }, ITEMS)).message, /redirects more than 5 times/);
});

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

Deno.test("http.extractor through the program: rows, exit codes, and no secret in any file or line", async () => {
  const secrets = { API_KEY: "k-5ecret-canary", SECOND: "s-5ecret-canary" };
  let broken = false;
  await using api = new Api(({ query, headers }) =>
    broken ? new Response(`no: ${query["key"]} ${headers.get("x-second")}`, { status: 401 }) : items()
  );
  await using project = await reading({
    base_url: api.url,
    auth: "api_key",
    api_key: "${API_KEY}",
    key_in: "query",
    key_name: "key",
    secret_headers: { "x-second": "${SECOND}" },
  }, { path: "items", params: { limit: 5 } });
  const run = () => osiris(["run", "pipeline.oml"], { cwd: project.root, env: secrets });
  const good = await run();
  assert.equal(good.code, 0, good.stderr);
  broken = true;
  const bad = await run();
  assert.notEqual(bad.code, 0);
  assert.match(bad.stdout + bad.stderr, /refused the login/);
  const dry = await osiris(["run", "pipeline.oml", "--dry-run"], { cwd: project.root, env: secrets });
  assert.ok(dry.stdout.includes(api.address), "the plan says what is reached");
  assert.ok(
    api.asked.every(({ query, headers }) =>
      query["key"] === secrets.API_KEY && headers.get("x-second") === secrets.SECOND
    ),
  );
  const said = [good, bad, dry].map(({ stdout, stderr }) => stdout + stderr);
  const files = (await project.list()).map((path) => join(project.root, path));
  const kept = files.filter((path) => Deno.statSync(path).isFile).map((path) => Deno.readTextFileSync(path));
  for (const text of [...said, ...kept]) assert.ok(!text.includes("5ecret-canary"), text);
});

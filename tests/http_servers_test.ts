/**
 * `http.extractor` and servers that refuse, fall silent or send what cannot be used. What must hold: it asks again where
 * that helps and no oftener than it may, and an answer that is not whole is none.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Api, CLOSED, RawServer } from "./_api.ts";
import { failureOf, ITEMS, items, rowsOf } from "./_http.ts";

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
  let asked = 0;
  await using api = new Api((_, time) => {
    asked++;
    return Response.json(time < 4 ? [{ id: time }] : []);
  });
  const began = performance.now(); // when a request arrives says less: a busy machine may hold the first one up
  await rowsOf({ base_url: api.url }, { ...ITEMS, pagination: "page", requests_per_second: 4 });
  assert.equal(asked, 5);
  assert.ok(performance.now() - began >= 4 * 250);
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
    ["refuses connections", CLOSED, /\(network\): the connection was refused/],
    [
      "has a name that cannot be resolved",
      "http://no-such-host.invalid",
      /\(network\): the name of the host cannot be resolved/,
    ],
  ] as const
) {
  Deno.test(`http.extractor says that the host ${what}`, async () => {
    const failure = await failureOf({ base_url }, ITEMS);
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

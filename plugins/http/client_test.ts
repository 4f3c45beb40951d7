import assert from "node:assert/strict";
import { HttpClient } from "./client.ts";
import type { HttpConnection } from "./connection.ts";

const CONNECTION = { auth: "none", timeout_s: 1 } as HttpConnection;
const OPTIONS = { retries: 0, retry_for_s: 0, max_answer_mb: 64 };
const AROUND = { signal: new AbortController().signal, log() {} };

/** While it is held, intervals pass when the test says so, and at no other time. */
function intervals(): { pass(): void } & Disposable {
  const { setInterval } = globalThis;
  const waiting: (() => void)[] = [];
  globalThis.setInterval = ((run: () => void) => (waiting.push(run), 0)) as typeof setInterval;
  return {
    pass() {
      assert.ok(waiting.length > 0, "nobody looks at the clock");
      for (const run of waiting) run();
    },
    [Symbol.dispose]: () => void (globalThis.setInterval = setInterval),
  };
}

Deno.test("HttpClient does not call a server silent while its rows are waited for to be taken", async () => {
  const part = new TextEncoder().encode("x".repeat(200_000));
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => {
    let left = 50;
    return new Response(
      new ReadableStream({
        pull: (body) => left-- > 0 ? body.enqueue(part) : body.close(),
      }),
    );
  });
  using clock = intervals();
  const client = new HttpClient(CONNECTION, OPTIONS, AROUND);
  const url = new URL(`http://127.0.0.1:${server.addr.port}`);
  const { texts } = await client.stream({ method: "GET", url });
  let characters = 0;
  for await (const text of texts) {
    if (characters === 0) { for (let quarter = 0; quarter < 20; quarter++) clock.pass(); }
    characters += text.length;
  }
  await server.shutdown();
  assert.equal(characters, 50 * 200_000);
});

Deno.test("HttpClient shows the begin of a text on one line, without secrets in any spelling", () => {
  const client = new HttpClient({ ...CONNECTION, token: "a b&c/d" }, OPTIONS, AROUND);
  assert.equal(client.shown("x a b&c/d y\n\u0007 a%20b%26c%2Fd"), "x *** y ***");
  assert.equal(client.shown("é".repeat(500)).length, 201);
});

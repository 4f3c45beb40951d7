import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { HttpClient } from "./client.ts";
import type { HttpConnection } from "./connection.ts";

const CONNECTION = { auth: "none", timeout_s: 0.2 } as HttpConnection;
const OPTIONS = { retries: 0, retry_for_s: 0, max_answer_mb: 64 };
const AROUND = { signal: new AbortController().signal, log() {} };

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
  const client = new HttpClient(CONNECTION, OPTIONS, AROUND);
  const url = new URL(`http://127.0.0.1:${server.addr.port}`);
  const { texts } = await client.stream({ method: "GET", url });
  let characters = 0;
  for await (const text of texts) {
    if (characters === 0) await sleep(600);
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

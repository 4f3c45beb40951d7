import assert from "node:assert/strict";
import { CLOSED } from "./_api.ts";
import { OtlpReceiver } from "./_otlp_receiver.ts";
import { type OtlpRequest, sendOtlp } from "../src/report/mod.ts";

const REQUEST: OtlpRequest = { signal: "traces", records: 3, body: { resourceSpans: [] } };
const CANARY = "Bearer canary-4711";

Deno.test("sendOtlp posts JSON with the headers it was given, below the endpoint", async () => {
  await using receiver = new OtlpReceiver();
  assert.equal(await send(receiver, "/"), undefined);
  const [{ signal, headers, body }] = receiver.received as [OtlpReceiver["received"][0]];
  assert.deepEqual({ signal, body }, { signal: "traces", body: REQUEST.body });
  assert.equal(headers.get("authorization"), CANARY);
  assert.equal(headers.get("content-type"), "application/json");
});

Deno.test("sendOtlp tries again what is busy or away, a limited number of times", async () => {
  await using receiver = new OtlpReceiver();
  const busy = () => new Response("no", { status: 503 });
  receiver.answers.push(busy, () => new Response("", { status: 429, headers: { "retry-after": "0" } }));
  assert.equal(await send(receiver), undefined);
  assert.equal(receiver.received.length, 3);
  receiver.answers.push(busy, busy, busy, busy, busy);
  assert.equal(await send(receiver), "it answers 503 to traces");
  assert.equal(receiver.received.length, 3 + 3);
});

Deno.test("sendOtlp does not try again what was refused, and follows no redirection", async () => {
  await using receiver = new OtlpReceiver();
  receiver.answers.push(() => new Response(CANARY, { status: 401 }));
  assert.equal(await send(receiver), "it answers 401 to traces");
  receiver.answers.push(() =>
    new Response(null, { status: 307, headers: { location: "http://127.0.0.1:1/" } })
  );
  assert.equal(await send(receiver), "it answers 307 to traces");
  receiver.answers.push(() => new Response("", { status: 429, headers: { "retry-after": "3600" } }));
  assert.equal(await send(receiver), "it answers 429 to traces, and asks to wait 3600 s");
  receiver.answers.push(() =>
    Response.json({ partialSuccess: { rejectedSpans: "2", errorMessage: CANARY } })
  );
  assert.equal(await send(receiver), "it refused 2 of 3 records");
  assert.equal(receiver.received.length, 4);
});

Deno.test("sendOtlp says that nobody listens, and stops when it is told to", async () => {
  const nobody = { endpoint: CLOSED };
  assert.equal(await send(nobody), "it cannot be reached");
  const told = AbortSignal.abort();
  assert.equal(await send(nobody, "", told), "there was no more time");
});

function send(
  { endpoint }: Pick<OtlpReceiver, "endpoint">,
  path = "",
  signal = new AbortController().signal,
) {
  const target = { endpoint: endpoint + path, headers: { authorization: CANARY }, timeoutMs: 60_000 };
  return sendOtlp(REQUEST, target, { signal, attempts: 3, pauseMs: 1 });
}

import assert from "node:assert/strict";
import { brokenOff, named, refusedBy, waitAsked } from "./failure.ts";

const NOW = Date.parse("2026-01-31T12:00:00Z");

for (
  const [header, wait] of [
    [null, undefined],
    ["", undefined],
    ["0", 0],
    ["120", 120_000],
    [" 5 ", 5_000],
    ["-5", undefined],
    ["1.5", undefined],
    ["Sat, 31 Jan 2026 12:00:30 GMT", 30_000],
    ["Sat, 31 Jan 2026 11:00:00 GMT", 0],
    ["soon", undefined],
    ["99999999999", undefined],
  ] as const
) {
  Deno.test(`waitAsked reads Retry-After: ${header}`, () => assert.equal(waitAsked(header, NOW), wait));
}

Deno.test("named leaves out what may be secret in a URL", () => {
  assert.equal(named("GET", new URL("https://a.example/b?key=s3cret#s3cret")), "GET https://a.example/b");
});

Deno.test("brokenOff repeats no URL that the runtime names", () => {
  const error = new TypeError(
    "error sending request for url (https://a.example/b?key=s3cret): something odd",
  );
  const { message } = brokenOff("GET https://a.example/b", error);
  assert.ok(message.includes("something odd") && !message.includes("s3cret"), message);
});

for (
  const [status, headers, trouble, transient] of [
    [401, {}, "auth", false],
    [403, {}, "permission", false],
    [403, { "retry-after": "1" }, "limit", true],
    [404, {}, "config", false],
    [408, {}, "timeout", true],
    [422, {}, "config", false],
    [429, {}, "limit", true],
    [500, {}, "network", true],
    [501, {}, "network", false],
    [503, {}, "network", true],
    [504, {}, "timeout", true],
  ] as const
) {
  Deno.test(`refusedBy makes ${trouble} of ${status} ${JSON.stringify(headers)}`, () => {
    const failure = refusedBy(
      "GET https://a.example/b",
      new Response("x", { status, headers }),
      "x",
      "the token",
    );
    assert.deepEqual([failure.trouble, failure.options.retryable], [trouble, transient]);
    assert.ok(failure.message.includes(`(${trouble}): status ${status}: `), failure.message);
  });
}

import assert from "node:assert/strict";
import { OsirisError } from "../diagnostic.ts";
import { backoff, mostPatient, withAttempts } from "./_attempts.ts";

const retry = { max: 2, backoff: "exponential" as const, delay_ms: 1, max_delay_ms: 3, jitter: false };
const never = new AbortController().signal;
const busy = () => new OsirisError("ENG500", "Cannot read: the source is busy", { retryable: true });

Deno.test("withAttempts tries a retryable failure again until it succeeds", async () => {
  const delays: number[] = [];
  const value = await withAttempts(
    retry,
    (number) => number < 3 ? Promise.reject(busy()) : Promise.resolve(number),
    {
      signal: never,
      onRetry: (_, delay) => delays.push(delay),
    },
  );
  assert.equal(value, 3);
  assert.deepEqual(delays, [1, 2]);
});

Deno.test("withAttempts gives up after max retries with the last failure", async () => {
  let attempts = 0;
  await assert.rejects(
    withAttempts(retry, () => (attempts++, Promise.reject(busy())), { signal: never, onRetry: () => {} }),
    /busy/,
  );
  assert.equal(attempts, 3);
});

Deno.test("withAttempts does not repeat what is not retryable, nor anything without a policy", async () => {
  let attempts = 0;
  const fatal = () => (attempts++, Promise.reject(new OsirisError("ENG500", "Cannot read: it is broken")));
  await assert.rejects(withAttempts(retry, fatal, { signal: never, onRetry: () => {} }));
  await assert.rejects(
    withAttempts(undefined, () => (attempts++, Promise.reject(busy())), { signal: never, onRetry: () => {} }),
  );
  assert.equal(attempts, 2);
});

Deno.test("withAttempts waits at least as long as the failure asks", async () => {
  const delays: number[] = [];
  const later = new OsirisError("ENG500", "Cannot read: too many requests", {
    retryable: true,
    retryAfterMs: 7,
  });
  await assert.rejects(
    withAttempts({ ...retry, max: 1 }, () => Promise.reject(later), {
      signal: never,
      onRetry: (_, d) => delays.push(d),
    }),
  );
  assert.deepEqual(delays, [7]);
});

Deno.test("withAttempts stops waiting when the run is cancelled", async () => {
  const cancel = new AbortController();
  const slow = { ...retry, delay_ms: 60_000, max_delay_ms: 60_000 };
  const work = withAttempts(slow, () => Promise.reject(busy()), {
    signal: cancel.signal,
    onRetry: () => cancel.abort(new Error("cancelled")),
  });
  await assert.rejects(work, /cancelled/);
});

Deno.test("backoff grows as its kind says, never past its limit, and jitter keeps it above half", () => {
  const of = (kind: "none" | "linear" | "exponential", n: number) =>
    backoff({ max: 9, backoff: kind, delay_ms: 100, max_delay_ms: 350, jitter: false }, n, () => 0);
  assert.deepEqual([1, 2, 3, 4].map((n) => of("none", n)), [100, 100, 100, 100]);
  assert.deepEqual([1, 2, 3, 4].map((n) => of("linear", n)), [100, 200, 300, 350]);
  assert.deepEqual([1, 2, 3, 4].map((n) => of("exponential", n)), [100, 200, 350, 350]);
  assert.equal(
    backoff({ max: 1, backoff: "none", delay_ms: 100, max_delay_ms: 350, jitter: true }, 1, () => 0),
    50,
  );
});

Deno.test("mostPatient picks the policy with the most retries", () => {
  assert.equal(mostPatient([undefined, retry, { ...retry, max: 5 }, undefined])?.max, 5);
  assert.equal(mostPatient([undefined]), undefined);
});

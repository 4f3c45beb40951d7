import assert from "node:assert/strict";
import fc from "fast-check";
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

Deno.test("withAttempts waits for nobody who asks for more than an hour, unless the policy is that patient", async () => {
  const day = 86_400_000;
  const later = new OsirisError("ENG500", "Cannot read: come back tomorrow", {
    retryable: true,
    retryAfterMs: day,
  });
  const waited = async (max_delay_ms: number) =>
    (await simulated({ ...retry, max: 1, max_delay_ms }, () => later, Math.random)).delays;
  assert.deepEqual(await waited(60_000), []);
  assert.deepEqual(await waited(day), [day]);
});

/** Runs attempts that all fail, by a clock that stands still but for their pauses. */
async function simulated(
  policy: typeof retry,
  failure: (attempt: number) => OsirisError,
  random: () => number,
): Promise<{ attempts: number; delays: number[]; elapsed: number }> {
  const real = globalThis.setTimeout;
  let elapsed = 0, attempts = 0;
  const delays: number[] = [];
  const clock = (run: () => void, ms: number) => {
    elapsed += ms;
    queueMicrotask(run);
    return 0;
  };
  globalThis.setTimeout = clock as unknown as typeof setTimeout;
  try {
    await assert.rejects(
      withAttempts(policy, (number) => (attempts++, Promise.reject(failure(number))), {
        signal: never,
        onRetry: (_, delay) => delays.push(delay),
        random,
      }),
    );
  } finally {
    globalThis.setTimeout = real;
  }
  return { attempts, delays, elapsed };
}

Deno.test("withAttempts keeps to its budget of attempts and time, whatever fails and however the dice fall", async () => {
  const policies = fc.record({
    max: fc.integer({ min: 0, max: 20 }),
    backoff: fc.constantFrom("none" as const, "linear" as const, "exponential" as const),
    delay_ms: fc.integer({ min: 0, max: 120_000 }),
    max_delay_ms: fc.integer({ min: 0, max: 600_000 }),
    jitter: fc.boolean(),
  });
  const asked = fc.array(fc.option(fc.integer({ min: 0, max: 2 ** 33 }), { nil: undefined }), {
    minLength: 21,
    maxLength: 21,
  });
  await fc.assert(
    fc.asyncProperty(
      policies,
      asked,
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      async (policy, after, dice) => {
        const failure = (attempt: number) =>
          new OsirisError("ENG500", "Cannot read: busy", {
            retryable: true,
            retryAfterMs: after[attempt - 1],
          });
        const seen = await simulated(policy as typeof retry, failure, () => dice);
        assert.ok(seen.attempts <= policy.max + 1);
        assert.equal(seen.delays.length, seen.attempts - 1);
        assert.equal(seen.elapsed, seen.delays.reduce((sum, delay) => sum + delay, 0));
        seen.delays.forEach((delay, i) => {
          const ask = after[i] ?? 0;
          const [least, most] = [0, 1].map((at) => backoff(policy, i + 1, () => at));
          assert.ok(delay >= Math.max(least!, ask) && delay <= Math.max(most!, ask), `${delay}`);
          assert.ok(delay <= Math.max(policy.max_delay_ms, 3_600_000), `${delay}`);
        });
      },
    ),
    { numRuns: 200 },
  );
});

Deno.test("backoff with jitter spreads those that failed together over half of the pause", () => {
  const policy = {
    max: 9,
    backoff: "exponential" as const,
    delay_ms: 1000,
    max_delay_ms: 60_000,
    jitter: true,
  };
  const tenths = new Array(10).fill(0);
  for (let i = 0; i < 1000; i++) {
    const delay = backoff(policy, 3, () => (i + 0.5) / 1000);
    assert.ok(delay >= 2000 && delay < 4000);
    tenths[Math.floor((delay - 2000) / 200)]++;
  }
  assert.deepEqual(tenths, new Array(10).fill(100));
});

Deno.test("mostPatient picks the policy with the most retries", () => {
  assert.equal(mostPatient([undefined, retry, { ...retry, max: 5 }, undefined])?.max, 5);
  assert.equal(mostPatient([undefined]), undefined);
});

import assert from "node:assert/strict";
import fc from "fast-check";
import { readRun, type StepView } from "../report/mod.ts";
import { event, screen, SessionOnDisk } from "./_session_for_tests.ts";
import { stepTree } from "./_step_tree.ts";
import { columnsOf } from "./_wrap.ts";

/** The steps of a session whose plan says what waits for what. */
async function stepsOf(
  waiting: { readonly [id: string]: readonly string[] },
  changes: { readonly [id: string]: object } = {},
  events: readonly object[] = [],
): Promise<readonly StepView[]> {
  const ids = Object.keys(waiting);
  using session = new SessionOnDisk({
    status: {
      session_id: "s",
      pipeline: "p",
      fingerprint: "f",
      profile: null,
      state: "failed",
      started_at: "2026-01-15T10:00:00.000Z",
      steps: ids.map((id) => ({ id, state: "succeeded", ...changes[id] })),
    },
    events,
    plan: { order: ids, steps: ids.map((id) => ({ id, depends_on: waiting[id] })) },
  });
  return (await readRun(session.folder)).steps;
}

const FAILURE = { code: "RUN601", category: "run", message: "m", retryable: true };

const at = (from: number, to?: number) => ({
  started_at: `2026-01-15T10:00:${String(from).padStart(2, "0")}.000Z`,
  ...(to === undefined ? {} : { ended_at: `2026-01-15T10:00:${to}.000Z`, duration_ms: (to - from) * 1000 }),
});

Deno.test("stepTree() draws what waits for what, when each step ran, and what is to be known of it", async () => {
  const steps = await stepsOf(
    {
      orders: [],
      prices: [],
      join: ["orders", "prices"],
      big: ["join"],
      save: ["big", "join"],
      log: ["join"],
    },
    {
      orders: { ...at(10, 14), rows_out: 1_200 },
      prices: at(10, 12),
      join: { ...at(14, 20), rows_out: 7 },
      big: { ...at(20, 30), state: "failed" },
      save: { state: "skipped" },
      log: { ...at(25), state: "cancelled" },
    },
    [
      event("row.quarantine", { step_id: "orders", rows: 2, reason: "r" }),
      event("execution.step.retry", { step_id: "prices", attempt: 1, max: 2, delay_ms: 1, error: FAILURE }),
      event("check.fail", { step_id: "big", check: "not_null" }),
      event("cache.hit", { step_id: "join", key: "k" }),
    ],
  );
  assert.equal(
    stepTree(steps, screen(100)),
    `    step        when                   rows    time
  ✓ orders      ████················  1,200  4.00 s  2 rejected
  ✓ prices      ██··················         2.00 s  1 retry
  ✓ └ join      ····██████··········      7  6.00 s  from the cache, also after orders
  ✗   ├ big     ··········██████████         10.0 s  failed, 1 check failed
  -   │ └ save                                       skipped, also after join
  -   └ log     ···············█████                 cancelled
`,
  );
});

Deno.test("stepTree() stays within the terminal, however deep, long, wide and many the steps are", async () => {
  const names = fc.array(fc.constantFrom("a", "long_name_of_a_step", "表を読む", "é", "🎉", "x".repeat(70)), {
    minLength: 1,
    maxLength: 12,
  });
  await fc.assert(
    fc.asyncProperty(names, fc.integer({ min: 14, max: 140 }), fc.nat(3), async (words, width, back) => {
      const ids = words.map((word, i) => `${word}${i}`);
      const waiting = Object.fromEntries(
        ids.map((id, i) => [id, i === 0 ? [] : [ids[Math.max(0, i - 1 - back)]!]]),
      );
      const changes = Object.fromEntries(
        ids.map((
          id,
          i,
        ) => [id, { ...at(10 + i, 11 + i), rows_out: 10 ** i, state: i % 2 ? "cancelled" : "succeeded" }]),
      );
      const lines = stepTree(await stepsOf(waiting, changes), screen(width)).split("\n");
      assert.equal(lines.length, ids.length + 2);
      for (const line of lines) assert.ok(columnsOf(line) <= width, `${columnsOf(line)} > ${width}: ${line}`);
    }),
    { numRuns: 60 },
  );
});

Deno.test("stepTree() gives up bars first, then counts, and never the state", async () => {
  const steps = await stepsOf({ extract_orders: [], save_orders: ["extract_orders"] }, {
    extract_orders: { ...at(10, 11), rows_out: 1_234_567_890 },
    save_orders: { ...at(11, 12), state: "failed" },
  });
  assert.match(stepTree(steps, screen(80)), /█{10}·{10} +1,234,567,890/);
  assert.match(stepTree(steps, screen(54)), /extract_orders +1,234,567,890 +1\.00 s\n/);
  const narrow = stepTree(steps, screen(38));
  assert.doesNotMatch(narrow, /█|1,234/);
  assert.match(narrow, /✗ └ save_orders +1\.00 s {2}failed\n/);
});

Deno.test("stepTree() paints states on a terminal and stands for nothing when no step is known", async () => {
  const steps = await stepsOf({ a: [], b: ["a"] }, { a: at(10, 11), b: { ...at(11, 12), state: "failed" } });
  const text = stepTree(steps, screen(80, true));
  assert.ok(text.includes("\x1b[32m✓\x1b[39m"), text);
  assert.ok(text.includes("\x1b[31m✗\x1b[39m") && text.includes("\x1b[31mfailed\x1b[39m"), text);
  assert.equal(stepTree([], screen(80)), "");
});

Deno.test("stepTree() draws a plan that goes in circles or names what is not there", async () => {
  const steps = await stepsOf({ a: ["b", "a", "nobody"], b: ["a"] });
  assert.match(stepTree(steps, screen(80)), /^ {4}step\n {2}✓ a\n {2}✓ (?:└ )?b\n$/);
});

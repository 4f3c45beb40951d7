import assert from "node:assert/strict";
import fc from "fast-check";
import { bench } from "./_testing.ts";
import type { Relation } from "./mod.ts";

/** Steps over a table of `a` and `b` that give such a table again, whatever came before. */
const STEPS = [
  "SELECT * FROM df",
  "SELECT a, b FROM df WHERE a % 3 = 0",
  "SELECT a, b FROM df WHERE b > 20",
  "SELECT a + 1 AS a, b FROM df",
  "SELECT max(a) AS a, b FROM df GROUP BY b",
  "SELECT DISTINCT a % 10 AS a, b FROM df",
  "SELECT x.a, y.b FROM df x JOIN df y ON x.a = y.a",
  "SELECT a, b FROM df UNION ALL SELECT b, a FROM df",
  "SELECT a, row_number() OVER (ORDER BY a, b) AS b FROM df",
  "SELECT a, b FROM df ORDER BY a DESC, b LIMIT 50",
  "SELECT a, b FROM df WHERE a > (SELECT avg(a) FROM df)",
  "WITH t AS (SELECT a, b FROM df WHERE a < 60) SELECT t.a, u.b FROM t JOIN t u ON t.b = u.b",
  "SELECT a, b FROM df WHERE false",
  "SELECT a, b FROM df WHERE a IN (SELECT b FROM df)",
];

Deno.test("compose: a fused chain gives the rows and the counts of the same chain run step by step", async () => {
  await using b = await bench();
  b.file("in.csv", "a,b\n" + Array.from({ length: 120 }, (_, i) => `${i},${(i * 7) % 40}\n`).join(""));
  const chains = fc.array(fc.record({ step: fc.nat(STEPS.length - 1), over: fc.nat(5) }), {
    minLength: 1,
    maxLength: 5,
  });
  await fc.assert(
    fc.asyncProperty(chains, async (chain) => {
      const scan = await b.scan("in.csv");
      const lazy: Relation[] = [scan];
      const stored: Relation[] = [(await b.engine.store(scan)).relation];
      const counts = new Map<string, number>([["extract", 120]]);
      for (const [i, { step, over }] of chain.entries()) {
        const at = Math.max(0, lazy.length - 1 - (over % 2));
        const name = `step${i}`;
        lazy.push(await b.sql(STEPS[step]!, { df: lazy[at]! }, {}, name));
        const done = await b.engine.store(await b.sql(STEPS[step]!, { df: stored[at]! }, {}, name));
        if (done.execution.rows > 5000) return;
        stored.push(done.relation);
        counts.set(name, done.execution.rows);
      }
      const fused = await b.engine.store(lazy.at(-1)!);
      for (const [x, y] of [[fused.relation, stored.at(-1)!], [stored.at(-1)!, fused.relation]] as const) {
        const difference = await b.sql("SELECT * FROM x EXCEPT ALL SELECT * FROM y", { x, y });
        assert.equal((await b.engine.drain(difference)).rows, 0);
      }
      assert.equal(fused.execution.rows, counts.get(`step${chain.length - 1}`));
      for (const { step, rowsOut } of fused.execution.steps) {
        if (rowsOut !== undefined) {
          assert.ok(
            rowsOut === counts.get(step) || stopsEarly(chain),
            `${step}: ${rowsOut}, should be ${counts.get(step)}`,
          );
        }
      }
      for (const relation of [...stored, fused.relation]) await b.engine.drop(relation);
    }),
    { numRuns: 25 },
  );
});

/** Above a LIMIT or an impossible condition a step need not be computed in full; its count is what it gave. */
function stopsEarly(chain: readonly { step: number }[]): boolean {
  return chain.some(({ step }) => /LIMIT|WHERE false/.test(STEPS[step]!));
}

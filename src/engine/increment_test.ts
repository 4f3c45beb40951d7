import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import type { OsirisError } from "../diagnostic.ts";
import type { CursorState, Engine, Increment, IncrementRequest, Relation } from "./mod.ts";
import { type Bench, bench } from "./_testing.ts";

/** Runs a test on an engine of its own. */
async function withEngine(test: (bench: Bench) => Promise<void>): Promise<void> {
  await using own = await bench();
  await test(own);
}

/** A stored relation of a query. */
async function stored(engine: Engine, query: string): Promise<Relation> {
  const relation = await engine.sql("get", { query, bind: {}, inputs: {} });
  return (await engine.store(relation)).relation;
}

async function increment(
  engine: Engine,
  query: string,
  request: Partial<IncrementRequest> = {},
): Promise<Increment> {
  const whole = { column: "at", uniqueKey: [], from: request.before?.since ?? null, ...request };
  return await engine.increment(await stored(engine, query), whole);
}

/** What is in a relation, one text for a row. */
async function rowsOf(engine: Engine, { relation }: Increment): Promise<string[]> {
  const rows = await engine.sample(relation, 1_000) ?? [];
  return rows.map((row) => Object.values(row).join(" ")).sort();
}

const values = (rows: readonly (readonly [number, string])[]) =>
  rows.length === 0
    ? "SELECT 0 AS at, '' AS note WHERE false"
    : `SELECT * FROM (VALUES ${rows.map(([at, note]) => `(${at}, '${note}')`).join(", ")}) AS t("at", note)`;

Deno.test("Engine.increment gives every row once, in whatever order rows come, late ones within the lag too", () =>
  withEngine(async ({ engine }) => {
    const arrival = fc.record({ below: fc.nat(6), note: fc.constantFrom("a", "b"), ahead: fc.nat(3) });
    const reads = fc.array(fc.array(arrival, { maxLength: 6 }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(reads, fc.nat(4), async (batches, lag) => {
        const there: [number, string][] = [];
        const given: string[] = [];
        let before: CursorState | undefined;
        let greatest = 10;
        for (const batch of batches) {
          for (const { below, note, ahead } of batch) {
            // As late as the lag allows, counted from what was loaded; or beyond the greatest there is.
            const at = below <= lag ? Number(before?.value ?? greatest) - below : greatest + ahead;
            there.push([at, note]);
            greatest = Math.max(greatest, at);
          }
          const from = before?.since ?? null;
          const due = there.filter(([at]) => from === null || at >= Number(from));
          const found = await increment(engine, values(due), {
            lag: { amount: String(lag) },
            ...(before === undefined ? {} : { before }),
          });
          given.push(...await rowsOf(engine, found));
          before = found.cursor ?? before;
        }
        assert.deepEqual(given.sort(), there.map(([at, note]) => `${at} ${note}`).sort());
      }),
      { numRuns: 15 },
    );
  }));

Deno.test("Engine.increment keeps a cursor exactly, whatever its type, and begins the next read a lag below it", () =>
  withEngine(async ({ engine }) => {
    const cases: readonly [query: string, lag: IncrementRequest["lag"], value: string, since: string][] = [
      ["SELECT 9223372036854775807 AS at", { amount: "10" }, "9223372036854775807", "9223372036854775797"],
      ["SELECT 5::UTINYINT AS at", { amount: "10" }, "5", "5"],
      ["SELECT 1.50::DECIMAL(38,2) AS at", { amount: "0.25" }, "1.50", "1.25"],
      ["SELECT DATE '2026-03-01' AS at", { ms: 3_600_000 }, "2026-03-01", "2026-02-28"],
      [
        "SELECT TIMESTAMP '2026-03-01 00:00:00.000001' AS at",
        { ms: 1 },
        "2026-03-01 00:00:00.000001",
        "2026-02-28 23:59:59.999001",
      ],
      [
        "SELECT TIMESTAMPTZ '2026-03-01 12:00:00+02' AS at",
        undefined,
        "2026-03-01 10:00:00+00",
        "2026-03-01 10:00:00+00",
      ],
      ["SELECT unnest(['a', 'B', 'ä']) AS at", undefined, "ä", "ä"],
    ];
    for (const [query, lag, value, since] of cases) {
      const { cursor } = await increment(engine, query, lag === undefined ? {} : { lag });
      assert.deepEqual([cursor!.value, cursor!.since], [value, since], query);
    }
    const early = await increment(engine, "SELECT 100 AS at", { lag: { amount: "50" }, from: "80" });
    assert.equal(early.cursor!.since, "80", "what was not read is not known");
  }));

Deno.test("Engine.increment tells rows by a key where one is said, also once columns were added or widened", () =>
  withEngine(async ({ engine }) => {
    const first = await increment(engine, "SELECT 1 AS at, 7 AS id, 'a' AS note", { uniqueKey: ["id"] });
    const again = "SELECT 1::BIGINT AS at, unnest([7, 8]) AS id, 'b' AS note, 5 AS more";
    const keyed = await increment(engine, again, { uniqueKey: ["id"], before: first.cursor! });
    assert.deepEqual([keyed.rows, keyed.before], [1, 1]);
    const whole = await increment(engine, "SELECT 1 AS at, 'a' AS note");
    const added = "SELECT 1::BIGINT AS at, unnest(['a', 'a', 'b']) AS note, 5 AS more";
    const told = await increment(engine, added, { before: whole.cursor! });
    assert.deepEqual([told.rows, told.before], [2, 1], "one of two equal rows is new");
  }));

Deno.test("Engine.increment follows rows whose columns are called as the engine calls its own", () =>
  withEngine(async ({ engine }) => {
    const first = await increment(engine, 'SELECT 1 AS at, 2 AS "RowId", 3 AS number, 4 AS id');
    const again = 'SELECT 1 AS at, unnest([2, 5]) AS "RowId", 3 AS number, 4 AS id';
    const found = await increment(engine, again, { before: first.cursor! });
    assert.deepEqual([found.rows, found.before, await rowsOf(engine, found)], [1, 1, ["1 5 3 4"]]);
    assert.deepEqual(Object.keys((await engine.sample(found.relation, 1))![0]!), [
      "at",
      "RowId",
      "number",
      "id",
    ]);
  }));

Deno.test("Engine.increment knows rows by the very bytes that earlier versions kept", () =>
  withEngine(async ({ engine }) => {
    const { cursor } = await increment(engine, "SELECT 1 AS at, unnest(['a', 'a']) AS note");
    const hash = createHash("md5").update('["1","a"]').digest();
    assert.deepEqual(cursor!.seen, new Uint8Array([...hash, 0, 0, 0, 2]));
  }));

Deno.test("Engine.increment leaves the cursor where it is when no row comes, or only known ones", () =>
  withEngine(async ({ engine }) => {
    const first = await increment(engine, values([[3, "a"], [3, "b"]]));
    for (const rows of [[], [[3, "a"]], [[3, "b"], [3, "a"]]] as [number, string][][]) {
      const found = await increment(engine, values(rows), { before: first.cursor! });
      assert.deepEqual([found.rows, found.before, found.cursor], [0, rows.length, first.cursor]);
    }
    const fresh = await increment(engine, values([]));
    assert.deepEqual([fresh.rows, fresh.cursor], [0, undefined]);
  }));

Deno.test("Engine.increment refuses what cannot be followed, and says why", () =>
  withEngine(async ({ engine }) => {
    const set: CursorState = {
      value: "soon",
      type: null,
      since: "soon",
      identity: [],
      seen: new Uint8Array(),
    };
    const told = (await increment(engine, "SELECT 1 AS at, 2 AS gone")).cursor!;
    const cases: readonly [query: string, request: Partial<IncrementRequest>, why: RegExp][] = [
      ["SELECT unnest([1, NULL, NULL]) AS at", {}, /2 of 3 rows have no value in it/],
      ["SELECT 'infinity'::TIMESTAMP AS at", {}, /1 of 1 rows are at infinity/],
      ["SELECT 0.5::DOUBLE AS at", {}, /it is a DOUBLE, whose values have no exact order/],
      ["SELECT 1 AS other", {}, /there is no column 'at'; the columns are other/],
      ["SELECT 1 AS at", { uniqueKey: ["id"] }, /there is no column 'id'/],
      ["SELECT 1 AS at", { lag: { ms: 5 } }, /it is a INTEGER, and the lag is a time/],
      ["SELECT DATE '2026-01-01' AS at", { lag: { amount: "5" } }, /it is a DATE, and the lag is a number/],
      ["SELECT 1 AS at", { before: set }, /the cursor 'soon' is no INTEGER/],
      ["SELECT 1 AS at", { from: "x" }, /the bound 'x' is no INTEGER/],
      ["SELECT 1 AS at", { before: told }, /'gone' is gone/],
    ];
    for (const [query, request, why] of cases) {
      await assert.rejects(
        () => increment(engine, query, request),
        (error: OsirisError) =>
          error.code === "ENG542" && why.test(error.message) && error.help !== undefined,
        query,
      );
    }
  }));

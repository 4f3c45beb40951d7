import assert from "node:assert/strict";
import type { SessionSummary } from "../../session/mod.ts";
import { addressOf, choose, queryOf } from "./_run_query.ts";

/** Runs as a list has them, newest first; one began on each day. */
function runsOf(...changes: readonly Partial<SessionSummary>[]): SessionSummary[] {
  return changes.map((change, n) => {
    const day = String(28 - n).padStart(2, "0");
    return {
      session_id: `run_202601${day}T100000Z_${String(n).padStart(6, "0")}`,
      folder: `/logs/${n}`,
      pipeline: "sales",
      fingerprint: "sha256:0",
      profile: null,
      state: "succeeded",
      started_at: `2026-01-${day}T10:00:00.000Z`,
      ...change,
    };
  });
}

const RUNS = runsOf(
  { duration_ms: 20, pipeline: "Sales" },
  { duration_ms: 300, state: "failed", error: failureOf("no such table") },
  { state: "running", pipeline: "stock", profile: "nightly" },
  { duration_ms: 100, pipeline: "sales & co" },
);

function failureOf(message: string): NonNullable<SessionSummary["error"]> {
  return { code: "RUN602", message, category: "run", retryable: false };
}

/** Which of the runs an address shows, by their place in the list. */
function shown(address: string): string {
  const { fitting } = choose(RUNS, queryOf(new URLSearchParams(address)));
  return fitting.map((run) => RUNS.indexOf(run)).join("");
}

Deno.test("choose shows all runs, newest first, when nothing is asked for or nothing that is known", () => {
  assert.equal(shown(""), "0123");
  assert.equal(shown("state=lost&sort=colour&page=-1&from=yesterday&to=2026&order=x"), "0123");
});

Deno.test("choose filters by state, pipeline, days and a text in any case", () => {
  assert.equal(shown("state=failed"), "1");
  assert.equal(shown("pipeline=sales"), "1");
  assert.equal(shown("pipeline=sales+%26+co"), "3");
  assert.equal(shown("from=2026-01-26&to=2026-01-27"), "12");
  assert.equal(shown("q=SALES"), "013");
  assert.equal(shown("q=nightly"), "2");
  assert.equal(shown("q=such+table"), "1");
  assert.equal(shown("q=ruN602"), "1");
  assert.equal(shown("q=_000003"), "3");
  assert.equal(shown("q=sales&state=succeeded&to=2026-01-27"), "3");
});

Deno.test("choose sorts either way, equal runs newest first, those without a time as the shortest", () => {
  assert.equal(shown("order=up"), "3210");
  assert.equal(shown("sort=duration"), "1302");
  assert.equal(shown("sort=duration&order=up"), "2031");
  assert.equal(shown("sort=state&order=up"), "1203");
  assert.equal(shown("sort=pipeline&order=up"), "0132");
});

Deno.test("choose gives a page of a hundred, and the last one for a page behind it", () => {
  const many = runsOf(...Array.from({ length: 250 }, () => ({})));
  const page = (params: string) => choose(many, queryOf(new URLSearchParams(params)));
  assert.deepEqual([page("").runs.length, page("").pages], [100, 3]);
  assert.equal(page("page=2").runs[0], many[100]);
  assert.deepEqual([page("page=99").page, page("page=99").runs.length], [3, 50]);
  assert.deepEqual([page("q=none").page, page("q=none").pages, page("q=none").runs], [1, 1, []]);
});

Deno.test("addressOf leads back to the query it was made of", () => {
  for (
    const address of [
      "",
      "q=a+b%26c&state=failed&pipeline=%3Cb%3E&from=2026-01-01&to=2026-02-01&sort=duration&order=up&page=3",
    ]
  ) {
    const query = queryOf(new URLSearchParams(address));
    assert.equal(addressOf("/", query), address === "" ? "/" : `/?${address}`);
    assert.deepEqual(queryOf(new URL(addressOf("/", query, { page: 7 }), "http://x").searchParams), {
      ...query,
      page: 7,
    });
  }
});

/** Runs from manifest to outcome, in this process: fusion and counts, retries, deadlines, cancelling, drivers that send rows. @module */

import assert from "node:assert/strict";
import { readSession } from "../src/session/mod.ts";
import { TestProject } from "./_project.ts";
import { until } from "./_until.ts";

const head = (steps: string) => `oml_version: "0.1.0"\nname: test\nsteps:\n${steps}`;
const step = (id: string, component: string, mode: string, config: string, more = "") =>
  `  - id: ${id}\n    component: ${component}\n    mode: ${mode}\n    config: ${config}\n${more}`;
const sql = (id: string, query: string, more = "") =>
  step(id, "duckdb.processor", "transform", `{ query: ${JSON.stringify(query)} }`, more);
const save = (path: string, more = "", id = "save") =>
  step(id, "filesystem.csv_writer", "write", `{ path: ${path} }`, more);
const flaky = (failures: number, more: string) =>
  step(
    "flaky",
    "test.flaky_extractor",
    "read",
    `{ counter: count.txt, failures: ${failures}, retryable: true }`,
    more,
  );

const rowsOf = (
  outcome: { status: { steps: readonly { id: string; rows_in?: number; rows_out?: number }[] } },
) => Object.fromEntries(outcome.status.steps.map((s) => [s.id, [s.rows_in, s.rows_out]]));

Deno.test("runPlan counts every step of one fused statement, filters above and below included", async () => {
  await using project = await TestProject.create();
  const outcome = await project.run(head(
    sql("rows", "SELECT range AS n, range % 10 AS k FROM range(1000)", "    inputs: {}\n") +
      sql("some", "SELECT * FROM df WHERE n >= 100") +
      sql("fewer", "SELECT k, n * 2 AS m FROM df WHERE k < 5 AND n < 600") +
      sql("groups", "SELECT k, count(*) AS c FROM df WHERE m > 500 GROUP BY k ORDER BY k DESC") +
      save("out.csv"),
  ));
  assert.equal(outcome.state, "succeeded", String(outcome.failure?.message));
  assert.deepEqual(rowsOf(outcome), {
    rows: [undefined, 1000],
    some: [1000, 900],
    fewer: [900, 250],
    groups: [250, 5],
    save: [5, 5],
  });
  assert.equal(
    await project.read("out.csv"),
    "k,c\n4,35\n3,35\n2,35\n1,35\n0,34\n".replace("1,35\n0,34", "1,35\n0,34"),
  );
  const record = await readSession(outcome.folder);
  const fused = record.events.filter((e) => e.event_type === "execution.step.complete").map((e) =>
    (e.data as { fused_into?: string }).fused_into
  );
  assert.deepEqual(fused, ["save", "save", "save", "save", undefined], "the chain was one statement");
});

Deno.test("runPlan reads a source once however many steps share it", async () => {
  await using project = await TestProject.create({
    "in.csv": "n\n" + Array.from({ length: 100 }, (_, i) => `${i}\n`).join(""),
  });
  const outcome = await project.run(head(
    step("extract", "filesystem.csv_extractor", "read", "{ path: in.csv }") +
      sql("low", "SELECT * FROM df WHERE n < 30", "    inputs: { df: extract }\n") +
      sql("high", "SELECT * FROM df WHERE n >= 30", "    inputs: { df: extract }\n") +
      sql(
        "both",
        "SELECT count(*) AS c FROM low JOIN high ON low.n + 30 = high.n",
        "    inputs: { low: low, high: high }\n",
      ) +
      save("out.csv"),
  ));
  assert.equal(outcome.state, "succeeded", String(outcome.failure?.message));
  assert.deepEqual(rowsOf(outcome), {
    extract: [undefined, 100],
    low: [100, 30],
    high: [100, 70],
    both: [100, 1],
    save: [1, 1],
  });
  assert.equal(await project.read("out.csv"), "c\n30\n");
});

Deno.test("runPlan tries again what says it may succeed, and records every attempt", async () => {
  await using project = await TestProject.create();
  const outcome = await project.run(
    head(flaky(2, "    retry: { max: 2, delay: 1ms, jitter: false }\n") + save("out.csv")),
  );
  assert.equal(outcome.state, "succeeded", String(outcome.failure?.message));
  assert.equal(await project.read("out.csv"), "attempt\n3\n");
  const record = await readSession(outcome.folder);
  assert.equal(record.events.filter((event) => event.event_type === "execution.step.retry").length, 2);
  assert.deepEqual(
    record.metrics.filter((m) => m.metric === "retry_count").map((m) => [m.step_id, m.value]),
    [["flaky", 2]],
  );
});

Deno.test("runPlan gives up after the last retry, and the failure names step and cause", async () => {
  await using project = await TestProject.create();
  const outcome = await project.run(head(flaky(5, "    retry: { max: 1, delay: 1ms }\n") + save("out.csv")));
  assert.equal(outcome.state, "failed");
  assert.equal(outcome.failure?.step, "flaky");
  assert.match(outcome.failure?.message ?? "", /busy \(attempt 2\)/);
  assert.deepEqual(outcome.status.steps.map((s) => s.state), ["failed", "skipped"]);
});

Deno.test("runPlan ends a step at its deadline and says so", async () => {
  await using project = await TestProject.create();
  const outcome = await project.run(head(
    sql(
      "slow",
      "SELECT sum(a.range * b.range) AS s FROM range(2000000) a, range(2000000) b",
      "    inputs: {}\n    timeout: 300ms\n",
    ) + save("out.csv"),
  ));
  assert.equal(outcome.state, "failed");
  assert.equal(outcome.failure?.code, "RUN606");
  assert.match(outcome.failure?.message ?? "", /'slow'.*0\.3 s/);
});

Deno.test("runPlan undoes staged writes when the run is cancelled, and the session says cancelled", async () => {
  await using project = await TestProject.create({ "out.csv": "old\n" });
  const cancel = new AbortController();
  const run = project.run(
    head(
      sql(
        "slow",
        "SELECT a.range AS a, b.range AS b FROM range(3000000) a, range(3000000) b",
        "    inputs: {}\n",
      ) + save("out.csv"),
    ),
    { signal: cancel.signal },
  );
  await until(() => Deno.readDirSync(project.root).some(({ name }) => name.includes(".osiris-")));
  const asked = performance.now();
  cancel.abort();
  const outcome = await run;
  assert(performance.now() - asked < 10_000, "cancelling took longer than ten seconds");
  assert.equal(outcome.state, "cancelled");
  assert.equal(outcome.status.state, "cancelled");
  assert.equal(await project.read("out.csv"), "old\n");
  assert.deepEqual((await project.list()).filter((path) => path.includes(".osiris-")), []);
});

Deno.test("runPlan carries rows from a JavaScript driver through the engine into a JavaScript driver", async () => {
  await using project = await TestProject.create();
  const outcome = await project.run(head(
    step("make", "test.rows_extractor", "read", "{ rows: 250000 }") +
      sql("odd", "SELECT * FROM df WHERE id % 2 = 1") +
      step("keep", "test.rows_writer", "write", "{ path: rows.jsonl, keep: true }"),
  ));
  assert.equal(outcome.state, "succeeded", String(outcome.failure?.message));
  assert.deepEqual(rowsOf(outcome), {
    make: [undefined, 250_000],
    odd: [250_000, 125_000],
    keep: [125_000, 125_000],
  });
  assert.equal((await project.read("rows.jsonl")).trim().split("\n").length, 125_000);
});

Deno.test("runPlan leaves nothing behind when a driver that takes rows fails in the middle", async () => {
  await using project = await TestProject.create();
  const outcome = await project.run(head(
    step("make", "test.rows_extractor", "read", "{ rows: 250000 }") +
      step("keep", "test.rows_writer", "write", "{ path: rows.jsonl, keep: true, fail_after: 100000 }"),
  ));
  assert.equal(outcome.state, "failed");
  assert.equal(outcome.failure?.step, "keep");
  assert(!(await project.list()).includes("rows.jsonl"));
});

Deno.test("runPlan blames the step whose data is at fault, not the one that happened to compute it", async () => {
  await using project = await TestProject.create({ "in.csv": "v\n1\nx\n" });
  const outcome = await project.run(head(
    step("extract", "filesystem.csv_extractor", "read", "{ path: in.csv, types: { v: VARCHAR } }") +
      sql("numbers", "SELECT CAST(v AS BIGINT) AS n FROM df") +
      sql("doubled", "SELECT n * 2 AS m FROM df") +
      save("out.csv"),
  ));
  assert.equal(outcome.state, "failed");
  assert.equal(outcome.failure?.step, "numbers", String(outcome.failure?.message));
  assert.deepEqual(Object.fromEntries(outcome.status.steps.map((s) => [s.id, s.state])), {
    extract: "cancelled",
    numbers: "failed",
    doubled: "cancelled",
    save: "cancelled",
  });
});

Deno.test("runPlan keeps rejected rows in the session when the step asks for it", async () => {
  await using project = await TestProject.create({ "in.csv": "a,b\n1,2\n3\n4,5\n6,7,8\n" });
  const outcome = await project.run(head(
    step("extract", "filesystem.csv_extractor", "read", "{ path: in.csv, on_bad_row: quarantine }") +
      save("out.csv"),
  ));
  assert.equal(outcome.state, "succeeded", String(outcome.failure?.message));
  assert.equal(await project.read("out.csv"), "a,b\n1,2\n4,5\n");
  const rejected = (await Deno.readTextFile(`${outcome.folder}/artifacts/extract/rejected.jsonl`)).trim()
    .split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(rejected.map((row) => row.line), [3, 5]);
  const record = await readSession(outcome.folder);
  assert.deepEqual(record.metrics.filter((m) => m.metric === "rows_rejected").map((m) => m.value), [2]);
});

Deno.test("runPlan runs a step whose output nobody reads, for its counts", async () => {
  await using project = await TestProject.create();
  const good = await project.run(head(sql("lonely", "SELECT * FROM range(7)", "    inputs: {}\n")));
  assert.deepEqual(rowsOf(good), { lonely: [undefined, 7] });
  const bad = await project.run(
    head(
      sql("lonely", "SELECT CAST('x' || range AS INTEGER) AS n, 1 AS one FROM range(7)", "    inputs: {}\n"),
    ),
  );
  assert.equal(bad.state, "failed", "a column nobody reads was not computed");
});

Deno.test("planRun refuses two steps that write one file by different names", async () => {
  await using project = await TestProject.create({ "in.csv": "a\n1\n", "real/x.txt": "" });
  await Deno.symlink(project.path("real"), project.path("alias"));
  const oml = head(
    step("extract", "filesystem.csv_extractor", "read", "{ path: in.csv }") +
      save("real/out.csv", "    inputs: { df: extract }\n", "first") +
      save("alias/out.csv", "    inputs: { df: extract }\n", "second"),
  );
  await assert.rejects(project.plan(oml), /'second'.*which step 'first' writes too/);
});

Deno.test("planRun refuses a target that a link leads to Osiris's own files", async () => {
  await using project = await TestProject.create({ "in.csv": "a\n1\n", "osiris.yaml": "{}\n" });
  await Deno.symlink(project.path("osiris.yaml"), project.path("innocent.csv"));
  const oml = head(
    step("extract", "filesystem.csv_extractor", "read", "{ path: in.csv }") + save("innocent.csv"),
  );
  await assert.rejects(project.plan(oml), /where Osiris keeps '.*osiris\.yaml'/);
});

Deno.test("planRun says what changed since the last run", async () => {
  await using project = await TestProject.create({ "in.csv": "a\n1\n" });
  const extract = step("extract", "filesystem.csv_extractor", "read", "{ path: in.csv }");
  assert.equal((await project.run(head(extract + save("out.csv")))).state, "succeeded");
  const { plan } = await project.plan(
    head(extract + sql("shape", "SELECT a + 1 AS b FROM df") + save("out.csv")),
  );
  assert.deepEqual([plan.previous?.changed, plan.previous?.added, plan.previous?.removed], [["save"], [
    "shape",
  ], []]);
});

Deno.test("runPlan frees what it stored and spilled", async () => {
  await using project = await TestProject.create();
  const outcome = await project.run(
    head(
      sql(
        "rows",
        "SELECT range AS n, repeat('x', 100) || range AS t FROM range(2000000)",
        "    inputs: {}\n",
      ) +
        sql("sorted", "SELECT * FROM df ORDER BY t DESC") +
        step("save", "filesystem.parquet_writer", "write", "{ path: out.parquet }"),
    ),
    { memoryLimit: "256MB", threads: 2 },
  );
  assert.equal(outcome.state, "succeeded", String(outcome.failure?.message));
  assert.equal(rowsOf(outcome).save?.[1], 2_000_000);
  assert.deepEqual((await project.list("logs")).filter((path) => path.includes("/tmp")), []);
});

Deno.test("runPlan counts the rows that a filter gives to a grouping, whatever the grouping looks like", async () => {
  await using project = await TestProject.create();
  const queries = [
    "SELECT k, count(*) AS c FROM df GROUP BY k",
    "SELECT k, sum(n) AS s FROM df GROUP BY k ORDER BY s DESC",
    "SELECT k, count(*) AS c FROM df GROUP BY k HAVING k > 3",
    "SELECT k, count(*) AS c FROM df WHERE k > 3 GROUP BY k",
    "SELECT k, count(DISTINCT n) AS c FROM df GROUP BY k",
    "SELECT k, count(*) AS c FROM df GROUP BY k LIMIT 2",
    "SELECT k, count(*) AS c FROM df GROUP BY ALL",
    "SELECT k FROM df GROUP BY k",
    "SELECT k + 1 AS k1, max(n) AS m FROM df GROUP BY k + 1",
    "SELECT count(*) AS c FROM df",
  ];
  for (const query of queries) {
    for (const tail of [save("out.csv"), ""]) {
      const outcome = await project.run(head(
        sql("rows", "SELECT range AS n, range % 10 AS k FROM range(1000)", "    inputs: {}\n") +
          sql("some", "SELECT * FROM df WHERE n >= 100 AND k < 7") + sql("groups", query) + tail,
      ));
      assert.equal(outcome.state, "succeeded", String(outcome.failure?.message));
      assert.deepEqual([rowsOf(outcome).rows?.[1], rowsOf(outcome).some?.[1]], [1000, 630], query);
    }
  }
});

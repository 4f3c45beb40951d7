/** The reference pipeline beside the statement that a person would write for it. @module */

import { join } from "node:path";
import { statSync } from "node:fs";
import { TestProject } from "../../tests/_project.ts";
import { osiris } from "./command.ts";
import { statement, writeSales } from "./data.ts";
import type { Bench } from "./main.ts";
import { absent, alternate, median, megabytes, peakMemory, ratio, type Row } from "./measure.ts";

/** CSV → filter → group → Parquet. */
const PIPELINE = `oml_version: "0.1.0"
name: reference
steps:
  - id: sales
    component: filesystem.csv_extractor
    mode: read
    config: { path: SOURCE }
  - id: food
    component: duckdb.processor
    mode: transform
    config: { query: "SELECT * FROM df WHERE category = 'food'" }
  - id: customers
    component: duckdb.processor
    mode: transform
    config:
      query: >-
        SELECT customer, count(*) AS orders, sum(amount) AS total, max("at") AS latest FROM df GROUP BY customer
  - id: save
    component: filesystem.parquet_writer
    mode: write
    config: { path: customers.parquet }
`;

function byHand(source: string, target: string): string {
  return `COPY (
    SELECT customer, count(*) AS orders, sum(amount) AS total, max("at") AS latest
    FROM read_csv('${source}') WHERE category = 'food' GROUP BY customer
  ) TO '${target}' (FORMAT parquet)`;
}

export async function* referenceRows(bench: Bench): AsyncGenerator<Row> {
  yield* compared(bench, 5_000_000, bench.turns);
  if (bench.large) yield* compared(bench, 50_000_000, 1);
  else yield absent("reference pipeline, 50 million rows", "≤ 1.15 ×", "only with --large");
}

async function* compared(bench: Bench, rows: number, turns: number): AsyncGenerator<Row> {
  const source = join(bench.folder, `sales-${rows}.csv`);
  if (statSync(source, { throwIfNoEntry: false }) === undefined) await writeSales(source, rows);
  const size = `${rows / 1e6} million rows, ${megabytes(statSync(source).size)}`;
  const pipeline = PIPELINE.replace("SOURCE", source);
  await using project = await TestProject.create({ "pipeline.oml": pipeline });
  const executions: number[] = [];
  const times = await alternate({
    osiris: async () => {
      const { state, status, failure } = await project.run(pipeline);
      if (state !== "succeeded") throw new Error(failure?.message ?? state);
      executions.push(status.duration_ms ?? Infinity);
    },
    byHand: () => statement(byHand(source, project.path("by-hand.parquet"))),
  }, turns);
  yield ratio(`reference pipeline, ${size}, compile to commit`, times.osiris, times.byHand, 1.15);
  yield ratio("the same, execution alone", median(executions.slice(1)), times.byHand, 1.15);
  const peak = await peakMemory(
    osiris(bench, "run", "--memory-limit", "512MB", "--quiet", project.path("pipeline.oml")),
    project.root,
  );
  const what = "the same at a memory limit of 512 MB: peak of the process";
  if (peak === undefined) yield absent(what, "finishes", "no python3 to ask the kernel");
  else yield { what, measured: `finishes with ${megabytes(peak)}`, reach: "finishes", ok: true };
}

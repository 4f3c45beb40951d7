/** Rows that pass through a driver's JavaScript: how many a second, both ways. @module */

import { TestProject } from "../../tests/_project.ts";
import type { Bench } from "./main.ts";
import { atLeast, median, type Row } from "./measure.ts";

/** Makes int64, double and text columns in the driver; the engine takes them and keeps them. */
const INTO_ENGINE = `oml_version: "0.1.0"
name: into-engine
steps:
  - id: rows
    component: test.rows_extractor
    mode: read
    config: { rows: ROWS }
`;

/** The same columns, made by the engine; the driver looks at every value. */
const OUT_OF_ENGINE = `oml_version: "0.1.0"
name: out-of-engine
steps:
  - id: rows
    component: duckdb.processor
    mode: transform
    config:
      query: SELECT i AS id, i / 2 AS value, 'name ' || (i % 1000) AS name FROM range(ROWS) t(i)
  - id: take
    component: test.sums_writer
    mode: write
    config: { path: sums.json }
`;

export async function* driverRows(bench: Bench): AsyncGenerator<Row> {
  yield await rate(bench, "JavaScript driver → engine", INTO_ENGINE, 2_000_000, 1_000_000);
  yield await rate(bench, "engine → JavaScript driver", OUT_OF_ENGINE, 4_000_000, 1_500_000);
}

async function rate(bench: Bench, what: string, text: string, rows: number, least: number): Promise<Row> {
  await using project = await TestProject.create();
  const pipeline = text.replace("ROWS", String(rows));
  const times: number[] = [];
  for (let turn = 0; turn <= bench.turns; turn++) {
    const { state, status, failure } = await project.run(pipeline);
    if (state !== "succeeded") throw new Error(failure?.message ?? state);
    if (turn > 0) times.push(status.duration_ms ?? Infinity);
  }
  const shown = (perSecond: number) => `${(perSecond / 1e6).toFixed(2)} million rows/s`;
  return atLeast(`${what}, 3 columns`, rows / (median(times) / 1000), least, shown);
}

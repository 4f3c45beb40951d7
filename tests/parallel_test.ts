/** Parallel steps under load: names are per step, and no step ever sees another's rows. @module */

import assert from "node:assert/strict";
import { openEngine } from "../src/engine/mod.ts";
import { TestProject } from "./_project.ts";

const STEPS = 50;

Deno.test(`Engine keeps ${STEPS} parallel SQL steps with one input name apart, a thousand times over`, async () => {
  await using project = await TestProject.create();
  await using engine = await openEngine({
    tempDirectory: project.path("tmp"),
    read: [],
    write: [],
    token: "parallel",
  });
  const step = async (i: number) => {
    const rows = await engine.sql(`rows_${i}`, {
      query: `SELECT range AS n FROM range(${i + 1})`,
      bind: {},
      inputs: {},
    });
    const own = await engine.sql(`sql_${i}`, {
      query: "SELECT * FROM df WHERE n >= 0",
      bind: {},
      inputs: { df: rows },
    });
    return (await engine.drain(own)).rows;
  };
  const expected = Array.from({ length: STEPS }, (_, i) => i + 1);
  for (let round = 0; round < 1_000; round++) {
    assert.deepEqual(await Promise.all(expected.map((_, i) => step(i))), expected, `round ${round}`);
  }
});

Deno.test(`runPlan keeps ${STEPS} parallel SQL steps with one input name apart, from manifest to files`, async () => {
  const steps = Array.from(
    { length: STEPS },
    (_, i) =>
      `  - { id: rows_${i}, component: duckdb.processor, mode: transform, inputs: {}, config: { query: "SELECT range + ${i} AS n FROM range(3)" } }
  - { id: sql_${i}, component: duckdb.processor, mode: transform, inputs: { df: rows_${i} }, config: { query: "SELECT n * 10 AS n FROM df" } }
  - { id: save_${i}, component: filesystem.csv_writer, mode: write, inputs: { df: sql_${i} }, config: { path: out/${i}.csv } }
`,
  ).join("");
  await using project = await TestProject.create();
  for (let run = 0; run < 3; run++) {
    await project.succeed(`oml_version: "0.1.0"\nname: parallel\nsteps:\n${steps}`);
    for (let i = 0; i < STEPS; i++) {
      assert.equal(await project.read(`out/${i}.csv`), `n\n${i * 10}\n${i * 10 + 10}\n${i * 10 + 20}\n`);
    }
  }
});

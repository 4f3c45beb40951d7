/** Parallel steps under load: names are per step, and no run ever mixes two steps' rows. @module */

import assert from "node:assert/strict";
import { TestProject } from "./_project.ts";

const RUNS = 1_000;
const STEPS = 50;

/** Fifty steps that each call their own, different input `df`. */
const PIPELINE = `oml_version: "0.1.0"
name: parallel
steps:
${
  Array.from({ length: STEPS }, (_, i) =>
    `  - { id: rows_${i}, component: duckdb.processor, mode: transform, inputs: {}, config: { query: "SELECT range AS n FROM range(${
      i + 1
    })" } }
  - { id: sql_${i}, component: duckdb.processor, mode: transform, inputs: { df: rows_${i} }, config: { query: "SELECT n FROM df WHERE n % 2 = 0" } }
`).join("")
}`;

Deno.test(`runPlan keeps ${STEPS} parallel steps with one input name apart in ${RUNS} runs`, async () => {
  await using project = await TestProject.create();
  const { manifest } = await project.plan(PIPELINE);
  const expected = manifest.steps.map(({ id }) => {
    const rows = Number(id.split("_")[1]) + 1;
    return [id, id.startsWith("rows") ? rows : Math.ceil(rows / 2)];
  });
  for (let run = 0; run < RUNS; run++) {
    const outcome = await project.runManifest(manifest);
    assert.equal(outcome.state, "succeeded", outcome.failure?.message);
    assert.deepEqual(outcome.status.steps.map((step) => [step.id, step.rows_out]), expected, `run ${run}`);
    await Deno.remove(outcome.folder, { recursive: true });
  }
});

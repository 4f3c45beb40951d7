/** What a step costs that does nothing: in compiling and in running. @module */

import { TestProject } from "../../tests/_project.ts";
import type { Bench } from "./main.ts";
import { alternate, atMost, median, type Row, time } from "./measure.ts";

const STEPS = 1000;

/** A source of one row and steps that hand it on, as a chain or side by side. */
function pipeline(steps: number, shape: "chain" | "fan"): string {
  const lines = [`oml_version: "0.1.0"`, `name: nothing`, `steps:`];
  lines.push(
    `  - { id: s0, component: duckdb.processor, mode: transform, config: { query: "SELECT 1 AS x" } }`,
  );
  for (let i = 1; i < steps; i++) {
    const input = shape === "chain" ? `s${i - 1}` : "s0";
    lines.push(
      `  - { id: s${i}, component: duckdb.processor, mode: transform, inputs: { df: ${input} }, ` +
        `config: { query: "SELECT * FROM df" } }`,
    );
  }
  return lines.join("\n") + "\n";
}

export async function* overheadRows(bench: Bench): AsyncGenerator<Row> {
  await using project = await TestProject.create();
  const text = pipeline(STEPS, "chain");
  const compiled = await alternate({
    compile: async () => {
      const { manifest, diagnostics } = await project.compile(text);
      if (!manifest) throw new Error(diagnostics[0]?.message ?? "no manifest");
    },
  }, bench.turns);
  yield atMost(`compile of ${STEPS} steps`, compiled.compile, 300, (ms) => `${ms.toFixed(0)} ms`);
  for (const shape of ["chain", "fan"] as const) {
    const text = pipeline(STEPS, shape);
    const times: number[] = [];
    for (let turn = 0; turn < Math.min(bench.turns, 3); turn++) {
      const { plan, manifest } = await project.plan(text);
      times.push(await time(() => runs(project, text)) - await time(() => project.plan(text)));
      if (plan.order.length !== manifest.steps.length) throw new Error("the plan lost a step");
    }
    yield atMost(
      `${STEPS} steps that do nothing, as a ${shape}: each`,
      median(times) / STEPS,
      2,
      (ms) => `${ms.toFixed(2)} ms`,
    );
  }
}

async function runs(project: TestProject, text: string): Promise<void> {
  const { state, failure } = await project.run(text);
  if (state !== "succeeded") throw new Error(failure?.message ?? state);
}

/** What has to be true of a run that met trouble, whatever the source or the target is. @module */

import assert from "node:assert/strict";
import type { TestProject } from "./_project.ts";

/** How trouble is to be told. */
export interface Told {
  /** The kind that the message names. */
  readonly trouble: string;
  /** Of the failure, which decides the exit code. */
  readonly category: string;
  readonly retryable: boolean;
  readonly says: RegExp;
  /** The next action. */
  readonly help: RegExp;
}

/** Runs the project's pipeline, which is to fail in `step` and to leave neither rows nor the secret anywhere. */
export async function assertTold(
  project: TestProject,
  step: string,
  told: Told,
  secret: string,
): Promise<void> {
  const outcome = await project.run(await project.read("pipeline.oml"));
  const { failure } = outcome;
  assert.equal(outcome.state, "failed");
  assert.ok(failure !== undefined);
  assert.equal(failure.step, step, failure.message);
  assert.ok(failure.message.includes(`(${told.trouble})`), `(${told.trouble}) in ${failure.message}`);
  assert.match(failure.message, told.says);
  assert.match(failure.help ?? "", told.help, failure.message);
  assert.deepEqual([failure.category, failure.retryable], [told.category, told.retryable], failure.message);
  const paths = await project.list();
  assert.deepEqual(paths.filter((path) => path.startsWith("rows")), []);
  for (const path of paths) {
    if (path === ".env" || (await Deno.stat(project.path(path))).isDirectory) continue;
    const text = new TextDecoder("latin1").decode(await Deno.readFile(project.path(path)));
    assert.ok(!text.includes(secret), `the secret is in ${path}`);
  }
}

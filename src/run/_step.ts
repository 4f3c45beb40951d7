/**
 * What one step is and how to compute it: its driver is asked, and answers with a relation that the
 * engine carries out or with batches of its own. Both ways end in the same few numbers.
 *
 * @module
 */

import type { Relation } from "../engine/mod.ts";
import type { ManifestStep } from "../manifest.ts";
import type { Defined, StepOptions } from "./_defined.ts";
import { definedRead } from "./_step_read.ts";
import { definedTransform } from "./_step_transform.ts";
import { StepWork } from "./_step_work.ts";
import { definedWrite } from "./_step_write.ts";
import type { RunContext } from "./_steps.ts";
import { underContract } from "./_under_contract.ts";
import type { PlanStep } from "./plan.ts";

/** Asks the step's driver what the step is. */
export async function defineStep(
  step: ManifestStep,
  plan: PlanStep,
  inputs: { readonly [name: string]: Relation },
  context: RunContext,
  options: StepOptions,
): Promise<Defined> {
  const work = new StepWork(step, plan, inputs, context, options);
  if (step.mode === "write") return definedWrite(work);
  const defined = step.mode === "read"
    ? context.increments.onlyNew(step, await definedRead(work), context.engine)
    : await definedTransform(work);
  return await underContract(step, defined, context, options);
}

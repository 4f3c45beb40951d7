/** How a step computes: the engine carries out its driver's SQL, or streams the rows there and back. @module */

import type { Driver } from "../component/mod.ts";
import type { Execution } from "../engine/mod.ts";
import type { Defined } from "./_defined.ts";
import { definedByBatches } from "./_step_batches.ts";
import { endingOnError, type StepWork } from "./_step_work.ts";
import { boundValues } from "./_symbols.ts";

/** Asks the driver what is to be computed. */
export async function definedTransform(work: StepWork): Promise<Defined> {
  const executions: Execution[] = [];
  const ask = (driver: Driver) => {
    executions.length = 0;
    return driver.transform(Object.fromEntries(
      Object.entries(work.inputs).map(([name, relation]) => [name, {
        columns: relation.columns,
        batches: () => work.stream(relation, executions),
      }]),
    ));
  };
  const driver = await work.openDriver();
  const answer = await endingOnError(driver, () => ask(driver));
  if (answer.kind === "batches") return definedByBatches(work, driver, answer, () => executions, ask);
  await driver[Symbol.asyncDispose]();
  if (answer.kind === "bytes") throw work.wrongAnswer("text");
  if (answer.relation.kind !== "sql") throw work.wrongAnswer(answer.relation.kind);
  const { plan, input } = work.context;
  const bind = boundValues(work.step.bind, plan.run, input.secretParams ?? {});
  return work.defined(
    await work.engine.sql(work.step.id, { query: answer.relation.query, bind, inputs: work.inputs }),
  );
}

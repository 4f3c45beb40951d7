/** A step whose driver sends rows. @module */

import type { Column, Driver, DriverRows } from "../component/mod.ts";
import type { Execution } from "../engine/mod.ts";
import { type Computed, type Defined, withSample } from "./_defined.ts";
import type { StepWork } from "./_step_work.ts";

type Batches = AsyncIterable<{ readonly data: Uint8Array; readonly rows: number }>;

/** The rows are appended to the engine as they come; a second computation asks another driver. */
export function definedByBatches(
  work: StepWork,
  opened: Driver,
  answered: { readonly columns: readonly Column[]; readonly batches: Batches },
  executions: () => readonly Execution[],
  ask: (
    driver: Driver,
  ) => Promise<DriverRows>,
): Defined {
  let first: Driver | undefined = opened;
  const compute = async (): Promise<Computed> => {
    const again = first === undefined;
    await using driver = first ?? await work.openDriver();
    first = undefined;
    const answer = again ? await ask(driver) : { kind: "batches" as const, ...answered };
    if (answer.kind === "bytes") throw work.wrongAnswer("text");
    if (answer.kind !== "batches") throw work.wrongAnswer(answer.relation.kind);
    await using appender = await work.engine.append(work.step.id, answer.columns);
    for await (const batch of answer.batches) {
      work.options.signal.throwIfAborted();
      work.gave(batch.rows, batch.data.byteLength);
      await appender.append(batch.data);
      work.context.input.onProgress?.(work.step.id, { rows: appender.rows });
    }
    const relation = await appender.finish();
    return { ...(await withSample(relation, work.engine)), rows: appender.rows, executions: executions() };
  };
  return { columns: answered.columns, compute };
}

/**
 * Which step of a fused statement an error belongs to. The engine often knows (a scan names its
 * file); when it does not, the lazy steps are computed one by one, upstream first, and the first that
 * fails the same way is the one. That costs time only after a failure, and buys the right name.
 *
 * @module
 */

import { OsirisError } from "../diagnostic.ts";
import type { Engine } from "../engine/mod.ts";
import type { Rider } from "./_steps.ts";

/** The error, said of the step that caused it where that can be told. `riders` are the statement's lazy steps, upstream first. */
export async function findCulprit(
  error: unknown,
  riders: readonly Rider[],
  engine: Engine,
  signal: AbortSignal,
): Promise<unknown> {
  if (!isFaultOfData(error) || error.step !== undefined) return error;
  for (const { step, relation } of riders) {
    if (signal.aborted) break;
    try {
      await engine.drain(relation, { signal });
    } catch (again) {
      if (isFaultOfData(again) && again.message === error.message) return again.ofStep(step.id);
    }
  }
  return error;
}

/** Only a fault of the data (a cast, a range) can lie in any step of a statement. */
function isFaultOfData(error: unknown): error is OsirisError {
  return error instanceof OsirisError && error.code === "ENG540";
}

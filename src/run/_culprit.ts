/**
 * Which step of a fused statement an error belongs to. The engine knows the statement, not the step:
 * so after a fault of the data the lazy steps are computed one by one, upstream first, and the first that
 * fails the same way is the one. That costs time only after a failure, and buys the right name.
 *
 * @module
 */

import { type Code, OsirisError } from "../diagnostic.ts";
import type { Engine } from "../engine/mod.ts";
import type { Rider } from "./_steps.ts";

/** Faults of a source or of the data, which can lie in any step of a statement. */
const FAULTS_OF_DATA: ReadonlySet<Code> = new Set<Code>(["ENG501", "ENG502", "ENG503", "ENG513"]);

/**
 * The error, said of the step that caused it: a driver's of its own, a fault of the data of the first step that has it,
 * anything else (a full disk, too little memory) of `computed`, the step that was at work. `riders` are the
 * statement's lazy steps, upstream first.
 */
export async function findCulprit(
  error: unknown,
  computed: string,
  riders: readonly Rider[],
  engine: Engine,
  signal: AbortSignal,
): Promise<unknown> {
  if (!(error instanceof OsirisError)) return error;
  if (error.code.startsWith("DRV")) return error.ofStep(computed); // a driver knows its step
  if (!FAULTS_OF_DATA.has(error.code)) return OsirisError.from({ ...error.toFailure(), step: computed });
  for (const { step, relation } of riders) {
    if (signal.aborted) break;
    try {
      await engine.drain(relation, { signal });
    } catch (again) {
      if (again instanceof OsirisError && again.code === error.code) return again.ofStep(step.id);
    }
  }
  return error;
}

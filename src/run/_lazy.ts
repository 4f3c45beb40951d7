/**
 * Which steps may stay lazy. A lazy step is described and then computed inside its consumer's
 * statement; that fusion is where the speed comes from, so a step is only kept apart for a reason.
 *
 * @module
 */

import type { Manifest, ManifestStep } from "../manifest.ts";

/** Deeper chains than this are cut: the engine binds a statement recursively. */
const DEEPEST = 32;

/** Step id → ids of the steps that read its output, in text order. */
export function consumersOf(manifest: Manifest): ReadonlyMap<string, readonly string[]> {
  const consumers = new Map<string, string[]>(manifest.steps.map((step) => [step.id, []]));
  for (const step of manifest.steps) {
    for (const source of new Set(Object.values(step.inputs))) consumers.get(source)?.push(step.id);
  }
  return consumers;
}

/** The rule, asked of one step once its relation is known to be `depth` lazy steps deep. */
export function lazyRule(manifest: Manifest): (step: ManifestStep, depth: number) => boolean {
  const consumers = consumersOf(manifest);
  const awaited = new Set(manifest.steps.flatMap((step) => step.needs));
  return (step, depth) =>
    step.mode !== "write" &&
    consumers.get(step.id)?.length === 1 && // two consumers would compute it twice; none means nobody else runs it
    !awaited.has(step.id) && // `needs` waits for the end, which a lazy step reaches only inside another
    step.timeout_ms === undefined && // a time limit is of this step's own work
    depth < DEEPEST;
}

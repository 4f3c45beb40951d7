/** Which windows of a backfill are still to be loaded. @module */

import { type Catalog, readsIncrement } from "../component/mod.ts";
import { OsirisError } from "../diagnostic.ts";
import type { Manifest } from "../manifest.ts";
import type { BackfillWindow } from "../state/mod.ts";
import { runIndex } from "./_index.ts";
import type { Project } from "./plan.ts";

/** The windows that no earlier run of the same backfill finished. Throws RUN617 for a pipeline without increments. */
export async function windowsToLoad(
  { pipeline: { name: pipeline }, profile, steps }: Manifest,
  catalog: Catalog,
  project: Project,
  windows: readonly BackfillWindow[],
): Promise<BackfillWindow[]> {
  const reads = steps.filter((step) => {
    const spec = catalog.get(step.component)?.spec;
    return spec !== undefined && readsIncrement(spec, step);
  });
  if (reads.length === 0) {
    throw new OsirisError("RUN617", `Cannot backfill '${pipeline}': none of its steps reads what is new`, {
      category: "usage",
      help: "say `incremental` in the step whose rows should be loaded range by range",
    });
  }
  const state = runIndex(project);
  const backfill = windows[0]?.backfill ?? "";
  const finished = await Promise.all(
    reads.map(({ id: step }) => state.finishedWindows({ pipeline, profile, step }, backfill)),
  );
  return windows.filter(({ from }) => finished.some((firsts) => !firsts.has(from)));
}

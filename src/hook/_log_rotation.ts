/** Removes old runs of the project. @module */

import { applyGc, planGc } from "../session/mod.ts";
import { numberIn } from "./_config.ts";
import { type Config, failed, type HookSurroundings, type Opened, unusable } from "./_opened.ts";

export function openLogRotation(config: Config, { logs }: HookSurroundings): Opened {
  const keep = numberIn(config, "keep");
  if (keep === undefined) throw unusable("'keep' is missing", "compile the pipeline again");
  return {
    touches: { files: [logs] },
    async act({ run }, { forget }) {
      const plan = await planGc(logs, { keep, now: new Date() });
      // Its own record is still written, also where the clock of another run was ahead.
      const result = await applyGc({
        ...plan,
        remove: plan.remove.filter((old) => old.session_id !== run.session_id),
      });
      for (const id of result.removed) await forget(id);
      const [left] = result.failed;
      if (left !== undefined) {
        throw failed(`Cannot remove ${left.session_id}: ${left.reason}`, "see: osiris logs gc");
      }
    },
  };
}

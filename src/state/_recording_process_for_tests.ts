/** A process that records runs. Arguments: the folder, a name for its runs, how many. */

import { openState, type RunSummary } from "./mod.ts";

const [folder, name, count] = Deno.args;
const state = openState(folder!);
for (let n = 0; n < Number(count); n++) {
  const run: RunSummary = {
    session_id: `${name}_${n}`,
    pipeline: "sales",
    fingerprint: "sha256:0",
    profile: null,
    state: "running",
    started_at: new Date().toISOString(),
  };
  await state.recordRun(run);
  await state.updateRun(run.session_id, { state: "succeeded", exit_code: 0 });
}

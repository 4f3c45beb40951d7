/** Sessions that the session writer itself recorded, for tests of what is shown of them. @module */

import { join } from "node:path";
import { createSession, type SessionWriter, type Status } from "../src/session/mod.ts";

/** What is told of a run; what is not said is as in {@linkcode recordRun}. */
export type Told = Partial<Status> & { readonly manifest?: string };

let count = 0;

/** Records a run of the pipeline `sales` that succeeded, unless it is told otherwise; gives its folder. */
export async function recordRun(
  logs: string,
  { manifest = "manifest_version: '1'\n", ...changes }: Told = {},
  tell: (session: SessionWriter) => Promise<void> | void = () => {},
): Promise<string> {
  const started = changes.started_at ?? "2026-01-15T10:00:00.000Z";
  const id = `run_${started.replaceAll(/[-:]|\.\d+/g, "")}_${String(count++).padStart(6, "0")}`;
  const { state = "succeeded", ...known } = changes;
  const status: Status = {
    session_id: id,
    pipeline: "sales",
    fingerprint: "sha256:0",
    profile: null,
    state: "running",
    started_at: started,
    duration_ms: 1200,
    steps: [{ id: "load", state: "succeeded" }, { id: "save", state: "succeeded" }],
    ...known,
  };
  await using session = await createSession({ root: logs, id, manifest, plan: {}, status });
  await tell(session);
  if (state !== "running") session.status((before) => ({ ...before, state, ended_at: started }));
  return join(logs, id);
}

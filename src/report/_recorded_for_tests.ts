/** What tests of formats share: sessions that the session writer itself recorded, in a folder that is gone afterwards. */

import { join } from "node:path";
import {
  createSession,
  readSession,
  type SessionRecord,
  type SessionWriter,
  type Status,
} from "../session/mod.ts";

/** A `logs` folder for one test. */
export class RecordedLogs implements AsyncDisposable {
  readonly root: string = Deno.makeTempDirSync({ prefix: "osiris-report-" });
  #count = 0;

  /** Records a run that began in the second `started`, and reads it back. `tell` says what happened in it. */
  async record(
    started: string,
    changes: Partial<Status>,
    tell: (session: SessionWriter) => Promise<void> | void = () => {},
  ): Promise<SessionRecord> {
    const stamp = started.replace(/[-:]|\.\d+/g, "");
    const id = `run_${stamp}_${String(this.#count++).padStart(6, "0")}`;
    const status: Status = {
      session_id: id,
      pipeline: "sales",
      fingerprint: "sha256:0",
      profile: null,
      state: "running",
      started_at: started,
      steps: [{ id: "load", state: "succeeded" }, { id: "save", state: "succeeded" }],
    };
    const now = new Date(started);
    const clock = { now: () => now, monotonic: () => now.getTime() };
    const { state = "succeeded", ...known } = changes;
    const begun = { ...status, ...known };
    {
      await using session = await createSession({
        root: this.root,
        id,
        manifest: "manifest_version: '1'\n",
        plan: {},
        status: begun,
        clock,
      });
      await tell(session);
      session.status((before) => ({ ...before, state, ended_at: changes.ended_at ?? started }));
    }
    return await readSession(join(this.root, id));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.root, { recursive: true });
  }
}

/** What tests of formats and pages share: sessions that the session writer itself recorded. */

import {
  createSession,
  readSession,
  type SessionRecord,
  type SessionWriter,
  type Status,
} from "../session/mod.ts";

/** What a test says of a run; what it does not say is as in {@linkcode recordSession}. */
export type Told = Partial<Status> & {
  /** The text of `manifest.yaml`. */
  readonly manifest?: string;
};

/** What happened in a run. */
export type Tell = (session: SessionWriter) => Promise<void> | void;

let count = 0;

/** Records a run of the pipeline `sales` that succeeded, unless something else is told; gives its folder. */
export async function recordSession(
  root: string,
  { manifest = "manifest_version: '1'\n", state = "succeeded", ...told }: Told = {},
  tell: Tell = () => {},
): Promise<string> {
  const started = told.started_at ?? "2026-01-15T10:00:00.000Z";
  const id = `run_${started.replace(/[-:]|\.\d+/g, "")}_${String(count++).padStart(6, "0")}`;
  const status: Status = {
    session_id: id,
    pipeline: "sales",
    fingerprint: "sha256:0",
    profile: null,
    state: "running",
    started_at: started,
    steps: [{ id: "load", state: "succeeded" }, { id: "save", state: "succeeded" }],
    ...told,
  };
  const now = new Date(started);
  const clock = { now: () => now, monotonic: () => now.getTime() };
  await using session = await createSession({ root, id, manifest, plan: {}, status, clock });
  await tell(session);
  session.status((before) => ({ ...before, state, ended_at: told.ended_at ?? started }));
  return session.folder;
}

/** A `logs` folder for one test. */
export class RecordedLogs implements AsyncDisposable {
  readonly root: string = Deno.makeTempDirSync({ prefix: "osiris-report-" });

  /** Records a run that began in the second `started`, and reads it back. `tell` says what happened in it. */
  async record(started: string, changes: Partial<Status>, tell?: Tell): Promise<SessionRecord> {
    return await readSession(await recordSession(this.root, { ...changes, started_at: started }, tell));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.root, { recursive: true });
  }
}

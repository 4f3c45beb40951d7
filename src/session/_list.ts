/** Finding sessions among many. */

import { join } from "node:path";
import { nearest, OsirisError } from "../diagnostic.ts";
import type { Failure } from "../diagnostic.ts";
import { isSessionId, secondOfId } from "./_id.ts";
import { isOwnFolder } from "./_own_file.ts";
import { readStatus, statusFromEvents } from "./_read_status.ts";
import type { RunState, Status } from "./_status.ts";

/** A run as a list shows it. */
export interface RunLine {
  readonly session_id: string;
  readonly pipeline: string;
  readonly fingerprint: string;
  readonly profile: string | null;
  readonly state: RunState;
  readonly started_at: string;
  readonly ended_at?: string;
  readonly duration_ms?: number;
  readonly exit_code?: number;
  readonly error?: Failure;
}

/** One session, as a list shows it. */
export interface SessionSummary extends RunLine {
  /** Absolute. */
  readonly folder: string;
}

/** Every session under a `logs` folder, newest first. Reads one small file of each. */
export function listSessions(root: string): Promise<SessionSummary[]> {
  return Promise.resolve().then(() =>
    sessionIds(root).map((id) => summaryOf(join(root, id))).sort(newestFirst)
  );
}

/**
 * The folder of the session a person means: by its id, a unique beginning of it, or `last` (also when
 * nothing was said).
 *
 * Throws `SES701` with the nearest or the several that fit.
 */
export async function findSession(root: string, wanted: string | undefined): Promise<string> {
  const ids = sessionIds(root);
  if (ids.length === 0) throw unknown(`there is none in ${root}`, "run a pipeline first: osiris run FILE");
  if (wanted === undefined || wanted === "last") return await lastOf(root, ids);
  const fitting = ids.includes(wanted)
    ? [wanted]
    : ids.filter((id) => wanted !== "" && id.startsWith(wanted));
  if (fitting.length === 1) return join(root, fitting[0]!);
  const quoted = JSON.stringify(wanted);
  if (fitting.length > 1) {
    throw unknown(`${quoted} fits ${fitting.length}, and should fit one`, `one of: ${someOf(fitting)}`);
  }
  const meant = nearest(wanted, ids);
  throw unknown(
    `${quoted} is no session in ${root}`,
    meant === undefined ? "see the sessions with: osiris logs list" : `did you mean ${meant}?`,
  );
}

/** The ids of the sessions in a folder; none when there is no such folder. Links are not sessions. */
export function sessionIds(root: string): string[] {
  try {
    return [...Deno.readDirSync(root)].filter((entry) => entry.isDirectory && isSessionId(entry.name))
      .map((entry) => entry.name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** One session as a list shows it; undefined when the folder is not there. */
export function sessionSummary(folder: string): Promise<SessionSummary | undefined> {
  return Promise.resolve().then(() => isOwnFolder(folder) ? summaryOf(folder) : undefined);
}

/** What a list shows of the session in a folder. */
export function summaryOf(folder: string): SessionSummary {
  const { session_id, ...line } = runLine(readStatus(folder) ?? statusFromEvents(folder, []));
  return { session_id, folder, ...line };
}

/** What a list shows of a run that stands so. */
export function runLine(status: Status): RunLine {
  const { pipeline, fingerprint, profile, state, started_at, ended_at, duration_ms, exit_code, error } =
    status;
  return {
    session_id: status.session_id,
    pipeline,
    fingerprint,
    profile,
    state,
    started_at,
    ...(ended_at === undefined ? {} : { ended_at }),
    ...(duration_ms === undefined ? {} : { duration_ms }),
    ...(exit_code === undefined ? {} : { exit_code }),
    ...(error === undefined ? {} : { error }),
  };
}

/** The newest session. An id tells the second; within one second the status tells. */
async function lastOf(root: string, ids: readonly string[]): Promise<string> {
  const newest = ids.map(secondOfId).reduce((a, b) => a > b ? a : b);
  const candidates = ids.filter((id) => secondOfId(id) === newest).map((id) => summaryOf(join(root, id)));
  return await Promise.resolve(candidates.sort(newestFirst)[0]!.folder);
}

/** The order of a list. */
export function newestFirst(a: RunLine, b: RunLine): number {
  return compare(b.started_at, a.started_at) || compare(b.session_id, a.session_id);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function someOf(ids: readonly string[]): string {
  const shown = ids.toSorted().slice(-5).reverse();
  return shown.join(", ") + (ids.length > shown.length ? ", …" : "");
}

function unknown(is: string, help: string): OsirisError {
  return new OsirisError("SES701", `Cannot find the session: ${is}`, { category: "usage", help });
}

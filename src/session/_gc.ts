/** Clearing away old sessions: planned first, by session, never one that runs. */

import { join } from "node:path";
import { listSessions, type SessionSummary, summaryOf } from "./_list.ts";
import { readStatus } from "./_read_status.ts";

/** A session that would go. */
export interface GcItem {
  readonly session_id: string;
  readonly folder: string;
  readonly state: SessionSummary["state"];
  readonly started_at: string;
  readonly bytes: number;
}

/** What would be removed, and what stays. */
export interface GcPlan {
  readonly root: string;
  /** Newest first. */
  readonly remove: readonly GcItem[];
  /** How many sessions stay. */
  readonly kept: number;
  /** Folders that a dead process left unfinished; never sessions. */
  readonly leftovers: readonly string[];
  readonly bytes: number;
}

/** What was removed. */
export interface GcResult {
  readonly removed: readonly string[];
  /** Sessions that could not be removed, with the reason. */
  readonly failed: readonly { readonly session_id: string; readonly reason: string }[];
  readonly bytes: number;
}

const DAY_MS = 86_400_000;
/** Names of folders on their way in (`.new`) or out (`.gone`). */
const PASSING = /^\.run_\w+\.(new|gone)$/;

/**
 * Works out what would go; changes nothing. The newest `keep` always stay, and of the others those go
 * that started more than `olderThanMs` ago. With neither, no session goes.
 */
export async function planGc(
  root: string,
  options: { keep?: number; olderThanMs?: number; now: Date },
): Promise<GcPlan> {
  const sessions = await listSessions(root);
  const nothingAsked = options.keep === undefined && options.olderThanMs === undefined;
  const remove = sessions
    .filter((session, index) => {
      if (nothingAsked || session.state === "running" || index < (options.keep ?? 0)) return false;
      return options.olderThanMs === undefined || ageOf(session, options.now) > options.olderThanMs;
    })
    .map(({ session_id, folder, state, started_at }) => ({
      session_id,
      folder,
      state,
      started_at,
      bytes: bytesIn(folder),
    }));
  return {
    root,
    remove,
    kept: sessions.length - remove.length,
    leftovers: leftoversIn(root, options.now),
    bytes: remove.reduce((sum, item) => sum + item.bytes, 0),
  };
}

/** Removes what was planned, unless it runs by now. A session goes whole: its folder leaves the list before its files go. */
export function applyGc(plan: GcPlan): Promise<GcResult> {
  return Promise.resolve().then(() => {
    const removed: string[] = [];
    const failed: { session_id: string; reason: string }[] = [];
    let bytes = 0;
    for (const item of plan.remove) {
      try {
        if (summaryOf(item.folder).state === "running") throw new Error("it runs");
        const gone = join(plan.root, `.${item.session_id}.gone`);
        Deno.renameSync(item.folder, gone);
        removeFolder(gone);
        removed.push(item.session_id);
        bytes += item.bytes;
      } catch (error) {
        failed.push({
          session_id: item.session_id,
          reason: error instanceof Error ? error.message : String(error),
        });
      }
    }
    plan.leftovers.forEach(removeFolder);
    return { removed, failed, bytes };
  });
}

function ageOf(session: SessionSummary, now: Date): number {
  return now.getTime() - new Date(session.started_at).getTime();
}

/** Unfinished folders that nobody is working on. One without a status may be a second old, so it is given a day. */
function leftoversIn(root: string, now: Date): string[] {
  return foldersIn(root).filter((name) => {
    const kind = PASSING.exec(name)?.[1];
    if (kind === undefined) return false;
    if (kind === "gone") return true;
    const status = readStatus(join(root, name));
    if (status !== undefined) return status.state !== "running";
    const changed = Deno.statSync(join(root, name)).mtime ?? now;
    return now.getTime() - changed.getTime() > DAY_MS;
  }).map((name) => join(root, name));
}

function foldersIn(root: string): string[] {
  try {
    return [...Deno.readDirSync(root)].filter((entry) => entry.isDirectory).map((entry) => entry.name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** Removes a folder and all in it; that another process was faster is fine. */
function removeFolder(folder: string): void {
  try {
    Deno.removeSync(folder, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Bytes of the files in a folder. Links count as nothing and are not followed. */
function bytesIn(folder: string): number {
  let bytes = 0;
  for (const entry of Deno.readDirSync(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) bytes += bytesIn(path);
    else if (entry.isFile) bytes += Deno.lstatSync(path).size;
  }
  return bytes;
}

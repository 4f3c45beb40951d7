/** Reading the record of one run, whole or torn. */

import { basename, join } from "node:path";
import { OsirisError } from "../diagnostic.ts";
import type { SessionEvent } from "./_event.ts";
import { isSessionId } from "./_id.ts";
import type { SessionMetric } from "./_metric.ts";
import { isOwnFile, isOwnFolder } from "./_own_file.ts";
import { type Damage, parseLines } from "./_read_lines.ts";
import { readStatus, statusFromEvents } from "./_read_status.ts";
import { isEvent, isMetric } from "./_recognise.ts";
import type { Status } from "./_status.ts";

/** A file that a step left in its session. */
export interface Artifact {
  readonly step: string;
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  readonly bytes: number;
}

/** All that a session's folder tells. */
export interface SessionRecord {
  readonly id: string;
  /** Absolute. */
  readonly folder: string;
  /** As of now: a run whose process is gone reads as `interrupted`. */
  readonly status: Status;
  readonly events: readonly SessionEvent[];
  readonly metrics: readonly SessionMetric[];
  /** The bytes of `manifest.yaml`; undefined when the file is missing. */
  readonly manifest: string | undefined;
  /** The pipeline's text; undefined when a manifest was run, and in records of earlier versions. */
  readonly source: string | undefined;
  readonly plan: unknown;
  readonly artifacts: readonly Artifact[];
  /** What could not be read and was left out. A torn last line is normal after a crash. */
  readonly damage: readonly Damage[];
}

/**
 * Reads a session while it runs, after it ended and after it died. What is damaged is left out and listed.
 *
 * Throws `SES701` when the folder is not there.
 */
export async function readSession(folder: string): Promise<SessionRecord> {
  requireFolder(folder);
  const damage: Damage[] = [];
  // The status first: lines are written before the status that speaks of them.
  let status = readStatus(folder);
  if (status === undefined) {
    damage.push({ file: "status.json", kind: await kindOfLoss(join(folder, "status.json")) });
  }
  const events = parseLines("events.jsonl", await bytesOf(folder, "events.jsonl", damage), isEvent);
  const metrics = parseLines("metrics.jsonl", await bytesOf(folder, "metrics.jsonl", damage), isMetric);
  damage.push(...events.damage, ...metrics.damage);
  status ??= statusFromEvents(folder, events.values);
  return {
    id: isSessionId(basename(folder)) ? basename(folder) : status.session_id,
    folder,
    status,
    events: events.values,
    metrics: metrics.values,
    manifest: await textOf(folder, "manifest.yaml", damage),
    source: await textOf(folder, "pipeline.oml", []),
    plan: await planOf(folder, damage),
    artifacts: artifactsOf(folder),
    damage,
  };
}

function requireFolder(folder: string): void {
  try {
    if (Deno.statSync(folder).isDirectory) return;
  } catch {
    // Said below: what matters is that there is no session here.
  }
  throw new OsirisError("SES701", `Cannot read the session ${folder}: there is no such folder`, {
    category: "usage",
    help: "see the sessions with: osiris logs list",
  });
}

async function bytesOf(folder: string, file: string, damage: Damage[]): Promise<Uint8Array> {
  try {
    if (isOwnFile(join(folder, file))) return await Deno.readFile(join(folder, file));
  } catch {
    // Said below, like what is no file.
  }
  damage.push({ file, kind: await kindOfLoss(join(folder, file)) });
  return new Uint8Array();
}

async function textOf(folder: string, file: string, damage: Damage[]): Promise<string | undefined> {
  const known = damage.length;
  const bytes = await bytesOf(folder, file, damage);
  return damage.length > known ? undefined : new TextDecoder().decode(bytes);
}

async function planOf(folder: string, damage: Damage[]): Promise<unknown> {
  const text = await textOf(folder, "plan.json", damage);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    damage.push({ file: "plan.json", kind: "unreadable" });
    return undefined;
  }
}

async function kindOfLoss(path: string): Promise<Damage["kind"]> {
  try {
    await Deno.lstat(path);
    return "unreadable";
  } catch {
    return "missing";
  }
}

/** The files of the session's steps, by step and name. Links are not followed. */
function artifactsOf(folder: string): Artifact[] {
  const artifacts: Artifact[] = [];
  if (!isOwnFolder(join(folder, "artifacts"))) return artifacts;
  for (const step of entriesOf(join(folder, "artifacts")).filter((entry) => entry.isDirectory)) {
    for (const file of entriesOf(join(folder, "artifacts", step.name)).filter((entry) => entry.isFile)) {
      if (file.name.endsWith(".new")) continue;
      const path = join(folder, "artifacts", step.name, file.name);
      artifacts.push({ step: step.name, name: file.name, path, bytes: sizeOf(path) });
    }
  }
  return artifacts;
}

function entriesOf(folder: string): Deno.DirEntry[] {
  try {
    return [...Deno.readDirSync(folder)].sort((a, b) => a.name < b.name ? -1 : 1);
  } catch {
    return [];
  }
}

function sizeOf(path: string): number {
  try {
    return Deno.lstatSync(path).size;
  } catch {
    return 0;
  }
}

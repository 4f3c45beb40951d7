/**
 * What the engine may touch, set before the first statement of a pipeline and then locked.
 *
 * The verdict on a query (`_verdict.ts`) keeps SQL steps to their inputs; these settings are the second
 * wall, and the one that holds for every other statement.
 *
 * @module
 */

import { dirname, join } from "node:path";
import { literal, literals } from "./_quote.ts";
import { realPathOf, stagingOf } from "./_staging.ts";
import type { EngineOptions } from "./engine.ts";

/** The statements that put up the fence, in the order that matters: the lock is last. */
export function fenceStatements(options: EngineOptions): string[] {
  const files = new Set<string>();
  const folders = new Set<string>();
  folders.add(pipesOf(options));
  for (const path of options.read) allowReading(path, files, folders);
  for (const target of options.write) {
    const staging = stagingOf(target, options.token);
    for (const path of [staging.staged, staging.part]) {
      files.add(path);
      folders.add(path);
    }
    // Appending reads what is already there; a folder target is read back to be checked. A database has its log beside it.
    for (const path of [target, staging.target]) {
      for (const log of logsOf(path)) files.add(log);
      files.add(path);
      folders.add(path);
    }
  }
  return [
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    "SET allow_community_extensions = false",
    "SET allow_persistent_secrets = false",
    // A file that is replaced while a run goes on must be read anew.
    "SET enable_external_file_cache = false",
    "SET GLOBAL TimeZone = 'UTC'",
    "SET GLOBAL preserve_insertion_order = true",
    `SET temp_directory = ${literal(options.tempDirectory)}`,
    `SET allowed_directories = ${literals([...folders])}`,
    `SET allowed_paths = ${literals([...files])}`,
    "SET enable_external_access = false",
    "SET lock_configuration = true",
  ];
}

/** The folder of what passes between this thread and the engine's. */
export function pipesOf(options: EngineOptions): string {
  return join(options.tempDirectory, "pipes");
}

function allowReading(path: string, files: Set<string>, folders: Set<string>): void {
  if (!isGlob(path) || exists(path)) {
    for (const name of [path, realPathOf(path)]) {
      files.add(name);
      folders.add(name);
      for (const log of logsOf(name)) files.add(log);
    }
    return;
  }
  const base = globBase(path);
  for (const name of [base, realPathOf(base)]) folders.add(name);
}

/** Where a database keeps what was committed and is not in its file yet, and what it needs to bring that in. */
function logsOf(path: string): string[] {
  return [".wal", ".wal.checkpoint", ".wal.recovery"].map((end) => path + end);
}

/** Whether a path names more than one file by a pattern. */
export function isGlob(path: string): boolean {
  return /[*?[]/.test(path);
}

/** The folder below which every match of a glob lies. */
export function globBase(path: string): string {
  const fixed = path.slice(0, path.search(/[*?[]/));
  return fixed.endsWith("/") ? fixed.slice(0, -1) || "/" : dirname(fixed);
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

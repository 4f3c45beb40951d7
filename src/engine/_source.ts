/**
 * Which files a path means: a file, all files of a format below a folder, or the matches of a glob.
 *
 * @module
 */

import { basename, join } from "node:path";
import { OsirisError } from "../diagnostic.ts";
import type { ScanRequest } from "./engine.ts";
import { globBase, isGlob } from "./_fence.ts";

/** The files of a source, sorted, and where below they may carry `key=value` folders. */
export interface Source {
  readonly files: readonly string[];
  readonly bytes: number;
  /** Whether every file lies in `key=value` folders below the path that was named. */
  readonly partitioned: boolean;
}

const EXTENSIONS = {
  csv: /\.(?:csv|tsv|txt)(?:\.(?:gz|zst))?$/i,
  json: /\.(?:json|ndjson|jsonl)(?:\.(?:gz|zst))?$/i,
  parquet: /\.(?:parquet|pq)$/i,
} as const;

/** Whether a file's name says that it is of a format. */
function isOfFormat(name: string, format: ScanRequest["format"]): boolean {
  return EXTENSIONS[format].test(name);
}

/**
 * Finds the files of a source.
 *
 * @throws {OsirisError} ENG501 when nothing is there or may not be read, ENG502 when there is nothing to read
 */
export async function findSource(step: string, request: ScanRequest): Promise<Source> {
  const { path, format } = request;
  const found = await stat(step, path);
  if (found === undefined && isGlob(path)) return await matches(step, path);
  if (found === undefined) {
    throw unreadable(step, path, "does not exist", "check the path; it is relative to the project folder");
  }
  if (!found.isDirectory) {
    // Opening a pipe waits until someone writes into it, and nothing can stop that.
    if (!found.isFile) {
      throw unreadable(
        step,
        path,
        "is a pipe, a socket or a device, and should be a file or a folder",
        "write its content to a file first, and name that file",
      );
    }
    await mustOpen(step, path);
    if (found.size === 0) throw empty(step, path);
    return { files: [path], bytes: found.size, partitioned: false };
  }
  const files = (await listFiles(step, path)).filter((file) => isOfFormat(file.path, format));
  if (files.length === 0) {
    throw new OsirisError("ENG502", `Cannot read '${path}': it is a folder without any ${format} file`, {
      step,
      help: `put files into it whose names end in .${format}, or name a file`,
    });
  }
  return summed(files, path);
}

function summed(files: readonly { path: string; size: number }[], base: string): Source {
  return {
    files: files.map((file) => file.path),
    bytes: files.reduce((sum, file) => sum + file.size, 0),
    partitioned: files.every((file) => /(?:^|\/)[^/=]+=[^/]*\//.test(file.path.slice(base.length))),
  };
}

async function matches(step: string, glob: string): Promise<Source> {
  const base = globBase(glob);
  if ((await stat(step, base)) === undefined) {
    throw unreadable(step, glob, `matches nothing: the folder '${base}' does not exist`, "check the path");
  }
  const pattern = globPattern(glob);
  const files = (await listFiles(step, base)).filter((file) => pattern.test(file.path));
  if (files.length === 0) {
    throw unreadable(step, glob, "matches no file", "check the pattern; * does not cross folders, ** does");
  }
  return summed(files, base);
}

/** A glob as a regular expression: `*` and `?` stay in one folder, `**` crosses folders. */
export function globPattern(glob: string): RegExp {
  let pattern = "";
  for (let i = 0; i < glob.length; i++) {
    const char = glob[i]!;
    if (glob.startsWith("**/", i)) [pattern, i] = [`${pattern}(?:.*/)?`, i + 2];
    else if (glob.startsWith("**", i)) [pattern, i] = [`${pattern}.*`, i + 1];
    else if (char === "*") pattern += "[^/]*";
    else if (char === "?") pattern += "[^/]";
    else if (char === "[") {
      const end = glob.indexOf("]", i + 2);
      if (end < 0) pattern += "\\[";
      else {
        pattern += `[${glob.slice(i + 1, end).replace(/^!/, "^").replaceAll("\\", "\\\\")}]`;
        i = end;
      }
    } else pattern += char.replace(/[\\^$.|+(){}\]]/, "\\$&");
  }
  return new RegExp(`^${pattern}$`, "u");
}

/** Every file below a folder, sorted; names that begin with `.` or `_` are not data. */
async function listFiles(step: string, folder: string): Promise<{ path: string; size: number }[]> {
  const found: { path: string; size: number }[] = [];
  try {
    for await (const entry of Deno.readDir(folder)) {
      if (/^[._]/.test(entry.name)) continue;
      const path = join(folder, entry.name);
      const info = await Deno.stat(path);
      if (info.isDirectory) found.push(...await listFiles(step, path));
      else if (info.isFile && info.size > 0) found.push({ path, size: info.size });
    }
  } catch (error) {
    throw unreadable(step, folder, `cannot be listed: ${reason(error)}`, "check the folder's permissions");
  }
  return found.sort((a, b) => a.path < b.path ? -1 : 1);
}

async function stat(step: string, path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return undefined;
    throw unreadable(step, path, `cannot be read: ${reason(error)}`, "check the file's permissions");
  }
}

async function mustOpen(step: string, path: string): Promise<void> {
  try {
    (await Deno.open(path)).close();
  } catch (error) {
    throw unreadable(step, path, `cannot be read: ${reason(error)}`, "check the file's permissions");
  }
}

/** The source has no bytes. */
export function empty(step: string, path: string): OsirisError {
  return new OsirisError(
    "ENG502",
    `Cannot read '${path}': the file is empty, and should hold at least a header`,
    {
      step,
      help: `check what should have written ${basename(path)}`,
    },
  );
}

function unreadable(step: string, path: string, what: string, help: string): OsirisError {
  return new OsirisError("ENG501", `Cannot read '${path}': it ${what}`, { step, help });
}

function reason(error: unknown): string {
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  return error instanceof Error ? error.message : String(error);
}

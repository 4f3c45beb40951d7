/**
 * Reads a file that the command line names; what cannot be read is a usage error that says why.
 *
 * @module
 */

import { readFile, stat } from "node:fs/promises";
import { readdirSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { nearest, OsirisError } from "../diagnostic.ts";
import type { Cli } from "./_cli.ts";
import { printable } from "../printable.ts";

/** Above this no text is read into memory; the checker's own limit lies below. */
const MOST_BYTES = 64 * 1024 * 1024;

/** The file's bytes. `typed` is its name as typed, relative to where it was typed. */
export async function readNamedFile(cli: Pick<Cli, "cwd">, typed: string): Promise<Uint8Array> {
  const path = resolve(cli.cwd, typed);
  try {
    const info = await stat(path);
    if (info.isDirectory()) {
      throw unreadable(typed, "it is a folder, and a file is needed", "name a file in it");
    }
    if (info.size > MOST_BYTES) {
      throw unreadable(
        typed,
        `it has ${info.size} bytes, and at most ${MOST_BYTES} are read`,
        "is this the file you meant?",
      );
    }
    return await readFile(path);
  } catch (error) {
    if (error instanceof OsirisError) throw error;
    throw unreadable(typed, ...reasonOf(error, cli.cwd, typed));
  }
}

/** A usage error about a file that was named. */
export function unreadable(typed: string, reason: string, help: string): OsirisError {
  return new OsirisError("CLI805", `Cannot read '${printable(typed)}': ${reason}`, {
    category: "usage",
    help,
  });
}

function reasonOf(error: unknown, cwd: string, typed: string): [reason: string, help: string] {
  const code = (error as { code?: string }).code;
  if (code === "ENOENT" || code === "ENOTDIR") return ["there is no such file", missingHelp(cwd, typed)];
  if (code === "EACCES" || code === "EPERM" || error instanceof Deno.errors.PermissionDenied) {
    return ["reading it is not permitted", "check who may read the file"];
  }
  return [error instanceof Error ? error.message : String(error), "check the file"];
}

/** The nearest name in the same folder, or where it was looked for. */
function missingHelp(cwd: string, typed: string): string {
  const path = resolve(cwd, typed);
  try {
    const near = nearest(basename(path), readdirSync(dirname(path)));
    if (near) return `did you mean '${printable(join(dirname(typed), near))}'?`;
  } catch {
    return `there is no folder '${printable(dirname(path))}'`;
  }
  return `it was looked for as '${printable(path)}'`;
}

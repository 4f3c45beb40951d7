/**
 * Writes a small file whole: beside its place first, then renamed, so that an interrupted command
 * leaves the old one.
 *
 * @module
 */

import { mkdir, open, realpath, rename, rm, stat } from "node:fs/promises";
import { randomBytes } from "node:crypto";
import { dirname } from "node:path";
import { OsirisError } from "../diagnostic.ts";
import { printable } from "../printable.ts";
import { systemReason } from "./_system_reason.ts";

/** What is wrong with the place that was named, and not with the disk. */
const MISNAMED = ["EISDIR", "ENOTDIR", "EEXIST", "ENAMETOOLONG"];

/** Creates or replaces `path`; folders above it are made. A link keeps pointing where it does. */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    const target = await realpath(path).catch(() => path);
    const mode = await stat(target).then((info) => info.mode & 0o777, () => 0o666);
    await replace(target, content, mode);
  } catch (error) {
    const misnamed = MISNAMED.includes(String((error as { code?: unknown }).code));
    throw new OsirisError("CLI810", `Cannot write '${printable(path)}': ${reasonOf(error)}`, {
      category: misnamed ? "usage" : "run",
      help: "name another place, or make room and permission for this one",
      cause: error,
    });
  }
}

async function replace(target: string, content: string | Uint8Array, mode: number): Promise<void> {
  const beside = `${target}.${randomBytes(6).toString("hex")}.new`;
  try {
    const file = await open(beside, "wx", mode);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, target);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

function reasonOf(error: unknown): string {
  return systemReason(error) ?? (error instanceof Error ? error.message : String(error));
}

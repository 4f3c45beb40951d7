/**
 * How much of the disk a driver from outside fills before anything of it is put in place: the folder it writes into
 * is looked at while it runs, and a driver that wrote more than it may is ended.
 *
 * What counts for a file is what it says or what it takes, whichever is more, so that a hole in it is no way around;
 * a file that was removed and is still open counts too, where the system tells of it. What a driver writes between
 * two looks is beyond the limit; no single file ever is, because the kernel keeps that limit (`limits.ts`).
 *
 * @module
 */

import { lstat, readdir, stat } from "node:fs/promises";
import type { BigIntStats } from "node:fs";

/** What one driver may fill. */
export interface DiskLimit {
  readonly folder: string;
  readonly bytes: number;
  /** Files and folders. */
  readonly files: number;
}

/** Bytes that a driver may write before its rows are committed, when nobody says otherwise. */
export const DRIVER_DISK = 10_000_000_000;
/** Files and folders that one write may consist of. */
export const DRIVER_FILES = 10_000;

/** Pause between two looks; where a look takes longer, so does the pause after it. */
const PAUSE_MS = 25;

/**
 * Looks at the folder of a driver, whose process this is, until told to stop.
 *
 * @param exceeded called once, with what is the matter
 */
export function watchDisk(limit: DiskLimit, pid: number, exceeded: (what: string) => void): () => void {
  let stopped = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = async () => {
    const began = performance.now();
    const what = await excessOf(limit, pid);
    if (stopped) return;
    if (what !== undefined) return exceeded(what);
    timer = setTimeout(look, Math.max(PAUSE_MS, performance.now() - began));
  };
  timer = setTimeout(look, PAUSE_MS);
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

/** What is beyond the limit, in words; undefined when nothing is. With a process, what it holds open counts too. */
export async function excessOf(limit: DiskLimit, pid?: number): Promise<string | undefined> {
  let bytes = 0n, files = 0;
  const seen = new Set<string>();
  const folders = [limit.folder];
  const add = (found: BigIntStats) => {
    const id = `${found.dev}:${found.ino}`;
    if (!seen.has(id)) bytes += sizeOf(found);
    seen.add(id);
    return bytes > BigInt(limit.bytes);
  };
  for (const folder of folders) {
    const names = await present(readdir(folder, { withFileTypes: true }));
    if (names === "hidden") return `it wrote a folder that cannot be looked into`;
    for (const { name } of names ?? []) {
      if (++files > limit.files) return `it wrote more than ${limit.files} files into its folder`;
      const path = `${folder}/${name}`;
      const found = await present(lstat(path, { bigint: true }));
      if (found === "hidden") return `it wrote a folder that cannot be looked into`;
      if (found === undefined) continue;
      if (found.isDirectory()) folders.push(path);
      if (add(found)) return tooMuch(limit);
    }
  }
  for (const found of pid === undefined ? [] : await heldBy(pid)) if (add(found)) return tooMuch(limit);
  return undefined;
}

/** What a driver that met its limit is told; the kernel says nothing itself. */
export function tooMuch({ bytes }: { readonly bytes: number }): string {
  return `it wrote more than ${Math.round(bytes / 1_000_000)} MB before its rows were committed`;
}

function sizeOf(found: BigIntStats): bigint {
  const taken = (found.blocks ?? 0n) * 512n;
  return found.isFile() && found.size > taken ? found.size : taken;
}

/** Files without a name that a process keeps open. */
async function heldBy(pid: number): Promise<BigIntStats[]> {
  const open = await present(readdir(`/proc/${pid}/fd`));
  if (open === undefined || open === "hidden") return []; // another system, or the process is gone
  const held: BigIntStats[] = [];
  for (const name of open) {
    const found = await present(stat(`/proc/${pid}/fd/${name}`, { bigint: true }));
    if (typeof found === "object" && found.isFile() && found.nlink === 0n) held.push(found);
  }
  return held;
}

/** Undefined for what is gone meanwhile, `hidden` for what may not be looked at. */
async function present<T>(asked: Promise<T>): Promise<T | "hidden" | undefined> {
  try {
    return await asked;
  } catch (error) {
    const { code } = error as { code?: string };
    return code === "ENOENT" || code === "ENOTDIR" || code === "ESRCH" ? undefined : "hidden";
  }
}

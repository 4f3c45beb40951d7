/**
 * What a write does to the file system: looking, making room, making durable, changing places.
 *
 * @module
 */

import { dirname, join } from "node:path";
import type { StagedFile } from "./engine.ts";
import { exchange } from "./_exchange.ts";

/** The new folder in the old one's place; what was old is removed. */
export async function swap(fresh: string, target: string, old: string): Promise<void> {
  if (exchange(fresh, target)) return await remove(fresh);
  await remove(old);
  await Deno.rename(target, old);
  try {
    await Deno.rename(fresh, target);
  } catch (error) {
    await Deno.rename(old, target);
    throw error;
  }
  await remove(old);
}

/** The files of what was staged, sorted: one, or all below a folder. */
export async function stagedFiles(path: string): Promise<{ path: string; size: number }[]> {
  const info = await Deno.stat(path).catch(() => undefined);
  if (info === undefined) return [];
  if (info.isFile) return [{ path, size: info.size }];
  const found: { path: string; size: number }[] = [];
  for await (const entry of Deno.readDir(path)) found.push(...await stagedFiles(join(path, entry.name)));
  return found.sort((a, b) => a.path < b.path ? -1 : 1);
}

/** What a staged file will be known by under its final name. */
export async function markOf(path: string, final: string): Promise<StagedFile> {
  const { dev, ino, size, mtime } = await Deno.stat(path);
  return { path: final, device: dev, inode: ino, size, modified_ms: mtime?.getTime() ?? null };
}

/** Makes a folder and those above it; gives those it made, innermost first. */
export async function makeFolders(folder: string): Promise<string[]> {
  if (await exists(folder)) return [];
  const above = await makeFolders(dirname(folder));
  await Deno.mkdir(folder).catch((error) => {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  });
  return [folder, ...above];
}

/** What was written is on the disk before its name is. */
export async function makeDurable(path: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  using file = await Deno.open(path);
  await file.sync();
}

export async function size(path: string): Promise<number> {
  return (await Deno.stat(path).catch(() => undefined))?.size ?? 0;
}

export async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

export async function remove(path: string): Promise<void> {
  await Deno.remove(path, { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}

/**
 * What may be replaced in a folder that is written to: the files that writes make, and nothing else.
 *
 * @module
 */

import { join } from "node:path";
import type { WriteRequest } from "./engine.ts";

const WRITTEN = {
  csv: /^data_(?:.+_)?\d+\.csv(?:\.(?:gz|zst))?$/,
  json: /^data_(?:.+_)?\d+\.(?:json|ndjson)(?:\.(?:gz|zst))?$/,
  parquet: /^data_(?:.+_)?\d+\.parquet$/,
} as const;

/** The first path below a folder that no write of this format made; files whose names begin with a dot are passed over. */
export async function foreignFile(
  folder: string,
  format: WriteRequest["format"],
): Promise<string | undefined> {
  const entries = [];
  for await (const entry of Deno.readDir(folder)) entries.push(entry);
  for (const entry of entries.sort((a, b) => a.name < b.name ? -1 : 1)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) {
      if (!isPartition(entry.name)) return path;
      const below = await foreignFile(path, format);
      if (below !== undefined) return below;
    } else if (!entry.isFile || !(isHidden(entry.name) || WRITTEN[format].test(entry.name))) return path;
  }
  return undefined;
}

/** Files such as `.gitkeep` are in the new folder as they were in the old one. */
export async function keepHiddenFiles(from: string, to: string): Promise<void> {
  for await (const entry of Deno.readDir(from)) {
    const [old, kept] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory) await keepHiddenFiles(old, kept);
    else if (isHidden(entry.name)) {
      await Deno.mkdir(to, { recursive: true });
      await Deno.copyFile(old, kept);
    }
  }
}

function isPartition(name: string): boolean {
  return /^[^=]+=/.test(name);
}

function isHidden(name: string): boolean {
  return name.startsWith(".");
}

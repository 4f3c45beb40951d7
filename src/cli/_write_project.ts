/**
 * Writes the files of a new project: all of them or none.
 *
 * @module
 */

import { lstatSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { OsirisError } from "../diagnostic.ts";
import { printable } from "../printable.ts";
import type { ProjectFile } from "./_project_files.ts";

/** Writes them below `root` and gives the names of those written. Refuses when one is there already. */
export function writeProject(root: string, files: readonly ProjectFile[]): readonly string[] {
  refuseFile(root);
  const wanted = files.filter((file) => !(file.keep && isThere(join(root, file.path))));
  const there = wanted.filter((file) => isThere(join(root, file.path)));
  if (there.length > 0) {
    const names = there.map((file) => `'${printable(file.path)}'`).join(", ");
    throw new OsirisError(
      "CLI807",
      `Cannot make a project in '${printable(root)}': ${names} would be overwritten`,
      {
        category: "usage",
        help: "name a new folder, as in 'osiris init my-project', or move the file away",
      },
    );
  }
  const written: string[] = [];
  try {
    for (const { path, text } of wanted) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text, { flag: "wx" });
      written.push(path);
    }
  } catch (error) {
    for (const path of written) rmSync(join(root, path), { force: true });
    throw new OsirisError(
      "CLI807",
      `Cannot make a project in '${printable(root)}': ${
        error instanceof Error ? printable(error.message) : error
      }`,
      { category: "usage", help: "name a folder that you may write in", cause: error },
    );
  }
  return written;
}

function refuseFile(root: string): void {
  const there = lstatSync(nearestThere(root));
  if (there.isDirectory() || there.isSymbolicLink()) return;
  throw new OsirisError(
    "CLI807",
    `Cannot make a project in '${printable(root)}': '${printable(nearestThere(root))}' is a file`,
    {
      category: "usage",
      help: "name a new folder, as in 'osiris init my-project'",
    },
  );
}

function nearestThere(path: string): string {
  for (let at = path;; at = dirname(at)) {
    try {
      lstatSync(at);
      return at;
    } catch {
      // Not there, or below a file: what counts is the nearest thing above.
    }
  }
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

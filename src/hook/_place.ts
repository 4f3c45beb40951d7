/** Where a hook writes: a file of the project, and none that Osiris itself needs. @module */

import { realpathSync } from "node:fs";
import { dirname, isAbsolute, join, relative } from "node:path";
import { type HookSurroundings, unusable } from "./_opened.ts";

/** The absolute place of a hook's file. Throws `HKS853` for one outside of the project, or one of Osiris' own. */
export function placeOf(path: string, { root, own }: HookSurroundings): string {
  const place = join(root, path);
  if (isAbsolute(path) || !isBelow(root, place) || !isBelow(realOf(root), realOf(dirname(place)), true)) {
    throw unusable(
      `'${path}' is not inside the project`,
      "name a file of the project, such as out/events.jsonl",
    );
  }
  const taken = own.find((name) => {
    const mine = join(root, name);
    return place === mine || isBelow(mine, place) || isBelow(mine, join(realOf(dirname(place)), "file"));
  });
  if (taken === undefined) return place;
  throw unusable(`'${path}' is the place of '${taken}', which Osiris itself needs`, "name another file");
}

/** Whether `path` lies below `folder`, or is it where `itself` counts. */
function isBelow(folder: string, path: string, itself = false): boolean {
  const way = relative(folder, path);
  if (way === "") return itself;
  return !way.startsWith("..") && !isAbsolute(way);
}

/** Where a path leads, links followed as far as it exists. */
function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const above = dirname(path);
    return above === path ? path : join(realOf(above), relative(above, path));
  }
}

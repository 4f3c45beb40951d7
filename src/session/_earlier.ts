/** The runs before a run. */

import { basename, dirname, join } from "node:path";
import { sessionIds } from "./_list.ts";
import { readStatus } from "./_read_status.ts";
import type { Status } from "./_status.ts";

/** Where an earlier run stands, and its folder. */
export interface EarlierStatus extends Status {
  /** Absolute. */
  readonly folder: string;
}

/** How many folders are looked at, so that a page opens as fast beside 100,000 runs of other pipelines. */
const MOST_LOOKED_AT = 400;

/**
 * The runs of `pipeline` that began before the one in `folder` and lie beside it, newest first, at most
 * `most`. Their ids tell when they began; of the newest 400 before it.
 */
export function earlierStatuses(folder: string, pipeline: string, most: number): EarlierStatus[] {
  const [root, own] = [dirname(folder), basename(folder)];
  const before = sessionIds(root).filter((id) => id < own).sort().reverse().slice(0, MOST_LOOKED_AT);
  const found: EarlierStatus[] = [];
  for (const id of before) {
    if (found.length === most) break;
    const status = readStatus(join(root, id));
    if (status?.pipeline === pipeline) found.push({ ...status, folder: join(root, id) });
  }
  return found;
}

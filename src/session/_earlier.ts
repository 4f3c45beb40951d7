/** The runs before a run. */

import { basename, dirname, join } from "node:path";
import { secondOfId } from "./_id.ts";
import { newestFirst, sessionIds } from "./_list.ts";
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
 * `most`, of the newest 400 before it. Ids tell the second in which they began; within one, the status tells.
 */
export function earlierStatuses(folder: string, pipeline: string, most: number): EarlierStatus[] {
  const [root, own] = [dirname(folder), basename(folder)];
  const began = readStatus(folder)?.started_at;
  const beganBefore = (status: EarlierStatus) =>
    secondOfId(basename(status.folder)) < secondOfId(own) ||
    (began === undefined ? basename(status.folder) < own : status.started_at < began);
  const before = sessionIds(root).filter((id) => id !== own && secondOfId(id) <= secondOfId(own));
  const found: EarlierStatus[] = [];
  for (const id of before.sort().reverse().slice(0, MOST_LOOKED_AT)) {
    if (found.length === most) break;
    const status = readStatus(join(root, id));
    const earlier = status && { ...status, folder: join(root, id) };
    if (earlier?.pipeline === pipeline && beganBefore(earlier)) found.push(earlier);
  }
  return found.sort(newestFirst);
}

import { join } from "node:path";
import { readStatus } from "../../session/mod.ts";
import type { Standing } from "./_live.ts";

/** How a run stands: its stamp changes with each event and each change of its status. */
export function standingOf(folder: string): Standing {
  const stamp = [sizeOf(join(folder, "events.jsonl")), changeOf(join(folder, "status.json"))].join("-");
  return { stamp, ended: readStatus(folder)?.state !== "running" };
}

function sizeOf(file: string): number {
  try {
    return Deno.lstatSync(file).size;
  } catch {
    return 0;
  }
}

function changeOf(file: string): number {
  try {
    return Deno.lstatSync(file).mtime?.getTime() ?? 0;
  } catch {
    return 0;
  }
}

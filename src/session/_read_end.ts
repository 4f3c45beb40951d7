/** How a run ended, by its last words. */

import { join } from "node:path";
import type { RunEnd } from "./_event.ts";
import { isOwnFile } from "./_own_file.ts";
import { parseLines } from "./_read_lines.ts";
import { isEvent } from "./_recognise.ts";
import { isRunEnd } from "./_run_end.ts";

/** The last words stand at the end of the events; a few of hooks may follow. */
const LAST_BYTES = 65_536;

/**
 * How a run ended and what it moved; undefined when it has not ended, or never said. Reads the end of one
 * file, however long that is.
 */
export function readRunEnd(folder: string): RunEnd | undefined {
  const { values } = parseLines("events.jsonl", lastBytes(join(folder, "events.jsonl")), isEvent);
  return values.findLast(isRunEnd)?.data;
}

function lastBytes(path: string): Uint8Array {
  if (!isOwnFile(path)) return new Uint8Array();
  try {
    using file = Deno.openSync(path);
    file.seekSync(Math.max(0, file.statSync().size - LAST_BYTES), Deno.SeekMode.Start);
    const bytes = new Uint8Array(LAST_BYTES);
    let filled = 0;
    for (let read: number | null = 0; read !== null && filled < LAST_BYTES; filled += read ?? 0) {
      read = file.readSync(bytes.subarray(filled));
    }
    return bytes.subarray(0, filled);
  } catch {
    return new Uint8Array();
  }
}

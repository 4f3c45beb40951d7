/** Following a run as it writes. */

import { join } from "node:path";
import type { SessionEvent } from "./_event.ts";
import { joined, parseLine } from "./_read_lines.ts";
import { readStatus } from "./_read_status.ts";
import { isEvent } from "./_recognise.ts";

const NEWLINE = 0x0a;
const PAUSE_MS = 100;
const CHUNK_BYTES = 65_536;

/**
 * Every event of a session from its first, then each new one as it is written; ends when the run has
 * ended and all was told, or when the signal says so.
 */
export async function* followEvents(
  folder: string,
  signal: AbortSignal,
): AsyncGenerator<SessionEvent, void, void> {
  using file = await opened(folder, signal);
  if (file === undefined) return;
  let rest: Uint8Array = new Uint8Array();
  while (!signal.aborted) {
    // Asked before reading: what was written before the end is then read in this round.
    const ended = readStatus(folder)?.state !== "running";
    for (let chunk = await readSome(file); chunk !== undefined; chunk = await readSome(file)) {
      const { lines, remainder } = splitLines(joined(rest, chunk));
      rest = remainder;
      for (const line of lines) {
        const event = parseLine(line);
        if (!isEvent(event)) continue;
        yield event;
        if (signal.aborted) return;
      }
    }
    if (ended) {
      const last = parseLine(rest);
      if (isEvent(last)) yield last;
      return;
    }
    await pause(signal);
  }
}

/** The events' file, as soon as there is one; undefined when the run ended without, or the signal came. */
async function opened(folder: string, signal: AbortSignal): Promise<Deno.FsFile | undefined> {
  while (!signal.aborted) {
    const ended = readStatus(folder)?.state !== "running";
    try {
      return await Deno.open(join(folder, "events.jsonl"));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      if (ended) return undefined;
    }
    await pause(signal);
  }
  return undefined;
}

async function readSome(file: Deno.FsFile): Promise<Uint8Array | undefined> {
  const buffer = new Uint8Array(CHUNK_BYTES);
  const read = await file.read(buffer);
  return read === null || read === 0 ? undefined : buffer.subarray(0, read);
}

function splitLines(bytes: Uint8Array): { lines: Uint8Array[]; remainder: Uint8Array } {
  const lines: Uint8Array[] = [];
  let start = 0;
  for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
    lines.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return { lines, remainder: bytes.slice(start) };
}

/** Waits a moment, or until the signal. */
function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, PAUSE_MS);
    signal.addEventListener("abort", done, { once: true });
  });
}

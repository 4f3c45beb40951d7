/**
 * Standard output and standard error: written whole, at once, and without complaint when the reader
 * (`| head`) has gone. A stream that cannot be written for another reason never stops the work; it
 * remembers why, and the command fails at its end.
 *
 * @module
 */

import colors from "picocolors";
import type { Colors } from "picocolors/types";

/** One of the two streams. */
export interface Stream {
  /** Whether a person is looking at it. */
  readonly terminal: boolean;
  /** Whether lines may be updated in place. */
  readonly live: boolean;
  /** Columns of the terminal; 100 for a pipe. */
  readonly width: number;
  readonly style: Colors;
  /** Writes all of it. False when nobody reads any more. */
  write(text: string): boolean;
  /** Why it could not be written; a reader that has gone is no reason. */
  readonly failure?: unknown;
}

export const HIDE_CURSOR = "\x1b[?25l";
export const SHOW_CURSOR = "\x1b[?25h";

/** A pipe has no width; help and messages are wrapped for this one. */
const PIPE_WIDTH = 100;

interface Sink {
  isTerminal(): boolean;
  writeSync(bytes: Uint8Array): number;
}

/** The stream over a file such as `Deno.stdout`. */
export function streamTo(sink: Sink): Stream {
  const terminal = sink.isTerminal();
  const dumb = !Deno.noColor && !colors.isColorSupported;
  let open = true;
  let failure: unknown;
  return {
    terminal,
    live: terminal && !dumb,
    get width() {
      return terminal ? columnsOfTerminal() : PIPE_WIDTH;
    },
    style: colors.createColors(terminal && !Deno.noColor && !dumb),
    write(text) {
      if (!open) return false;
      try {
        writeAll(sink, new TextEncoder().encode(text));
      } catch (error) {
        open = false;
        if (!(error instanceof Deno.errors.BrokenPipe)) failure = error;
      }
      return open;
    },
    get failure() {
      return failure;
    },
  };
}

function columnsOfTerminal(): number {
  try {
    return Deno.consoleSize().columns || PIPE_WIDTH;
  } catch {
    return PIPE_WIDTH;
  }
}

function writeAll(sink: Sink, bytes: Uint8Array): void {
  let rest = bytes;
  while (rest.length > 0) {
    try {
      rest = rest.subarray(sink.writeSync(rest));
    } catch (error) {
      if (!(error instanceof Deno.errors.WouldBlock)) throw error;
    }
  }
}

/**
 * The beginning of a CSV file, as it lies there.
 *
 * @module
 */

import { OsirisError } from "../diagnostic.ts";
import { lineQuery } from "./_csv_reading.ts";
import type { Asking } from "./_scan.ts";
import type { FileOptions } from "./engine.ts";

/** What a file begins with. */
export interface CsvHead {
  /** The first two lines as they stand; fewer where there are not more. */
  readonly lines: readonly string[];
  /** Nothing in sight is compressed, quoted in another way or escaped. */
  readonly isPlain: boolean;
}

/** How much of a file is looked at for signs that it is not plain: more than the engine's sample. */
const BYTES = 2_000_000;

const SIGNS = ["'", "\\"].map((sign) => sign.charCodeAt(0));

/** Looks at the beginning of a file. */
export async function headOf(file: string, options: FileOptions, ask: Asking): Promise<CsvHead> {
  const bytes = await firstBytes(file);
  const isPacked = (bytes[0] === 0x1f && bytes[1] === 0x8b) || (bytes[0] === 0x28 && bytes[1] === 0xb5);
  const isPlain = !isPacked && !SIGNS.some((sign) => bytes.includes(sign));
  const isText = !isPacked && options.encoding === undefined && options.compression === undefined;
  const lines = (isText ? simpleLines(bytes) : undefined) ?? await askedLines(file, options, ask);
  return { lines, isPlain };
}

async function firstBytes(file: string): Promise<Uint8Array> {
  using opened = await Deno.open(file);
  const bytes = new Uint8Array(BYTES);
  return bytes.subarray(0, await opened.read(bytes) ?? 0);
}

/** The first two lines, where they are printable ASCII and end with a line feed: nothing else has one reading. */
function simpleLines(bytes: Uint8Array): string[] | undefined {
  const lines: string[] = [];
  for (let start = 0; lines.length < 2;) {
    const end = bytes.indexOf(0x0a, start);
    if (end < 0) return undefined;
    const line = bytes.subarray(start, end);
    if (!line.every((byte) => byte === 0x09 || (byte >= 0x20 && byte < 0x7f))) return undefined;
    lines.push(new TextDecoder().decode(line));
    start = end + 1;
  }
  return lines;
}

async function askedLines(file: string, options: FileOptions, ask: Asking): Promise<string[]> {
  const rows = await ask.rows(`${lineQuery(file, options)} LIMIT 2`);
  return rows.map((row) => String(row[0] ?? ""));
}

/** UTF-16 by its byte order mark; undefined for everything else. */
export async function encodingOf(file: string, step: string): Promise<string | undefined> {
  using opened = await Deno.open(file);
  const mark = new Uint8Array(2);
  await opened.read(mark);
  if (mark[0] === 0xff && mark[1] === 0xfe) return "utf-16";
  if (mark[0] === 0xfe && mark[1] === 0xff) {
    throw new OsirisError("ENG501", `Cannot read '${file}': it is UTF-16 with the big end first`, {
      step,
      help: "convert it, for example: iconv -f UTF-16 -t UTF-8",
    });
  }
  return undefined;
}

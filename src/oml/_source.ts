/**
 * From bytes to text, and from an offset in the text to line and column.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { Code } from "../diagnostic.ts";

/** The most a pipeline file may hold. */
const MAX_BYTES = 10 * 1024 * 1024;

/** Where something stands. Lines and columns count from 1, columns in UTF-16 units; the end is exclusive. */
export interface Span {
  /** The line it starts on. */
  line: number;
  /** The column of its first character. */
  column: number;
  /** The line it ends on. */
  end_line: number;
  /** The column after its last character. */
  end_column: number;
}

/** Why a text cannot be read at all. */
export interface Refusal {
  readonly code: Code;
  readonly message: string;
  readonly help?: string;
  readonly line: number;
  readonly column: number;
}

/** The text of a file, without its byte order mark, or why it cannot be read. */
export function decode(source: string | Uint8Array): { text: string } | { refusal: Refusal } {
  if (sizeOf(source) > MAX_BYTES) {
    return refuse("OML101", "the file is larger than 10 MB, should be at most 10 MB", {
      help: "split the pipeline, and keep data in files that a step reads",
    });
  }
  const decoded = typeof source === "string" ? { text: source } : decodeBytes(source);
  if ("refusal" in decoded) return decoded;
  const text = decoded.text.startsWith("\uFEFF") ? decoded.text.slice(1) : decoded.text;
  return refuseStrangeCharacter(text) ?? { text };
}

function sizeOf(source: string | Uint8Array): number {
  if (typeof source !== "string") return source.length;
  return source.length > MAX_BYTES ? source.length : Buffer.byteLength(source);
}

function decodeBytes(bytes: Uint8Array): { text: string } | { refusal: Refusal } {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    return refuse("OML102", "the file is UTF-16, should be UTF-8", { help: "save it as UTF-8" });
  }
  try {
    return { text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return refuse("OML102", "the file holds bytes that are not UTF-8, should be UTF-8 throughout", {
      help: "save it as UTF-8",
      ...firstUndecodable(bytes),
    });
  }
}

/** The first place that is not UTF-8; no character spans a line feed, so lines can be tried one by one. */
function firstUndecodable(bytes: Uint8Array): { line: number; column: number } {
  const strict = new TextDecoder("utf-8", { fatal: true });
  for (let line = 1, start = 0;; line++) {
    const feed = bytes.indexOf(0x0a, start);
    const piece = bytes.subarray(start, feed < 0 ? bytes.length : feed);
    try {
      strict.decode(piece);
    } catch {
      return { line, column: new TextDecoder().decode(piece).indexOf("\uFFFD") + 1 };
    }
    start = feed + 1;
  }
}

// deno-lint-ignore no-control-regex -- these are what is looked for
const STRANGE = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]|\r(?!\n)|\p{Surrogate}/u;

function refuseStrangeCharacter(text: string): { refusal: Refusal } | undefined {
  const offset = text.search(STRANGE);
  if (offset < 0) return undefined;
  const { line, column } = new Lines(text).at(offset);
  const unit = text.charCodeAt(offset);
  if (unit === 0x0d) {
    return refuse("OML102", "a lone carriage return ends a line, should be a line feed", {
      help: "save the file with LF or CRLF line ends",
      line,
      column,
    });
  }
  const name = `U+${unit.toString(16).toUpperCase().padStart(4, "0")}`;
  return refuse("OML102", `the file holds the character ${name}, should be plain text`, {
    help: unit === 0 ? "save the file as UTF-8 text" : `remove it, or write it as an escape in double quotes`,
    line,
    column,
  });
}

function refuse(
  code: Code,
  what: string,
  options: { help: string; line?: number; column?: number },
): { refusal: Refusal } {
  return { refusal: { code, message: `Cannot read the pipeline: ${what}`, line: 1, column: 1, ...options } };
}

/** Line and column of an offset. */
export class Lines {
  readonly #starts = [0];

  constructor(text: string) {
    for (let feed = text.indexOf("\n"); feed >= 0; feed = text.indexOf("\n", feed + 1)) {
      this.#starts.push(feed + 1);
    }
  }

  at(offset: number): { line: number; column: number } {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - this.#starts[low]! + 1 };
  }

  span(start: number, end: number): Span {
    const from = this.at(start);
    const to = this.at(Math.max(start, end));
    return { ...from, end_line: to.line, end_column: to.column };
  }
}

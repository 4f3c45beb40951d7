/**
 * Collects diagnostics about one file: each once, in the order of the text.
 *
 * @module
 */

import { type Code, type Diagnostic, nearest, type Severity } from "../diagnostic.ts";
import { type Located, type Path, type Place, placeOf } from "./_located.ts";
import type { Lines } from "./_source.ts";

/** Comparing names costs time; a text with more mistakes than this has other worries. */
const MAX_SUGGESTIONS = 200;

export interface FindingOptions {
  help?: string | undefined;
  severity?: Severity;
  /** Mark the key or the value. */
  at?: "key" | "value";
  /** A piece of the value's source text to mark instead of all of it. */
  within?: string;
}

export class Findings {
  readonly #found = new Map<string, Diagnostic>();
  #suggestions = 0;

  constructor(readonly file: string, readonly text: string, readonly lines: Lines) {}

  /** Notes a finding at a place of the text. */
  at(place: Place, code: Code, message: string, options: FindingOptions = {}): void {
    const finding = this.#make(place, code, message, options);
    this.#found.set(`${code}:${finding.line}:${finding.column}:${message}`, finding);
  }

  /** Notes a finding at a path of the document. */
  on(root: Located, path: Path, code: Code, message: string, options: FindingOptions = {}): void {
    this.at(placeOf(root, path, options.at), code, message, options);
  }

  /** A diagnostic at a path, not noted. */
  make(root: Located, path: Path, code: Code, message: string, options: FindingOptions = {}): Diagnostic {
    return this.#make(placeOf(root, path, options.at), code, message, options);
  }

  /** "did you mean" for a mistyped word, or the known words when few, or nothing. */
  suggest(word: string, known: Iterable<string>, what: string): string | undefined {
    if (this.#suggestions++ >= MAX_SUGGESTIONS) return undefined;
    const names = [...known];
    // One or two letters are near to everything.
    const near = word.length < 3 ? undefined : nearest(word, names);
    if (near !== undefined) return `did you mean '${near}'?`;
    if (names.length === 0) return undefined;
    const shown = names.slice(0, 12).map((name) => `'${name}'`).join(", ");
    return `${what} ${names.length === 1 ? "is" : "are"} ${shown}${names.length > 12 ? ", …" : ""}`;
  }

  get sorted(): Diagnostic[] {
    return [...this.#found.values()].sort((a, b) => a.line! - b.line! || a.column! - b.column!);
  }

  #make(place: Place, code: Code, message: string, options: FindingOptions): Diagnostic {
    const { start, end } = options.within === undefined ? place : this.#narrow(place, options.within);
    return {
      code,
      severity: options.severity ?? "error",
      message,
      file: this.file,
      ...this.lines.span(start, end),
      ...(options.help === undefined ? {} : { help: options.help }),
    };
  }

  #narrow(place: Place, piece: string): Place {
    const index = this.text.slice(place.start, place.end).indexOf(piece);
    return index < 0 ? place : { start: place.start + index, end: place.start + index + piece.length };
  }
}

/** A name or short text in quotes, fit to stand in one line of a message. */
export function quote(text: string): string {
  const cut = text.length > 60 ? `${text.slice(0, 59)}…` : text;
  return `'${cut.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, (c) => JSON.stringify(c).slice(1, -1))}'`;
}

/**
 * Text fitted to columns: measured as a terminal shows it, broken between words, cut with an ellipsis.
 *
 * @module
 */

import stringWidth from "fast-string-width";

/** How many columns the text takes on a terminal. */
export function columnsOf(text: string): number {
  return stringWidth(text);
}

/** Lines of at most `width` columns; a word longer than that is broken. Every line after the first is indented. */
export function wrapped(text: string, width: number, indent = ""): string {
  const room = Math.max(8, width - columnsOf(indent));
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/).filter(Boolean).flatMap((word) => pieces(word, room))) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && columnsOf(longer) > room) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  lines.push(line);
  return lines.join(`\n${indent}`);
}

/** At most `width` columns, the end replaced by `…` when there is more. */
export function cut(text: string, width: number): string {
  if (columnsOf(text) <= width) return text;
  return width < 1 ? "" : `${head(text, width - 1)}…`;
}

/** At most `width` columns, the middle replaced by `…`: for paths and ids, whose ends tell them apart. */
export function cutMiddle(text: string, width: number): string {
  if (columnsOf(text) <= width) return text;
  if (width < 3) return cut(text, width);
  const front = Math.floor((width - 1) / 2);
  return `${head(text, front)}…${tail(text, width - 1 - front)}`;
}

/** Padded with spaces to `width` columns. */
export function padded(text: string, width: number, side: "left" | "right" = "left"): string {
  const gap = " ".repeat(Math.max(0, width - columnsOf(text)));
  return side === "left" ? text + gap : gap + text;
}

function pieces(word: string, room: number): string[] {
  const out: string[] = [];
  let rest = word;
  while (columnsOf(rest) > room) {
    const piece = head(rest, room);
    out.push(piece);
    rest = rest.slice(piece.length);
  }
  return [...out, rest];
}

/** Made when it is first needed: the segmenter alone takes 8 ms, which every command would pay. */
let segmenter: Intl.Segmenter | undefined;

/** The characters of a text as a person counts them. */
function graphemesOf(text: string): string[] {
  // deno-lint-ignore no-control-regex
  if (/^[\x00-\x7f]*$/.test(text)) return [...text];
  segmenter ??= new Intl.Segmenter();
  return [...segmenter.segment(text)].map(({ segment }) => segment);
}

function head(text: string, width: number): string {
  return fitting(graphemesOf(text), width).join("");
}

function tail(text: string, width: number): string {
  return fitting(graphemesOf(text).reverse(), width).reverse().join("");
}

function fitting(parts: readonly string[], width: number): string[] {
  const kept: string[] = [];
  let columns = 0;
  for (const part of parts) {
    columns += columnsOf(part);
    if (columns > width && kept.length > 0) break;
    kept.push(part);
  }
  return kept;
}

import stringWidth from "fast-string-width";
import type { Diagnostic } from "../diagnostic.ts";

/** The most columns of a source line that a frame shows. */
const FRAME = 120;

/**
 * A diagnostic as a person reads it: code and message, place, the line with carets under what is meant, help.
 * Without the text it was found in, without the line. No colours; nothing in it can steer a terminal.
 *
 * @example
 * ```text
 * error[OML105]: Cannot read step 'save': input 'df' names the unknown step 'extract_sale'
 *   --> pipeline.oml:12:20
 *    |
 * 12 |     inputs: { df: "${extract_sale.output.df}" }
 *    |                    ^^^^^^^^^^^^^^^^^^^^^^^^^
 *    = help: did you mean 'extract_sales'?
 * ```
 */
export function renderDiagnostic(d: Diagnostic, text?: string): string {
  const number = d.line === undefined ? "" : String(d.line);
  const gutter = " ".repeat(number.length);
  const lines = [`${d.severity}[${d.code}]: ${tame(d.message)}`];
  const place = [d.file, d.line, d.column].filter((part) => part !== undefined).join(":");
  if (place !== "") lines.push(`${gutter}--> ${tame(place)}`);
  const source = d.line === undefined || text === undefined ? undefined : lineOf(text, d.line);
  if (source !== undefined && d.redact === true) {
    lines.push(`${gutter} |`, `${number} | (not shown: this line holds a secret)`);
  } else if (source !== undefined) {
    const { shown, carets } = frame(source, d);
    lines.push(`${gutter} |`, `${number} | ${shown}`.trimEnd(), `${gutter} | ${carets}`);
  }
  if (d.help !== undefined) lines.push(`${gutter} = help: ${tame(d.help)}`);
  return lines.join("\n");
}

function lineOf(text: string, line: number): string | undefined {
  let start = text.startsWith("\uFEFF") ? 1 : 0;
  for (let n = 1; n < line; n++) {
    const feed = text.indexOf("\n", start);
    if (feed < 0) return undefined;
    start = feed + 1;
  }
  const feed = text.indexOf("\n", start);
  const end = feed < 0 ? text.length : feed;
  return text.slice(start, text[end - 1] === "\r" ? end - 1 : end);
}

function frame(source: string, d: Diagnostic): { shown: string; carets: string } {
  const from = Math.min((d.column ?? 1) - 1, source.length);
  const last = d.end_line === d.line ? (d.end_column ?? from + 2) - 1 : source.trimEnd().length;
  // A long line is shown around what is meant.
  const cut = source.length <= FRAME ? 0 : Math.max(0, Math.min(from - 40, source.length - FRAME));
  const open = cut > 0 ? "…" : "";
  const close = cut + FRAME < source.length ? "…" : "";
  const piece = source.slice(cut, cut + FRAME);
  const before = tameLine(piece.slice(0, from - cut));
  const meant = tameLine(piece.slice(from - cut, Math.max(from, Math.min(last, source.length)) - cut));
  const padding = [...open + before].map((c) => c === "\t" ? c : " ".repeat(stringWidth(c))).join("");
  const carets = padding + "^".repeat(Math.max(1, stringWidth(meant.replaceAll("\t", " "))));
  return { shown: `${open}${tameLine(piece)}${close}`, carets };
}

/** Text of a file, shown so that it cannot steer a terminal: control and direction characters become visible. */
function tameLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, (c) => {
    if (c === "\t") return c;
    const code = c.charCodeAt(0);
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : "\uFFFD";
  });
}

function tame(text: string): string {
  return tameLine(text.replace(/\s*[\r\n]\s*/g, " "));
}

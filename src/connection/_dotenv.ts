/** Reads `.env`: `NAME=value` lines, optionally with `export`, quotes and comments. @module */

import type { Diagnostic } from "../diagnostic.ts";

const LINE = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=[^\S\n]*/;
const ESCAPES: { readonly [letter: string]: string } = { n: "\n", r: "\r", t: "\t" };

/** The variables of a `.env` text, beside findings by line. No finding repeats a value. */
export function parseDotenv(
  text: string,
  file: string,
): { values: Map<string, string>; diagnostics: Diagnostic[] } {
  const values = new Map<string, string>();
  const diagnostics: Diagnostic[] = [];
  let rest = text.replace(/^\ufeff/, "").replaceAll("\r\n", "\n");
  let line = 1;
  const say = (what: string) =>
    diagnostics.push({
      code: "CON309",
      severity: "error",
      message: `Cannot read the variables: line ${line} ${what}`,
      file,
      line,
      redact: true,
      help: "write NAME=value, with quotes around a value that has spaces or '#'",
    });
  while (rest !== "") {
    const newline = rest.indexOf("\n");
    const current = newline < 0 ? rest : rest.slice(0, newline);
    let used = current.length;
    const start = LINE.exec(current);
    if (start) {
      const value = readValue(rest.slice(start[0].length));
      if (value === undefined) say("has a quote that is never closed");
      else {
        values.set(start[1]!, value.text);
        used = start[0].length + value.length;
      }
    } else if (!/^\s*(#.*)?$/.test(current)) say("is not of the form NAME=value");
    line += rest.slice(0, used).split("\n").length;
    const end = rest.indexOf("\n", used);
    rest = end < 0 ? "" : rest.slice(end + 1);
  }
  return { values, diagnostics };
}

/** The value at the start of `text` and how much of it was read; undefined for a quote without an end. */
function readValue(text: string): { text: string; length: number } | undefined {
  const quote = text[0];
  if (quote !== '"' && quote !== "'") {
    const line = text.split("\n", 1)[0]!;
    return { text: line.replace(/(^|\s)#.*$/, "").trim(), length: line.length };
  }
  const pattern = quote === "'" ? /^'([^']*)'/ : /^"((?:[^"\\]|\\[^])*)"/;
  const match = pattern.exec(text);
  if (!match) return undefined;
  const inner = match[1]!;
  const value = quote === "'"
    ? inner
    : inner.replace(/\\([^])/g, (_, letter: string) => ESCAPES[letter] ?? letter);
  return { text: value, length: match[0].length };
}

/**
 * Makes text from files, data and drivers safe to print: what would move the cursor, colour the
 * screen or turn the reading direction is shown instead of obeyed.
 *
 * @module
 */

/** One line of text: control characters, line ends included, shown as escapes. */
export function printable(text: string): string {
  return text.replace(CONTROLS, (char) => shown(char.codePointAt(0)!));
}

/** Text of several lines: line ends and tabs stay, other control characters are shown as escapes. */
export function printableText(text: string): string {
  return text.replace(
    CONTROLS,
    (char) => char === "\n" || char === "\t" ? char : shown(char.codePointAt(0)!),
  );
}

/** C0, DEL, C1, the marks and overrides that turn text around, line and paragraph separators, lone surrogates. */
// deno-lint-ignore no-control-regex
const CONTROLS = /[\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\p{Cs}]/gu;

const NAMED: { readonly [code: number]: string } = { 0x09: "\\t", 0x0a: "\\n", 0x0d: "\\r", 0x1b: "\\e" };

function shown(code: number): string {
  return NAMED[code] ?? (code <= 0xff ? `\\x${hex(code, 2)}` : `\\u{${hex(code, 4)}}`);
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, "0");
}

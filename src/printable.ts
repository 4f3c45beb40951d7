/**
 * Makes text from files, data and drivers safe to print: what would move the cursor, colour the
 * screen or turn the reading direction is shown instead of obeyed.
 *
 * @module
 */

/** One line of text: control characters, line ends included, shown as escapes. */
export function printable(text: string): string {
  return escapeWhere(text, (code) => isControl(code));
}

/** Text of several lines: line ends and tabs stay, other control characters are shown as escapes. */
export function printableText(text: string): string {
  return escapeWhere(text, (code) => code !== 0x0a && code !== 0x09 && isControl(code));
}

function escapeWhere(text: string, hidden: (code: number) => boolean): string {
  let out = "";
  for (const char of text) {
    const code = char.codePointAt(0)!;
    out += hidden(code) ? shown(code) : char;
  }
  return out;
}

const NAMED: { readonly [code: number]: string } = { 0x09: "\\t", 0x0a: "\\n", 0x0d: "\\r", 0x1b: "\\e" };

function shown(code: number): string {
  return NAMED[code] ?? (code <= 0xff ? `\\x${hex(code, 2)}` : `\\u{${hex(code, 4)}}`);
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, "0");
}

/** C0, DEL, C1, the marks and overrides that turn text around, line and paragraph separators, lone surrogates. */
function isControl(code: number): boolean {
  return code < 0x20 || (code >= 0x7f && code <= 0x9f) || code === 0x61c || code === 0x200e ||
    code === 0x200f ||
    code === 0x2028 || code === 0x2029 || (code >= 0x202a && code <= 0x202e) ||
    (code >= 0x2066 && code <= 0x2069) || code === 0xfeff || (code >= 0xd800 && code <= 0xdfff);
}

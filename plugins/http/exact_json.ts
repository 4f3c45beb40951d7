/**
 * JSON whose numbers keep every digit. The runtime's parser makes doubles of them, which end at 2^53; the
 * few texts that may hold a number beyond that are read with each number's own digits instead.
 *
 * @module
 */

/** A number that no double is equal to, as it was written. */
export class ExactNumber {
  constructor(readonly text: string) {}

  /** How `JSON.stringify` writes it. */
  toJSON(): unknown {
    return rawJSON(this.text);
  }
}

/** A value of a JSON text. Integers beyond 2^53 are bigints. */
export type Json = null | boolean | number | bigint | string | ExactNumber | readonly Json[] | JsonObject;

/** An object of a JSON text. */
export interface JsonObject {
  readonly [key: string]: Json;
}

/** The value of a JSON text. Throws `SyntaxError`. */
export function parseExact(text: string): Json {
  if (!hasLongNumber(text) && !LARGE_EXPONENT.test(text)) return JSON.parse(text);
  const reviver = (_: string, value: unknown, context?: { source?: string }) =>
    typeof value === "number" ? exact(value, context!.source!) : value;
  return JSON.parse(text, reviver as (key: string, value: unknown) => unknown);
}

/** An exponent that may lead beyond what a double reaches. In a text it costs time only. */
const LARGE_EXPONENT = /\d[eE][+-]?\d{3}/;

/** The shortest run of digits, with its point, that a double may not hold. */
const LONG = 16;

/**
 * Whether a text may hold a number of too many digits; digits in texts count too, which costs time only.
 * Every run of that length covers one of the places that are that far apart, so only those are looked at.
 * (A regular expression for it took longer than the parser, and thirty times that where the runtime guards
 * against backtracking.)
 */
function hasLongNumber(text: string): boolean {
  for (let at = LONG - 1; at < text.length; at += LONG) {
    if (!isDigitOrPoint(text, at)) continue;
    let [first, last] = [at, at];
    while (isDigitOrPoint(text, first - 1)) first--;
    while (isDigitOrPoint(text, last + 1)) last++;
    if (last - first + 1 >= LONG) return true;
  }
  return false;
}

function isDigitOrPoint(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return (code >= 48 && code <= 57) || code === 46;
}

/** The JSON text of a value, every number with the digits it came with. */
export function jsonText(value: Json): string {
  return JSON.stringify(value, (_, each) => typeof each === "bigint" ? rawJSON(String(each)) : each);
}

function exact(value: number, source: string): number | bigint | ExactNumber {
  if (/^-?\d+$/.test(source)) return Number.isSafeInteger(value) ? value : BigInt(source);
  return Number.isFinite(value) && digits(String(value)) === digits(source) ? value : new ExactNumber(source);
}

/** The same text for the same number: its digits, and where the point stands. */
function digits(text: string): string {
  const [, sign, whole, fraction = "", exponent = "0"] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(
    text,
  ) as unknown as string[];
  const all = `${whole}${fraction}`.replace(/^0+/, "");
  const kept = all.replace(/0+$/, "");
  if (kept === "") return "0";
  const shift = Number(exponent) - fraction.length + (all.length - kept.length);
  return `${sign}${kept}e${shift}`;
}

function rawJSON(text: string): unknown {
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(text);
}

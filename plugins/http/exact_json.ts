/**
 * JSON whose numbers keep every digit. The runtime's parser makes doubles of them, which end at 2^53; the
 * few texts that hold a number beyond that are read once more with each number's own digits.
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

/** Whether a text may hold a number that a double does not. Digits in texts count too: that costs time only. */
const SUSPICIOUS = /[\d.]{16}|\d[eE][+-]?\d{3}/;

/** The value of a JSON text. Throws `SyntaxError`. */
export function parseExact(text: string): Json {
  if (!SUSPICIOUS.test(text)) return JSON.parse(text);
  const reviver = (_: string, value: unknown, context?: { source?: string }) =>
    typeof value === "number" ? exact(value, context!.source!) : value;
  return JSON.parse(text, reviver as (key: string, value: unknown) => unknown);
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

/**
 * Masks what should not be seen in a sample of somebody's data: passwords and tokens, mail addresses, numbers of
 * cards, accounts and people.
 *
 * A sample is shown to say what a column is like. A value masked without need costs little and one shown without
 * need may cost much, so what is in doubt is masked; that nothing sensitive is left nobody can promise.
 *
 * @module
 */

import { findSecrets } from "./secret_shapes.ts";

const MASK = "***";

/** Words of which one in a column's name makes all its values sensitive. */
const SENSITIVE_WORDS = new Set([
  ...[
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "pass",
    "pin",
    "secret",
    "token",
    "credential",
    "credentials",
  ],
  ...["apikey", "accesskey", "privatekey", "secretkey", "auth", "authorization", "cookie", "salt", "otp"],
  ...["ssn", "iban", "cvv", "cvc", "pan", "passport", "birthdate", "dob", "birthday"],
  ...["email", "mail", "phone", "mobile", "telephone", "tel"],
]);

/** The same of names that two words make. */
const SENSITIVE_PAIRS = new Set([
  ...["api key", "access key", "private key", "secret key", "card number", "credit card", "card no"],
  ...["account number", "birth date", "date birth", "social security", "tax id", "national id"],
]);

/** Whether a column's name says that its values are sensitive. */
export function isSensitiveName(name: string): boolean {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^\p{L}]+/u)
    .filter((word) => word !== "");
  return words.some((word, i) =>
    SENSITIVE_WORDS.has(word) || SENSITIVE_WORDS.has(word.replace(/(?<=.{2})s$/, "")) ||
    /passw|secret|token$|^e?mail/.test(word) || SENSITIVE_PAIRS.has(`${word} ${words[i + 1]}`)
  );
}

/**
 * A sampled value with what is sensitive in it masked, also inside lists and objects; `scrub` takes out what is
 * known to be secret. What is null, true or false says nothing about anybody and stays.
 *
 * @example
 * ```ts
 * maskSample("note", "ask ann@example.com", (text) => text); // "ask ***"
 * maskSample("card_number", 4111, (text) => text); // "***"
 * ```
 */
export function maskSample(column: string, value: unknown, scrub: (text: string) => string): unknown {
  if (value === null || value === undefined || typeof value === "boolean") return value ?? null;
  if (isSensitiveName(column)) return MASK;
  if (typeof value === "string") return maskedText(scrub(value));
  if (typeof value === "number" || typeof value === "bigint") {
    const text = String(value);
    return maskedText(scrub(text)) === text ? value : MASK;
  }
  if (Array.isArray(value)) return value.map((item) => maskSample(column, item, scrub));
  if (typeof value !== "object") return MASK;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [scrub(key), maskSample(key, item, scrub)]),
  );
}

function maskedText(text: string): string {
  const hidden = [
    ...findSecrets(text).map(({ index, length }) => [index, index + length] as const),
    ...PATTERNS.flatMap(({ pattern, holds }) =>
      [...text.matchAll(pattern)].filter(([found]) => holds(found))
        .map(({ index, 0: found }) => [index, index + found.length] as const)
    ),
  ].sort(([a], [b]) => a - b);
  let shown = "";
  let at = 0;
  for (const [from, to] of hidden) {
    if (from >= at) shown += text.slice(at, from) + MASK;
    at = Math.max(at, to);
  }
  return shown + text.slice(at);
}

/** What is sensitive by its own look, and what else must hold for it. */
const PATTERNS: readonly { readonly pattern: RegExp; readonly holds: (found: string) => boolean }[] = [
  { pattern: /[^\s@"'<>(),;:]{1,64}@[^\s@"'<>(),;:]{1,255}\.\p{L}{2,63}/gu, holds: () => true },
  { pattern: /(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)/g, holds: isCardNumber },
  { pattern: /(?<!\d)\d{3}-\d{2}-\d{4}(?!\d)/g, holds: () => true },
  { pattern: /\b[A-Z]{2}\d{2}(?: ?[0-9A-Z]{4}){2,7}(?: ?[0-9A-Z]{1,4})?\b/g, holds: isIban },
  { pattern: /\b(?:Bearer|Basic) [\w.~+/=-]{8,4096}/gi, holds: () => true },
  { pattern: /(?<![\w+/=-])[\w+/=-]{24,4096}(?![\w+/=-])/g, holds: looksRandom },
];

/** The check digit that card numbers have (ISO/IEC 7812-1, Luhn). */
function isCardNumber(found: string): boolean {
  const digits = [...found.replace(/\D/g, "")].reverse().map(Number);
  const sum = digits.reduce((total, digit, i) => {
    const twice = i % 2 === 0 ? digit : digit * 2;
    return total + (twice > 9 ? twice - 9 : twice);
  }, 0);
  return sum % 10 === 0 && sum > 0;
}

/** The check digits that account numbers have (ISO 13616). */
function isIban(found: string): boolean {
  const text = found.replaceAll(" ", "");
  const digits = [...text.slice(4) + text.slice(0, 4)].map((char) => parseInt(char, 36)).join("");
  return [...digits].reduce((rest, digit) => (rest * 10 + Number(digit)) % 97, 0) === 1;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** A long run without spaces in which digits and letters alternate as they do in keys, and not in words or ids. */
function looksRandom(found: string): boolean {
  if (UUID.test(found) || !/\d/.test(found) || !/\p{L}/u.test(found)) return false;
  const changes = [...found].filter((char, i) => i > 0 && kindOf(char) !== kindOf(found[i - 1]!)).length;
  return changes >= found.length / 4;
}

function kindOf(char: string): "digit" | "upper" | "lower" | "other" {
  if (/\d/.test(char)) return "digit";
  if (/[A-Z]/.test(char)) return "upper";
  return /[a-z]/.test(char) ? "lower" : "other";
}

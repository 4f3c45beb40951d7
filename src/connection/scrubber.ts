/** Takes secrets out of any text, in the disguises they usually wear. @module */

const MASK = "***";

/** Shorter values are masked only where they stand alone, since they occur in ordinary words. */
const SHORT = 4;

/**
 * A function that masks the given secrets in a text: as they are, and as JSON, URL, HTML, hex and base64 (at each
 * of its three alignments) write them.
 *
 * @example
 * ```ts
 * const scrub = createScrubber(["hunter2!"]);
 * scrub("mysql://etl:hunter2%21@db"); // "mysql://etl:***@db"
 * ```
 */
export function createScrubber(secrets: Iterable<string>): (text: string) => string {
  const given = [...new Set([...secrets].flatMap((secret) => [secret, ...partsOf(secret)]))].filter((
    secret,
  ) => secret.trim() !== "");
  if (given.length === 0) return (text) => text;
  const forms = new Set(given.filter((secret) => secret.length >= SHORT).flatMap(formsOf));
  const alone = given.filter((secret) => secret.length < SHORT);
  const patterns = [
    ...[...forms].sort((a, b) => b.length - a.length || (a < b ? -1 : 1)).map(escaped),
    ...alone.map((secret) => `(?<![\\p{L}\\p{N}_])${escaped(secret)}(?![\\p{L}\\p{N}_])`),
  ];
  const any = new RegExp(patterns.join("|"), "gu");
  return (text) => text.replace(any, MASK);
}

/** The texts and numbers in a secret that is a JSON list or map, or `a,b`, and the plain spelling of one that is a number. */
function partsOf(secret: string): string[] {
  const number = /^\s*[+-]?[\d.]+(e[+-]?\d+)?\s*$/i.test(secret) ? Number(secret) : NaN;
  if (Number.isFinite(number)) return [secret.trim().replace(/^\+/, ""), String(number)];
  if (!/^\s*[[{]/.test(secret)) {
    const items = secret.split(",");
    return items.length === 1 ? [] : items.filter((item) => item.trim().length >= SHORT);
  }
  try {
    return leavesOf(JSON.parse(secret));
  } catch {
    return [];
  }
}

function leavesOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value === "number") return [String(value)];
  return value !== null && typeof value === "object" ? Object.values(value).flatMap(leavesOf) : [];
}

/** Every way in which the secret, and each long line of it, may be written. */
function formsOf(secret: string): string[] {
  const lines = secret.includes("\n") ? secret.split(/\r?\n/).filter((line) => line.length >= 16) : [];
  return [secret, ...lines].flatMap((text) => [text, ...encodings(text)]).filter((form) =>
    form.length >= SHORT
  );
}

function encodings(text: string): string[] {
  const bytes = new TextEncoder().encode(text);
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const url = encodeURIComponent(text.toWellFormed());
  const strict = url.replace(/[!'()*]/g, (char) => "%" + char.charCodeAt(0).toString(16).toUpperCase());
  const json = JSON.stringify(text).slice(1, -1);
  return [
    json,
    JSON.stringify(json).slice(1, -1),
    json.replace(/[\u007f-\uffff]/g, (char) => "\\u" + char.charCodeAt(0).toString(16).padStart(4, "0")),
    ...[url, strict].flatMap((form) => [form, lowerEscapes(form), form.replaceAll("%20", "+")]),
    html(text),
    text.replaceAll("'", "''"),
    hex,
    hex.toUpperCase(),
    ...[0, 1, 2].flatMap((offset) => base64At(bytes, offset)),
  ];
}

function lowerEscapes(text: string): string {
  return text.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase());
}

function html(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll(
    '"',
    "&quot;",
  )
    .replaceAll("'", "&#39;");
}

/** The characters of base64 that depend on these bytes alone when they start `offset` bytes into a group. */
function base64At(bytes: Uint8Array, offset: number): string[] {
  const shifted = new Uint8Array(offset + bytes.length);
  shifted.set(bytes, offset);
  let binary = "";
  for (const byte of shifted) binary += String.fromCharCode(byte);
  const text = btoa(binary).slice(Math.ceil(offset * 8 / 6), Math.floor(shifted.length * 8 / 6));
  return [text, text.replaceAll("+", "-").replaceAll("/", "_")];
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}

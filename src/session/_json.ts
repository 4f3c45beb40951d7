/** From any value to JSON text that is one line, safe to print and free of secrets. */

/** Removes secrets from a text. */
export type Scrub = (text: string) => string;

const MAX_DEPTH = 64;

/**
 * Characters that JSON leaves as they are and that break a line, reorder it or steer a terminal:
 * DEL and the C1 controls, the Unicode line ends, the bidirectional controls, the byte order mark.
 */
const UNSAFE = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** JSON text in which every control character is escaped. Without `indent` it is a single line. */
export function jsonText(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(UNSAFE, escaped);
}

/** How much of a value is kept. */
interface Limits {
  /** Characters of one text. */
  readonly text: number;
  /** Values in all: a driver's data may hold itself, or the same thing many times over. */
  readonly values: number;
}

/** What one record may carry. */
const ONE_RECORD: Limits = { text: 32_768, values: 100_000 };
/** For what Osiris itself made. */
export const UNLIMITED: Limits = { text: Infinity, values: Infinity };

/**
 * Plain data of a value: texts scrubbed and cut at a limit, integers beyond 2^53 as text, cycles and
 * bottomless nesting ended. It never throws, because recording must not fail a run.
 */
export function plainData(value: unknown, scrub: Scrub, limits: Limits = ONE_RECORD): unknown {
  let left = limits.values;
  return plain(value, 0);

  function plain(value: unknown, depth: number): unknown {
    left--;
    switch (typeof value) {
      case "string":
        return cut(scrub(value), limits.text);
      case "bigint":
        return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
      case "object":
        if (value === null) return null;
        if (depth >= MAX_DEPTH) return "[nested too deep]";
        if (Array.isArray(value)) return list(value, depth + 1);
        if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
        return record(value, depth + 1);
      case "number":
      case "boolean":
        return value;
      default:
        return undefined;
    }
  }

  function list(values: readonly unknown[], depth: number): unknown[] {
    const kept: unknown[] = [];
    for (const value of values) {
      if (left <= 0) return [...kept, "[too much]"];
      kept.push(plain(value, depth));
    }
    return kept;
  }

  function record(fields: object, depth: number): { [key: string]: unknown } {
    const kept: [string, unknown][] = [];
    for (const [key, value] of Object.entries(fields)) {
      if (left <= 0) break;
      kept.push([scrub(key), plain(value, depth)]);
    }
    return Object.fromEntries(kept);
  }
}

/** A text, a number, and nothing else that may hold a secret. */
const LEAF = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/**
 * JSON text without secrets that is still JSON: each text in it is scrubbed as what it says, and a number that
 * is a secret becomes a text. Every other number keeps its digits.
 */
export function scrubJson(json: string, scrub: Scrub): string {
  return json.replace(LEAF, (leaf) => {
    const value = leaf.startsWith('"') ? JSON.parse(leaf) as string : leaf;
    const safe = scrub(value);
    return safe === value ? leaf : JSON.stringify(safe);
  });
}

function cut(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max)}… (${text.length - max} more characters)`;
}

function escaped(character: string): string {
  return "\\u" + character.charCodeAt(0).toString(16).padStart(4, "0");
}

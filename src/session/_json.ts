/** From any value to JSON text that is one line, safe to print and free of secrets. */

/** Removes secrets from a text. */
export type Scrub = (text: string) => string;

const MAX_DEPTH = 64;
const MAX_TEXT = 32_768;

/**
 * Characters that JSON leaves as they are and that break a line, reorder it or steer a terminal:
 * DEL and the C1 controls, the Unicode line ends, the bidirectional controls, the byte order mark.
 */
const UNSAFE = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** JSON text in which every control character is escaped. Without `indent` it is a single line. */
export function jsonText(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(UNSAFE, escaped);
}

/**
 * Plain data of a value: texts scrubbed and cut at a limit, integers beyond 2^53 as text, cycles and
 * bottomless nesting ended. It never throws, because recording must not fail a run.
 */
export function plainData(value: unknown, scrub: Scrub, maxText: number = MAX_TEXT): unknown {
  return plain(value, 0);

  function plain(value: unknown, depth: number): unknown {
    switch (typeof value) {
      case "string":
        return cut(scrub(value), maxText);
      case "bigint":
        return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
      case "object":
        if (value === null) return null;
        if (depth >= MAX_DEPTH) return "[nested too deep]";
        if (Array.isArray(value)) return value.map((item) => plain(item, depth + 1));
        if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
        return Object.fromEntries(
          Object.entries(value).map(([key, item]) => [scrub(key), plain(item, depth + 1)]),
        );
      case "number":
      case "boolean":
        return value;
      default:
        return undefined;
    }
  }
}

function cut(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max)}… (${text.length - max} more characters)`;
}

function escaped(character: string): string {
  return "\\u" + character.charCodeAt(0).toString(16).padStart(4, "0");
}

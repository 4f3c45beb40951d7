/**
 * Where in a JSON document something stands: `data.items`, `groups[*].items`, `pages[0]`, `["odd.name"]`;
 * `$` or nothing is the document itself.
 *
 * A small language on purpose. A query language such as RFC 9535 gives nothing for a path that does not
 * exist, and a key that a server renamed would read as an empty page; here it is an error.
 *
 * @module
 */

import { DriverError } from "osiris/driver";
import { ExactNumber, type Json, type JsonObject } from "./exact_json.ts";

/** A key, a position, or every item of a list. */
type Part = string | number | typeof EVERY;
const EVERY = Symbol("every item");

const PART = /(?:^|\.)([^.[\]"'\s]+)|\[(\d{1,9})\]|\[(\*)\]|\["((?:[^"\\]|\\.)*)"\]/y;

/** A path, read. */
export class JsonPath {
  private constructor(readonly text: string, readonly parts: readonly Part[]) {}

  /** Reads the path of a field. */
  static read(field: string, text: string): JsonPath {
    const plain = text.trim().replace(/^\$\.?/, "");
    const parts: Part[] = [];
    PART.lastIndex = 0;
    while (PART.lastIndex < plain.length) {
      const at = PART.lastIndex;
      const match = PART.exec(plain);
      if (match === null) {
        throw new DriverError(
          `Cannot use ${field}: the path '${text}' is not understood at '${plain.slice(at)}'`,
          {
            help:
              'write keys with dots, [0] for one item, [*] for every item, and ["a.b"] for a key with dots',
          },
        );
      }
      const [, key, index, every, quoted] = match;
      parts.push(
        key ??
          (index !== undefined
            ? Number(index)
            : every !== undefined
            ? EVERY
            : JSON.parse(`"${quoted}"`) as string),
      );
    }
    return new JsonPath(text, parts);
  }

  /** Everything it leads to. Throws an `Error` that says where it ends. */
  all(document: Json): Json[] {
    let found: Json[] = [document];
    this.parts.forEach((part, depth) => {
      found = found.flatMap((value) => {
        if (part === EVERY) {
          if (Array.isArray(value)) return value as Json[];
          throw new Error(`${this.#before(depth)} is ${kindOf(value)}, and should be a list`);
        }
        const next = step(value, part);
        if (next === undefined) throw new Error(`${this.#before(depth)} has no ${named(part)}`);
        return [next];
      });
    });
    return found;
  }

  /** The one value it leads to; null when only its last part is missing. Throws as `all` does. */
  one(document: Json): Json {
    const parent = new JsonPath(this.text, this.parts.slice(0, -1)).all(document)[0] ?? null;
    const last = this.parts.at(-1);
    if (last === undefined) return document;
    if (typeof parent !== "object" || parent === null) {
      throw new Error(
        `${this.#before(this.parts.length - 1)} is ${kindOf(parent)}, and should hold '${this.text}'`,
      );
    }
    return step(parent, last) ?? null;
  }

  #before(depth: number): string {
    const walked = this.parts.slice(0, depth).map((part) =>
      part === EVERY ? "[*]" : typeof part === "number" ? `[${part}]` : `.${part}`
    ).join("").replace(/^\./, "");
    return walked === "" ? "the answer" : `'${walked}' in the answer`;
  }
}

function step(value: Json, part: Part): Json | undefined {
  if (typeof part === "number") return Array.isArray(value) ? value[part] : undefined;
  if (typeof part === "symbol" || !isObject(value)) return undefined;
  return Object.hasOwn(value, part) ? value[part] : undefined;
}

function named(part: Part): string {
  return typeof part === "number" ? `item ${part}` : `'${String(part)}'`;
}

/** Whether a value is an object with keys. */
export function isObject(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) &&
    !(value instanceof ExactNumber);
}

/** What a value is, for messages. */
export function kindOf(value: Json): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (isObject(value)) return "an object";
  if (typeof value === "string") return "text";
  return typeof value === "boolean" ? "true or false" : "a number";
}

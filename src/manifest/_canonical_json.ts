/** Values as texts that are the same on any machine. @module */

import { createHash } from "node:crypto";

/**
 * The one JSON text of a value: keys sorted by UTF-16 unit, no white space, numbers as JavaScript writes
 * them. Absent and `undefined` properties are the same. Throws a `TypeError` for what JSON cannot hold.
 */
export function canonicalJson(value: unknown): string {
  switch (typeof value) {
    case "string":
    case "boolean":
      return JSON.stringify(value);
    case "number":
      if (!Number.isFinite(value)) throw new TypeError(`Cannot write ${value} as JSON`);
      return JSON.stringify(value);
    case "object":
      if (value === null) return "null";
      if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
      return `{${
        sortedEntries(value).map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(",")
      }}`;
    default:
      throw new TypeError(`Cannot write a ${typeof value} as JSON`);
  }
}

/** `sha256:` and 64 hex digits over the canonical JSON of `value`. */
export function fingerprintOf(value: unknown): string {
  return "sha256:" + createHash("sha256").update(canonicalJson(value), "utf8").digest("hex");
}

/** The entries that have a value, sorted by key. */
export function sortedEntries(value: object): [string, unknown][] {
  return Object.entries(value).filter(([, item]) => item !== undefined).sort(byFirst);
}

/** By the first of two, in the order of UTF-16 units. */
export function byFirst([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

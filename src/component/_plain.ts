/**
 * Rebuilds data that came from a driver, so that what the host keeps is plain: null-prototype objects,
 * arrays, texts, finite numbers, booleans and null, within limits.
 *
 * @module
 */

/** A message that does not keep to the protocol. The text says what is wrong with it. */
export class Violation extends Error {
  override readonly name = "Violation";
}

/** Longest text of a log line, a name or an error. */
export const MAX_TEXT = 65_536;
/** Longest query. */
export const MAX_QUERY = 10_485_760;
/** Most bytes in one batch. */
export const MAX_BATCH_BYTES = 1_073_741_824;
const MAX_DEPTH = 32;
const MAX_NODES = 1_000_000;
const MAX_DATA_TEXT = 67_108_864;

/** A raw object of a message, not yet trusted. */
export type Raw = Readonly<Record<string, unknown>>;

/** An object with exactly these keys; `optional` ones may be missing. */
export function object(
  value: unknown,
  what: string,
  required: readonly string[],
  optional: readonly string[] = [],
): Raw {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Violation(`${what} is not an object`);
  }
  const keys = Object.keys(value);
  for (const key of keys) {
    if (!required.includes(key) && !optional.includes(key)) {
      throw new Violation(`${what} has an unknown key ${quoted(key)}`);
    }
  }
  for (const key of required) if (!Object.hasOwn(value, key)) throw new Violation(`${what} has no '${key}'`);
  return value as Raw;
}

/** A text of at most `most` UTF-16 units. */
export function text(value: unknown, what: string, most = MAX_TEXT): string {
  if (typeof value !== "string") throw new Violation(`${what} is not a text`);
  if (value.length > most) throw new Violation(`${what} is longer than ${most} characters`);
  return value;
}

/** A text or null. */
export function textOrNull(value: unknown, what: string): string | null {
  return value === null ? null : text(value, what);
}

/** One of a few texts. */
export function oneOf<T extends string>(value: unknown, what: string, choices: readonly T[]): T {
  if (!choices.includes(value as T)) throw new Violation(`${what} is not one of ${choices.join(", ")}`);
  return value as T;
}

/** A whole number from 0 to `most`. */
export function count(value: unknown, what: string, most = Number.MAX_SAFE_INTEGER): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0 || (value as number) > most) {
    throw new Violation(`${what} is not a whole number from 0 to ${most}`);
  }
  return value as number;
}

/** A number that is neither infinite nor NaN. */
export function finite(value: unknown, what: string): number {
  if (typeof value !== "number" || !Number.isFinite(value)) {
    throw new Violation(`${what} is not a finite number`);
  }
  return value;
}

/** True or false. */
export function bool(value: unknown, what: string): boolean {
  if (typeof value !== "boolean") throw new Violation(`${what} is not true or false`);
  return value;
}

/** A list whose items `each` rebuilds. */
export function list<T>(
  value: unknown,
  what: string,
  most: number,
  each: (item: unknown, what: string) => T,
): T[] {
  if (!Array.isArray(value)) throw new Violation(`${what} is not a list`);
  if (value.length > most) throw new Violation(`${what} has more than ${most} items`);
  return Array.from(value, (item, i) => each(item, `${what}[${i}]`));
}

/** A list of names. */
export function names(value: unknown, what: string): string[] {
  return list(value, what, 100_000, (item, where) => text(item, where));
}

/** Plain JSON-like data of any shape, rebuilt. */
export function plain(value: unknown, what: string): unknown {
  return new Rebuilder(what).rebuild(value, 0);
}

/** A plain object, rebuilt. */
export function plainObject(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Violation(`${what} is not an object`);
  }
  return plain(value, what) as Record<string, unknown>;
}

/** A null-prototype object of these entries. */
export function bare<T extends object>(entries: T): T {
  return Object.assign(Object.create(null), entries);
}

/** A text of a stranger in a message of ours: short, on one line. */
export function quoted(value: string): string {
  // deno-lint-ignore no-control-regex
  const clean = value.slice(0, 60).replaceAll(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/g, "?");
  return `'${clean}'`;
}

class Rebuilder {
  #nodes = 0;
  #characters = 0;
  readonly #what: string;

  constructor(what: string) {
    this.#what = what;
  }

  rebuild(value: unknown, depth: number): unknown {
    if (depth > MAX_DEPTH) throw new Violation(`${this.#what} is deeper than ${MAX_DEPTH} levels`);
    if (++this.#nodes > MAX_NODES) throw new Violation(`${this.#what} has more than ${MAX_NODES} values`);
    switch (typeof value) {
      case "string":
        return this.#text(value);
      case "number":
        return finite(value, this.#what);
      case "boolean":
        return value;
      case "object":
        return value === null ? null : this.#compound(value, depth);
      default:
        throw new Violation(
          `${this.#what} contains a ${typeof value}, and should be plain data (texts for large integers)`,
        );
    }
  }

  #text(value: string): string {
    this.#characters += value.length;
    if (this.#characters > MAX_DATA_TEXT) {
      throw new Violation(`${this.#what} has more than ${MAX_DATA_TEXT} characters`);
    }
    return value;
  }

  #compound(value: object, depth: number): unknown {
    if (Array.isArray(value)) return Array.from(value, (item) => this.rebuild(item, depth + 1));
    const prototype = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) {
      throw new Violation(
        `${this.#what} contains a ${quoted(String(value.constructor?.name))}, and should be plain data`,
      );
    }
    const copy = Object.create(null) as Record<string, unknown>;
    for (const [key, child] of Object.entries(value)) copy[this.#text(key)] = this.rebuild(child, depth + 1);
    return copy;
  }
}

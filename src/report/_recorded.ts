/** Values of a record that somebody may have torn or written by hand: taken when they are what they should be, else left out. */

import type { Failure } from "../diagnostic.ts";

/** A map of a record. */
export interface Recorded {
  readonly [key: string]: unknown;
}

export function isRecorded(value: unknown): value is Recorded {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The map at `key`; an empty one when there is none. */
export function mapAt(of: unknown, key: string): Recorded {
  const value = isRecorded(of) ? of[key] : undefined;
  return isRecorded(value) ? value : {};
}

/** The maps of the list at `key`. */
export function mapsAt(of: unknown, key: string): Recorded[] {
  return listAt(of, key).filter(isRecorded);
}

/** The texts of the list at `key`. */
export function textsAt(of: unknown, key: string): string[] {
  return listAt(of, key).filter((value) => typeof value === "string");
}

export function textAt(of: unknown, key: string): string | undefined {
  const value = isRecorded(of) ? of[key] : undefined;
  return typeof value === "string" ? value : undefined;
}

export function numberAt(of: unknown, key: string): number | undefined {
  const value = isRecorded(of) ? of[key] : undefined;
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** The failure at `key`; one without a message is none. */
export function failureAt(of: unknown, key: string): Failure | undefined {
  const value = isRecorded(of) ? of[key] : undefined;
  const message = textAt(value, "message");
  if (message === undefined) return undefined;
  return {
    code: (textAt(value, "code") ?? "BUG900") as Failure["code"],
    category: (textAt(value, "category") ?? "run") as Failure["category"],
    message,
    retryable: isRecorded(value) && value["retryable"] === true,
    ...present("help", textAt(value, "help")),
    ...present("step", textAt(value, "step")),
    ...present("retry_after_ms", numberAt(value, "retry_after_ms")),
  };
}

/** A field that is there only when it has a value. */
export function present<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: V };
}

function listAt(of: unknown, key: string): readonly unknown[] {
  const value = isRecorded(of) ? of[key] : undefined;
  return Array.isArray(value) ? value : [];
}

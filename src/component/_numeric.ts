/**
 * How single values become the numbers that Arrow stores for a type: exactly or not at all.
 *
 * @module
 */

import type { Refuse } from "./_buffers.ts";
import { formatTime, parseDate, parseStamp, parseTime } from "./_time.ts";

/** How the numbers of a scalar type are stored, and how a value becomes one. */
export interface Numeric {
  readonly array: new (length: number) => NumberArray;
  readonly convert: (value: unknown, refuse: Refuse) => number | bigint;
}

export type NumberArray =
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array;

const INT64 = [-(2n ** 63n), 2n ** 63n - 1n] as const;

export const NUMERIC: Readonly<Record<string, Numeric>> = {
  "TINYINT": { array: Int8Array, convert: small(-128, 127) },
  "SMALLINT": { array: Int16Array, convert: small(-32768, 32767) },
  "INTEGER": { array: Int32Array, convert: small(-(2 ** 31), 2 ** 31 - 1) },
  "UTINYINT": { array: Uint8Array, convert: small(0, 255) },
  "USMALLINT": { array: Uint16Array, convert: small(0, 65535) },
  "UINTEGER": { array: Uint32Array, convert: small(0, 2 ** 32 - 1) },
  "BIGINT": { array: BigInt64Array, convert: large(...INT64) },
  "UBIGINT": { array: BigUint64Array, convert: large(0n, 2n ** 64n - 1n) },
  "FLOAT": { array: Float32Array, convert: float },
  "DOUBLE": { array: Float64Array, convert: double },
  "DATE": { array: Int32Array, convert: date },
  "TIME": { array: BigInt64Array, convert: time(6) },
  "TIMESTAMP": { array: BigInt64Array, convert: stamp(6, false) },
  "TIMESTAMP_S": { array: BigInt64Array, convert: stamp(0, false) },
  "TIMESTAMP_MS": { array: BigInt64Array, convert: stamp(3, false) },
  "TIMESTAMP_NS": { array: BigInt64Array, convert: stamp(9, false) },
  "TIMESTAMP WITH TIME ZONE": { array: BigInt64Array, convert: stamp(6, true) },
};

function small(least: number, most: number): Numeric["convert"] {
  return (value, refuse) => {
    const number = typeof value === "bigint" ? Number(value) : value;
    if (!Number.isInteger(number)) return refuse(value, "is not an integer");
    const integer = number as number;
    return integer < least || integer > most ? refuse(value, `is not between ${least} and ${most}`) : integer;
  };
}

export function large(least: bigint, most: bigint): Numeric["convert"] {
  return (value, refuse) => {
    const integer = toBigInt(value, refuse);
    return integer < least || integer > most ? refuse(value, `is not between ${least} and ${most}`) : integer;
  };
}

function toBigInt(value: unknown, refuse: Refuse): bigint {
  if (typeof value === "bigint") return value;
  if (typeof value === "number") {
    return Number.isSafeInteger(value)
      ? BigInt(value)
      : refuse(value, "is not an exact integer; give it as a bigint");
  }
  if (typeof value === "string" && /^[+-]?[0-9]{1,60}$/.test(value)) return BigInt(value.replace(/^\+/, ""));
  return refuse(value, "is not an integer");
}

function double(value: unknown, refuse: Refuse): number {
  if (typeof value === "number") return value;
  if (typeof value === "bigint" && BigInt(Number(value)) === value) return Number(value);
  return refuse(value, typeof value === "bigint" ? "is not exact as DOUBLE" : "is not a number");
}

function float(value: unknown, refuse: Refuse): number {
  const number = double(value, refuse);
  return Object.is(Math.fround(number), number)
    ? number
    : refuse(value, "is not exact as FLOAT; declare the column DOUBLE");
}

function date(value: unknown, refuse: Refuse): number {
  if (value instanceof Date) {
    const days = value.getTime() / 86_400_000;
    return Number.isInteger(days) ? days : refuse(value.toJSON(), "is not midnight UTC, so it is not a date");
  }
  if (value === "infinity") return 2 ** 31 - 1;
  if (value === "-infinity") return -(2 ** 31 - 1);
  const days = typeof value === "string" ? parseDate(value) : undefined;
  return days ?? refuse(value, "is not a date such as 2026-01-31");
}

function time(digits: number): Numeric["convert"] {
  const day = 86_400n * 10n ** BigInt(digits);
  return (value, refuse) => {
    const units = typeof value === "string" ? parseTime(value, digits) : value;
    if (typeof units === "bigint" && units >= 0n && units <= day) return units;
    return refuse(value, `is not a time such as 12:34:56 with at most ${digits} decimals`);
  };
}

function stamp(digits: number, zoned: boolean): Numeric["convert"] {
  return (value, refuse) => {
    if (typeof value === "bigint") return within64(value, refuse);
    if (value === "infinity") return INT64[1];
    if (value === "-infinity") return -INT64[1];
    const text = value instanceof Date && !Number.isNaN(value.getTime())
      ? value.toISOString().slice(0, zoned ? 24 : 23)
      : value;
    const found = typeof text === "string" ? parseStamp(text, digits) : undefined;
    if (found === undefined) {
      return refuse(value, `is not a timestamp such as 2026-01-31T12:34:56 with at most ${digits} decimals`);
    }
    if (found.zoned === zoned) return within64(found.units, refuse);
    return refuse(
      value,
      zoned ? "does not say its time zone" : "has a time zone; declare the column TIMESTAMP WITH TIME ZONE",
    );
  };
}

function within64(units: bigint, refuse: Refuse): bigint {
  return units < INT64[0] || units > INT64[1] ? refuse(units, "is out of range") : units;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Types that travel as text, and are more particular than any text. */
export const TEXTS: Readonly<Record<string, (value: unknown, refuse: Refuse) => string>> = {
  "UUID": (value, refuse) => {
    const text = typeof value === "string" ? value.toLowerCase() : "";
    return UUID.test(text) ? text : refuse(value, "is not a UUID");
  },
  "TIME_NS": (value, refuse) => formatTime(time(9)(value, refuse) as bigint, 9),
};

/** How a JSON value becomes a value of a column's type: exactly, or not at all. @module */

import { ExactNumber, type Json, jsonText } from "./exact_json.ts";
import { isObject } from "./json_path.ts";

/** Gives the value as the column takes it. Throws {@linkcode Unfit}. Nulls do not get here. */
export type Fitting = (value: Json) => unknown;

/** Why a value does not fit: the end of "it is 1.5, and …  BIGINT". */
export class Unfit extends Error {
  /** `instead` is a type that would take it. */
  constructor(why: string, readonly instead: string) {
    super(why);
  }
}

const INTEGERS: { readonly [type: string]: readonly [least: bigint, most: bigint] } = {
  TINYINT: [-128n, 127n],
  SMALLINT: [-32768n, 32767n],
  INTEGER: [-(2n ** 31n), 2n ** 31n - 1n],
  BIGINT: [-(2n ** 63n), 2n ** 63n - 1n],
  HUGEINT: [-(10n ** 38n) + 1n, 10n ** 38n - 1n],
  UTINYINT: [0n, 255n],
  USMALLINT: [0n, 65535n],
  UINTEGER: [0n, 2n ** 32n - 1n],
  UBIGINT: [0n, 2n ** 64n - 1n],
};

const SPELLINGS: { readonly [type: string]: string } = {
  INT: "INTEGER",
  INT4: "INTEGER",
  INT8: "BIGINT",
  LONG: "BIGINT",
  INT2: "SMALLINT",
  INT1: "TINYINT",
  BOOL: "BOOLEAN",
  TEXT: "VARCHAR",
  STRING: "VARCHAR",
  FLOAT8: "DOUBLE",
  "DOUBLE PRECISION": "DOUBLE",
};

/** How values get into a column of that type; `stated` when a person chose the type, rather than the first records. */
export function fitting(type: string, stated: boolean): Fitting {
  const upper = type.trim().toUpperCase();
  const name = SPELLINGS[upper] ?? upper;
  const range = Object.hasOwn(INTEGERS, name) ? INTEGERS[name] : undefined;
  if (range !== undefined) return integers(...range);
  if (name === "DOUBLE") return stated ? nearestDouble : exactDouble;
  if (name === "BOOLEAN") return truth;
  if (name === "JSON") return jsonText;
  if (name === "VARCHAR") return stated ? anyText : text;
  const decimal = /^(?:DECIMAL|NUMERIC)\s*\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)$/.exec(name);
  if (decimal !== null) return decimals(Number(decimal[1]), Number(decimal[2] ?? 0));
  if (/^(?:DATE|TIME)/.test(name)) return moment;
  return asItComes;
}

function integers(least: bigint, most: bigint): Fitting {
  const [low, high] = [Number(least), Number(most)];
  return (value) => {
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= low && value <= high) {
      return value;
    }
    const integer = typeof value === "bigint"
      ? value
      : typeof value === "string" && /^-?\d{1,40}$/.test(value)
      ? BigInt(value)
      : typeof value === "number" && Number.isSafeInteger(value)
      ? BigInt(value)
      : undefined;
    if (integer === undefined) {
      throw new Unfit("is not an integer, as it should be for", isNumber(value) ? "DOUBLE" : "VARCHAR");
    }
    if (integer < least || integer > most) throw new Unfit("is beyond", least < 0n ? "HUGEINT" : "BIGINT");
    return Number.isSafeInteger(Number(integer)) ? Number(integer) : integer;
  };
}

const exactDouble: Fitting = (value) => {
  if (typeof value === "number") return value;
  if (typeof value === "bigint" && BigInt(Number(value)) === value) return Number(value);
  throw isNumber(value)
    ? new Unfit("would be rounded as", '"DECIMAL(38,18)"')
    : new Unfit("is not a number, as it should be for", "VARCHAR");
};

/** Who states DOUBLE wants the nearest one of a fraction; a whole number has to be exact. */
const nearestDouble: Fitting = (value) => {
  if (value instanceof ExactNumber) return finite(Number(value.text));
  return typeof value === "string" && NUMBER.test(value) ? finite(Number(value)) : exactDouble(value);
};

function finite(value: number): number {
  if (Number.isFinite(value)) return value;
  throw new Unfit("is beyond", "VARCHAR");
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?$/;

const truth: Fitting = (value) => {
  if (typeof value === "boolean") return value;
  if (typeof value === "string" && /^(?:true|false)$/i.test(value)) return value.toLowerCase() === "true";
  throw new Unfit("is not true or false, as it should be for", "VARCHAR");
};

const text: Fitting = (value) => {
  if (typeof value === "string") return value;
  throw new Unfit(
    "is not text, as it should be for",
    isObject(value) || Array.isArray(value) ? "JSON" : "VARCHAR",
  );
};

const anyText: Fitting = (value) => typeof value === "string" ? value : jsonText(value);

function decimals(precision: number, scale: number): Fitting {
  return (value) => {
    const written = value instanceof ExactNumber ? value.text : isNumber(value) ? String(value) : value;
    const parts = typeof written === "string" ? /^[+-]?0*(\d*)(?:\.(\d*?)0*)?$/.exec(written) : null;
    if (parts === null && !(typeof written === "string" && NUMBER.test(written))) {
      throw new Unfit("is not a number, as it should be for", "VARCHAR");
    }
    const [, whole = "", fraction = ""] = parts ?? [];
    if (whole.length > precision - scale || fraction.length > scale) {
      throw new Unfit(
        "has more digits than",
        `"DECIMAL(38,${Math.min(38, Math.max(scale, fraction.length))})"`,
      );
    }
    return written;
  };
}

/** A count since 1970 does not say of what, so it is left to a query. */
const moment: Fitting = (value) => {
  if (typeof value === "string") return value;
  throw new Unfit("is not text, as it should be for", isNumber(value) ? "BIGINT" : "VARCHAR");
};

/** Everything else is for the column's own type to take or to refuse. */
const asItComes: Fitting = (value) => {
  if (value instanceof ExactNumber) return value.text;
  if (Array.isArray(value)) return value.map((each) => each === null ? null : asItComes(each));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, each === null ? null : asItComes(each)]),
  );
};

function isNumber(value: Json): boolean {
  return typeof value === "number" || typeof value === "bigint" || value instanceof ExactNumber;
}

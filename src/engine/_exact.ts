/**
 * Casts that keep what a text says or give nothing.
 *
 * DuckDB's own casts of a text, those inside its readers too, round `1.5` to the integer 2, cut the seventh
 * digit of a second off, leave the time of a day out of a date and make `1e400` infinite (tried on 1.5.5). What must stay true:
 * a value that comes out of here is the one that was written, or the double nearest to a written fraction.
 *
 * Each cast has a quick look, which accepts nearly every value for a few nanoseconds, and a thorough one for
 * what the quick look does not vouch for.
 *
 * @module
 */

import { literal } from "./_quote.ts";

/** An SQL condition on a text that holds only where the cast loses nothing. */
interface Looks {
  readonly quick: (text: string) => string;
  readonly thorough: (text: string) => string;
}

/** A cast of texts to one type. */
export interface ExactCast {
  /** The value of a text; `otherwise` where it is not null and cannot be kept. */
  value(text: string, otherwise: string): string;
  /** Whether the text is not null and cannot be kept. */
  isBad(text: string): string;
  /** Whether the engine's own cast would make something else of a text that cannot be kept. */
  changes(text: string): string;
}

/**
 * The exact cast to a type; undefined for types whose own cast is exact.
 *
 * @param type as the engine writes it
 * @param decimalSeparator of the texts of decimals and doubles
 */
export function exactCast(type: string, decimalSeparator = "."): ExactCast | undefined {
  const looks = looksOf(type);
  if (looks === undefined) return undefined;
  const isFraction = /^(?:DECIMAL|DOUBLE|FLOAT)/.test(type);
  const pointed = isFraction && decimalSeparator === ","
    // A point among commas is no decimal separator: as a letter it cannot be cast.
    ? (text: string) => `translate(${text}, ',.', '.x')`
    : (text: string) => text;
  const kept = (written: string) => {
    const text = pointed(written);
    const tried = `TRY_CAST(${text} AS ${type})`;
    return [
      `CASE WHEN ${looks.quick(text)} THEN ${tried} END`,
      `CASE WHEN ${looks.thorough(text)} THEN ${tried} END`,
    ] as const;
  };
  return {
    value(text, otherwise) {
      const [quick, thorough] = kept(text);
      return `coalesce(${quick}, CASE WHEN ${text} IS NOT NULL THEN coalesce(${thorough}, ${otherwise}) END)`;
    },
    isBad: (text) => `(${text} IS NOT NULL AND coalesce(${kept(text).join(", ")}) IS NULL)`,
    changes: (text) => `TRY_CAST(${pointed(text)} AS ${type}) IS NOT NULL`,
  };
}

const INTEGERS = /^U?(?:TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)$/;

/** Digits behind the point of a second. */
const SECOND_DIGITS: Readonly<Record<string, number>> = {
  "TIMESTAMP": 6,
  "TIMESTAMP_S": 0,
  "TIMESTAMP_MS": 3,
  "TIMESTAMP_NS": 9,
  "TIMESTAMP WITH TIME ZONE": 6,
};

function looksOf(type: string): Looks | undefined {
  if (INTEGERS.test(type)) return integer;
  const places = /^DECIMAL\(\d+,(\d+)\)$/.exec(type)?.[1];
  if (places !== undefined) return decimal(Number(places));
  if (type === "DOUBLE") return float(type, 2 ** 53);
  if (type === "FLOAT") return float(type, 2 ** 24);
  if (Object.hasOwn(SECOND_DIGITS, type)) return timestamp(SECOND_DIGITS[type]!, type.endsWith("ZONE"));
  if (type === "DATE") return date;
  if (type === "BOOLEAN") return truth;
  if (type === "TIME") return time("");
  if (type === "TIME WITH TIME ZONE") return time("([Zz]|[+-][0-9:]+)?");
  return undefined;
}

const matches = (text: string, pattern: string) => `regexp_full_match(${text}, ${literal(pattern)})`;

/** Without a point and a sign there is no fraction: an exponent below zero has a sign. */
const integer: Looks = {
  quick: (text) => `NOT contains(${text}, '.') AND NOT contains(${text}, '-')`,
  // A longer number with a point may have come through a double, as those of JSON do.
  thorough: (text) => matches(text, "\\s*[+-]?([0-9_]+|[0-9_]{1,15}[.]0*)([eE][+]?[0-9]+)?\\s*"),
};

function decimal(places: number): Looks {
  const noExponent = (text: string) => `NOT contains(${text}, 'e') AND NOT contains(${text}, 'E')`;
  return {
    quick: (text) =>
      `(strlen(${text}) - instr(${text}, '.') <= ${places} OR NOT contains(${text}, '.')) AND ${
        noExponent(text)
      }`,
    thorough: (text) => hasPlaces(text, places),
  };
}

/** Whether a number has no more digits behind the point than `places`, its exponent applied and zeros left out. */
function hasPlaces(text: string, places: number): string {
  const digits = `strlen(rtrim(regexp_extract(${text}, '[.]([0-9_]*)', 1), '0'))`;
  const exponent = `coalesce(TRY_CAST(regexp_extract(${text}, '[eE]([+-]?[0-9]+)', 1) AS INTEGER), 0)`;
  return `${
    matches(text, "\\s*[+-]?[0-9_]*[.]?[0-9_]*([eE][+-]?[0-9]{1,4})?\\s*")
  } AND ${digits} - ${exponent} <= ${places}`;
}

/** Below `limit` every integer is kept; above it, those that the value gives back. What is called infinite may be. */
function float(type: string, limit: number): Looks {
  const tried = (text: string) => `TRY_CAST(${text} AS ${type})`;
  return {
    quick: (text) => `abs(${tried(text)}) < ${limit}`,
    thorough: (text) =>
      `CASE WHEN ${matches(text, "\\s*[+-]?[0-9_]+([.]0*)?\\s*")} ` +
      `THEN TRY_CAST(${text} AS HUGEINT) = TRY_CAST(${tried(text)} AS HUGEINT) ` +
      `ELSE isfinite(${tried(text)}) OR ${matches(text, "(?i)\\s*[+-]?(inf|infinity|nan)\\s*")} END`,
  };
}

/** Numbers are not taken for truths, nor words that read alike. */
const truth: Looks = {
  quick: (text) => `${text} IN ('true', 'false')`,
  thorough: (text) => matches(text, "(?i)\\s*(true|false|t|f|yes|no|y|n|0|1)\\s*"),
};

const DAY = "\\s*-?[0-9]+[-/ \\\\][0-9]+[-/ \\\\][0-9]+(\\s*\\(BC\\))?";
const BOUNDS = "(?i)-?infinity|epoch";

/** Without a zone, an offset other than zero would be left out. */
function timestamp(digits: number, hasZone: boolean): Looks {
  const fraction = `([.][0-9]{0,${digits}}0*)?`;
  const zone = hasZone ? "(\\s*[^0-9.:].*)?" : "\\s*([Zz]|UTC|[+-]00(:?00)?)?";
  return {
    quick: (text) => `${text} LIKE '____-__-_____:__:__'`,
    thorough: (text) => matches(text, `${DAY}([ T]+[0-9:]+${fraction}${zone})?\\s*|${BOUNDS}`),
  };
}

const date: Looks = {
  quick: (text) => `${text} LIKE '____-__-__'`,
  thorough: (text) => matches(text, `${DAY}([ T]+00:00(:00([.]0*)?)?[Zz]?)?\\s*|${BOUNDS}`),
};

function time(zone: string): Looks {
  return {
    quick: (text) => `${text} LIKE '__:__:__'`,
    thorough: (text) => matches(text, `\\s*[0-9]{1,2}:[0-9]{1,2}(:[0-9]{1,2}([.][0-9]{0,6}0*)?)?${zone}\\s*`),
  };
}

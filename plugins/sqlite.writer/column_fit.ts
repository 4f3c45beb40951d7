/**
 * Which columns of the input fit which columns of a table, and how their values are bound.
 *
 * SQLite takes any value into any column and changes it on the way by the column's affinity: '007' becomes 7 in an
 * INTEGER column, 12.345678901234567890 a double in a DECIMAL one, NaN null everywhere. So a pair of types is either
 * known here, with a check for what SQLite would change, or refused.
 *
 * @module
 */

import { type Column, ServerFailure } from "osiris/driver";
import { type Parameter, readType } from "../sqlite/mod.ts";
import type { TargetColumn } from "./target.ts";

/** A column of the input on its way to the table's. */
export interface FittedColumn {
  readonly name: string;
  readonly target: TargetColumn;
  /** A value as it is bound; throws what names column and value when SQLite would change it. */
  bind(value: unknown): Parameter;
}

/** A value that is not null as it is bound; a text that says why it does not fit is thrown by the caller. */
type Write = (value: unknown) => Parameter | Unfit;

/** Why a value does not fit. */
class Unfit {
  constructor(readonly why: string) {}
}

const INT64_MAX = 9_223_372_036_854_775_807n;
/** Digits that a number of SQLite keeps. */
const EXACT_DIGITS = 15;
/** What SQLite takes for a number in a column that likes numbers. */
const NUMBER = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i;

/** How a column of the input becomes one of the table. */
export function fitted(attempt: string, { name, type }: Column, target: TargetColumn): FittedColumn {
  const write = writeOf(type.toUpperCase(), target);
  if (write === undefined) {
    throw new ServerFailure(
      attempt,
      "config",
      `column '${name}' is a ${type}, and the table's column is ${target.declared}`,
      { help: "cast it in a SQL step before, to a type that holds the same values" },
    );
  }
  const unfit = (value: unknown, why: string): never => {
    const text = String(value);
    const shown = text.length > 80 ? `${text.slice(0, 80)}…` : text;
    throw new ServerFailure(attempt, "data", `column '${name}' has '${shown}', which ${why}`, {
      help: "mend the rows in a step before, or change the table's column; nothing was kept",
    });
  };
  const bind = (value: unknown): Parameter => {
    if (value === null) {
      if (!target.key) return null;
      throw new ServerFailure(
        attempt,
        "data",
        `column '${name}' is null in a row, and is a key of the table`,
        {
          help: "leave these rows out or fill them in a step before; nothing was kept",
        },
      );
    }
    const bound = write(value);
    return bound instanceof Unfit ? unfit(value, bound.why) : bound;
  };
  return { name, target, bind };
}

const WHOLE = /^U?(?:TINY|SMALL|BIG|HUGE)INT$|^U?INTEGER$/;
/** Types whose values are texts here. */
const TEXTS = /^(?:VARCHAR|JSON|UUID|NULL|DATE|TIME|TIMESTAMP.*|DECIMAL.*|ENUM\(.*)$/;
/** Columns that hold values of one of these types alone, by what they are read as. */
const LIKE: { readonly [read: string]: RegExp } = {
  DATE: /^DATE$/,
  TIME: /^TIME$/,
  TIMESTAMP: /^TIMESTAMP(?:_S|_MS|_NS)?$/,
  TIMESTAMP_NS: /^TIMESTAMP(?:_S|_MS|_NS)?$/,
  "TIMESTAMP WITH TIME ZONE": /^TIMESTAMP WITH TIME ZONE$/,
  UUID: /^UUID$/,
  JSON: /^JSON$/,
};

function writeOf(source: string, target: TargetColumn): Write | undefined {
  const { declared, affinity } = target;
  const read = readType(declared);
  if (source === "NULL") return () => null;
  if (read === "BOOLEAN") return source === "BOOLEAN" ? (value) => value === true ? 1n : 0n : undefined;
  if (read?.startsWith("DECIMAL(")) {
    return WHOLE.test(source) || source.startsWith("DECIMAL") ? decimalInto(read, target) : undefined;
  }
  const like = LIKE[read ?? ""];
  if (like !== undefined && !like.test(source)) return undefined;
  if (source === "BLOB") return affinity === "blob" ? (value) => value as Uint8Array : undefined;
  if (source === "BOOLEAN") {
    return affinity === "text" || affinity === "real" ? undefined : (value) => value === true ? 1n : 0n;
  }
  if (WHOLE.test(source)) {
    return affinity === "text" ? undefined : affinity === "real" ? wholeIntoReal : whole;
  }
  if (source === "FLOAT" || source === "DOUBLE") {
    return affinity === "text" || affinity === "integer" ? undefined : floating;
  }
  if (
    source.startsWith("DECIMAL") && (affinity === "integer" || affinity === "real" || affinity === "numeric")
  ) {
    return exactNumber(affinity === "integer" ? 0 : Infinity);
  }
  if (!TEXTS.test(source) || affinity === "integer" || affinity === "real") return undefined;
  const text = /^(?:DATE|TIMESTAMP)/.test(source) ? finite(textOf(source, read)) : textOf(source, read);
  return affinity === "numeric" ? unlikeNumbers(text) : text;
}

function whole(value: unknown): Parameter | Unfit {
  const number = BigInt(value as number | bigint);
  return number > INT64_MAX || number < -INT64_MAX - 1n
    ? new Unfit("is beyond the 64 bits of SQLite's integers")
    : number;
}

function wholeIntoReal(value: unknown): Parameter | Unfit {
  const number = Number(value);
  return BigInt(number) === BigInt(value as number | bigint)
    ? number
    : new Unfit("would be rounded to a REAL");
}

function floating(value: unknown): Parameter | Unfit {
  return Number.isNaN(value) ? new Unfit("SQLite would keep as null") : value as number;
}

/** A decimal as a number of SQLite: exact up to 15 digits, or as an integer of 64 bits. */
function exactNumber(decimals: number): (value: unknown) => Parameter | Unfit {
  return (value) => {
    const text = plain(String(value));
    const point = text.indexOf(".");
    if (point >= 0 && text.length - point - 1 > decimals) {
      return new Unfit("has decimals, and the column none");
    }
    if (point < 0) {
      const integer = whole(BigInt(text));
      if (!(integer instanceof Unfit)) return integer;
    }
    const digits = text.replace(/^[-0.]+|\./g, "").length;
    return digits > EXACT_DIGITS
      ? new Unfit(`has more than the ${EXACT_DIGITS} digits of SQLite's numbers`)
      : Number(text);
  };
}

function decimalInto(read: string, { affinity }: TargetColumn): Write {
  const [, precision, scale] = /^DECIMAL\((\d+),(\d+)\)$/.exec(read)!.map(Number);
  const write: Write = affinity === "text" ? String : exactNumber(Infinity);
  return (value) => {
    const [whole = "", decimals = ""] = plain(String(value)).replace(/^-/, "").split(".");
    const fits = decimals.length <= scale! && whole.replace(/^0+/, "").length <= precision! - scale!;
    return fits ? write(value) : new Unfit(`does not fit into ${read}`);
  };
}

/** Without zeros at the end of its decimals. */
function plain(text: string): string {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

function textOf(source: string, read: string | undefined): Write {
  if (source === "TIMESTAMP WITH TIME ZONE") return (value) => (value as string).replace(/\+00$/, "+00:00");
  if (source === "TIMESTAMP_NS" && read === "TIMESTAMP") {
    return (value) =>
      /\.\d{7}/.test(value as string) ? new Unfit("is finer than microseconds") : value as string;
  }
  return (value) => value as string;
}

/** SQLite has no word for the end of time. */
function finite(text: Write): Write {
  return (value) => (value as string).endsWith("infinity") ? new Unfit("is no point in time") : text(value);
}

/** What would become a number has to be refused. */
function unlikeNumbers(text: Write): Write {
  return (value) => {
    const bound = text(value);
    return typeof bound === "string" && NUMBER.test(bound)
      ? new Unfit("SQLite would turn into a number in this column")
      : bound;
  };
}

/**
 * Which columns of the input fit which columns of a table, and how their values are written down.
 *
 * The server is lenient in ways that lose data without a word: it rounds fractions of seconds and floats, pads
 * BINARY, drops spaces at the end of CHAR, takes '1' for the first value of an ENUM, and 70 for the year 1970. So a
 * pair of types is either known here, with a check for what the server would change, or refused.
 *
 * @module
 */

import { type Column, DriverError } from "osiris/driver";
import type { TargetColumn } from "./target.ts";

/** How a value stands in a statement or a line: as it is, as text, as hexadecimal digits, as a number of bits. */
export type Style = "plain" | "text" | "hex" | "bits";

/** A column of the input on its way to the table's. */
export interface FittedColumn {
  readonly name: string;
  readonly target: TargetColumn;
  readonly style: Style;
  /** A value that is not null, as text. Throws what names column and value when the server would change it. */
  text(value: unknown): string;
}

type Write = (value: unknown) => string;
/** Says why a value does not fit; undefined when it does. */
type Refusal = (text: string) => string | undefined;

const INTEGERS = ["tinyint", "smallint", "mediumint", "int", "bigint"];
const TEXTS = ["varchar", "tinytext", "text", "mediumtext", "longtext", "json", "inet4", "inet6"];
const BLOBS = ["varbinary", "tinyblob", "blob", "mediumblob", "longblob"];
const WHOLE = /^U?(TINY|SMALL|HUGE|BIG)INT$|^U?INTEGER$/;

/** How a column of the input becomes one of the table. */
export function fitted(column: Column, target: TargetColumn): FittedColumn {
  const make = maker(column, target);
  const found = make(column.type.toUpperCase());
  if (found !== undefined) return found;
  throw new DriverError(
    `Cannot write column '${column.name}' (config): it is ${column.type}, and the table's column is ${target.declared}`,
    { help: "cast it in a SQL step before, to a type that holds the same values" },
  );
}

function maker({ name }: Column, target: TargetColumn) {
  const { type } = target;
  const refuse = (text: string, why: string): never => {
    const shown = text.length > 80 ? `${text.slice(0, 80)}…` : text;
    throw new DriverError(`Cannot write column '${name}' (data): '${shown}' ${why}`, {
      help: "mend the rows in a step before, or change the table's column",
    });
  };
  const column = (style: Style, write: Write, refusal?: Refusal): FittedColumn => ({
    name,
    target,
    style,
    text: refusal === undefined ? write : (value) => {
      const text = write(value);
      const why = refusal(text);
      return why === undefined ? text : refuse(text, why);
    },
  });
  return (source: string): FittedColumn | undefined => {
    if (WHOLE.test(source)) return whole(target, column);
    if (source === "BOOLEAN") {
      if (type === "bit") return column("bits", bit);
      return INTEGERS.includes(type) || type === "decimal" ? column("plain", bit) : undefined;
    }
    if (source.startsWith("DECIMAL")) return decimal(target, column);
    if (source === "FLOAT" || source === "DOUBLE") return floating(target, column);
    if (source === "VARCHAR" || source === "JSON" || source === "UUID" || source === "NULL") {
      return textual(target, column);
    }
    if (source.startsWith("ENUM(")) return textual(target, column);
    if (source === "BLOB") {
      if (BLOBS.includes(type)) return column("hex", hex);
      const digits = target.length * 2;
      const padded: Refusal = (text) =>
        text.length === digits
          ? undefined
          : `has ${text.length / 2} bytes, and ${target.declared} would pad or cut it`;
      return type === "binary" ? column("hex", hex, padded) : undefined;
    }
    if (source === "DATE") {
      return type === "date" || type === "datetime" ? column("plain", String, day) : undefined;
    }
    if (source === "TIME") return type === "time" ? column("plain", String, finer(target)) : undefined;
    if (source.startsWith("TIMESTAMP")) {
      if (type !== "datetime" && type !== "timestamp") return undefined;
      const fine = finer(target);
      return column(
        "plain",
        (value) => (value as string).replace(/\+00$/, ""),
        (text) => day(text) ?? fine(text),
      );
    }
    return undefined;
  };
}

type Make = (style: Style, write: Write, refusal?: Refusal) => FittedColumn;

function whole({ type, length, scale, declared }: TargetColumn, column: Make): FittedColumn | undefined {
  if (INTEGERS.includes(type) || (type === "decimal" && scale >= 0)) return column("plain", String);
  const rounded: Refusal = (text) =>
    BigInt((type === "float" ? Math.fround : Number)(Number(text))) === BigInt(text)
      ? undefined
      : `would be rounded by ${declared}`;
  if (type === "float" || type === "double") return column("plain", String, rounded);
  const bits: Refusal = (text) =>
    BigInt.asUintN(length, BigInt(text)) === BigInt(text) ? undefined : `does not fit into ${declared}`;
  if (type === "bit") return column("bits", String, bits);
  const year: Refusal = (text) =>
    text === "0" || (Number(text) >= 1901 && Number(text) <= 2155)
      ? undefined
      : "is no year between 1901 and 2155";
  return type === "year" ? column("plain", (value) => String(value).padStart(1), year) : undefined;
}

function decimal({ type, scale, declared }: TargetColumn, column: Make): FittedColumn | undefined {
  if (type !== "decimal" && !INTEGERS.includes(type)) return undefined;
  const decimals = type === "decimal" ? scale : 0;
  return column("plain", (value) => trimmed(String(value)), (text) => {
    const point = text.indexOf(".");
    const digits = point < 0 ? 0 : text.length - point - 1;
    return digits > decimals ? `has more than the ${decimals} decimals of ${declared}` : undefined;
  });
}

/** Without zeros at the end of its decimals. */
function trimmed(text: string): string {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

function floating({ type, declared }: TargetColumn, column: Make): FittedColumn | undefined {
  if (type !== "float" && type !== "double") return undefined;
  return column("plain", String, (text) => {
    const number = Number(text);
    if (!Number.isFinite(number)) return "is no number that the server knows";
    return type === "float" && Math.fround(number) !== number ? `would be rounded by ${declared}` : undefined;
  });
}

function textual({ type, members, declared }: TargetColumn, column: Make): FittedColumn | undefined {
  if (TEXTS.includes(type)) return column("text", String);
  if (type === "char") {
    const spaces: Refusal = (text) =>
      text.endsWith(" ") ? `ends with a space, which ${declared} does not keep` : undefined;
    return column("text", String, spaces);
  }
  const known = new Set(members);
  const member: Refusal = (text) => known.has(text) ? undefined : `is not among the values of ${declared}`;
  if (type === "enum") return column("text", String, member);
  const all: Refusal = (text) =>
    text === "" || text.split(",").every((each) => known.has(each))
      ? undefined
      : `is not among the values of ${declared}`;
  if (type === "set") return column("text", String, all);
  const uuid: Refusal = (text) =>
    /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text) ? undefined : "is no UUID in its usual form";
  return type === "uuid" ? column("text", String, uuid) : undefined;
}

/** A date that the server knows. */
function day(text: string): string | undefined {
  return /^(?!0000)[0-9]{4}-/.test(text) ? undefined : "is no date between 0001-01-01 and 9999-12-31";
}

/** Fractions of seconds beyond the column's own, which the server cuts. */
function finer({ scale, declared }: TargetColumn): Refusal {
  return (text) => {
    const point = text.indexOf(".");
    return point >= 0 && text.length - point - 1 > scale ? `is finer than ${declared}` : undefined;
  };
}

function bit(value: unknown): string {
  return value === true ? "1" : "0";
}

function hex(value: unknown): string {
  const bytes = value as Uint8Array & { toHex?(): string };
  if (bytes.toHex !== undefined) return bytes.toHex();
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}

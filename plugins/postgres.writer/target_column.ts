/**
 * How a column of the engine gets into one of PostgreSQL without a change: the type of a new column, and whether one
 * that is there can keep every value. The server refuses what does not fit; what it would round or cut without a
 * word is refused here, before anything is sent.
 *
 * @module
 */

import { type Column, DriverError } from "osiris/driver";

/** A column that is there. */
export interface TableColumn {
  readonly name: string;
  /** As the server writes it, such as `numeric(10,2)`. */
  readonly type: string;
}

const PLAIN: { readonly [type: string]: string } = {
  "NULL": "text",
  BOOLEAN: "boolean",
  TINYINT: "smallint",
  UTINYINT: "smallint",
  SMALLINT: "smallint",
  USMALLINT: "integer",
  INTEGER: "integer",
  UINTEGER: "bigint",
  BIGINT: "bigint",
  UBIGINT: "numeric(20,0)",
  HUGEINT: "numeric(39,0)",
  UHUGEINT: "numeric(39,0)",
  FLOAT: "real",
  DOUBLE: "double precision",
  VARCHAR: "text",
  BLOB: "bytea",
  BIT: "bit varying",
  UUID: "uuid",
  JSON: "jsonb",
  DATE: "date",
  TIME: "time",
  "TIME WITH TIME ZONE": "timetz",
  TIMESTAMP: "timestamp",
  TIMESTAMP_S: "timestamp",
  TIMESTAMP_MS: "timestamp",
  "TIMESTAMP WITH TIME ZONE": "timestamptz",
  INTERVAL: "interval",
};

/** The type of a column that is made for one of the engine's. */
export function newType(attempt: string, { name, type }: Column): string {
  const item = itemOf(type);
  if (item !== undefined) return `${newType(attempt, { name, type: item })}[]`;
  if (type.startsWith("DECIMAL(")) return `numeric(${type.slice("DECIMAL(".length)}`;
  if (type.startsWith("ENUM(")) return "text";
  if (/\]$|^(?:STRUCT|MAP|UNION)\(/.test(type)) return "jsonb";
  const found = PLAIN[type];
  if (found !== undefined) return found;
  throw new DriverError(
    `${attempt} (data): column '${name}' is a ${type}, which the server has no type for`,
    {
      help: "cast it in a query, such as CAST(… AS TIMESTAMP)",
    },
  );
}

/** The type of a list's items, when the server has arrays of it. */
export function itemOf(type: string): string | undefined {
  const item = /^(.*)\[\d*\]$/s.exec(type)?.[1];
  const isPlain = item !== undefined && !/\]$|^(?:STRUCT|MAP|UNION)\(/.test(item);
  return isPlain && item !== "BLOB" && item !== "JSON" ? item : undefined;
}

const WHOLE = /^U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?$/;
const TEXT = /^(?:VARCHAR|ENUM\(.*)$/s;

/** What the server would change of a value without a word; undefined when it keeps or refuses each. */
export function loss({ type }: Column, target: string): string | undefined {
  const [, base, first, second] =
    /^([a-z ]+?)(?:\((-?\d+)(?:,(-?\d+))?\))?( with(?:out)? time zone)?$/.exec(target) ?? [];
  const zoned = target.endsWith("with time zone");
  switch (base) {
    case "numeric": {
      if (first === undefined || WHOLE.test(type) && Number(second ?? 0) >= 0) return undefined;
      const scale = /^DECIMAL\(\d+,(\d+)\)$/.exec(type)?.[1];
      return scale !== undefined && Number(scale) <= Number(second ?? 0) ? undefined : "round";
    }
    case "real":
      return /^(?:FLOAT|U?TINYINT|U?SMALLINT)$/.test(type) ? undefined : "round";
    case "double precision":
      return /^(?:FLOAT|DOUBLE|U?TINYINT|U?SMALLINT|U?INTEGER)$/.test(type) ? undefined : "round";
    case "date":
      return type === "DATE" ? undefined : "cut";
    case "time":
    case "timestamp":
    case "interval":
      if (first !== undefined && Number(first) < 6 && type !== "DATE") return "round";
      if (base === "time") {
        return (type === "TIME WITH TIME ZONE") === zoned && /^TIME/.test(type) ? undefined : "change";
      }
      if (base === "interval") return type === "INTERVAL" ? undefined : "change";
      if (type === "DATE" && !zoned) return undefined;
      return /^TIMESTAMP/.test(type) && (type === "TIMESTAMP WITH TIME ZONE") === zoned
        ? undefined
        : "change";
    case "character":
    case "character varying":
    case "text":
      return TEXT.test(type) || type !== "BLOB" ? undefined : "change";
    case "bytea":
      return type === "BLOB" ? undefined : "change";
    default:
      return undefined;
  }
}

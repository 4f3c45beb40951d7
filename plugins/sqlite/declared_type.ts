/**
 * Which type of the engine a declared type of SQLite stands for, and back.
 *
 * A declared type in SQLite is a word that says which kind of value is preferred (the affinity); any value may stand in
 * any column. So the word decides how a column is read, and each value is held to it. New columns are declared such
 * that SQLite changes no value on its way in: a number with more digits than a double has is kept as text.
 *
 * @module
 */

/** What SQLite makes of a value on its way into a column. */
export type Affinity = "integer" | "text" | "blob" | "real" | "numeric";

/** By the rules of SQLite, in their order. */
export function affinityOf(declared: string, strict = false): Affinity {
  const name = declared.toUpperCase();
  if (name.includes("INT")) return "integer";
  if (/CHAR|CLOB|TEXT/.test(name)) return "text";
  if (name === "" || name.includes("BLOB") || (strict && name === "ANY")) return "blob";
  return /REAL|FLOA|DOUB/.test(name) ? "real" : "numeric";
}

/** Digits that a number of SQLite keeps. */
const EXACT_DIGITS = 15;
const DECIMAL = /^(?:DECIMAL|NUMERIC|DECIMAL_TEXT)\s*\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)$/;

const READ: { readonly [declared: string]: string } = {
  BOOL: "BOOLEAN",
  BOOLEAN: "BOOLEAN",
  DATE: "DATE",
  TIME: "TIME",
  DATETIME: "TIMESTAMP",
  TIMESTAMP: "TIMESTAMP",
  TIMESTAMP_NS: "TIMESTAMP_NS",
  TIMESTAMPTZ: "TIMESTAMP WITH TIME ZONE",
  "TIMESTAMP WITH TIME ZONE": "TIMESTAMP WITH TIME ZONE",
  JSON: "JSON",
  JSON_TEXT: "JSON",
  UUID: "UUID",
};

const BY_AFFINITY: { readonly [affinity in Affinity]: string | undefined } = {
  integer: "BIGINT",
  text: "VARCHAR",
  blob: "BLOB",
  real: "DOUBLE",
  numeric: undefined,
};

/** The engine's type for a column; undefined where only its values tell. */
export function readType(declared: string | null): string | undefined {
  const name = (declared ?? "").trim().toUpperCase();
  const [, precision, scale = "0"] = DECIMAL.exec(name) ?? [];
  if (precision !== undefined && Number(precision) >= 1 && Number(precision) <= 38) {
    return Number(scale) <= Number(precision) ? `DECIMAL(${Number(precision)},${Number(scale)})` : undefined;
  }
  return READ[name] ?? (name === "" ? undefined : BY_AFFINITY[affinityOf(name)]);
}

const DECLARED: { readonly [type: string]: string } = {
  BOOLEAN: "BOOLEAN",
  TINYINT: "INTEGER",
  SMALLINT: "INTEGER",
  INTEGER: "INTEGER",
  BIGINT: "INTEGER",
  UTINYINT: "INTEGER",
  USMALLINT: "INTEGER",
  UINTEGER: "INTEGER",
  UBIGINT: "DECIMAL_TEXT(20,0)",
  HUGEINT: "DECIMAL_TEXT(38,0)",
  UHUGEINT: "DECIMAL_TEXT(38,0)",
  FLOAT: "REAL",
  DOUBLE: "REAL",
  VARCHAR: "TEXT",
  JSON: "JSON_TEXT",
  UUID: "UUID",
  BLOB: "BLOB",
  DATE: "DATE",
  TIME: "TIME",
  TIMESTAMP: "TIMESTAMP",
  TIMESTAMP_S: "TIMESTAMP",
  TIMESTAMP_MS: "TIMESTAMP",
  TIMESTAMP_NS: "TIMESTAMP_NS",
  "TIMESTAMP WITH TIME ZONE": "TIMESTAMPTZ",
  NULL: "TEXT",
};

/** How a new column for values of the engine's type is declared; undefined where SQLite has nothing that holds them. */
export function declaredFor(type: string): string | undefined {
  const name = type.toUpperCase();
  if (name.startsWith("ENUM(")) return "TEXT";
  const [, precision, scale = "0"] = DECIMAL.exec(name) ?? [];
  if (precision === undefined) return DECLARED[name];
  return `${Number(precision) <= EXACT_DIGITS ? "DECIMAL" : "DECIMAL_TEXT"}(${precision},${scale})`;
}

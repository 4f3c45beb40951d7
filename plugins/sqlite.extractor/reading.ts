import { ServerFailure } from "osiris/driver";

/** A stored value, which is not null, as the engine takes it. */
export type Reading = (value: unknown) => unknown;

const DAY = /^-?\d{4,7}-\d\d-\d\d$/;
const TIME = /^\d\d:\d\d(:\d\d(\.\d{1,9})?)?$/;
const STAMP = /^-?\d{4,7}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?)?$/;
const ZONED = /^-?\d{4,7}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)? ?(Z|[+-]\d\d(:\d\d)?)$/;
const UUID = /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i;

/** What is wanted of a column of each type, and how its texts look. */
const WANTED: { readonly [type: string]: readonly [string, RegExp?] } = {
  BIGINT: ["an integer"],
  DOUBLE: ["a number"],
  BOOLEAN: ["1 for true or 0 for false"],
  BLOB: ["a blob"],
  JSON: ["JSON"],
  VARCHAR: ["a text"],
  DATE: ["a date such as 2026-01-31", DAY],
  TIME: ["a time such as 12:34:56.789", TIME],
  TIMESTAMP: ["a timestamp such as 2026-01-31 12:34:56, as all others of the column", STAMP],
  TIMESTAMP_NS: ["a timestamp such as 2026-01-31 12:34:56.123456789", STAMP],
  "TIMESTAMP WITH TIME ZONE": ["a timestamp with its zone, such as 2026-01-31 12:34:56+00:00", ZONED],
  UUID: ["a UUID", UUID],
};

/** What the values of a column become; one of another kind than its type's is an error. */
export function readingOf(attempt: string, name: string, type: string): Reading {
  const [wanted, shape] = WANTED[type] ?? [`a number such as 12.50, for ${type}`];
  const unfit = (value: unknown): never => {
    throw new ServerFailure(
      attempt,
      "data",
      `column '${name}' has ${shown(value)}, and should have ${wanted}`,
      {
        help: `mend the value, or read the column with a query, such as CAST("${name}" AS TEXT)`,
      },
    );
  };
  switch (type) {
    case "BIGINT":
      return (value) => typeof value === "bigint" ? value : unfit(value);
    case "DOUBLE":
      return (value) => {
        if (typeof value === "number") return value;
        return typeof value === "bigint" && BigInt(Number(value)) === value ? Number(value) : unfit(value);
      };
    case "BOOLEAN":
      return (value) => value === 0n || value === 1n ? value === 1n : unfit(value);
    case "BLOB":
      return (value) => value instanceof Uint8Array ? value : unfit(value);
    case "JSON":
      return (value) => value instanceof Uint8Array ? unfit(value) : String(value);
    case "VARCHAR":
      return (value) => typeof value === "string" ? value : unfit(value);
  }
  if (shape === undefined) return decimalReading(Number(/,(\d+)\)/.exec(type)?.[1]), unfit);
  return (value) => typeof value === "string" && shape.test(value) ? value : unfit(value);
}

const DIGITS = /^[+-]?\d+(?:\.\d+)?$/;

/** A number that is stored as REAL has the digits that its shortest text has. */
function decimalReading(scale: number, unfit: (value: unknown) => never): Reading {
  return (value) => {
    const text = typeof value === "number" ? shortest(value) : String(value);
    if (value instanceof Uint8Array || (typeof value !== "bigint" && !DIGITS.test(text))) return unfit(value);
    const point = text.indexOf(".");
    const decimals = point < 0 ? 0 : text.length - point - 1;
    return decimals <= scale || /^0+$/.test(text.slice(point + 1 + scale)) ? text : unfit(value);
  };
}

/** A number without an exponent, as far as it has so few digits. */
function shortest(value: number): string {
  const text = String(value);
  if (!text.includes("e")) return text;
  if (Number.isInteger(value)) return String(BigInt(value));
  const [digits, exponent] = text.split("e") as [string, string];
  const decimals = digits.split(".")[1]?.length ?? 0;
  return value.toFixed(Math.min(100, decimals - Number(exponent)));
}

/** A value as messages show it. */
function shown(value: unknown): string {
  if (value instanceof Uint8Array) return `a blob of ${value.length} bytes`;
  if (typeof value !== "string") return `the number ${value}`;
  return `the text '${value.length > 80 ? `${value.slice(0, 80)}…` : value}'`;
}

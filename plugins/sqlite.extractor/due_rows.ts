/**
 * The rows of an increment: those whose column lies within bounds, and those that have no value in it or one of another
 * kind, which are refused by name where they are read.
 *
 * SQLite has no type for points in time: texts of several forms mean the same one. So SQLite leaves out, with its
 * indexes, what lies days outside of the bounds, and each row is compared exactly when it is read.
 *
 * @module
 */

import { type CursorBounds, ServerFailure } from "osiris/driver";
import type { Parameter } from "../sqlite/mod.ts";
import type { ReadColumn } from "./read_column.ts";

/** A condition on the columns `c0, c1, …`, and what is left to be compared of each row's values. */
export interface Due {
  readonly where: string;
  readonly params: readonly Parameter[];
  keep(row: readonly unknown[]): boolean;
}

/** Every row. */
export const ALL: Due = { where: "", params: [], keep: () => true };

const DAY_MS = 86_400_000;
const STAMP =
  /^(-?\d{4,7}-\d\d-\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?\s*(Z|[+-]\d\d(?::?\d\d)?)?$/;

/** The rows that are due by the bounds of a column. */
export function dueRows(
  attempt: string,
  columns: readonly ReadColumn[],
  { column, from, to }: CursorBounds,
): Due {
  const at = columns.findIndex(({ name }) => name === column);
  if (at < 0) {
    const names = columns.map(({ name }) => name).join(", ");
    throw new ServerFailure(attempt, "config", `there is no column '${column}' to follow`, {
      help: `check \`incremental.cursor\`; the columns are ${names}`,
    });
  }
  if (from === null && to === null) return ALL;
  const { type } = columns[at]!;
  const name = `c${at} COLLATE BINARY`;
  const misfits = `c${at} IS NULL OR ${name} < '' OR ${name} >= x''`;
  if (/^(?:DATE|TIMESTAMP)/.test(type)) {
    const [low, high] = [momentOf(attempt, from), momentOf(attempt, to)];
    const range = within(name, low && dayText(low, -1), high && dayText(high, 2), misfits);
    return { ...range, keep: (row) => lies(momentOf(attempt, row[at + 1] as string | null), low, high) };
  }
  const bound = boundOf(attempt, column, type);
  const others = type === "VARCHAR" ? misfits : `c${at} IS NULL OR ${name} >= ''`;
  return {
    ...within(name, from === null ? undefined : bound(from), to === null ? undefined : bound(to), others),
    keep: () => true,
  };
}

function within(name: string, low: Parameter | undefined, high: Parameter | undefined, others: string) {
  const parts = [
    ...(low === undefined ? [] : [`${name} >= ?`]),
    ...(high === undefined ? [] : [`${name} < ?`]),
  ];
  return {
    where: ` WHERE (${parts.join(" AND ")}) OR ${others}`,
    params: [low, high].filter((each) => each !== undefined),
  };
}

/** How a bound is bound, for types that SQLite compares as the engine does. */
function boundOf(attempt: string, column: string, type: string): (text: string) => Parameter {
  const [, precision] = /^DECIMAL\((\d+),/.exec(type) ?? [];
  if (type === "VARCHAR") return (text) => text;
  if (type !== "BIGINT" && (precision === undefined || Number(precision) > 15)) {
    throw new ServerFailure(
      attempt,
      "config",
      `column '${column}' is read as ${type}, which cannot be followed`,
      {
        help: "follow an integer, a date, a point in time, a text, or a decimal of at most 15 digits",
      },
    );
  }
  return (text) => {
    if (type === "BIGINT" && /^-?\d+$/.test(text)) return BigInt(text);
    if (type !== "BIGINT" && text.trim() !== "" && Number.isFinite(Number(text))) return Number(text);
    throw new ServerFailure(
      attempt,
      "config",
      `'${text}' is no value of column '${column}', which is read as ${type}`,
      {
        help: "check `incremental.initial`, or set the cursor with `osiris state set`",
      },
    );
  };
}

/** A point in time in nanoseconds; what is none is let through to where it is read. */
function momentOf(attempt: string, text: unknown): bigint | undefined {
  if (text === null || typeof text !== "string") return undefined;
  const [, day, hours = "0", minutes = "0", seconds = "0", fraction = "", zone = "Z"] = STAMP.exec(text) ??
    [];
  const start = day === undefined ? NaN : Date.parse(`${day}T00:00:00Z`);
  if (Number.isNaN(start)) {
    throw new ServerFailure(attempt, "data", `'${text.slice(0, 80)}' is no date or point in time`, {
      help: "mend the value, or check `incremental.initial`",
    });
  }
  const [sign, zoneHours, zoneMinutes] = /^z$/i.test(zone)
    ? [1, 0, 0]
    : [zone.startsWith("-") ? -1 : 1, Number(zone.slice(1, 3)), Number(zone.slice(3).replace(":", "") || 0)];
  const ms = start + ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000 -
    sign * (zoneHours * 60 + zoneMinutes) * 60_000;
  return BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, "0"));
}

function lies(moment: bigint | undefined, low: bigint | undefined, high: bigint | undefined): boolean {
  if (moment === undefined) return true;
  return (low === undefined || moment >= low) && (high === undefined || moment < high);
}

/** The day of a point in time, some days on, as texts begin. */
function dayText(moment: bigint, days: number): string {
  return new Date(Number(moment / 1_000_000n) + days * DAY_MS).toISOString().slice(0, 10);
}

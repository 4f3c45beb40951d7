/**
 * A key's values in ranges, so that several connections can read a table at the same time.
 *
 * What must stay true: every row lies in one range and in no other, whatever the least and the greatest value were
 * taken to be: the first range has no beginning and takes the rows without a key, the last one has no end.
 *
 * @module
 */

import { ServerFailure } from "osiris/driver";

const DAY_MS = 86_400_000;
const WHOLE = /^(?:U?(?:TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|DECIMAL\(\d+,0\))$/;

/** A column whose values are split, with its least and greatest value as texts; null when there are none. */
export interface Key {
  readonly name: string;
  /** The engine's type of it. */
  readonly type: string;
  readonly least: string | null;
  readonly greatest: string | null;
}

/** The column to split, which must be one of those that are read, and be a whole number or a date. */
export function demandKey(
  attempt: string,
  name: string | undefined,
  columns: readonly { readonly name: string; readonly type: string }[],
): { readonly name: string; readonly type: string } {
  if (name === undefined) {
    throw refused(attempt, "it has no primary key of one column to read it in parts by", {
      help: "name a column as `partition_key`, or leave `partitions` out",
    });
  }
  const found = columns.find((column) => column.name === name);
  if (found === undefined) {
    const names = columns.map((column) => column.name).join(", ");
    throw refused(attempt, `the key '${name}' is not among the columns that are read: ${names}`, {
      help: "read it too, or name one of them as `partition_key`",
    });
  }
  if (WHOLE.test(found.type) || found.type === "DATE") return found;
  throw refused(attempt, `the key '${name}' is a ${found.type}, and should be a whole number or a date`, {
    help: "name another column as `partition_key`, or leave `partitions` out",
  });
}

/** A condition for each range, in SQL; one that every row meets where there is nothing to split. */
export function conditions(attempt: string, column: string, key: Key, parts: number): string[] {
  const bounds = boundsOf(attempt, key, parts);
  if (bounds.length === 0) return ["1 = 1"];
  return [...bounds, undefined].map((end, i) => {
    if (i === 0) return `(${column} < ${end} OR ${column} IS NULL)`;
    const begin = `${column} >= ${bounds[i - 1]}`;
    return end === undefined ? begin : `${begin} AND ${column} < ${end}`;
  });
}

/** Where a range ends and the next one begins. */
function boundsOf(attempt: string, { name, type, least, greatest }: Key, parts: number): string[] {
  if (least === null || greatest === null) return [];
  const number = (text: string) => type === "DATE" ? dayOf(text) : BigInt(text.replace(/\.0*$/, ""));
  let from: bigint, to: bigint;
  try {
    [from, to] = [number(least), number(greatest)];
  } catch {
    throw refused(attempt, `the values of the key '${name}' reach from ${least} to ${greatest}`, {
      help: "these are no days that can be counted; name another column as `partition_key`",
    });
  }
  const count = to - from + 1n;
  const most = count < BigInt(parts) ? Number(count) : parts;
  return Array.from({ length: most - 1 }, (_, i) => {
    const bound = from + (count * BigInt(i + 1)) / BigInt(most);
    return type === "DATE" ? `DATE '${dateOf(bound)}'` : String(bound);
  });
}

function dayOf(text: string): bigint {
  const ms = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(text) : NaN;
  return BigInt(ms / DAY_MS);
}

function dateOf(day: bigint): string {
  return new Date(Number(day) * DAY_MS).toISOString().slice(0, 10);
}

function refused(attempt: string, what: string, how: { help: string }): ServerFailure {
  return new ServerFailure(attempt, "config", what, how);
}

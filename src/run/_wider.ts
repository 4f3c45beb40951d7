/**
 * Which column type keeps every value of another, and which one keeps those of two.
 *
 * What must stay true: a value is kept exactly or the type does not keep it. Nothing widens to text: a table whose
 * numbers become texts because one file had a wrong row serves nobody.
 *
 * @module
 */

/** A number's type: digits before and behind the point, or what a float holds exactly. */
interface Reach {
  readonly least: bigint;
  readonly most: bigint;
  readonly scale: number;
  readonly isFloat?: true;
}

/** Whole numbers, the narrower before the wider. */
const WHOLE = ["TINYINT", "UTINYINT", "SMALLINT", "USMALLINT", "INTEGER", "UINTEGER", "BIGINT", "UBIGINT"];
const BITS: { readonly [type: string]: bigint } = {
  TINYINT: 8n,
  SMALLINT: 16n,
  INTEGER: 32n,
  BIGINT: 64n,
  HUGEINT: 128n,
};
/** Points in time without a zone, the coarser before the finer. */
const TIMES = ["DATE", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP"];

/** Whether `type` keeps every value of `other`. Both are canonically spelled. */
export function keeps(type: string, other: string): boolean {
  if (type === other || other === '"NULL"') return true;
  const [own, theirs] = [reachOf(type), reachOf(other)];
  if (own && theirs) return reaches(own, theirs);
  const [time, otherTime] = [TIMES.indexOf(type), TIMES.indexOf(other)];
  if (time >= 0 && otherTime >= 0) return time > otherTime;
  const [list, otherList] = [itemOf(type), itemOf(other)];
  return list !== undefined && otherList !== undefined && keeps(list, otherList);
}

/** The narrowest type that keeps every value of both; undefined when there is none. */
export function wider(type: string, other: string): string | undefined {
  return [type, other, ...WHOLE, ...decimals(type, other), "DOUBLE"].find((each) =>
    keeps(each, type) && keeps(each, other)
  );
}

function reaches(own: Reach, theirs: Reach): boolean {
  if (theirs.isFloat && !own.isFloat) return false;
  if (own.isFloat && theirs.scale > 0 && !theirs.isFloat) return false;
  return own.least <= theirs.least && own.most >= theirs.most && own.scale >= theirs.scale;
}

function reachOf(type: string): Reach | undefined {
  const unsigned = BITS[type.slice(1)];
  if (type.startsWith("U") && unsigned !== undefined) {
    return { least: 0n, most: 2n ** unsigned - 1n, scale: 0 };
  }
  const bits = BITS[type];
  if (bits !== undefined) return { least: -(2n ** (bits - 1n)), most: 2n ** (bits - 1n) - 1n, scale: 0 };
  if (type === "FLOAT") return { least: -(2n ** 24n), most: 2n ** 24n, scale: 1, isFloat: true };
  if (type === "DOUBLE") return { least: -(2n ** 53n), most: 2n ** 53n, scale: 2, isFloat: true };
  const [, precision, scale] = /^DECIMAL\((\d+),(\d+)\)$/.exec(type) ?? [];
  if (precision === undefined) return undefined;
  const most = 10n ** (BigInt(precision) - BigInt(scale!)) - 1n;
  return { least: -most, most, scale: Number(scale) };
}

/** The decimal that keeps both, when both are exact numbers and it has no more than 38 digits. */
function decimals(type: string, other: string): string[] {
  const reach = [reachOf(type), reachOf(other)];
  if (reach.some((each) => each === undefined || each.isFloat)) return [];
  const digits = Math.max(...reach.map((each) => String(each!.most).length));
  const scale = Math.max(...reach.map((each) => each!.scale));
  return digits + scale <= 38 ? [`DECIMAL(${digits + scale},${scale})`] : [];
}

function itemOf(type: string): string | undefined {
  return /^(.*)\[\]$/s.exec(type)?.[1];
}

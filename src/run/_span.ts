/** Lengths of time as `lag` and the windows of a backfill are written. @module */

const UNITS: { readonly [unit: string]: number } = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** Milliseconds of a text such as `90s`, `2h` or `7d`; undefined for anything else, a bare number included. */
export function spanMs(text: unknown): number | undefined {
  const [, amount, unit] = typeof text === "string" ? /^([0-9]{1,9})(ms|s|m|h|d|w)$/.exec(text) ?? [] : [];
  return amount === undefined || unit === undefined ? undefined : Number(amount) * UNITS[unit]!;
}

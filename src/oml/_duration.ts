/** Milliseconds of each unit. */
const UNITS: { readonly [unit: string]: number } = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** The longest a timer can wait: about 24 days. A longer one would fire at once. */
const LONGEST = 2 ** 31 - 1;

/**
 * Milliseconds of a duration text: a whole number and `ms`, `s`, `m` or `h`. Undefined for anything
 * else, a bare number included, and for more than 24 days.
 *
 * @example
 * ```ts
 * parseDuration("15m"); // 900000
 * parseDuration(15); // undefined
 * ```
 */
export function parseDuration(text: unknown): number | undefined {
  if (typeof text !== "string") return undefined;
  const [, amount, unit] = /^([0-9]{1,12})(ms|s|m|h)$/.exec(text) ?? [];
  if (amount === undefined || unit === undefined) return undefined;
  const ms = Number(amount) * UNITS[unit]!;
  return ms > LONGEST ? undefined : ms;
}

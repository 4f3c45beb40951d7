/** Intervals as months, days and nanoseconds, and as ISO 8601 durations. @module */

/** The three parts of an interval; none of them can be turned into another. */
export interface Interval {
  readonly months: number;
  readonly days: number;
  readonly nanoseconds: bigint;
}

const DURATION =
  /^P(?=.)(?:([+-]?[0-9]{1,9})Y)?(?:([+-]?[0-9]{1,9})M)?(?:([+-]?[0-9]{1,8})W)?(?:([+-]?[0-9]{1,10})D)?(?:T(?=.)(?:([+-]?[0-9]{1,10})H)?(?:([+-]?[0-9]{1,12})M)?(?:([+-]?)([0-9]{1,12})(?:\.([0-9]{1,6})0*)?S)?)?$/;
const SECOND = 1_000_000_000n;

/** The interval that a duration such as `P1Y2M3DT4H5M6.789S` states; undefined when it is none or out of range. */
export function parseInterval(text: string): Interval | undefined {
  const match = DURATION.exec(text);
  if (match === null) return undefined;
  const whole = (group: number) => Number(match[group] ?? 0);
  const months = whole(1) * 12 + whole(2);
  const days = whole(3) * 7 + whole(4);
  const fraction = BigInt((match[9] ?? "").padEnd(9, "0"));
  const seconds = BigInt(match[8] ?? 0) * SECOND + fraction;
  const nanoseconds = BigInt(whole(5) * 60 + whole(6)) * 60n * SECOND +
    (match[7] === "-" ? -seconds : seconds);
  const fits = (months | 0) === months && (days | 0) === days &&
    BigInt.asIntN(64, nanoseconds) === nanoseconds;
  return fits ? { months, days, nanoseconds } : undefined;
}

/** `P14M3DT4.5S` */
export function formatInterval({ months, days, nanoseconds }: Interval): string {
  const date = `${months === 0 ? "" : `${months}M`}${days === 0 ? "" : `${days}D`}`;
  if (nanoseconds === 0n) return date === "" ? "PT0S" : `P${date}`;
  const size = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  const fraction = String(size % SECOND).padStart(9, "0").replace(/0+$/, "");
  return `P${date}T${nanoseconds < 0n ? "-" : ""}${size / SECOND}${fraction === "" ? "" : `.${fraction}`}S`;
}

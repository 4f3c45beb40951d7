/** A range cut into windows, exactly: whole numbers of any size, points in time to the microsecond. @module */

import { OsirisError } from "../diagnostic.ts";
import type { BackfillWindow } from "../state/mod.ts";
import { spanMs } from "./_span.ts";

/** More are hardly meant. */
const MOST = 100_000;
const DAY = 86_400_000_000n;

/**
 * The windows of a backfill in order; each takes its first value in and leaves its last one out. Without `window`
 * there is one. Throws RUN617 for what is no range or no window.
 *
 * @example
 * ```ts
 * windowsOf("2026-01-01..2026-01-03", "1d"); // 2026-01-01..2026-01-02, 2026-01-02..2026-01-03
 * windowsOf("0..2500", "1000"); // 0..1000, 1000..2000, 2000..2500
 * ```
 */
export function windowsOf(range: string, window: string | undefined): BackfillWindow[] {
  const [first, last, ...more] = range.split("..").map((text) => text.trim());
  if (first === undefined || last === undefined || more.length > 0) throw noRange(range, "is not FROM..TO");
  const scale = scaleOf(range, first, last);
  const [from, to] = [scale.read(first), scale.read(last)];
  if (to <= from) throw noRange(range, "ends before it begins");
  const step = window === undefined ? to - from : scale.step(window);
  if (step === undefined || step <= 0n) throw noWindow(window!, scale.unit);
  if ((to - from + step - 1n) / step > BigInt(MOST)) {
    throw new OsirisError(
      "RUN617",
      `Cannot cut '${range}' into windows of '${window}': they are more than ${MOST}`,
      {
        category: "usage",
        help: "give a longer --window, or a shorter range",
      },
    );
  }
  const text = scale.writer(from, to, step);
  const backfill = `${text(from)}..${text(to)}/${window ?? "whole"}`;
  const windows: BackfillWindow[] = [];
  for (let at = from; at < to; at += step) {
    windows.push({ backfill, from: text(at), to: text(at + step < to ? at + step : to) });
  }
  return windows;
}

/** How the values of a range are counted. */
interface Scale {
  /** What a window is made of, in a message. */
  readonly unit: string;
  read(text: string): bigint;
  step(window: string): bigint | undefined;
  /** Writes values so that the source knows them again. */
  writer(from: bigint, to: bigint, step: bigint): (value: bigint) => string;
}

const NUMBERS: Scale = {
  unit: "a whole number such as 10000",
  read: BigInt,
  step: (window) => /^[0-9]{1,30}$/.test(window) ? BigInt(window) : undefined,
  writer: () => String,
};

const MOMENT = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?Z?)?$/;

/** Microseconds since 1970, in UTC. */
const MOMENTS: Scale = {
  unit: "a duration such as 1d or 6h",
  read(text) {
    const [, day, minute = "00:00", second = "00", fraction = ""] = MOMENT.exec(text)!;
    return BigInt(Date.parse(`${day}T${minute}:${second}Z`)) * 1000n + BigInt(fraction.padEnd(6, "0"));
  },
  step(window) {
    const ms = spanMs(window);
    return ms === undefined ? undefined : BigInt(ms) * 1000n;
  },
  writer(from, to, step) {
    const days = [from, to, step].every((each) => each % DAY === 0n);
    return (value) => {
      const micros = ((value % 1000n) + 1000n) % 1000n;
      const iso = new Date(Number((value - micros) / 1000n)).toISOString();
      if (days) return iso.slice(0, 10);
      return `${iso.slice(0, 10)} ${iso.slice(11, 23)}${String(micros).padStart(3, "0")}`.replace(
        /\.0{6}$/,
        "",
      );
    };
  },
};

function scaleOf(range: string, first: string, last: string): Scale {
  const both = [first, last];
  if (both.every((text) => /^-?[0-9]{1,38}$/.test(text))) return NUMBERS;
  if (both.every((text) => MOMENT.test(text) && isMoment(text))) return MOMENTS;
  throw noRange(range, "is made of neither two whole numbers nor two dates or points in time of UTC");
}

/** There is no 30 February, which the clock would take for 2 March. */
function isMoment(text: string): boolean {
  const [, day, minute = "00:00", second = "00"] = MOMENT.exec(text)!;
  const ms = Date.parse(`${day}T${minute}:${second}Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(day!);
}

function noRange(range: string, why: string): OsirisError {
  return new OsirisError("RUN617", `Cannot backfill '${range}': it ${why}`, {
    category: "usage",
    help: "for example: --backfill 2026-01-01..2026-02-01, or --backfill 0..1000000; the end is left out",
  });
}

function noWindow(window: string, unit: string): OsirisError {
  return new OsirisError("RUN617", `Cannot backfill in windows of '${window}': it is not ${unit}`, {
    category: "usage",
    help: `give --window ${unit}`,
  });
}

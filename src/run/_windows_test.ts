import assert from "node:assert/strict";
import fc from "fast-check";
import { OsirisError } from "../diagnostic.ts";
import { windowsOf } from "./_windows.ts";

const cut = (range: string, window?: string) =>
  windowsOf(range, window).map(({ from, to }) => `${from}..${to}`);

Deno.test("windowsOf cuts days, hours, numbers of any size, and takes what is left as the last window", () => {
  assert.deepEqual(cut("2026-02-27..2026-03-02", "2d"), ["2026-02-27..2026-03-01", "2026-03-01..2026-03-02"]);
  assert.deepEqual(cut("2026-01-01..2026-01-01T12:30Z", "6h"), [
    "2026-01-01 00:00:00..2026-01-01 06:00:00",
    "2026-01-01 06:00:00..2026-01-01 12:00:00",
    "2026-01-01 12:00:00..2026-01-01 12:30:00",
  ]);
  assert.deepEqual(cut("1969-12-31 23:59:59.999999..1970-01-01", "1s"), [
    "1969-12-31 23:59:59.999999..1970-01-01 00:00:00",
  ]);
  assert.deepEqual(cut("-5..5", "4"), ["-5..-1", "-1..3", "3..5"]);
  assert.deepEqual(cut("9223372036854775806..9223372036854775809", "2"), [
    "9223372036854775806..9223372036854775808",
    "9223372036854775808..9223372036854775809",
  ]);
  assert.deepEqual(cut("2026-01-01..2027-01-01"), ["2026-01-01..2027-01-01"]);
});

Deno.test("windowsOf names one backfill alike however its range is written", () => {
  const [a] = windowsOf("2026-01-01..2026-01-03", "1d");
  const [b] = windowsOf(" 2026-01-01T00:00Z .. 2026-01-03 00:00:00 ", "1d");
  assert.deepEqual(a, b);
});

Deno.test("windowsOf refuses what is no range or no window, and says what is", () => {
  const refused: readonly [string, string | undefined, RegExp][] = [
    ["2026-01-01", "1d", /is not FROM\.\.TO/],
    ["1..2..3", "1", /is not FROM\.\.TO/],
    ["2026-02-30..2026-03-05", "1d", /neither two whole numbers nor two dates/],
    ["2026-01-01..5", "1d", /neither/],
    ["5..5", "1", /ends before it begins/],
    ["2026-01-02..2026-01-01", undefined, /ends before it begins/],
    ["2026-01-01..2026-01-02", "5", /'5': it is not a duration/],
    ["0..10", "1d", /'1d': it is not a whole number/],
    ["0..10", "0", /it is not a whole number/],
    ["0..1000000", "1", /more than 100000/],
  ];
  for (const [range, window, why] of refused) {
    assert.throws(
      () => windowsOf(range, window),
      (error) => error instanceof OsirisError && why.test(error.message),
    );
  }
});

Deno.test("windowsOf leaves no gap and overlaps nowhere", () => {
  const range = fc.tuple(
    fc.bigInt(-(10n ** 20n), 10n ** 20n),
    fc.bigInt(1n, 10n ** 6n),
    fc.bigInt(50n, 10n ** 7n),
  );
  fc.assert(fc.property(range, ([from, length, step]) => {
    const windows = windowsOf(`${from}..${from + length}`, String(step));
    assert.equal(windows[0]!.from, String(from));
    assert.equal(windows.at(-1)!.to, String(from + length));
    windows.slice(1).forEach((window, i) => assert.equal(window.from, windows[i]!.to));
    assert.ok(windows.every((window) => BigInt(window.to) - BigInt(window.from) <= step));
  }));
});

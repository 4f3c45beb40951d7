import assert from "node:assert/strict";
import { bytes, count, duration, moved, rate, rows } from "./amounts.ts";

Deno.test("count() and rows() group thousands the same in every locale", () => {
  assert.equal(count(1234567), "1,234,567");
  assert.equal(rows(1), "1 row");
  assert.equal(rows(0), "0 rows");
});

Deno.test("moved() leaves out what was not measured, and says nothing where nothing was", () => {
  const said = [{ rows_read: 1234, rows_written: 1 }, { rows_written: 0 }, { rows_read: 2 }, {}].map(moved);
  assert.deepEqual(said, ["1,234 rows read, 1 row written", "0 rows written", "2 rows read", ""]);
});

Deno.test("duration() keeps three digits at most and never says 60 seconds", () => {
  const said = [0, 0.4, 999.4, 999.5, 1234, 59_940, 59_960, 61_000, 3_600_000, 19_200_000].map(duration);
  assert.deepEqual(said, [
    "0 ms",
    "0 ms",
    "999 ms",
    "1.00 s",
    "1.23 s",
    "59.9 s",
    "1 min 0 s",
    "1 min 1 s",
    "1 h 0 min",
    "5 h 20 min",
  ]);
});

Deno.test("bytes() and rate() change units before the number grows to four digits", () => {
  assert.deepEqual([999, 1000, 1_234_567, 999_999, 12_345_678].map(bytes), [
    "999 B",
    "1.0 kB",
    "1.2 MB",
    "1.0 MB",
    "12 MB",
  ]);
  assert.deepEqual([950, 12_000, 1_250_000].map(rate), ["950 rows/s", "12 k rows/s", "1.3 M rows/s"]);
});

import assert from "node:assert/strict";
import fc from "fast-check";
import { parseDuration } from "./_duration.ts";

Deno.test("parseDuration reads a whole number and a unit", () => {
  const known = {
    "500ms": 500,
    "90s": 90_000,
    "15m": 900_000,
    "2h": 7_200_000,
    "0s": 0,
    "596h": 2_145_600_000,
  };
  for (const [text, ms] of Object.entries(known)) assert.equal(parseDuration(text), ms, text);
});

Deno.test("parseDuration refuses everything else", () => {
  const others = [
    15,
    "15",
    "",
    "m",
    "1.5h",
    "-1s",
    "+1s",
    " 1s",
    "1s ",
    "1 s",
    "1S",
    "1d",
    "1w",
    "1h30m",
    "597h",
    "١s",
    null,
    true,
    {},
  ];
  for (const other of others) assert.equal(parseDuration(other), undefined, String(other));
});

Deno.test("parseDuration never gives more than a timer can wait", () => {
  fc.assert(fc.property(fc.nat({ max: 1e12 }), fc.constantFrom("ms", "s", "m", "h"), (amount, unit) => {
    const ms = parseDuration(`${amount}${unit}`);
    assert.ok(ms === undefined ? amount > 0 : ms <= 2 ** 31 - 1 && ms >= amount);
  }));
});

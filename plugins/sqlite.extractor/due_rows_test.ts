import assert from "node:assert/strict";
import { dueRows } from "./due_rows.ts";

const column = (
  type: string,
) => [{ name: "id", type: "BIGINT", read: String }, { name: "seen", type, read: String }];
const bounds = { column: "seen", from: "2026-01-31 12:00:00+00", to: "2026-02-01 00:00:00+00" };

/** Texts that SQLite may have, and whether they lie within the bounds. */
const TEXTS: readonly (readonly [text: string, due: boolean])[] = [
  ["2026-01-31 12:00:00", true],
  ["2026-01-31T12:00", true],
  ["2026-01-31 11:59:59.999999999", false],
  ["2026-01-31T13:30:00+02:00", false],
  ["2026-01-31T10:30:00-02:00", true],
  ["2026-01-31 23:59:59.999Z", true],
  ["2026-02-01", false],
  ["2026-01-31", false],
];

for (const [text, due] of TEXTS) {
  Deno.test(`dueRows() ${due ? "keeps" : "leaves out"} ${text}, whatever form it has`, () => {
    const { keep } = dueRows("Cannot read", column("TIMESTAMP WITH TIME ZONE"), bounds);
    assert.equal(keep([0n, 1n, text]), due);
  });
}

Deno.test("dueRows() leaves to SQLite what lies days outside, and keeps what has no value or another kind", () => {
  const { where, params, keep } = dueRows("Cannot read", column("TIMESTAMP"), bounds);
  assert.match(where, /^ WHERE \(c1 COLLATE BINARY >= \? AND c1 COLLATE BINARY < \?\) OR c1 IS NULL OR /);
  assert.deepEqual(params, ["2026-01-30", "2026-02-03"]);
  assert.equal(keep([0n, 1n, null]), true);
  assert.equal(keep([0n, 1n, 5n]), true);
});

Deno.test("dueRows() binds numbers as what they are", () => {
  const whole = dueRows("Cannot read", column("BIGINT"), { ...bounds, from: "9007199254740993", to: null });
  assert.deepEqual(whole.params, [9007199254740993n]);
  const decimal = dueRows("Cannot read", column("DECIMAL(12,2)"), { ...bounds, from: "1.50", to: null });
  assert.deepEqual(decimal.params, [1.5]);
});

Deno.test("dueRows() refuses what SQLite does not compare as the engine does, and what is no value", () => {
  const refused = [
    ["DOUBLE", "1", /read as DOUBLE/],
    ["DECIMAL(38,2)", "1", /read as DECIMAL/],
    ["BIGINT", "1.5", /no value of column 'seen'/],
    ["DATE", "soon", /no date or point in time/],
  ] as const;
  for (const [type, from, says] of refused) {
    assert.throws(() => dueRows("Cannot read", column(type), { ...bounds, from, to: null }), says);
  }
});

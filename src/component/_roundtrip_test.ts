import assert from "node:assert/strict";
import fc from "fast-check";
import type { OsirisError } from "../diagnostic.ts";
import { decodeBatch } from "./_decode.ts";
import type { Values } from "./_buffers.ts";
import { BatchEncoder } from "./_encode.ts";

function trip(type: string, values: Values): unknown[] {
  const columns = [{ name: "c", type }];
  const data = new BatchEncoder(columns).encode([values], values.length);
  return decodeBatch(columns, data).columns[0]!.toArray();
}

/** Values that come back as they went. */
const EXACT: readonly (readonly [string, readonly unknown[]])[] = [
  ["BOOLEAN", [true, false, null]],
  ["TINYINT", [-128, 127, null]],
  ["UINTEGER", [0, 4294967295]],
  ["BIGINT", [-(2n ** 63n), 2n ** 63n - 1n, 9007199254740993n, null]],
  ["UBIGINT", [0n, 2n ** 64n - 1n]],
  ["HUGEINT", [-(10n ** 38n - 1n), 10n ** 38n - 1n, 2n ** 64n, -1n, null]],
  ["UHUGEINT", [0n, 10n ** 38n - 1n]],
  ["INTERVAL", ["P14M3DT4.5S", "PT0S", "P-1M", "PT-0.000001S", null]],
  ["TIME_NS", ["12:34:56.123456789", null]],
  ["FLOAT", [0.5, -0, Infinity, NaN, null]],
  ["DOUBLE", [0.1, Number.MAX_VALUE, 5e-324, NaN, null]],
  ["DECIMAL(38,10)", ["9999999999999999999999999999.9999999999", "-0.0000000001", "0.0000000000", null]],
  ["DECIMAL(5,0)", ["-99999", "0"]],
  ["VARCHAR", ["", "a", "Grüße", "日本", "👩‍👩‍👧", "\0", "\uFEFFbom", null, "x".repeat(1000)]],
  ["BLOB", [new Uint8Array(), new Uint8Array([0, 255]), null]],
  ["UUID", ["123e4567-e89b-12d3-a456-426614174000", null]],
  ["JSON", ['{"a":1}', null]],
  ["ENUM('a', 'b''c')", ["a", "b'c", null]],
  ["DATE", ["1970-01-01", "2024-02-29", "-0044-03-15", "9999-12-31", "infinity", null]],
  ["TIME", ["00:00:00", "23:59:59.999999", "24:00:00", null]],
  ["TIMESTAMP", ["1969-12-31 23:59:59.999999", "2026-01-31 12:34:56.000001", "infinity", null]],
  ["TIMESTAMP_S", ["2026-01-31 12:34:56"]],
  ["TIMESTAMP_NS", ["2026-01-31 12:34:56.123456789"]],
  ["TIMESTAMP WITH TIME ZONE", ["2026-01-31 12:34:56.5+00", "-infinity", null]],
  ["BIGINT[]", [[1n, null], [], null]],
  ["INTEGER[2]", [[1, 2], null, [3, null]]],
  ["VARCHAR[][]", [[["a"], [], null], null]],
  ['STRUCT("a" INTEGER, "b c" VARCHAR[])', [{ a: 1, "b c": ["x"] }, null, { a: null, "b c": null }]],
  ["MAP(VARCHAR, BIGINT)", [new Map([["k", 1n]]), new Map(), null]],
  ['"NULL"', [null, null]],
];

for (const [type, values] of EXACT) {
  Deno.test(`BatchEncoder and decodeBatch carry ${type} exactly`, () => {
    // Structs come back without a prototype; what counts is what they hold.
    assert.deepEqual(structuredClone(trip(type, values)), values);
  });
}

/** Values that are taken in another form than the one they come back in. */
const TAKEN: readonly (readonly [string, unknown, unknown])[] = [
  ["BIGINT", 5, 5n],
  ["BIGINT", "9223372036854775807", 9223372036854775807n],
  ["DECIMAL(18,2)", 12.5, "12.50"],
  ["DECIMAL(18,2)", 7n, "7.00"],
  ["DECIMAL(18,2)", "1.2e1", "12.00"],
  ["DATE", new Date("2026-01-31T00:00:00Z"), "2026-01-31"],
  ["TIMESTAMP", new Date("2026-01-31T12:34:56.789Z"), "2026-01-31 12:34:56.789"],
  ["TIMESTAMP", 1n, "1970-01-01 00:00:00.000001"],
  ["TIMESTAMP WITH TIME ZONE", "2026-01-31T12:34:56+05:30", "2026-01-31 07:04:56+00"],
  ["TIMESTAMP WITH TIME ZONE", new Date(0), "1970-01-01 00:00:00+00"],
  ["INTERVAL", "P1Y2M1W3DT1H1M1.50S", "P14M10DT3661.5S"],
  ["UUID", "123E4567-E89B-12D3-A456-426614174000", "123e4567-e89b-12d3-a456-426614174000"],
];

for (const [type, given, back] of TAKEN) {
  Deno.test(`BatchEncoder takes ${given} (${typeof given}) as ${type}`, () => {
    assert.deepEqual(trip(type, [given]), [back]);
  });
}

/** Values that would be rounded, cut or misread. */
const REFUSED: readonly (readonly [string, unknown, RegExp])[] = [
  ["TINYINT", 128, /not between -128 and 127/],
  ["INTEGER", 1.5, /not an integer/],
  ["INTEGER", "1", /not an integer/],
  ["BIGINT", 2 ** 53, /not an exact integer/],
  ["BIGINT", 2n ** 63n, /not between/],
  ["UBIGINT", -1, /not between/],
  ["HUGEINT", 10n ** 38n, /not between/],
  ["UHUGEINT", -1n, /not between/],
  ["INTERVAL", "1 month", /not a duration/],
  ["INTERVAL", "PT0.1234567S", /at most 6 decimals/],
  ["FLOAT", 0.1, /not exact as FLOAT/],
  ["DOUBLE", 9007199254740993n, /not exact as DOUBLE/],
  ["DOUBLE", "1", /not a number/],
  ["DECIMAL(4,2)", "1.234", /more than 2 decimals/],
  ["DECIMAL(4,2)", "100", /more than 2 digits before/],
  ["DECIMAL(4,2)", 0.1 + 0.2, /more than 2 decimals/],
  ["DECIMAL(4,2)", "ten", /not a decimal number/],
  ["DECIMAL(4,2)", NaN, /not a decimal number/],
  ["VARCHAR", 5, /should be text/],
  ["VARCHAR", "\ud800", /lone surrogate/],
  ["BOOLEAN", 1, /true or false/],
  ["BLOB", "x", /Uint8Array/],
  ["UUID", "123", /not a UUID/],
  ["ENUM('a')", "b", /not one of its values/],
  ["DATE", "2025-02-29", /not a date/],
  ["DATE", new Date("2026-01-31T12:00:00Z"), /not midnight/],
  ["TIME", "25:00:00", /not a time/],
  ["TIME", "12:00:00.1234567", /not a time/],
  ["TIMESTAMP", "2026-01-31T12:34:56Z", /has a time zone/],
  ["TIMESTAMP", "2026-01-31T12:34:56.1234567", /at most 6 decimals/],
  ["TIMESTAMP_S", "2026-01-31T12:34:56.5", /at most 0 decimals/],
  ["TIMESTAMP WITH TIME ZONE", "2026-01-31T12:34:56", /does not say its time zone/],
  ["INTEGER[]", "x", /should be a list/],
  ["INTEGER[2]", [1], /a list of 2 values/],
  ["STRUCT(a INTEGER)", { b: 1 }, /not one of its fields/],
  ["MAP(VARCHAR, INTEGER)", new Map([[null, 1]]), /cannot be the key/],
  ['"NULL"', 0, /should be null/],
];

for (const [type, value, why] of REFUSED) {
  Deno.test(`BatchEncoder refuses ${String(value)} (${typeof value}) as ${type}`, () => {
    assert.throws(() => trip(type, [value]), (error: OsirisError) => {
      assert.equal(error.code, "DRV408");
      assert.match(error.message, /^Cannot carry column 'c' as /);
      assert.match(error.message, why);
      return true;
    });
  });
}

Deno.test("BatchEncoder carries any text, with nulls between", () => {
  const text = fc.option(
    fc.string({ unit: fc.constantFrom("a", "é", "€", "😀", "\0", "\uFEFF", "\n", " ") }),
  );
  fc.assert(fc.property(fc.array(text), (texts) => assert.deepEqual(trip("VARCHAR", texts), texts)));
});

Deno.test("BatchEncoder carries any decimal of 38 digits", () => {
  const digits = fc.bigInt({ min: -(10n ** 38n - 1n), max: 10n ** 38n - 1n });
  fc.assert(fc.property(digits, fc.integer({ min: 0, max: 38 }), (units, scale) => {
    const [back] = trip(`DECIMAL(38,${scale})`, [`${units}e-${scale}`]);
    assert.equal(BigInt(String(back).replace(".", "")), units);
  }));
});

Deno.test("BatchEncoder carries any timestamp to the microsecond", () => {
  const micros = fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n });
  fc.assert(fc.property(micros, (units) => {
    const [text] = trip("TIMESTAMP", [units]);
    const [again] = trip("TIMESTAMP", [text]);
    assert.equal(again, text);
    const columns = [{ name: "c", type: "TIMESTAMP" }];
    const view = decodeBatch(columns, new BatchEncoder(columns).encode([[text]], 1)).columns[0]!;
    assert.equal((view.values as BigInt64Array)[0], units);
  }));
});

Deno.test("BatchEncoder passes typed arrays and their views as they are", () => {
  const values = new BigInt64Array([1n, 2n, 3n, 4n]).subarray(1, 3);
  assert.deepEqual(trip("BIGINT", values), [2n, 3n]);
});

Deno.test("decodeBatch opens bytes that do not start at a multiple of eight", () => {
  const columns = [{ name: "c", type: "BIGINT" }];
  const data = new BatchEncoder(columns).encode([[1n]], 1);
  const shifted = new Uint8Array(data.length + 3);
  shifted.set(data, 3);
  assert.deepEqual(decodeBatch(columns, shifted.subarray(3)).toRows(), [{ c: 1n }]);
});

Deno.test("decodeBatch refuses a batch of other columns", () => {
  const data = new BatchEncoder([{ name: "c", type: "BIGINT" }]).encode([[1n]], 1);
  assert.throws(() => decodeBatch([{ name: "c", type: "VARCHAR" }], data), /does not carry VARCHAR/);
  assert.throws(() => decodeBatch([], data), /has 1 columns, and should have 0/);
});

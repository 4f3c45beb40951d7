import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { affinityOf } from "../sqlite/mod.ts";
import { fitted } from "./column_fit.ts";

const DECLARED = [
  "INTEGER",
  "TEXT",
  "REAL",
  "BLOB",
  "NUMERIC",
  "STRING",
  "DECIMAL(10,2)",
  "DECIMAL(30,4)",
  "DECIMAL_TEXT(38,10)",
  "BOOLEAN",
  "DATE",
  "UUID",
  "",
];

const digits = fc.bigInt({ min: -(10n ** 27n), max: 10n ** 27n });

/** Values of each type as the engine gives them, and how one reads that SQLite gave back. */
const TYPES: { readonly [type: string]: readonly [fc.Arbitrary<unknown>, (stored: unknown) => unknown] } = {
  VARCHAR: [
    fc.oneof(fc.string(), fc.constantFrom("007", " 1", "1e5", ".5", "0x1F", "+7", "1_000", "NaN", "12 ")),
    (stored) => stored,
  ],
  BIGINT: [fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (stored) => BigInt(stored as bigint)],
  UBIGINT: [fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (stored) => BigInt(stored as bigint)],
  DOUBLE: [fc.double({ noNaN: true }).map((value) => value === 0 ? 0 : value), (stored) => Number(stored)],
  "DECIMAL(38,10)": [
    digits.map(decimal),
    (stored) => typeof stored === "number" ? real(stored) : plain(String(stored)),
  ],
  BLOB: [fc.uint8Array(), (stored) => stored],
};

/** `12.5` of 125000000000. */
function decimal(units: bigint): string {
  const text = String(units < 0n ? -units : units).padStart(11, "0");
  return plain(`${units < 0n ? "-" : ""}${text.slice(0, -10)}.${text.slice(-10)}`);
}

/** A REAL with as many decimals as its shortest text has. */
function real(stored: number): string {
  return plain(Number.isInteger(stored) ? String(BigInt(stored)) : stored.toFixed(10));
}

function plain(text: string): string {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

for (const [type, [values, read]] of Object.entries(TYPES)) {
  Deno.test(`fitted() lets SQLite keep a ${type} as it is in whatever column, or refuses it`, () => {
    using db = new DatabaseSync(":memory:");
    for (const declared of DECLARED) {
      const target = { name: "v", declared, affinity: affinityOf(declared), key: false };
      const fit = attempt(() => fitted("Cannot write", { name: "v", type }, target));
      if (fit === undefined) continue;
      db.exec(`DROP TABLE IF EXISTS t; CREATE TABLE t(v ${declared})`);
      const insert = db.prepare("INSERT INTO t VALUES (?)");
      const select = db.prepare("SELECT v FROM t");
      select.setReadBigInts(true);
      fc.assert(
        fc.property(values, (value) => {
          if (typeof value === "string" && value.includes("\0")) return; // what is read is cut there
          const bound = attempt(() => fit.bind(value));
          if (bound === undefined) return;
          db.exec("DELETE FROM t");
          insert.run(bound);
          assert.deepEqual(read((select.get() as { v: unknown }).v), value, `in a column of ${declared}`);
        }),
        { numRuns: 200 },
      );
    }
  });
}

/** What is given; undefined when it is refused with what to do. */
function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    assert.ok((error as { options?: { help?: string } }).options?.help, String(error));
    return undefined;
  }
}

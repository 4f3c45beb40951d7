import assert from "node:assert/strict";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import fc from "fast-check";
import { lineText } from "./line_text.ts";
import { type Reading, readingOf } from "./reading.ts";

const db = new DatabaseSync(":memory:");
globalThis.addEventListener("unload", () => db.close());

/** The line of a row with one value, and the value as it is stored. */
function lineOf(
  type: string,
  value: SQLInputValue,
): { readonly line: string | null; readonly stored: unknown } {
  db.exec("CREATE TABLE IF NOT EXISTS t(v); DELETE FROM t");
  db.prepare("INSERT INTO t VALUES (?)").run(value);
  const read = { name: "v", type, read: readingOf("Cannot read", "v", type) };
  const statement = db.prepare(`SELECT (${lineText([read])}) || '' AS line, v AS stored FROM t`);
  statement.setReadBigInts(true);
  return statement.get() as { line: string | null; stored: unknown };
}

/** What is read of a value alone; undefined when it is refused. */
function readAlone(read: Reading, stored: unknown): unknown {
  try {
    return read(stored);
  } catch {
    return undefined;
  }
}

const NEAR = [
  "2026-01-31",
  "12:34:56",
  "2026-01-31 12:34:56",
  "2026-01-31T12:34:56.789012",
  "2026-01-31 12:34:56Z",
];
const two = (most: number) => fc.integer({ min: 0, max: most }).map((n) => String(n).padStart(2, "0"));
const moment = fc.tuple(
  fc.tuple(fc.integer({ min: 0, max: 9999 }).map((n) => String(n).padStart(4, "0")), two(13), two(32)),
  fc.constantFrom(" ", "T", "  ", ""),
  fc.tuple(two(24), two(60), two(60)),
  fc.constantFrom("", ".5", ".789", ".789012", ".7890123456"),
  fc.constantFrom("", "Z", "+00:00", "+02", "-03:30", " "),
).map(([day, between, time, fraction, zone]) =>
  `${day.join("-")}${between}${time.join(":")}${fraction}${zone}`
);
const VALUES: fc.Arbitrary<SQLInputValue> = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.integer({ min: -2, max: 2 }).map(BigInt),
  fc.double({ noNaN: true }),
  fc.integer({ min: -2_000_000_000, max: 2_000_000_000 }).chain((n) =>
    fc.constantFrom(n / 100, n / 1e4, n / 1e6, n / 1e7)
  ),
  // A text with a zero character is told apart by the page that it is on.
  fc.string({ unit: "binary", maxLength: 12 }).map((text) => text.replaceAll("\0", "")),
  fc.constantFrom('say "x", twice', "\\N", "", "x".repeat(4097), ...NEAR, ...NEAR.map((text) => `${text} `)),
  moment,
  fc.uuid(),
  fc.uint8Array({ maxLength: 6 }),
);

/** What the line of one value says, as the engine takes it. */
function said(line: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return Uint8Array.fromHex(line.slice(2));
  return line.startsWith('"') ? line.slice(1, -1).replaceAll('""', '"') : line;
}

for (
  const type of [
    "BIGINT",
    "DOUBLE",
    "BOOLEAN",
    "VARCHAR",
    "BLOB",
    "JSON",
    "DATE",
    "TIME",
    "TIMESTAMP",
    "TIMESTAMP_NS",
    "TIMESTAMP WITH TIME ZONE",
    "UUID",
    "DECIMAL(12,2)",
    "DECIMAL(15,6)",
  ]
) {
  Deno.test(`lineText says of a ${type} what is read of it, or nothing`, () => {
    const read = readingOf("Cannot read", "v", type);
    fc.assert(
      fc.property(VALUES, (value) => {
        const { line, stored } = lineOf(type, value);
        if (line === null) return;
        const alone = readAlone(read, stored);
        if (type === "DOUBLE" || type.startsWith("DECIMAL")) assert.ok(Number(line) === Number(alone), line);
        else assert.deepEqual(said(line, alone), alone instanceof Uint8Array ? alone : String(alone));
      }),
      { numRuns: 400 },
    );
  });
}

Deno.test("lineText says what rows plainly hold, and nothing of values that are read alone", () => {
  const plain: readonly [type: string, value: SQLInputValue, line: string][] = [
    ["BIGINT", 9_007_199_254_740_993n, "9007199254740993"],
    ["DOUBLE", -0.1, "-100000e-6"],
    ["DECIMAL(12,2)", 12.5, "1250e-2"],
    ["BOOLEAN", 1n, "true"],
    ["VARCHAR", 'say "x"', '"say ""x"""'],
    ["BLOB", new Uint8Array([0, 255]), "\\x00FF"],
    ["TIMESTAMP", "2026-01-31T12:34:56.789", "2026-01-31T12:34:56.789"],
    ["VARCHAR", null, "\\N"],
  ];
  for (const [type, value, line] of plain) assert.equal(lineOf(type, value).line, line, type);
  const alone: readonly [type: string, value: SQLInputValue][] = [
    ["BIGINT", "7"],
    ["DOUBLE", 1 / 3],
    ["DECIMAL(12,2)", 0.125],
    ["DECIMAL(12,2)", -(2n ** 63n)],
    ["VARCHAR", "x".repeat(4097)],
    ["VARCHAR", 7n],
    ["TIMESTAMP", "2026-01-31 12:34:56+02:00"],
  ];
  for (const [type, value] of alone) assert.equal(lineOf(type, value).line, null, type);
  const wide = Array.from({ length: 201 }, (_, at) => `c${at}`).map((name) => ({
    name,
    type: "BIGINT",
    read: readingOf("Cannot read", name, "BIGINT"),
  }));
  assert.equal(lineText(wide), undefined);
});

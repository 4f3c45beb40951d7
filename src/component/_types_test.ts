import assert from "node:assert/strict";
import fc from "fast-check";
import { type ColumnType, parseType, typeText } from "./_types.ts";

const SPELLINGS: readonly (readonly [string, string])[] = [
  ["int", "INTEGER"],
  ["  BigInt ", "BIGINT"],
  ["text", "VARCHAR"],
  ["varchar(20)", "VARCHAR"],
  ["double precision", "DOUBLE"],
  ["timestamptz", "TIMESTAMP WITH TIME ZONE"],
  ["timestamp with time zone", "TIMESTAMP WITH TIME ZONE"],
  ["numeric", "DECIMAL(18,3)"],
  ["decimal( 38 , 10 )", "DECIMAL(38,10)"],
  ['struct(Case int, "a ""b""" text)[]', 'STRUCT("Case" INTEGER, "a ""b""" VARCHAR)[]'],
  ["map(text, int[3])", "MAP(VARCHAR, INTEGER[3])"],
  ["enum('it''s', '')", "ENUM('it''s', '')"],
  ['"NULL"', '"NULL"'],
];

for (const [given, canonical] of SPELLINGS) {
  Deno.test(`parseType reads ${given.trim()} as ${canonical}`, () => {
    assert.equal(typeText(parseType(given)), canonical);
    assert.equal(typeText(parseType(canonical)), canonical);
  });
}

const NO_TYPES = [
  "",
  "BIGNT",
  "BIGINT; DROP TABLE x",
  "BIGINT)",
  "BIGINT -- comment",
  "DECIMAL(39,0)",
  "DECIMAL(4,5)",
  "DECIMAL()",
  "STRUCT()",
  "STRUCT(a)",
  "STRUCT(a INT, a INT)",
  "MAP(INT)",
  "ENUM()",
  "ENUM(a)",
  "INT[",
  "INT[0]",
  "VARCHAR('a')",
  "BIG\0INT",
  "INT".concat("[]".repeat(40)),
  "x".repeat(1_000_001),
];

for (const text of NO_TYPES) {
  Deno.test(`parseType refuses ${JSON.stringify(text.slice(0, 40))}`, () => {
    assert.throws(() => parseType(text));
  });
}

Deno.test("parseType reads back what typeText writes, whatever the names", () => {
  const name = fc.string({ unit: "grapheme", minLength: 1 }).filter((text) => !text.includes("\0"));
  const { type } = fc.letrec<{ type: ColumnType }>((tie) => ({
    type: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom("BIGINT", "VARCHAR", "TIMESTAMP WITH TIME ZONE").map((name): ColumnType => ({
        kind: "scalar",
        name,
      })),
      fc.array(name, { minLength: 1 }).map((values): ColumnType => ({ kind: "enum", values })),
      tie("type").map((item): ColumnType => ({ kind: "list", item })),
      fc.uniqueArray(name, { minLength: 1, maxLength: 3 }).chain((names) =>
        tie("type").map((type): ColumnType => ({
          kind: "struct",
          fields: names.map((name) => ({ name, type })),
        }))
      ),
      fc.tuple(tie("type"), tie("type")).map(([key, value]): ColumnType => ({ kind: "map", key, value })),
    ),
  }));
  fc.assert(fc.property(type, (each) => assert.deepEqual(parseType(typeText(each)), each)));
});

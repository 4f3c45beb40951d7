import assert from "node:assert/strict";
import fc from "fast-check";
import { bench } from "./_testing.ts";
import { type Fit, fittedColumns } from "./mod.ts";

Deno.test("reshape leaves columns out and adds empty ones, lazily", async () => {
  await using b = await bench();
  b.file("in.csv", 'id,"odd $x ""name""",note\n1,a,x\n2,b,\n');
  const rows = await b.scan("in.csv");
  const fits: Fit[] = [
    { how: "leave_out", column: "note", loss: "value" },
    { how: "add", column: "price", type: "DECIMAL(18,2)", loss: "value" },
  ];
  const shaped = b.engine.reshape(rows, fits);
  assert.deepEqual([shaped.stored, shaped.depth], [false, 2]);
  assert.deepEqual(shaped.columns, fittedColumns(rows.columns, fits));
  assert.deepEqual(shaped.columns.map(({ name, type }) => [name, type]), [
    ["id", "BIGINT"],
    ['odd $x "name"', "VARCHAR"],
    ["price", "DECIMAL(18,2)"],
  ]);
  assert.deepEqual(await b.rows(shaped), [
    { id: 1, 'odd $x "name"': "a", price: null },
    { id: 2, 'odd $x "name"': "b", price: null },
  ]);
  const { steps } = await b.engine.drain(shaped);
  assert.equal(steps.find(({ step }) => step === "extract")?.rowsOut, 2);
});

/** A value in, the type it is to have, and what comes out; undefined when it cannot be kept. */
const CASTS: readonly [value: string, to: string, out: unknown][] = [
  ["'12'", "BIGINT", 12],
  ["' 12 '", "BIGINT", 12],
  ["'1.5'", "BIGINT", undefined],
  ["'abc'", "BIGINT", undefined],
  ["''", "BIGINT", undefined],
  ["'9223372036854775808'", "BIGINT", undefined],
  ["'0.10'", "DECIMAL(18,2)", "0.10"],
  ["'0.105'", "DECIMAL(18,2)", undefined],
  ["'2024-02-30'", "DATE", undefined],
  ["'2024-02-29'", "DATE", "2024-02-29"],
  ["'2024-02-29 10:00:00'", "DATE", undefined],
  ["'maybe'", "BOOLEAN", undefined],
  ["1.5::DOUBLE", "BIGINT", undefined],
  ["2.0::DOUBLE", "BIGINT", 2],
  ["'NaN'::DOUBLE", "BIGINT", undefined],
  ["'inf'::DOUBLE", "DECIMAL(18,2)", undefined],
  ["9007199254740993::BIGINT", "DOUBLE", undefined],
  ["9007199254740992::BIGINT", "DOUBLE", 9007199254740992],
  ["300::BIGINT", "TINYINT", undefined],
  ["5::BIGINT", "BOOLEAN", undefined],
  ["1::BIGINT", "BOOLEAN", true],
  ["1.25::DECIMAL(18,2)", "DECIMAL(18,1)", undefined],
  ["1.20::DECIMAL(18,2)", "DECIMAL(18,1)", "1.2"],
  ["TIMESTAMP '2024-02-29 10:00:00'", "DATE", undefined],
  ["TIMESTAMP '2024-02-29 00:00:00'", "DATE", "2024-02-29"],
  ["DATE '2024-02-29'", "TIMESTAMP", "2024-02-29T00:00:00"],
  ["42::BIGINT", "VARCHAR", "42"],
  ["DATE '2024-02-29'", "VARCHAR", "2024-02-29"],
  ["'{\"a\":1}'", "JSON", '{"a":1}'],
  ["'{a'", "JSON", undefined],
  ["'{\"a\":1}'::JSON", "BIGINT", undefined],
  ["{'a': 1}", "BIGINT", undefined],
  ["[1, 2]", "BIGINT", undefined],
  ["[1, NULL]::BIGINT[]", "INTEGER[]", [1, null]],
  ["[1, 5000000000]::BIGINT[]", "INTEGER[]", undefined],
  ["{'a': 1, 'b': NULL::VARCHAR}", "STRUCT(a INTEGER)", { a: 1 }],
  ["{'a': 1, 'b': 'x'}", "STRUCT(a INTEGER)", undefined],
  ["{'a': 1}", "STRUCT(a INTEGER, b VARCHAR)", { a: 1, b: null }],
  ["MAP {'a': 1}", "MAP(VARCHAR, BIGINT)", [{ key: "a", value: 1 }]],
  ["DATE '2024-02-29'", "BIGINT", undefined],
];

Deno.test("conform keeps a value exactly, or counts it as lost", async (t) => {
  await using b = await bench();
  for (const [value, type, out] of CASTS) {
    await t.step(`${value} as ${type}`, async () => {
      const source = await b.sql(`SELECT 1 AS id, ${value} AS v UNION ALL SELECT 2, NULL`);
      const found = await b.engine.conform(source, [{ how: "cast", column: "v", type, loss: "value" }]);
      const lost = out === undefined;
      assert.deepEqual([found.lost, found.rejected, found.execution.rows], [[lost ? 1 : 0], 0, 2]);
      const sorted = await b.sql("SELECT * FROM df ORDER BY id", { df: found.relation });
      assert.deepEqual(await b.rows(sorted), [{ id: 1, v: lost ? null : out }, { id: 2, v: null }]);
      await b.engine.drop(found.relation);
    });
  }
});

Deno.test("conform leaves rows out that lose a value, and counts what each column did", async () => {
  await using b = await bench();
  b.file("in.csv", "id,extra,__osiris_lost_0\n1,,a\nx,,b\n3,new,c\ny,new,d\n");
  const rows = await b.scan("in.csv", { types: { id: "VARCHAR" } });
  const found = await b.engine.conform(rows, [
    { how: "cast", column: "id", type: "BIGINT", loss: "row" },
    { how: "leave_out", column: "extra", loss: "row" },
  ]);
  assert.deepEqual([found.rejected, found.lost], [3, [2, 2]]);
  assert.deepEqual(await b.rows(found.relation), [{ id: 1, __osiris_lost_0: "a" }]);
  assert.deepEqual(found.relation.columns, [
    { name: "id", type: "BIGINT" },
    { name: "__osiris_lost_0", type: "VARCHAR" },
  ]);
});

Deno.test("conform leaves every row out where a column is missing that no row may miss", async () => {
  await using b = await bench();
  const rows = await b.sql("SELECT i FROM range(3) t(i)");
  const found = await b.engine.conform(rows, [{ how: "add", column: "x", type: "DATE", loss: "row" }]);
  assert.deepEqual([found.rejected, found.lost, await b.rows(found.relation)], [3, [3], []]);
});

Deno.test("conform loses no integer to a narrower type without counting it", async () => {
  await using b = await bench();
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.bigInt({ min: -70000n, max: 70000n }), { minLength: 1 }),
      async (numbers) => {
        const source = await b.sql(`SELECT unnest([${numbers.join(", ")}]::BIGINT[]) AS v`);
        const found = await b.engine.conform(source, [{
          how: "cast",
          column: "v",
          type: "SMALLINT",
          loss: "row",
        }]);
        const kept = numbers.filter((n) => n >= -32768n && n <= 32767n);
        assert.equal(found.rejected, numbers.length - kept.length);
        const values = (await b.engine.sample(found.relation, 1000))!.map((row) => Number(row["v"]));
        assert.deepEqual(values.sort((a, b) => a - b), kept.map(Number).sort((a, b) => a - b));
        await b.engine.drop(found.relation);
      },
    ),
    { numRuns: 25 },
  );
});

import assert from "node:assert/strict";
import * as arrow from "@uwdata/flechette";
import { bench } from "./_testing.ts";
import type { Column, Engine, Relation } from "./mod.ts";

async function streamed(engine: Engine, relation: Relation, batchRows?: number) {
  const batches: { data: Uint8Array; rows: number }[] = [];
  const stream = engine.stream(relation, batchRows === undefined ? {} : { batchRows });
  for (let next = await stream.next();; next = await stream.next()) {
    if (next.done) return { batches, execution: next.value };
    batches.push(next.value);
  }
}

async function appended(
  engine: Engine,
  columns: readonly Column[],
  batches: readonly Uint8Array[],
): Promise<Relation> {
  await using appender = await engine.append("produce", columns);
  for (const batch of batches) await appender.append(batch);
  return await appender.finish();
}

const EVERYTHING = `SELECT * FROM (VALUES
  (true, (-128)::TINYINT, (-32768)::SMALLINT, (-2147483648)::INTEGER, (-9223372036854775808)::BIGINT, 255::UTINYINT, 65535::USMALLINT,
   4294967295::UINTEGER, 18446744073709551615::UBIGINT, 12345678901234567890123456789012345678::HUGEINT, 1.5::FLOAT, 0.1::DOUBLE,
   -1.23::DECIMAL(4,2), 1234567.89::DECIMAL(9,2), -1234567890123456.78::DECIMAL(18,2), -0.12345678901234567890123456789012345678::DECIMAL(38,38),
   'short', 'a text that is longer than twelve bytes: ěščřž 🎉', ''::VARCHAR, '\\x00\\xFF'::BLOB,
   DATE '0001-01-01', TIME '23:59:59.999999', TIMESTAMP '2024-02-29 12:34:56.789012', TIMESTAMPTZ '1900-01-01 00:00:00.000001+00',
   TIMESTAMP_S '2024-01-01 00:00:01', TIMESTAMP_MS '2024-01-01 00:00:00.001', TIMESTAMP_NS '2024-01-01 00:00:00.000000001',
   INTERVAL '14 months 3 days 4.5 seconds', UUID 'ffffffff-0000-4000-8000-000000000001', UUID '00000000-0000-4000-8000-000000000001',
   [1, NULL, 3], [['a'], [], NULL, ['a longer text than twelve']], {'a': 1, 'b': {'c': 'x', 'd': NULL}}, MAP {'k': 1.5, 'l': NULL}, [1, 2, 3]::INTEGER[3])
) t(b, i8, i16, i32, i64, u8, u16, u32, u64, h, f, d, d4, d9, d18, d38, s, l, e, x, dt, tm, ts, tz, tss, tsm, tsn, iv, u1, u2, li, ll, st, mp, ar)`;

Deno.test("stream and append: every type survives the trip, with nulls among the rows", async () => {
  await using b = await bench();
  const one = await b.sql(EVERYTHING, {}, {}, "one");
  const nulls = one.columns.filter(({ name }) => name !== "ar").map(({ name }) =>
    `CASE WHEN i % 3 = 1 THEN NULL ELSE "${name}" END AS "${name}"`
  ).join(", ");
  const many = await b.sql(
    `SELECT i, ar, ${nulls} FROM df, range(5000) t(i) ORDER BY i`,
    { df: one },
    {},
    "many",
  );
  const { relation: source } = await b.engine.store(many);
  const { batches, execution } = await streamed(b.engine, source, 3000);
  assert.equal(execution.rows, 5000);
  assert.ok(batches.length > 1);
  const back = await appended(b.engine, source.columns, batches.map((batch) => batch.data));
  assert.equal(back.stored, true);
  for (const [one, other] of [[source, back], [back, source]] as const) {
    const difference = await b.sql(
      "SELECT * FROM a EXCEPT ALL SELECT * FROM b",
      { a: one, b: other },
      {},
      "difference",
    );
    assert.deepEqual((await b.rows(difference)).slice(0, 2), []);
  }
  assert.equal((await b.engine.sample(back, 10_000))!.length, 5000);
});

Deno.test("stream: an empty relation is one empty batch with its columns", async () => {
  await using b = await bench();
  const none = await b.sql("SELECT 1 AS a, 'x' AS b WHERE false");
  const { batches, execution } = await streamed(b.engine, none);
  assert.deepEqual([batches.length, batches[0]!.rows, execution.rows], [1, 0, 0]);
  assert.deepEqual(arrow.tableFromIPC(batches[0]!.data).names, ["a", "b"]);
  const back = await appended(b.engine, none.columns, batches.map((batch) => batch.data));
  assert.deepEqual(await b.engine.sample(back, 5), []);
});

Deno.test("stream: order is the query's and errors come with their step", async () => {
  await using b = await bench();
  const ordered = await b.sql("SELECT i FROM range(200000) t(i) ORDER BY i DESC");
  const { batches } = await streamed(b.engine, ordered);
  let last = 200_000;
  for (const { data } of batches) {
    for (const value of arrow.tableFromIPC(data).getChild("i")) assert.equal(value, --last);
  }
  assert.equal(last, 0);
  const failing = await b.sql(
    "SELECT CAST(s AS INTEGER) AS n FROM (SELECT CASE WHEN i = 150000 THEN 'x' ELSE '1' END AS s FROM range(200000) t(i))",
  );
  await assert.rejects(streamed(b.engine, failing), { code: "ENG513", step: "transform" });
  const wide = await b.sql("SELECT 170141183460469231731687303715884105727::HUGEINT AS h");
  await assert.rejects(streamed(b.engine, wide), { message: /column 'h' holds an integer/ });
});

for (const bad of [3_000, 60_000, 99_999, 4_999_999]) {
  Deno.test(`stream: a query that fails at row ${bad} is an error that says why, never a short result`, async () => {
    await using b = await bench();
    const relation = await b.sql(
      `SELECT i, CAST(CASE WHEN i = ${bad} THEN 'odd' ELSE '1' END AS INTEGER) AS n FROM range(${bad} + 1) t(i)`,
    );
    await assert.rejects(streamed(b.engine, relation), /Could not convert string 'odd'/);
  });
}

Deno.test("stream: a file whose value does not fit far down is an error that names its line", async () => {
  await using b = await bench();
  const lines = Array.from({ length: 200_000 }, (_, i) => `${i},${i === 150_000 ? "odd" : i}`);
  await Deno.writeTextFile(b.path("late.csv"), `a,b\n${lines.join("\n")}\n`);
  const types = { a: "BIGINT", b: "INTEGER" };
  const relation = await b.engine.scan("read", {
    format: "csv",
    path: b.path("late.csv"),
    options: { types },
  });
  await assert.rejects(streamed(b.engine, relation), /odd/);
});

Deno.test("append: what other producers send is taken when it fits exactly", async () => {
  await using b = await bench();
  const ipc = (columns: Record<string, arrow.Column<unknown>>) =>
    arrow.tableToIPC(arrow.tableFromColumns(columns), {})!;
  const array = (values: unknown[], type: arrow.DataType) =>
    arrow.columnFromArray(values as never, type) as arrow.Column<unknown>;
  const cases: [string, arrow.Column<unknown>, unknown[]][] = [
    ["BIGINT", array([1, -2, null], arrow.int32()), [1, -2, null]],
    ["VARCHAR", array(["a", "b", null, "a"], arrow.dictionary(arrow.utf8())), ["a", "b", null, "a"]],
    ["VARCHAR", array(["a", "čau", null], arrow.largeUtf8()), ["a", "čau", null]],
    ["TIMESTAMP", array([1500, null], arrow.timestamp(arrow.TimeUnit.MILLISECOND)), [
      "1970-01-01T00:00:01.5",
      null,
    ]],
    ["DATE", array([new Date(86400000)], arrow.dateMillisecond()), ["1970-01-02"]],
    ["DECIMAL(10,4)", array([1.25], arrow.decimal(10, 2)), ["1.2500"]],
    ["DOUBLE", array([0.5, null], arrow.float32()), [0.5, null]],
    ["VARCHAR", array([null, null], arrow.nullType()), [null, null]],
    ["BIGINT[]", array([[1n, 2n], null, []], arrow.list(arrow.int64())), [[1, 2], null, []]],
  ];
  for (const [type, column, expected] of cases) {
    const relation = await appended(b.engine, [{ name: "c", type }], [ipc({ c: column })]);
    assert.deepEqual((await b.engine.sample(relation, 10))!.map((row) => row["c"]), expected, type);
  }
});

Deno.test("append: what does not fit is refused by column and value", async () => {
  await using b = await bench();
  const ipc = (values: unknown[], type: arrow.DataType, name = "c") =>
    arrow.tableToIPC(
      arrow.tableFromColumns({
        [name]: arrow.columnFromArray(values as never, type) as arrow.Column<unknown>,
      }),
      {},
    )!;
  const cases: [string, Uint8Array, string, RegExp][] = [
    ["BIGINT", ipc(["x"], arrow.utf8()), "ENG540", /column 'c' \(BIGINT\) cannot be sent as Arrow utf8/],
    ["BIGINT", ipc([1.5], arrow.float64()), "ENG540", /cannot be sent as Arrow float64/],
    ["TINYINT", ipc([300], arrow.int32()), "ENG541", /column 'c' \(TINYINT\) cannot hold 300/],
    ["DECIMAL(4,1)", ipc([1.25], arrow.decimal(10, 2)), "ENG541", /cannot hold 1\.25/],
    ["DATE", ipc([new Date(1)], arrow.dateMillisecond()), "ENG541", /cannot hold 1 ms/],
    ["UUID", ipc(["nope"], arrow.utf8()), "ENG541", /cannot hold 'nope'/],
    ["BIGINT", ipc([1n], arrow.int64(), "other"), "ENG540", /it has the columns other, and should have c/],
    ["BIGINT", new Uint8Array([1, 2, 3]), "ENG540", /not an Arrow IPC stream|buffers/],
  ];
  for (const [type, data, code, message] of cases) {
    await assert.rejects(appended(b.engine, [{ name: "c", type }], [data]), {
      code,
      message,
      step: "produce",
    }, type);
  }
});

Deno.test("append: a damaged batch is an error and never harms the engine", async () => {
  await using b = await bench();
  const rows = await b.sql("SELECT i, 'text number ' || i AS s, [i, i] AS l FROM range(100) t(i)");
  const { batches } = await streamed(b.engine, rows);
  const good = batches[0]!.data;
  let state = 7;
  const random = (below: number) => (state = (state * 1103515245 + 12345) & 0x7fffffff) % below;
  for (let round = 0; round < 300; round++) {
    const bad = good.slice(0, round % 3 === 0 ? random(good.length) : good.length);
    for (let k = 0; k < 4; k++) if (bad.length > 0) bad[random(bad.length)] = random(256);
    await appended(b.engine, rows.columns, [bad]).then(
      async (relation) => {
        await b.engine.drain(
          await b.sql("SELECT sum(length(s)) AS n, sum(len(l)) AS m FROM df", { df: relation }),
        );
        await b.engine.drop(relation);
      },
      (error) => assert.match(error.code, /^ENG5/, error.stack),
    );
  }
});

Deno.test("append: nothing is left of what was not finished", async () => {
  await using b = await bench();
  {
    await using appender = await b.engine.append("produce", [{ name: "a", type: "BIGINT" }]);
    assert.equal(appender.rows, 0);
  }
  const { relation } = await b.engine.store(await b.sql("SELECT 1 AS a"));
  assert.deepEqual(await b.engine.sample(relation, 1), [{ a: 1 }]);
});

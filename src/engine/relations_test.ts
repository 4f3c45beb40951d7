import assert from "node:assert/strict";
import { bench } from "./_testing.ts";

Deno.test("write: extract, transform and write are one statement with exact counts", async () => {
  await using b = await bench();
  b.file("in.csv", "id,amount,name\n1,1.50,a\n2,20.25,b\n3,30.75,c\n");
  const rows = await b.scan("in.csv");
  assert.deepEqual(rows.columns, [
    { name: "id", type: "BIGINT" },
    { name: "amount", type: "DOUBLE" },
    { name: "name", type: "VARCHAR" },
  ]);
  const big = await b.sql("SELECT name, id FROM df WHERE amount > 10 ORDER BY id DESC", { df: rows });
  assert.equal(big.depth, 2);
  const staged = await b.engine.write("save", big, b.writing("out.csv"));
  assert.deepEqual(
    staged.execution.steps.map(({ step, rowsOut }) => [step, rowsOut]),
    [["extract", 3], ["transform", 2], ["save", 2]],
  );
  assert.equal(staged.execution.rows, 2);
  assert.equal(staged.bytes, b.text(".out.csv.osiris-k3f9qa").length);
  assert.deepEqual(b.tree(), [".out.csv.osiris-k3f9qa", ".out.csv.osiris-lock", "in.csv"]);
  assert.deepEqual(await staged.sample(5), [{ name: "c", id: 3 }, { name: "b", id: 2 }]);
  await staged.commit();
  await staged.commit();
  assert.equal(b.text("out.csv"), "name,id\nc,3\nb,2\n");
  assert.deepEqual(b.tree(), ["in.csv", "out.csv"]);
});

Deno.test("write: counts of fused SQL steps are exact whatever the optimizer moves", async () => {
  await using b = await bench();
  b.file("in.csv", "a,b\n" + Array.from({ length: 1000 }, (_, i) => `${i},${i % 7}\n`).join(""));
  const rows = await b.scan("in.csv");
  const one = await b.sql("SELECT * FROM df WHERE b > 0", { df: rows }, {}, "one");
  const two = await b.sql("SELECT a, b * 2 AS c FROM df WHERE a >= 100", { df: one }, {}, "two");
  const three = await b.sql(
    "SELECT c, count(*) AS n FROM df WHERE c > 4 GROUP BY c ORDER BY c",
    { df: two },
    {},
    "three",
  );
  const { steps, rows: last } = await b.engine.drain(three);
  const kept = Array.from({ length: 1000 }, (_, i) => ({ a: i, b: i % 7 })).filter((row) => row.b > 0);
  assert.deepEqual(steps.map(({ step, rowsOut }) => [step, rowsOut]), [
    ["extract", 1000],
    ["one", kept.length],
    ["two", kept.filter((row) => row.a >= 100).length],
    ["three", 4],
  ]);
  assert.equal(last, 4);
});

Deno.test("store: a relation that two steps need is computed once and read from where it lies", async () => {
  await using b = await bench();
  const made = await b.sql("SELECT i AS id, random() AS r FROM range(1000) t(i)", {}, {}, "made");
  const { relation, execution } = await b.engine.store(made);
  assert.deepEqual([execution.rows, relation.stored, relation.depth, made.depth], [1000, true, 0, 1]);
  const self = await b.sql("SELECT x.id FROM df x JOIN df y USING (id) WHERE x.r <> y.r", { df: relation });
  assert.equal((await b.engine.drain(self)).rows, 0);
  await b.engine.drop(relation);
  await assert.rejects(b.engine.drain(self));
});

Deno.test("sql: an input that a query refers to twice gives the same rows both times", async () => {
  await using b = await bench();
  const made = await b.sql("SELECT i AS id, random() AS r FROM range(5000) t(i)", {}, {}, "made");
  const self = await b.sql(
    "WITH c AS NOT MATERIALIZED (FROM df) SELECT x.id FROM c x JOIN c y USING (id) WHERE x.r <> y.r",
    { df: made },
  );
  const { rows, steps } = await b.engine.drain(self);
  assert.equal(rows, 0);
  assert.equal(steps[0]!.rowsOut, 5000);
});

Deno.test("sql: names are per step, and a query's own CTE may carry its input's name", async () => {
  await using b = await bench();
  const one = await b.sql("SELECT 1 AS x", {}, {}, "one");
  const two = await b.sql(
    "WITH df AS (SELECT x + 1 AS x FROM df) SELECT * FROM df -- the end",
    { df: one },
    {},
    "two",
  );
  const three = await b.sql(
    "SELECT df.x + other.x AS x FROM df, other;",
    { df: two, other: one },
    {},
    "three",
  );
  assert.deepEqual(await b.rows(three), [{ x: 3 }]);
});

Deno.test("sql: parameters are bound per step, typed, wherever they stand", async () => {
  await using b = await bench();
  const one = await b.sql(
    "SELECT $x AS a, '$x' AS b, $$ $x $$ AS c, $n + 1 AS d, 5 IN $l AS e, CAST($d AS DATE) + 1 AS f /* $x */",
    {},
    {
      x: { type: "string", value: "it's; DROP --" },
      n: { type: "int", value: "9223372036854775806" },
      l: { type: "list", value: [1, 5] },
      d: { type: "date", value: "2024-02-28" },
    },
    "one",
  );
  const two = await b.sql("SELECT *, $x AS g FROM df LIMIT $n", { df: one }, {
    x: { type: "number", value: 0.5 },
    n: { type: "int", value: 3 },
  }, "two");
  assert.deepEqual(two.columns.map((column) => column.type), [
    "VARCHAR",
    "VARCHAR",
    "VARCHAR",
    "BIGINT",
    "BOOLEAN",
    "DATE",
    "DOUBLE",
  ]);
  assert.deepEqual(await b.rows(two), [
    { a: "it's; DROP --", b: "$x", c: " $x ", d: "9223372036854775807", e: true, f: "2024-02-29", g: 0.5 },
  ]);
  const { profile } = await b.engine.drain(two);
  assert.ok(!JSON.stringify(profile).includes("DROP"));
});

Deno.test("sql: what is wrong with a query is said in its author's words", async () => {
  await using b = await bench();
  const one = await b.sql("SELECT 1 AS amount, 'x' AS name", {}, {}, "one");
  const cases: [string, string, RegExp, RegExp][] = [
    ["SELECT amunt FROM df", "ENG512", /there is no column 'amunt'/, /did you mean 'amount'/],
    ["SELECT * FROM dff", "ENG511", /table 'dff' is not an input/, /did you mean 'df'/],
    ["SELEC 1", "ENG510", /syntax error/, /SELECT/],
    ["SELECT amount, amount FROM df", "ENG512", /two columns named 'amount'/, /AS/],
    ["SELECT $x FROM df", "ENG514", /'\$x' has no value/, /params/],
    ["SELECT nosuch(amount) FROM df", "ENG512", /no scalar function 'nosuch'/, /./],
  ];
  for (const [query, code, message, help] of cases) {
    await assert.rejects(b.sql(query, { df: one }), (error: Error & { code: string; help: string }) => {
      assert.equal(error.code, code, query);
      assert.match(error.message, message);
      assert.match(error.help, help);
      return true;
    });
  }
  const failing = await b.sql("SELECT CAST(name AS INTEGER) AS n FROM df", { df: one });
  await assert.rejects(b.engine.drain(failing), {
    code: "ENG513",
    message: /Could not convert string 'x' to INT32/,
  });
});

Deno.test("drain: an input that no query refers to still runs", async () => {
  await using b = await bench();
  b.file("in.csv", "a\n1\n2\n");
  const rows = await b.scan("in.csv");
  const alone = await b.sql("SELECT 1 AS x", { df: rows });
  const { steps } = await b.engine.drain(alone);
  assert.deepEqual(steps.map(({ step, rowsOut }) => [step, rowsOut]), [["extract", 2], ["transform", 1]]);
});

Deno.test("drain: a statement stops when its signal says so", async () => {
  await using b = await bench();
  const endless = await b.sql("SELECT count(*) AS n FROM range(100000000000) t(i) WHERE i % 7 = 3");
  const started = performance.now();
  await assert.rejects(b.engine.drain(endless, { signal: AbortSignal.timeout(200) }), {
    name: "TimeoutError",
  });
  assert.ok(performance.now() - started < 10_000);
});

Deno.test("engine: parallel steps with the same input name never see each other's rows", async () => {
  await using b = await bench();
  const results = await Promise.all(Array.from({ length: 50 }, async (_, i) => {
    const source = await b.sql(`SELECT ${i} AS v FROM range(100)`, {}, {}, `source${i}`);
    const { relation } = await b.engine.store(source);
    const doubled = await b.sql("SELECT v * 2 AS v FROM df", { df: relation }, {}, `doubled${i}`);
    const rows = await b.rows(doubled);
    return rows.length === 100 && rows.every((row) => row["v"] === i * 2);
  }));
  assert.ok(results.every(Boolean));
});

import assert from "node:assert/strict";
import { bench } from "./_testing.ts";
import type { ColumnLineage, Relation } from "./mod.ts";

/** Queries over `df (a, b, c)` and `o (a, z)`; where it is said, what each column comes from: `value | condition`. */
const QUERIES: readonly [query: string, columns?: { readonly [column: string]: string }][] = [
  ["SELECT a, b + 1 AS d FROM df WHERE c > 10", { a: "df.a | df.c", d: "df.b | df.c" }],
  ["SELECT df.a, o.z FROM df JOIN o ON df.a = o.a WHERE df.b > 1", {
    a: "df.a | df.b o.a",
    z: "o.z | df.a df.b o.a",
  }],
  ["SELECT df.*, o.z FROM df LEFT JOIN o USING (a)", {
    a: "df.a | o.a",
    b: "df.b | df.a o.a",
    c: "df.c | df.a o.a",
    z: "o.z | df.a o.a",
  }],
  ["SELECT c, sum(b) FILTER (WHERE a > 5) AS s, count(*) AS n FROM df GROUP BY ALL HAVING count(*) > 0", {
    c: "df.c |",
    s: "df.b | df.a df.c",
    n: "| df.c",
  }],
  ["SELECT a % 2 AS odd, c, sum(b) AS s FROM df GROUP BY ROLLUP (odd, c)"],
  ["SELECT a, b FROM df UNION ALL SELECT z, a FROM o", { a: "df.a o.z |", b: "df.b o.a |" }],
  ["SELECT a FROM df EXCEPT SELECT a FROM o", { a: "df.a | o.a" }],
  ["SELECT a FROM df INTERSECT SELECT a FROM o", { a: "df.a | o.a" }],
  ["SELECT DISTINCT a % 3 AS a, c FROM df", { a: "df.a |", c: "df.c |" }],
  ["SELECT DISTINCT ON (a % 3) a, c FROM df ORDER BY a % 3, b", { a: "df.a | df.b", c: "df.c | df.a df.b" }],
  ["SELECT a FROM df ORDER BY b LIMIT 5", { a: "df.a | df.b" }],
  ["SELECT a FROM df WHERE a IN (SELECT a FROM o WHERE z > 3)", { a: "df.a | o.a o.z" }],
  ["SELECT b FROM df WHERE EXISTS (SELECT 1 FROM o WHERE o.a = df.a AND o.z > df.c)", {
    b: "df.b | df.a df.c o.a o.z",
  }],
  ["SELECT a, (SELECT max(z) FROM o) AS m FROM df", { a: "df.a |", m: "o.z |" }],
  ["SELECT b, (SELECT max(z) FROM o WHERE o.a = df.a) AS m FROM df", { b: "df.b |", m: "o.z | df.a o.a" }],
  ["SELECT a, row_number() OVER (PARTITION BY c % 2 ORDER BY b) AS rn, sum(b) OVER () AS t FROM df", {
    a: "df.a |",
    rn: "| df.b df.c",
    t: "df.b |",
  }],
  ["SELECT a, lag(b, 1, c) OVER (ORDER BY a) AS before FROM df", { a: "df.a |", before: "df.b df.c | df.a" }],
  ["SELECT a FROM df QUALIFY row_number() OVER (PARTITION BY c % 2 ORDER BY b) = 1", {
    a: "df.a | df.b df.c",
  }],
  ["SELECT a, unnest([b, c]) AS part FROM df", { a: "df.a | df.b df.c", part: "df.b df.c |" }],
  ["SELECT df.a, t.x FROM df, LATERAL (SELECT df.b * 2 AS x) t"],
  [
    "WITH RECURSIVE r AS (SELECT a, b AS n FROM df UNION ALL SELECT n, a FROM r WHERE n < 0) SELECT * FROM r",
    {
      a: "df.a df.b |",
      n: "df.a df.b |",
    },
  ],
  ["WITH x AS (SELECT a, b FROM df), y AS (SELECT * FROM x) SELECT y.a, x.b FROM x JOIN y ON x.a = y.a", {
    a: "df.a |",
    b: "df.b | df.a",
  }],
  ["PIVOT (SELECT a % 2 AS odd, c % 2 AS k, b FROM df) ON k IN (0, 1) USING sum(b) GROUP BY odd"],
  ["UNPIVOT (SELECT a, b FROM df) ON a, b INTO NAME k VALUE v", { k: "|df.a df.b", v: "df.a df.b |" }],
  ["SELECT t.x, df.a FROM df, (VALUES (1), (2)) t(x)", { x: "|", a: "df.a |" }],
  ["SELECT i, a FROM range(3) r(i), df", { i: "|", a: "df.a |" }],
  ["SELECT df.a, x FROM df, range(df.b % 4) r(x)"],
  ["SELECT df.c, o.z FROM df ASOF JOIN o ON df.a >= o.a", { c: "df.c | df.a o.a", z: "o.z | df.a o.a" }],
  ["SELECT coalesce(df.a, o.a) AS a FROM df FULL JOIN o ON df.a = o.a", { a: "df.a o.a |" }],
  ["SELECT df.c, o.z FROM df JOIN o ON df.a < o.a OR df.b = 1", {
    c: "df.c | df.a df.b o.a",
    z: "o.z | df.a df.b o.a",
  }],
  ["SELECT CASE WHEN a > 5 THEN b ELSE c END AS k FROM df", { k: "df.b df.c | df.a" }],
  ["SELECT df.a, o.z FROM df POSITIONAL JOIN o", { a: "df.a |", z: "o.z |" }],
  ["SELECT a FROM df WHERE a > ANY (SELECT z FROM o)", { a: "df.a | o.z" }],
  ["SELECT list(b ORDER BY a) AS l, arg_max(c, b) AS m FROM df", { l: "df.b | df.a", m: "df.b df.c |" }],
  ["SELECT {'x': a, 'y': c}.y AS s FROM df"],
  ["SELECT list_transform([a, 2], lambda x: x + b) AS l FROM df", { l: "df.a df.b |" }],
  ["SELECT a BETWEEN b AND c AS inside, a IN (b, c) AS one FROM df", {
    inside: "df.a df.b df.c |",
    one: "df.a df.b df.c |",
  }],
  ["WITH df AS (SELECT z AS a FROM o) SELECT a FROM df", { a: "o.z |" }],
  ["SELECT count(*) AS n FROM df", { n: "|" }],
];

const INPUTS = { df: ["a", "b", "c"], o: ["a", "z"] } as const;
const ROWS = 12;

/** Numbers in a random order: each value once, so that no order by them is left to chance. */
function shuffled(): number[] {
  return Array.from({ length: ROWS }, (_, i) => i).sort(() => Math.random() - 0.5);
}

type Data = { readonly [input in keyof typeof INPUTS]: { readonly [column: string]: readonly number[] } };

function someData(): Data {
  const table = (columns: readonly string[]) =>
    Object.fromEntries(columns.map((column) => [column, shuffled()]));
  return { df: table(INPUTS.df), o: table(INPUTS.o) };
}

function valuesOf(table: Data["df"]): string {
  const names = Object.keys(table);
  const rows = Array.from({ length: ROWS }, (_, i) => `(${names.map((name) => table[name]![i]).join(", ")})`);
  return `SELECT * FROM (VALUES ${rows.join(", ")}) AS t(${names.join(", ")})`;
}

function told(from: ColumnLineage["from"]): string {
  const of = (how: string) =>
    from.filter((each) => each.how === how).map((each) => `${each.input}.${each.column}`);
  return `${of("value").join(" ")}|${of("condition").join(" ")}`;
}

const squeezed = (text: string) => text.replaceAll(/ *\| */g, "|").trim();

Deno.test("Engine.lineage tells where each column comes from, and no other column makes a difference to it", async () => {
  await using b = await bench();
  const stored = async (table: Data["df"]) => (await b.engine.store(await b.sql(valuesOf(table)))).relation;
  const contents = async (query: string, inputs: { df: Relation; o: Relation }) => {
    const { relation } = await b.engine.store(await b.sql(query, inputs));
    const rows = await b.engine.sample(relation, 1_000);
    await b.engine.drop(relation);
    return (column: string) => rows!.map((row) => JSON.stringify(row[column])).sort();
  };
  const data = someData();
  const before = { df: await stored(data.df), o: await stored(data.o) };
  for (const [query, columns] of QUERIES) {
    const lineage = await b.engine.lineage(await b.sql(query, before));
    assert.ok(lineage.known, `${query}: ${!lineage.known && lineage.why}`);
    const found = Object.fromEntries(lineage.columns.map(({ name, from }) => [name, told(from)]));
    for (const [column, from] of Object.entries(columns ?? {})) {
      assert.equal(found[column], squeezed(from), `${column} of ${query}`);
    }
    const was = await contents(query, before);
    for (const [input, names] of Object.entries(INPUTS) as [keyof Data, readonly string[]][]) {
      for (const name of names) {
        const changed = { ...before, [input]: await stored({ ...data[input], [name]: shuffled() }) };
        const is = await contents(query, changed);
        for (const { name: column, from } of lineage.columns) {
          if (from.some((each) => each.input === input && each.column === name)) continue;
          assert.deepEqual(
            is(column),
            was(column),
            `${column} of ${query} comes from ${input}.${name} too: ${JSON.stringify(data)}`,
          );
        }
      }
    }
  }
});

Deno.test("Engine.lineage knows no source of a parameter, nor of what no query made", async () => {
  await using b = await bench();
  b.file("in.csv", "a,b\n1,2\n");
  const scan = await b.scan("in.csv");
  const query = "SELECT a * $rate AS x FROM df WHERE b > $least";
  const bind = { rate: { type: "number", value: 1.5 }, least: { type: "int", value: "1" } } as const;
  assert.deepEqual(await b.engine.lineage(await b.sql(query, { df: scan }, bind)), {
    known: true,
    columns: [{
      name: "x",
      from: [{ input: "df", column: "a", how: "value" }, { input: "df", column: "b", how: "condition" }],
    }],
  });
  assert.deepEqual(await b.engine.lineage(scan), {
    known: true,
    columns: [{ name: "a", from: [] }, { name: "b", from: [] }],
  });
});

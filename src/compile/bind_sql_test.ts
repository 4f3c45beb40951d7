import assert from "node:assert/strict";
import fc from "fast-check";
import { compileMany, compileText, manifestOf, said, sqlText } from "./_fixture.ts";
import { sqlTokens } from "./_sql_tokens.ts";

const PARAMS =
  "params: { since: { type: date, default: '2026-01-31' }, n: 3, name: bob, ids: { type: list, default: [1, 2] }, run_id: 7, t: my table, pw: { type: string, sensitive: true } }";

function query(sql: string): { text: unknown; bind: unknown } {
  const step = manifestOf(sqlText(sql, PARAMS)).steps[1]!;
  return { text: step.config["query"], bind: step.bind };
}

function refusal(sql: string): string {
  const { value, diagnostics } = compileText(sqlText(sql, PARAMS));
  assert.equal(value, undefined, sql);
  assert.ok(diagnostics.every((d) => d.code === "CMP209" && d.help && d.line === 6), said({ diagnostics }));
  return said({ diagnostics });
}

Deno.test("bindSql binds a reference with quotes and without", () => {
  const cases: [sql: string, text: string][] = [
    ["SELECT ${params.n}", "SELECT $n"],
    ["SELECT '${params.since}'", "SELECT $since"],
    ["SELECT E'${params.name}'", "SELECT $name"],
    ["LIKE 'a ${params.name} b'", "LIKE ('a ' || CAST($name AS VARCHAR) || ' b')"],
    ["LIKE '%${params.name}'", "LIKE ('%' || CAST($name AS VARCHAR))"],
    [
      "SELECT 'it''s ${params.n}${params.n}'",
      "SELECT ('it''s ' || CAST($n AS VARCHAR) || CAST($n AS VARCHAR))",
    ],
    ["SELECT E'a\\n${params.n}'", "SELECT (E'a\\n' || CAST($n AS VARCHAR))"],
    ["WHERE d >= DATE '${params.since}'", "WHERE d >= CAST($since AS DATE)"],
    [
      "WHERE d >= timestamp with time zone '${params.since} 12:00'",
      "WHERE d >= CAST(($since_ || ' 12:00') AS TIMESTAMP WITH TIME ZONE)".replace(
        "$since_",
        "CAST($since AS VARCHAR)",
      ),
    ],
    ["d - INTERVAL ${params.n} DAYS", "d - INTERVAL ($n) DAYS"],
    ["d - INTERVAL '${params.n}' day", "d - INTERVAL ($n) day"],
    ["d - INTERVAL '${params.n} days'", "d - CAST((CAST($n AS VARCHAR) || ' days') AS INTERVAL)"],
    ["x IN (${params.ids})", "x IN (SELECT unnest($ids))"],
    ["x NOT IN ${params.ids}", "x NOT IN (SELECT unnest($ids))"],
    ["x IN ('${params.ids}')", "x IN (SELECT unnest($ids))"],
    ["list_contains(${params.ids}, x)", "list_contains($ids, x)"],
    ["FROM ${params.t | identifier} LIMIT ${params.n};", 'FROM "my table" LIMIT $n;'],
    ["FROM s.${params.t | identifier}", 'FROM s."my table"'],
    ["SELECT 1 -- ${params.n}\n, ${params.n}", "SELECT 1 -- {params.n}\n, $n"],
    ["SELECT /* ${params.n} /* ' */ */ ${params.n}", "SELECT /* {params.n} /* ' */ */ $n"],
    ['SELECT "it\'s", ${params.n}', 'SELECT "it\'s", $n'],
    ["SELECT $$it's$$, ${params.n}", "SELECT $$it's$$, $n"],
    ["SELECT $q$ $$ ' $q$, ${params.n}", "SELECT $q$ $$ ' $q$, $n"],
    ["SELECT '$${params.n}'", "SELECT '$${params.n}'"],
    ["SELECT a$b, 1e5, ${params.n}::INT", "SELECT a$b, 1e5, $n::INT"],
    ["SELECT x'41', 'a'||'b'", "SELECT x'41', 'a'||'b'"],
  ];
  for (const [sql, text] of cases) assert.equal(query(sql).text, text);
});

Deno.test("bindSql types its bindings and keeps what only the run knows symbolic", () => {
  const { text, bind } = query(
    "SELECT ${params.since}, ${params.ids}, ${run.id}, ${run.started_at}, ${run.date}, ${params.run_id}, ${params.pw}",
  );
  assert.equal(text, "SELECT $since, $ids, $run_id_, $run_started_at, $run_date, $run_id, $pw");
  assert.deepEqual(bind, {
    ids: { type: "list", value: [1, 2] },
    pw: { type: "string", symbol: "params.pw" },
    run_date: { type: "date", symbol: "run.date" },
    run_id: { type: "int", value: 7 },
    run_id_: { type: "string", symbol: "run.id" },
    run_started_at: { type: "timestamp", symbol: "run.started_at" },
    since: { type: "date", value: "2026-01-31" },
  });
});

Deno.test("bindSql refuses references where no value can stand", () => {
  const cases: [sql: string, says: RegExp][] = [
    ["FROM t_${params.name}", /inside a name.*\| identifier/],
    ["FROM ${params.name}_t", /inside a name/],
    ["FROM s.${params.name}", /inside a name/],
    ["SELECT ${params.n}${params.n}", /inside a name/],
    ["FROM t_${params.t | identifier}", /inside another/],
    ['FROM "${params.name}"', /quoted name.*\| identifier/],
    ["SELECT '${params.name | identifier}'", /inside a text/],
    ["SELECT $$ ${params.name} $$", /dollar-quoted/],
    ["SELECT X'${params.name}'", /blob/],
    ["SELECT E'a\\${params.name}'", /backslash/],
    ["SELECT 'a ${params.ids}'", /is a list/],
    ["SELECT 'never closed ${params.n}", /never closed/],
    ["FROM ${params.pw | identifier}", /only the run knows/],
  ];
  for (const [sql, says] of cases) assert.match(refusal(sql), says);
});

Deno.test("bindSql says how to write a value that a person bound by hand", () => {
  assert.match(
    refusal("SELECT $since"),
    /'\$since' is a value that nobody binds \(declare a parameter and write \$\{params\.name\}\)/,
  );
  assert.match(refusal("SELECT $1"), /'\$1'/);
  assert.match(refusal("SELECT ?"), /'\?'/);
});

const TRICKS = [
  "'",
  '"',
  "''",
  "\\",
  "--",
  "/*",
  "*/",
  ";",
  "$$",
  "$q$",
  "\n",
  "\0",
  "E'",
  "${params.n}",
  "$${",
  "$n",
  "%",
  ")",
  "?",
  "\u2019",
  "UNION SELECT 1",
  "DROP TABLE df",
];
const MARKS = ["zq1", "zq2", "zq3", "zq4"];
/** 200 texts that try to leave the place where a value stands. Each holds a word that no SQL here has. */
const PAYLOADS = Array.from({ length: 200 }, (_, i) => {
  const parts = [
    TRICKS[i % TRICKS.length]!,
    MARKS[i % MARKS.length]!,
    TRICKS[(i * 7 + 3) % TRICKS.length]!,
    " OR 1=1 ",
    TRICKS[(i * 5 + 1) % TRICKS.length]!,
  ];
  return i % 2 === 0 ? parts.join("") : parts.reverse().join("");
});

Deno.test("bindSql never lets a parameter's value into the text", () => {
  const shapes = [
    "SELECT ${params.v}",
    "SELECT '${params.v}'",
    "SELECT 'a ${params.v} b'",
    "SELECT E'a ${params.v}'",
    "SELECT 1 -- ${params.v}\n",
    "SELECT /* ${params.v} */ 1",
    "SELECT DATE '${params.v}'",
  ];
  for (const sql of shapes) {
    const text = sqlText(sql, "params: { v: x, n: 1 }");
    const expected = manifestOf(text).steps[1]!.config["query"];
    const withValue = compileMany(text);
    for (const payload of PAYLOADS) {
      const query = String(withValue({ v: payload }).steps[1]!.config["query"]);
      assert.equal(query, expected, payload);
      assert.ok(!MARKS.some((mark) => query.includes(mark)));
    }
  }
});

Deno.test("bindSql makes exactly one quoted name of whatever a name's parameter holds", () => {
  for (const payload of PAYLOADS.filter((each) => !each.includes("\0"))) {
    const manifest = manifestOf(sqlText("SELECT * FROM ${params.v | identifier}", "params: { v: x }"), {
      params: { v: payload },
    });
    const text = String(manifest.steps[1]!.config["query"]).replaceAll("$${", "${");
    assert.deepEqual(sqlTokens(text).map(({ kind }) => kind), [
      "word",
      "space",
      "mark",
      "space",
      "word",
      "space",
      "name",
    ]);
    assert.equal(sqlTokens(text).at(-1)!.text.slice(1, -1).replaceAll('""', '"'), payload);
  }
});

Deno.test("sqlTokens loses nothing of any text", () => {
  const piece = fc.constantFrom(...TRICKS, "a", " ", "E'x\\'", "$1", "x'", "é", "1.5", "\r");
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.array(piece).map((parts) => parts.join(""))), (sql) => {
      const tokens = sqlTokens(sql);
      assert.equal(tokens.map(({ text }) => text).join(""), sql);
      assert.ok(tokens.every(({ text }) => text !== ""));
    }),
    { numRuns: 1000 },
  );
});

Deno.test("sqlTokens reads megabytes of one kind quickly", () => {
  const started = performance.now();
  for (
    const sql of [
      "'".repeat(1_000_001),
      "/*".repeat(500_000),
      "$a".repeat(300_000),
      "(".repeat(300_000),
      '"' + "x".repeat(1_000_000),
    ]
  ) sqlTokens(sql);
  assert.ok(performance.now() - started < 10_000);
});

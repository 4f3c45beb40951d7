import assert from "node:assert/strict";
import { bench } from "./_testing.ts";

Deno.test("explained: a query that names what is not there is told what is", async () => {
  await using b = await bench();
  const df = await b.sql("SELECT 1 AS a, 2 AS b", {}, {}, "df");
  const cases: [string, RegExp, string][] = [
    ["SELECT rowid FROM df", /no column 'rowid'/, "the inputs have a, b"],
    ["SELECT total FROM (SELECT a AS tootle FROM df)", /no column 'total'/, 'the query sees "tootle"'],
    ["SELECT df.total FROM df", /table 'df' has no column 'total'/, "the inputs have a, b"],
    ["SELECT 'a'::regclass AS x", /no type 'regclass'/, "check the type's name"],
    ["SELECT 'a'::intger AS x", /no type 'intger'/, "did you mean integer?"],
    ["SELECT uper('a') AS x", /no scalar function 'uper'/, "did you mean upper?"],
  ];
  for (const [query, message, help] of cases) {
    await assert.rejects(b.sql(query, { df }), { code: "ENG512", message, help }, query);
  }
});

Deno.test("explained: a file that cannot be read is named, whatever the statement computes", async () => {
  await using b = await bench();
  b.file("in.csv", "a\n" + "1\n".repeat(3000) + "x\n");
  const scan = await b.scan("in.csv", { sample: 10 });
  const above = await b.sql("SELECT a + 1 AS c FROM df", { df: scan });
  for (const relation of [scan, above]) {
    await assert.rejects(b.engine.drain(relation), {
      code: "ENG503",
      message: /^Cannot read '[^']*in\.csv': line 3002 has a wrong value [^/]*$/,
    });
  }
});

Deno.test("explained: files in folders of different keys need no query to be corrected", async () => {
  await using b = await bench();
  b.file("data/y=1/a.csv", "a\n1\n");
  b.file("data/z=1/b.csv", "a\n1\n");
  await assert.rejects(
    b.engine.scan("s", { format: "csv", path: b.path("data"), options: {} }),
    { code: "ENG504", message: /folders of different keys/, help: /hive_partitions: false/ },
  );
});

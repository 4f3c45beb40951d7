import assert from "node:assert/strict";
import { type Bench, bench } from "./_testing.ts";
import type { FileOptions } from "./mod.ts";
import { globPattern } from "./_source.ts";

function utf16(text: string): Uint8Array {
  const bytes = new Uint8Array(2 + text.length * 2);
  bytes.set([0xff, 0xfe]);
  new Uint16Array(bytes.buffer, 2).set([...text].map((char) => char.charCodeAt(0)));
  return bytes;
}

async function gzip(text: string): Promise<Uint8Array> {
  return new Uint8Array(
    await new Response(new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"))).arrayBuffer(),
  );
}

interface Case {
  readonly name: string;
  readonly file?: string;
  readonly content: string | Uint8Array;
  readonly options?: FileOptions;
  /** `name TYPE` of every column. */
  readonly columns?: readonly string[];
  readonly rows?: readonly (readonly unknown[])[];
  /** Expected of the first failure, at describing or at reading. */
  readonly error?: readonly [string, RegExp];
}

const CASES: readonly Case[] = [
  {
    name: "types",
    content: "i,d,t,b,s\n1,2024-01-02,2024-01-02 03:04:05.678901,true,x\n",
    columns: ["i BIGINT", "d DATE", "t TIMESTAMP", "b BOOLEAN", "s VARCHAR"],
    rows: [[1, "2024-01-02", "2024-01-02T03:04:05.678901", true, "x"]],
  },
  {
    name: "BOM and CRLF",
    content: "\ufeffa,b\r\n1,x\r\n2,y\r\n",
    columns: ["a BIGINT", "b VARCHAR"],
    rows: [[1, "x"], [2, "y"]],
  },
  { name: "UTF-16", content: utf16("a,b\n1,é\n"), rows: [[1, "é"]] },
  {
    name: "latin-1",
    content: new Uint8Array([97, 10, 233, 10]),
    options: { encoding: "latin-1" },
    rows: [["é"]],
  },
  { name: "not UTF-8", content: new Uint8Array([97, 10, 233, 10]), error: ["ENG503", /not valid UTF-8/] },
  {
    name: "semicolon",
    content: "a;b\n1,5;x\n2,25;y\n",
    options: { decimal_separator: "," },
    columns: ["a DOUBLE", "b VARCHAR"],
    rows: [[1.5, "x"], [2.25, "y"]],
  },
  { name: "tab and pipe", content: "a|b\n1|2\n", rows: [[1, 2]] },
  {
    name: "quoted empty is text, unquoted empty is null",
    content: 'a,b\n1,""\n2,\n',
    rows: [[1, ""], [2, null]],
  },
  {
    name: "null text",
    content: "a,b\n1,NA\n2,x\n",
    options: { null_text: ["NA", "-"] },
    rows: [[1, null], [2, "x"]],
  },
  {
    name: "quotes that come late",
    content: 'a,b\n1,x\n2,"y, ""z"""\n',
    options: { sample: 1 },
    rows: [[1, "x"], [2, 'y, "z"']],
  },
  { name: "line breaks in quotes", content: 'a,b\n1,"x\ny"\n', rows: [[1, "x\ny"]] },
  { name: "header without rows", content: "a,b\n", columns: ["a VARCHAR", "b VARCHAR"], rows: [] },
  { name: "header without rows or line end", content: "a,b", columns: ["a VARCHAR", "b VARCHAR"], rows: [] },
  {
    name: "no header",
    content: "1,2\n3,4\n",
    columns: ["column0 BIGINT", "column1 BIGINT"],
    rows: [[1, 2], [3, 4]],
  },
  {
    name: "header as told",
    content: "x,y\nz,w\n",
    options: { header: false },
    rows: [["x", "y"], ["z", "w"]],
  },
  {
    name: "duplicate and empty names",
    content: "a,A,,b\n1,2,3,4\n",
    columns: ["a BIGINT", "A_1 BIGINT", "column2 BIGINT", "b BIGINT"],
    rows: [[1, 2, 3, 4]],
  },
  { name: "NUL byte", content: "a,b\n1,x\0y\n", rows: [[1, "x\0y"]] },
  { name: "empty", content: "", error: ["ENG502", /is empty/] },
  {
    name: "types given",
    content: "a,b\n007,1.10\n",
    options: { types: { a: "VARCHAR", B: "DECIMAL(38,2)" } },
    columns: ["a VARCHAR", "b DECIMAL(38,2)"],
    rows: [["007", "1.10"]],
  },
  {
    name: "unknown type column",
    content: "amount\n1\n",
    options: { types: { amuont: "BIGINT" } },
    error: ["ENG504", /'types' names the unknown column 'amuont'/],
  },
  {
    name: "unknown type",
    content: "a\n1\n",
    options: { types: { a: "NOSUCH" } },
    error: ["ENG512", /NOSUCH/],
  },
  {
    name: "columns selected in order",
    content: "a,b,c\n1,2,3\n",
    options: { columns: ["c", "a"] },
    columns: ["c BIGINT", "a BIGINT"],
    rows: [[3, 1]],
  },
  {
    name: "unknown column selected",
    content: "a,b\n1,2\n",
    options: { columns: ["x"] },
    error: ["ENG504", /'columns' names the unknown column 'x'/],
  },
  {
    name: "date format",
    content: "d\n31.12.2024\n",
    options: { date_format: "%d.%m.%Y" },
    columns: ["d DATE"],
    rows: [["2024-12-31"]],
  },
  { name: "big integers", content: "a\n9223372036854775807\n", rows: [["9223372036854775807"]] },
  {
    name: "integers beyond 64 bits",
    content: "id,n\n9223372036854775808,1\n-1,2\n,3\n",
    columns: ["id HUGEINT", "n BIGINT"],
    rows: [["9223372036854775808", 1], [-1, 2], [null, 3]],
  },
  {
    name: "integers beyond 128 bits",
    content: `id\n5\n${"1234567890".repeat(4)}\n`,
    columns: ["id VARCHAR"],
    rows: [["5"], ["1234567890".repeat(4)]],
  },
  {
    name: "integers beyond 64 bits that come late",
    content: "id\n" + "5\n".repeat(3000) + "9223372036854775808\n",
    options: { columns: ["id"] },
    columns: ["id HUGEINT"],
  },
  {
    name: "integers beyond 64 bits after the sample",
    content: "id\n" + "5\n".repeat(3000) + "9223372036854775808\n",
    options: { sample: 10 },
    error: ["ENG503", /in\.csv': line 3002 has a wrong value/],
  },
  {
    name: "large integers among fractions stay doubles",
    content: "x\n" + "9223372036854775808\n".repeat(60) + "0.5\n",
    columns: ["x DOUBLE"],
  },
  {
    name: "large integers where a type is given",
    content: "x\n100000000000000000000\n",
    options: { types: { X: "DOUBLE" } },
    columns: ["x DOUBLE"],
  },
  {
    name: "infinity",
    content: "x,d\ninf,2024-01-01\n-Infinity,2024-01-02\n",
    columns: ["x DOUBLE", "d DATE"],
    rows: [["Infinity", "2024-01-01"], ["-Infinity", "2024-01-02"]],
  },
  {
    name: "one field too many",
    content: "a,b\n1,2\n3,4,5\n",
    error: ["ENG503", /in\.csv': line 3 has 3 fields, and should have 2, in the row: 3,4,5/],
  },
  {
    name: "one field too few",
    content: "a,b,c\n1,2,3\n4,5\n6,7,8\n",
    error: ["ENG503", /in\.csv': line 3 has 2 fields, and should have 3,/],
  },
  {
    name: "header shorter than every row",
    content: "a,b\n1,2,3\n4,5,6\n",
    error: ["ENG503", /in\.csv': line 2 has 3 fields, and should have 2/],
  },
  {
    name: "ragged with semicolons",
    content: "a;b\n1;2\n3;4;5\n",
    error: ["ENG503", /in\.csv': line 3 has 3 fields, and should have 2/],
  },
  {
    name: "a comment on top",
    content: "# made by x\na,b\n1,2\n",
    error: ["ENG503", /in\.csv': line 2 has 2 fields, and should have 1/],
  },
  {
    name: "wrong value",
    content: "a,b\n" + "1,2\n".repeat(9000) + "x,3\n",
    options: { sample: 10 },
    error: [
      "ENG503",
      /in\.csv': line 9002 has a wrong value \(converting column "a": Could not convert string "x" to 'BIGINT'\) in the row: x,3/,
    ],
  },
  {
    name: "wrong value seen in full",
    content: "a,b\n" + "1,2\n".repeat(50) + "x,3\n",
    options: { sample: "full", columns: ["b"] },
    rows: [...Array(50).fill([2]), [3]],
  },
  {
    name: "quote not closed",
    content: 'a,b\n1,"x\n2,y\n',
    error: ["ENG503", /line 2 has a quote that is not closed/],
  },
  {
    name: "text after a closing quote",
    content: 'a,b\n1,2\n"x"y,3\n',
    error: ["ENG503", /line 3 has text after a closing quote in the row: "x"y,3/],
  },
  {
    name: "bad rows skipped",
    content: "a,b\n1,2\n3,4,5\n6\n7,8\n",
    options: { on_bad_row: "skip" },
    rows: [[1, 2], [7, 8]],
  },
  { name: "gzip", file: "in.csv.gz", content: await gzip("a\n1\n"), rows: [[1]] },
  { name: "odd names", file: '-it\'s "ü" [1] 100%.csv', content: "a\n1\n", rows: [[1]] },
  {
    name: "JSON array",
    file: "in.json",
    content: '[{"a":-1,"b":{"c":[1,2]}},{"a":2,"d":"2024-01-01"}]',
    columns: ["a BIGINT", 'b STRUCT("c" BIGINT[])', "d DATE"],
    rows: [[-1, { c: [1, 2] }, null], [2, null, "2024-01-01"]],
  },
  {
    name: "NDJSON",
    file: "in.ndjson",
    content: '{"a":1}\n{"a":null,"b":"x"}\n',
    rows: [[1, null], [null, "x"]],
  },
  {
    name: "JSON with a late key",
    file: "in.ndjson",
    content: '{"a":1}\n'.repeat(30_000) + '{"b":2}\n',
    columns: ["a BIGINT", "b BIGINT"],
  },
  {
    name: "JSON decimal",
    file: "in.ndjson",
    content: '{"a":12345678901234567890.123456789012,"s":"\\"a\\": 5"}\n{"a":-0.1}\n{"s":"x","a":1e3}\n',
    options: { types: { a: "DECIMAL(38,12)" } },
    rows: [["12345678901234567890.123456789012", '"a": 5'], ["-0.100000000000", null], [
      "1000.000000000000",
      "x",
    ]],
  },
  {
    name: "JSON integers beyond 64 bits",
    file: "in.ndjson",
    content:
      '{"a":12345678901234567890,"b":-12345678901234567890123,"c":-1,"d":1}\n{"a":-1,"b":2,"c":2,"d":0.5}\n',
    columns: ["a HUGEINT", "b HUGEINT", "c BIGINT", "d DOUBLE"],
    rows: [["12345678901234567890", "-12345678901234567890123", -1, 1], [-1, 2, 2, 0.5]],
  },
  {
    name: "JSON integers beyond 128 bits",
    file: "in.json",
    content: `[{"a":${"1234567890".repeat(4)}},{"a":-5}]`,
    columns: ["a VARCHAR"],
    rows: [["1234567890".repeat(4)], ["-5"]],
  },
  {
    name: "JSON integers beyond 64 bits in lists and fields",
    file: "in.ndjson",
    content:
      '{"l":[12345678901234567890123],"s":{"c":12345678901234567890123,"d":1.5},"f":[-1,2],"t":[0.5,"12345678901234567890123"],"p":[0.5]}\n',
    columns: ["l HUGEINT[]", 's STRUCT("c" VARCHAR, "d" VARCHAR)', "f BIGINT[]", "t VARCHAR[]", "p DOUBLE[]"],
    rows: [[["12345678901234567890123"], { c: "12345678901234567890123", d: "1.5" }, [-1, 2], [
      "0.5",
      "12345678901234567890123",
    ], [0.5]]],
  },
  {
    name: "JSON integer too big",
    file: "in.ndjson",
    content: '{"a":-92233720368547758080}\n',
    options: { types: { a: "BIGINT" } },
    error: ["ENG503", /in\.ndjson': record 1 has a wrong value/],
  },
  {
    name: "JSON cut off",
    file: "in.json",
    content: '[{"a":1},{"a":',
    error: ["ENG503", /in\.json': record 2 is not valid JSON: unexpected end/],
  },
  {
    name: "NDJSON cut off",
    file: "in.ndjson",
    content: '{"a":1}\n{"a":',
    error: ["ENG503", /in\.ndjson': line 2 is not valid JSON/],
  },
  {
    name: "JSON record with a wrong value",
    file: "in.json",
    content: '[{"a":1},{"a":2},{"a":"x"}]',
    options: { types: { a: "BIGINT" } },
    error: [
      "ENG503",
      /^Cannot read '[^']*in\.json': record 3 has a wrong value .*"x" .* in the record: \{"a":"x"\}$/,
    ],
  },
  {
    name: "line ends of two kinds",
    content: "a,b\r\n1,2\n3,4\r\n5,6\n",
    error: ["ENG503", /^Cannot read '[^']*in\.csv': its rows cannot be told apart: some lines end in CR LF/],
  },
  {
    name: "a quote that is the delimiter",
    content: "a,b\n1,2\n",
    options: { quote: ",", delimiter: "," },
    error: ["ENG504", /'quote' and 'delimiter' are the same/],
  },
  { name: "BOM before a JSON array", file: "in.json", content: '\ufeff [{"a":1}]', rows: [[1]] },
  {
    name: "JSON array without records",
    file: "in.json",
    content: "[]",
    error: ["ENG502", /no records, so no columns are known/],
  },
  {
    name: "JSON array without records but with types",
    file: "in.json",
    content: "[]",
    options: { types: { a: "BIGINT" } },
    columns: ["a BIGINT"],
    rows: [],
  },
  { name: "JSON of scalars", file: "in.json", content: "[1,2,3]", error: ["ENG502", /no records/] },
  {
    name: "Parquet that is none",
    file: "in.parquet",
    content: "a,b\n1,2\n",
    error: ["ENG501", /not a complete Parquet file/],
  },
];

async function outcome(b: Bench, file: string, options: FileOptions) {
  const relation = await b.scan(file, options);
  return {
    columns: relation.columns.map(({ name, type }) => `${name} ${type}`),
    rows: (await b.rows(relation)).map((row) => Object.values(row)),
  };
}

Deno.test("scan: every source is read exactly or refused clearly", async () => {
  for (const { name, file = "in.csv", content, options = {}, columns, rows, error } of CASES) {
    await using b = await bench();
    b.file(file, content);
    if (error !== undefined) {
      await assert.rejects(outcome(b, file, options), (thrown: Error & { code: string; help?: string }) => {
        assert.equal(thrown.code, error[0], `${name}: ${thrown.stack}`);
        assert.match(thrown.message, error[1], name);
        assert.ok(thrown.help, `${name}: ${thrown.message} has no help`);
        return true;
      }, name);
      continue;
    }
    const found = await outcome(b, file, options).catch((thrown) =>
      assert.fail(`${name}: ${thrown.stack}\n${thrown.cause}`)
    );
    if (columns !== undefined) assert.deepEqual(found.columns, columns, name);
    if (rows !== undefined) assert.deepEqual(found.rows, rows, name);
  }
});

Deno.test("scan: folders, globs and what is not there", async () => {
  await using b = await bench();
  b.file("data/a.csv", "a,b\n1,2\n");
  b.file("data/sub/b.csv", "a,b\n3,4\n");
  b.file("data/notes.md", "x");
  b.file("data/.hidden.csv", "q\n1\n");
  const folder = await b.engine.scan("s", { format: "csv", path: b.path("data"), options: {} });
  assert.deepEqual((await b.rows(folder)).map((row) => row["a"]), [1, 3]);
  const { steps } = await b.engine.drain(folder);
  assert.deepEqual(steps, [{
    step: "s",
    rowsOut: 2,
    bytes: 16,
    files: [b.path("data/a.csv"), b.path("data/sub/b.csv")],
  }]);
  assert.deepEqual((await b.rows(await b.scan("data/*.csv"))).map((row) => row["a"]), [1]);
  assert.deepEqual((await b.rows(await b.scan("data/**/*.csv"))).map((row) => row["a"]), [1, 3]);
  Deno.mkdirSync(b.path("empty"));
  Deno.symlinkSync(b.path("gone.csv"), b.path("link.csv"));
  await new Deno.Command("mkfifo", { args: [b.path("pipe.csv")] }).output();
  Deno.symlinkSync("/dev/null", b.path("device.csv"));
  const failures: [string, string, RegExp][] = [
    ["nosuch.csv", "ENG501", /does not exist/],
    ["link.csv", "ENG501", /does not exist/],
    ["pipe.csv", "ENG501", /is a pipe, a socket or a device/],
    ["device.csv", "ENG501", /is a pipe, a socket or a device/],
    ["data/*.tsv", "ENG501", /matches no file/],
    ["nosuch/*.csv", "ENG501", /matches nothing/],
    ["empty", "ENG502", /folder without any csv file/],
  ];
  for (const [name, code, message] of failures) {
    await assert.rejects(b.engine.scan("s", { format: "csv", path: b.path(name), options: {} }), {
      code,
      message,
    }, name);
  }
});

Deno.test("scan: files with different headers are matched by name or refused, never by position", async () => {
  await using b = await bench();
  b.file("data/a.csv", "a,b\n1,2\n");
  b.file("data/b.csv", "b,a,c\n2,1,x\n");
  await assert.rejects(b.scan("data/*.csv"), { code: "ENG504", message: /different headers/ });
  const united = await b.scan("data/*.csv", { union_by_name: true });
  assert.deepEqual(await b.rows(united), [{ a: 1, b: 2, c: null }, { a: 1, b: 2, c: "x" }]);
  assert.equal((await b.engine.drain(united)).steps[0]!.rowsOut, 2);
  const above = await b.sql("SELECT a FROM df", { df: united });
  assert.equal((await b.engine.drain(above)).steps[0]!.rowsOut, 2);
});

Deno.test("scan: types are those of all files together", async () => {
  await using b = await bench();
  b.file("data/a.csv", "a,b\n1,1\n");
  b.file("data/b.csv", "a,b\n1.5,x\n");
  const both = await b.scan("data/*.csv");
  assert.deepEqual(both.columns.map((column) => column.type), ["DOUBLE", "VARCHAR"]);
  assert.deepEqual(await b.rows(both), [{ a: 1, b: "1" }, { a: 1.5, b: "x" }]);
});

Deno.test("scan: hive folders become columns below a folder, and only then unless asked", async () => {
  await using b = await bench();
  b.file("year=2024/x.csv", "a\n1\n");
  b.file("data/year=2023/kind=ü%20x/x.csv", "a\n2\n");
  b.file("data/year=2024/kind=y/x.csv", "a\n3\n");
  assert.deepEqual((await b.scan("year=2024/x.csv")).columns.map((column) => column.name), ["a"]);
  const folder = await b.engine.scan("s", {
    format: "csv",
    path: b.path("data"),
    options: { types: { year: "INTEGER" } },
  });
  assert.deepEqual(await b.rows(folder), [{ a: 2, year: 2023, kind: "ü x" }, {
    a: 3,
    year: 2024,
    kind: "y",
  }]);
  const flat = await b.engine.scan("s", {
    format: "csv",
    path: b.path("data"),
    options: { hive_partitions: false },
  });
  assert.deepEqual(flat.columns.map((column) => column.name), ["a"]);
});

Deno.test("scan: rejected rows are counted, and kept when asked", async () => {
  await using b = await bench();
  b.file("in.csv", "a,b\n1,2\nx,4\n5,6,7\n8\n9,10\n");
  const skipping = await b.scan("in.csv", { on_bad_row: "skip", types: { a: "BIGINT", b: "BIGINT" } });
  const above = await b.sql("SELECT a FROM df", { df: skipping });
  const skipped = (await b.engine.drain(above)).steps[0]!;
  assert.deepEqual([skipped.rowsOut, skipped.rowsRejected, skipped.rejectedFile], [2, 3, undefined]);
  const keeping = await b.scan("in.csv", { on_bad_row: "quarantine", types: { a: "BIGINT", b: "BIGINT" } });
  const kept = (await b.engine.drain(keeping)).steps[0]!;
  assert.equal(kept.rowsRejected, 3);
  const lines = Deno.readTextFileSync(kept.rejectedFile!).trimEnd().split("\n").map((line) =>
    JSON.parse(line)
  );
  assert.deepEqual(lines.map(({ file, line, text }) => [file, line, text]), [
    [b.path("in.csv"), 3, "x,4"],
    [b.path("in.csv"), 4, "5,6,7"],
    [b.path("in.csv"), 5, "8"],
  ]);
});

Deno.test("scan: ten thousand columns", async () => {
  await using b = await bench();
  const names = Array.from({ length: 10_000 }, (_, i) => `c${i}`);
  b.file("in.csv", `${names.join(",")}\n${names.map((_, i) => i).join(",")}\n`);
  const wide = await b.scan("in.csv");
  assert.equal(wide.columns.length, 10_000);
  const one = await b.sql("SELECT c9999 FROM df", { df: wide });
  assert.deepEqual(await b.rows(one), [{ c9999: 9999 }]);
});

Deno.test("scan: a cell larger than a line may be names the option, which then reads it", async () => {
  await using b = await bench();
  b.file("in.csv", `a,b\n1,${"x".repeat(3_000_000)}\n`);
  await assert.rejects(
    b.scan("in.csv").then((relation) => b.engine.drain(relation)),
    (error: Error & { code: string; help: string }) => {
      assert.equal(error.code, "ENG503");
      assert.ok(error.message.length < 1000, `${error.message.length}`);
      assert.match(error.help, /max_line_size/);
      return true;
    },
  );
  const read = await b.scan("in.csv", { max_line_size: 4_000_000 });
  assert.deepEqual(await b.rows(await b.sql("SELECT length(b) AS n FROM df", { df: read })), [{
    n: 3_000_000,
  }]);
});

Deno.test("sample: a scan shows its first rows, a query nothing", async () => {
  await using b = await bench();
  b.file("in.csv", "a,b\n" + Array.from({ length: 50_000 }, (_, i) => `${i},x\n`).join(""));
  const rows = await b.scan("in.csv");
  assert.deepEqual(await b.engine.sample(rows, 2), [{ a: 0, b: "x" }, { a: 1, b: "x" }]);
  assert.equal(await b.engine.sample(await b.sql("SELECT 1 AS x"), 2), undefined);
});

Deno.test("sample: values are exact and plain", async () => {
  await using b = await bench();
  const values = await b.sql(
    `SELECT 9007199254740993 AS big, 1.10::DECIMAL(38,2) AS dec, 'nan'::DOUBLE AS nan,
    TIMESTAMP '2024-01-02 03:04:05.000006' AS ts, TIMESTAMPTZ '2024-01-02 03:04:05+02' AS tz, TIME '01:02:03.5' AS t,
    '\\xAA\\x00'::BLOB AS blob, [1, NULL] AS list, {'a': 1, 'b c': [DATE '2024-01-01']} AS struct, MAP {'k': 1} AS map,
    UUID '00000000-0000-0000-0000-000000000001' AS id, INTERVAL 1 DAY AS iv, NULL AS nothing, 170141183460469231731687303715884105727::HUGEINT AS huge`,
  );
  assert.deepEqual(await b.rows(values), [{
    big: "9007199254740993",
    dec: "1.10",
    nan: "NaN",
    ts: "2024-01-02T03:04:05.000006",
    tz: "2024-01-02T01:04:05Z",
    t: "01:02:03.5",
    blob: { base64: "qgA=" },
    list: [1, null],
    struct: { a: 1, "b c": ["2024-01-01"] },
    map: [{ key: "k", value: 1 }],
    id: "00000000-0000-0000-0000-000000000001",
    iv: "1 day",
    nothing: null,
    huge: "170141183460469231731687303715884105727",
  }]);
});

Deno.test("globPattern: stars stay in a folder, double stars cross them", () => {
  const cases: [string, string, boolean][] = [
    ["/a/*.csv", "/a/x.csv", true],
    ["/a/*.csv", "/a/b/x.csv", false],
    ["/a/**/*.csv", "/a/x.csv", true],
    ["/a/**/*.csv", "/a/b/c/x.csv", true],
    ["/a/x?.csv", "/a/x1.csv", true],
    ["/a/x[0-9].csv", "/a/xa.csv", false],
    ["/a/x[!0-9].csv", "/a/xa.csv", true],
    ["/a/(x)+.csv", "/a/(x)+.csv", true],
  ];
  for (const [glob, path, expected] of cases) {
    assert.equal(globPattern(glob).test(path), expected, `${glob} ${path}`);
  }
});

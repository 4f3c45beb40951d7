import assert from "node:assert/strict";
import { type Bench, bench } from "./_testing.ts";
import type { Relation, WriteRequest } from "./mod.ts";

const FORMATS = ["out.csv", "out.json", "out.ndjson", "out.parquet", "out.csv.gz"] as const;

async function some(b: Bench, from = 0, to = 3): Promise<Relation> {
  return await b.sql(`SELECT i AS id, 'n' || i AS name FROM range(${from}, ${to}) t(i)`);
}

async function ids(b: Bench, name: string, options = {}): Promise<unknown[]> {
  return (await b.rows(await b.scan(name, options))).map((row) => row["id"]);
}

Deno.test("write: every format round-trips nulls, empty texts and numbers", async () => {
  for (const name of FORMATS) {
    await using b = await bench();
    const rows = await b.sql(
      "SELECT * FROM (VALUES (1, '', 1.5::DOUBLE), (2, NULL, NULL), (NULL, 'a,\"b\"\nc', -0.1)) t(id, name, x)",
    );
    const staged = await b.engine.write("save", rows, b.writing(name));
    const expected = [{ id: 1, name: "", x: 1.5 }, { id: 2, name: null, x: null }, {
      id: null,
      name: 'a,"b"\nc',
      x: -0.1,
    }];
    assert.deepEqual(await staged.sample(10), expected, name);
    assert.deepEqual(staged.files, [b.path(name)]);
    await staged.commit();
    assert.deepEqual(await b.rows(await b.scan(name)), expected, name);
    assert.deepEqual(b.tree(), [name]);
  }
});

Deno.test("write: order and columns are the query's", async () => {
  for (const name of FORMATS) {
    await using b = await bench();
    const rows = await b.sql("SELECT i % 1000 AS z, i AS a FROM range(300000) t(i) ORDER BY z DESC, a");
    await b.write(rows, name);
    const back = await b.scan(name);
    assert.deepEqual(back.columns.map((column) => column.name), ["z", "a"]);
    const check = await b.sql(
      "SELECT count(*) AS n FROM (SELECT z, a, lag(z) OVER () AS pz, lag(a) OVER () AS pa FROM df) WHERE z > pz OR (z = pz AND a < pa)",
      { df: back },
    );
    assert.deepEqual(await b.rows(check), [{ n: 0 }], name);
  }
});

Deno.test("write: an empty result is a file with its columns", async () => {
  for (const name of FORMATS) {
    await using b = await bench();
    await b.write(await some(b, 0, 0), name);
    assert.ok(b.tree().includes(name));
    if (name !== "out.json" && name !== "out.ndjson") {
      assert.deepEqual((await b.scan(name)).columns.map((column) => column.name), ["id", "name"], name);
    }
  }
  await using b = await bench();
  await b.write(await some(b, 0, 0), "out", { partitionBy: ["id"] });
  assert.deepEqual(b.tree(), ["out"]);
});

Deno.test("write: append keeps what is there", async () => {
  for (const name of FORMATS) {
    await using b = await bench();
    for (const [from, to] of [[0, 2], [2, 2], [2, 4]] as const) {
      const staged = await b.engine.write(
        "save",
        await some(b, from, to),
        b.writing(name, { writeMode: "append" }),
      );
      assert.equal(staged.execution.rows, to - from, `${name}: what was there already is not counted`);
      await staged.commit();
    }
    assert.deepEqual(await ids(b, name), [0, 1, 2, 3], name);
    assert.deepEqual(b.tree(), [name]);
  }
});

Deno.test("write: append finds the columns by name and refuses others", async () => {
  await using b = await bench();
  b.file("out.csv", "name,id\nx,1");
  await b.write(await some(b, 2, 3), "out.csv", { writeMode: "append" });
  assert.equal(b.text("out.csv"), "name,id\nx,1\nn2,2\n");
  const other = await b.sql("SELECT 1 AS id, 2 AS other");
  for (const name of ["out.csv", "out.parquet"]) {
    if (name === "out.parquet") await b.write(await some(b), name);
    await assert.rejects(b.write(other, name, { writeMode: "append" }), {
      code: "ENG532",
      message: /columns/,
    });
  }
  const typed = await b.sql("SELECT 'x' AS id, 'y' AS name");
  await assert.rejects(b.write(typed, "out.parquet", { writeMode: "append" }), {
    code: "ENG532",
    message: /'id' is BIGINT in the file and VARCHAR/,
  });
  assert.deepEqual(b.tree(), ["out.csv", "out.parquet"]);
});

Deno.test("write: append to CSV names what differs", async () => {
  const append = { writeMode: "append" } as const;
  for (
    const [file, query, options, message] of [
      [
        "id,name\nabc,x\n",
        "SELECT 1 AS id, 'y' AS name",
        {},
        /'id' holds 'abc' in the file, and is INTEGER in/,
      ],
      ["id\nNA\n", "SELECT 1 AS id", {}, /'id' holds 'NA' in the file/],
      ["d\n31.12.2024\n", "SELECT DATE '2024-12-31' AS d", {}, /'d' holds '31.12.2024'.* is DATE/],
      ["id\n1\n", "SELECT 1 AS id", { header: false }, /begins with the names of its columns/],
      ["1,2\n", "SELECT 1 AS id", { header: false }, /has 2 columns, and the output has 1/],
      ["1\n", "SELECT 1 AS id, 2 AS b", { header: false }, /has 1 columns, and the output has 2/],
      ["a,b\n1,2\n", "SELECT 1 AS a", {}, /has the columns 'a', 'b', and the output has the columns 'a'$/],
      [
        "a\n1\n",
        "SELECT 1 AS a, 2 AS b",
        {},
        /has the columns 'a', and the output has the columns 'a', 'b'$/,
      ],
    ] as const
  ) {
    await using b = await bench();
    b.file("out.csv", file);
    await assert.rejects(b.write(await b.sql(query), "out.csv", { ...append, options }), {
      code: "ENG532",
      message,
    });
    assert.equal(b.text("out.csv"), file);
    assert.deepEqual(b.tree(), ["out.csv"]);
  }
});

Deno.test("write: append to CSV keeps order, nulls, dates and line ends of the file", async () => {
  const append = { writeMode: "append" } as const;
  for (
    const [file, query, options, expected] of [
      ["name,id\r\nx,1", "SELECT 2 AS id, 'y' AS name", {}, "name,id\r\nx,1\r\ny,2\r\n"],
      ["id\nNA\n", "SELECT NULL::INTEGER AS id", { null_text: "NA" }, "id\nNA\nNA\n"],
      [
        "d\n31.12.2024\n",
        "SELECT DATE '2025-01-01' AS d",
        { date_format: "%d.%m.%Y" },
        "d\n31.12.2024\n01.01.2025\n",
      ],
      ["id\n007\n", "SELECT 'abc' AS id", {}, "id\n007\nabc\n"],
      ["1,x\n", "SELECT 2 AS id, 'y' AS name", { header: false }, "1,x\n2,y\n"],
      ["1,\n", "SELECT 2 AS id, 'y' AS name", { header: false }, "1,\n2,y\n"],
    ] as const
  ) {
    await using b = await bench();
    b.file("out.csv", file);
    const staged = await b.engine.write(
      "save",
      await b.sql(query),
      b.writing("out.csv", { ...append, options }),
    );
    assert.equal(
      (await staged.sample(9))!.length,
      expected.trim().split("\n").length - ("header" in options ? 0 : 1),
    );
    await staged.commit();
    assert.equal(b.text("out.csv"), expected);
  }
});

Deno.test("write: append does not mix a JSON array with records in lines", async () => {
  for (
    const [file, json_format, message] of [
      ['[{"id":1}]', "ndjson", /is one JSON array, and the output is records in lines/],
      ['{"id":1}\n', "array", /holds records in lines, and the output is one JSON array/],
    ] as const
  ) {
    await using b = await bench();
    b.file("out.json", file);
    await assert.rejects(
      b.write(await some(b), "out.json", { writeMode: "append", options: { json_format } }),
      { code: "ENG532", message },
    );
    assert.equal(b.text("out.json"), file);
  }
});

Deno.test("write: a quote of one's own doubles inside a value", async () => {
  await using b = await bench();
  const options = { quote: "'" };
  await b.write(await b.sql("SELECT 'it''s, 1' AS a"), "out.csv", { options });
  assert.equal(b.text("out.csv"), "a\n'it''s, 1'\n");
  assert.deepEqual(await b.rows(await b.scan("out.csv", options)), [{ a: "it's, 1" }]);
});

Deno.test("write: append adds a file to a folder", async () => {
  await using b = await bench();
  b.file("out/old.parquet", "");
  Deno.removeSync(b.path("out/old.parquet"));
  await b.write(await some(b, 0, 2), "out", { format: "parquet", writeMode: "append" });
  const again = await b.engine.write(
    "save",
    await some(b, 2, 3),
    b.writing("out", { format: "csv", writeMode: "append" }),
  );
  await again.commit();
  assert.deepEqual(b.tree(), ["out", "out/data_k3f9qa_0.csv", "out/data_k3f9qa_0.parquet"]);
});

Deno.test("write: error_if_exists leaves what exists, also when it came meanwhile", async () => {
  await using b = await bench();
  b.file("out.csv", "old");
  await assert.rejects(b.write(await some(b), "out.csv", { writeMode: "error_if_exists" }), {
    code: "ENG531",
  });
  assert.equal(b.text("out.csv"), "old");
  const staged = await b.engine.write(
    "save",
    await some(b),
    b.writing("out.json", { writeMode: "error_if_exists" }),
  );
  b.file("out.json", "other");
  await assert.rejects(staged.commit(), { code: "ENG531" });
  await staged.abort();
  assert.equal(b.text("out.json"), "other");
  assert.deepEqual(b.tree(), ["out.csv", "out.json"]);
});

Deno.test("write: a partitioned folder is swapped whole, or only its partitions", async () => {
  await using b = await bench();
  const parts = (query: string) => b.sql(query);
  const request: Partial<WriteRequest> = { format: "parquet", partitionBy: ["p"] };
  await b.write(await parts("SELECT i AS id, i % 2 AS p FROM range(4) t(i)"), "out", request);
  const all = async () =>
    (await b.rows(await b.engine.scan("s", { format: "parquet", path: b.path("out"), options: {} })))
      .map((row) => `${row["id"]}:${row["p"]}`).sort();
  assert.deepEqual(await all(), ["0:0", "1:1", "2:0", "3:1"]);
  const staged = await b.engine.write(
    "save",
    await parts("SELECT 9 AS id, 1 AS p"),
    b.writing("out", { ...request, writeMode: "replace_partitions" }),
  );
  assert.deepEqual(await staged.sample(3), [{ id: 9, p: 1 }]);
  assert.deepEqual(await all(), ["0:0", "1:1", "2:0", "3:1"]);
  await staged.commit();
  assert.deepEqual(await all(), ["0:0", "2:0", "9:1"]);
  await b.write(await parts("SELECT 7 AS id, 7 AS p"), "out", { ...request, writeMode: "append" });
  assert.deepEqual(await all(), ["0:0", "2:0", "7:7", "9:1"]);
  await b.write(await parts("SELECT 5 AS id, 5 AS p"), "out", request);
  assert.deepEqual(await all(), ["5:5"]);
  assert.deepEqual(b.tree(), ["out", "out/p=5", "out/p=5/data_0.parquet"]);
});

Deno.test("write: every format is partitioned, whatever the values are", async () => {
  for (const format of ["csv", "json", "parquet"] as const) {
    await using b = await bench();
    const rows = await b.sql("SELECT * FROM (VALUES (1, 'a b/ü'), (2, NULL), (3, 'x=y')) t(id, p)");
    await b.write(rows, "out", { format, partitionBy: ["p"] });
    const back = await b.engine.scan("s", {
      format,
      path: b.path("out"),
      options: { types: { p: "VARCHAR" } },
    });
    assert.deepEqual(await b.rows(await b.sql("SELECT id, p FROM df ORDER BY id", { df: back })), [
      { id: 1, p: "a b/ü" },
      { id: 2, p: null },
      { id: 3, p: "x=y" },
    ], format);
  }
});

Deno.test("write: a folder that holds other things is not replaced", async () => {
  await using b = await bench();
  b.file("out/thesis.docx", "years of work");
  await assert.rejects(
    b.write(await some(b), "out", { format: "parquet", partitionBy: ["id"] }),
    {
      code: "ENG530",
      message: /holds 'thesis\.docx', which is not a parquet file that a pipeline wrote here/,
    },
  );
  await assert.rejects(b.write(await some(b), "out", { format: "csv" }), {
    code: "ENG530",
    message: /it is a folder, and should be a file/,
  });
  assert.equal(b.text("out/thesis.docx"), "years of work");
  assert.deepEqual(b.tree(), ["out", "out/thesis.docx"]);
});

Deno.test("write: a folder is replaced only where a pipeline wrote it", async () => {
  await using b = await bench();
  const csv = { format: "csv", partitionBy: ["id"] } as const;
  for (const name of ["notes.txt", "own.csv", "id=1/more.tsv", "data_0.parquet", "sub/data_0.csv"]) {
    for (const writeMode of ["overwrite", "replace_partitions"] as const) {
      if (writeMode === "replace_partitions" && !name.startsWith("id=")) continue;
      b.file(`out/${name}`, "mine");
      await assert.rejects(b.write(await some(b), "out", { ...csv, writeMode }), {
        code: "ENG530",
        message: new RegExp(`holds '${name.startsWith("sub") ? "sub" : name}'`),
      });
      assert.equal(b.text(`out/${name}`), "mine");
    }
    Deno.removeSync(b.path("out"), { recursive: true });
  }
  b.file("out/own.parquet", "mine");
  await assert.rejects(b.write(await some(b), "out/", { format: "parquet" }), { code: "ENG530" });
  assert.deepEqual(b.tree(), ["out", "out/own.parquet"]);
});

Deno.test("write: files whose names begin with a dot stay in a replaced folder", async () => {
  await using b = await bench();
  b.file("out/.gitkeep", "");
  b.file("out/id=0/.note", "kept");
  for (const writeMode of ["overwrite", "replace_partitions", "append", "overwrite"] as const) {
    await b.write(await some(b, 0, 1), "out", { format: "csv", partitionBy: ["id"], writeMode });
  }
  assert.equal(b.text("out/id=0/.note"), "kept");
  assert.deepEqual(b.tree(), ["out", "out/.gitkeep", "out/id=0", "out/id=0/.note", "out/id=0/data_0.csv"]);
});

Deno.test("write: a path that ends with a slash is a folder with one file", async () => {
  await using b = await bench();
  await b.write(await some(b), "out/", { format: "csv" });
  assert.deepEqual(b.tree(), ["out", "out/data_0.csv"]);
  await b.write(await some(b, 5, 6), "out/", { format: "csv" });
  assert.deepEqual(await ids(b, "out"), [5]);
});

Deno.test("write: a target that is also the source is read in full before it changes", async () => {
  await using b = await bench();
  b.file("out.csv", "id\n1\n2\n");
  const doubled = await b.sql("SELECT id FROM df UNION ALL SELECT id + 10 FROM df", {
    df: await b.scan("out.csv"),
  });
  await b.write(doubled, "out.csv");
  assert.deepEqual(await ids(b, "out.csv"), [1, 2, 11, 12]);
});

Deno.test("write: whatever fails, the old target stays and nothing is left", async () => {
  await using b = await bench();
  b.file("out.csv", "old");
  b.file("in.csv", "a\n" + "1\n".repeat(9000) + "x\n");
  const bad = await b.scan("in.csv", { sample: 10, types: { a: "BIGINT" } });
  await assert.rejects(b.write(bad, "out.csv"), { code: "ENG503" });
  const endless = await b.sql("SELECT i FROM range(100000000000) t(i)");
  await assert.rejects(
    b.engine.write("save", endless, b.writing("out.csv"), { signal: AbortSignal.timeout(150) }),
    { name: "TimeoutError" },
  );
  const nan = await b.sql("SELECT 'nan'::DOUBLE AS x");
  await assert.rejects(b.write(nan, "out.json"), {
    code: "ENG513",
    message: /column x holds a number that JSON cannot write/,
  });
  const huge = await b.sql("SELECT 170141183460469231731687303715884105727::HUGEINT AS x");
  await assert.rejects(b.write(huge, "out.parquet"), { code: "ENG513" });
  await assert.rejects(b.write(await some(b), "out", { format: "csv", partitionBy: ["nosuch"] }), {
    code: "ENG532",
  });
  await assert.rejects(b.write(await some(b), "out.csv", { writeMode: "replace_partitions" }), {
    code: "ENG504",
  });
  const staged = await b.engine.write("save", await some(b), b.writing("deep/er/out.csv"));
  await staged.abort();
  await staged.abort();
  assert.equal(b.text("out.csv"), "old");
  assert.deepEqual(b.tree(), ["in.csv", "out.csv"]);
});

Deno.test("write: parent folders are made, links are followed, permissions are kept", async () => {
  await using b = await bench({ names: ["deep/er/out.csv", "link.csv"] });
  await b.write(await some(b), "deep/er/out.csv");
  Deno.chmodSync(b.path("deep/er/out.csv"), 0o600);
  Deno.symlinkSync(b.path("deep/er/out.csv"), b.path("link.csv"));
  await using again = await bench();
  assert.ok(again.folder);
  await using engine = await bench({
    read: [b.folder],
    write: [b.path("link.csv")],
    tempDirectory: b.path(".temp2"),
  });
  const rows = await engine.sql("SELECT 1 AS id");
  await (await engine.engine.write("save", rows, { ...b.writing("link.csv") })).commit();
  assert.ok(Deno.lstatSync(b.path("link.csv")).isSymlink);
  assert.equal(b.text("deep/er/out.csv"), "id\n1\n");
  assert.equal(Deno.statSync(b.path("deep/er/out.csv")).mode! & 0o777, 0o600);
});

Deno.test("write: what a run that died left staged is removed, and its lock is taken over", async () => {
  await using b = await bench();
  b.file(".out.csv.osiris-dead", "x");
  b.file(".out.csv.osiris-dead.part", "x");
  b.file(".out.csv.osiris-lock", "dead 1 x\n");
  b.file(".other.csv.osiris-alive", "x");
  await b.write(await some(b), "out.csv");
  assert.deepEqual(b.tree(), [".other.csv.osiris-alive", "out.csv"]);
});

Deno.test("write: an old folder that a dead run had moved away comes back", async () => {
  await using b = await bench();
  b.file(".out.osiris-dead.old/data_0.csv", "id\n7\n");
  await b.write(await b.sql("SELECT 8 AS id"), "out/", { format: "csv", writeMode: "append" });
  assert.deepEqual(b.tree(), ["out", "out/data_0.csv", "out/data_k3f9qa_0.csv"]);
});

Deno.test("write: a target has one writer at a time", async () => {
  await using b = await bench();
  await using other = await bench({
    read: [b.folder],
    write: ["out.csv", "out"].map((name) => b.path(name)),
    tempDirectory: b.path(".temp2"),
    token: "other1",
  });
  const rows = await other.sql("SELECT 9 AS id, 'x' AS name");
  for (
    const [name, request] of [
      ["out.csv", { writeMode: "append" }],
      ["out.csv", {}],
      ["out", { format: "parquet", partitionBy: ["id"], writeMode: "replace_partitions" }],
    ] as const
  ) {
    const first = await b.engine.write("save", await some(b), b.writing(name, request));
    const again = () => other.engine.write("again", rows, { ...b.writing(name, request), token: "other1" });
    await assert.rejects(again(), {
      code: "ENG533",
      retryable: true,
      message: /out(?:\.csv)?': session k3f9qa \(process \d+\) is writing it/,
    });
    await first.commit();
    await (await again()).commit();
  }
  assert.deepEqual(b.tree().filter((path) => path.includes("osiris-")), []);
});

Deno.test("write: a pipe is not replaced by a file", async () => {
  await using b = await bench();
  await new Deno.Command("mkfifo", { args: [b.path("pipe")] }).output();
  Deno.symlinkSync(b.path("pipe"), b.path("out.csv"));
  for (const writeMode of ["overwrite", "append"] as const) {
    await assert.rejects(b.write(await some(b), "out.csv", { writeMode }), {
      code: "ENG530",
      message: /it is a pipe, and should be a file or a folder/,
    });
  }
  assert.ok(Deno.lstatSync(b.path("pipe")).isFifo);
  assert.deepEqual(b.tree(), ["out.csv", "pipe"]);
});

Deno.test("write: the widest integers are exact in Parquet", async () => {
  await using b = await bench();
  const rows = await b.sql(
    "SELECT 12345678901234567890123456789012345678::HUGEINT AS h, [1::UHUGEINT] AS l, 18446744073709551615::UBIGINT AS u",
  );
  await b.write(rows, "out.parquet");
  const back = await b.scan("out.parquet");
  assert.deepEqual(back.columns.map((column) => column.type), [
    "DECIMAL(38,0)",
    "DECIMAL(38,0)[]",
    "UBIGINT",
  ]);
  assert.deepEqual(await b.rows(back), [{
    h: "12345678901234567890123456789012345678",
    l: ["1"],
    u: "18446744073709551615",
  }]);
});

Deno.test("write: options of a format reach the file", async () => {
  await using b = await bench();
  const rows = await b.sql("SELECT DATE '2024-12-31' AS d, NULL AS n, 'x;y' AS s");
  await b.write(rows, "out.csv", {
    options: { delimiter: ";", null_text: "NA", date_format: "%d.%m.%Y", header: false },
  });
  assert.equal(b.text("out.csv"), '31.12.2024;NA;"x;y"\n');
  await b.write(rows, "out.json", { options: { json_format: "ndjson" } });
  assert.equal(b.text("out.json"), '{"d":"2024-12-31","n":null,"s":"x;y"}\n');
  await assert.rejects(b.write(rows, "out.csv", { options: { encoding: "utf-16" } }), { code: "ENG504" });
});

Deno.test("write: types that a format cannot read are shown as it wrote them", async () => {
  for (
    const [name, value, shown] of [
      ["out.csv", "union_value(k := 1)", "1"],
      ["out.csv", "[union_value(k := 1)]", "[1]"],
      ["out.json", "'101'::BIT", "101"],
      ["out.json", "{'bit': ['101'::BIT]}", { bit: ["101"] }],
      ["out.ndjson", "'12345678901234567890123'::BIGNUM", "12345678901234567890123"],
    ] as const
  ) {
    await using b = await bench();
    const staged = await b.engine.write("save", await b.sql(`SELECT ${value} AS u`), b.writing(name));
    assert.deepEqual(await staged.sample(5), [{ u: shown }], value);
    await staged.commit();
  }
});

Deno.test("write: a decimal without a digit before the point does not become broken JSON", async () => {
  await using b = await bench();
  for (const value of ["0.1::DECIMAL(38,38)", "[{'x': 0.1::DECIMAL(38,38)}]"]) {
    await assert.rejects(b.write(await b.sql(`SELECT 1 AS a, ${value} AS "DECIMAL(38,38)"`), "out.json"), {
      code: "ENG541",
      message: /column 'DECIMAL\(38,38\)' is .*DECIMAL\(38,38\).*, which JSON cannot hold exactly/,
    });
  }
  await b.write(await b.sql("SELECT 0.1::DECIMAL(38,37) AS a"), "out.ndjson");
  assert.deepEqual(JSON.parse(b.text("out.ndjson")), { a: 0.1 });
  assert.deepEqual(b.tree(), ["out.ndjson"]);
});

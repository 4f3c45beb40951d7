/** Values survive reading exactly, or the row that holds them is named. @module */

import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { type Bench, bench } from "./_testing.ts";
import type { FileOptions } from "./mod.ts";

/** Rows of the first kind before one of the other: more than the engine's detection looks at. */
const BEHIND = 3000;

interface Case {
  readonly name: string;
  /** The text of every row but one; the type is guessed from it unless one is given. */
  readonly usual: string;
  readonly type?: string;
  readonly options?: FileOptions;
  /** Texts that the column keeps, and what is read then. */
  readonly kept?: Readonly<Record<string, unknown>>;
  /** Texts that the column cannot keep. */
  readonly lost?: readonly string[];
}

const CASES: readonly Case[] = [
  {
    name: "whole numbers",
    usual: "7",
    kept: { "1.0": 1, "-5": -5, "+5": 5, "1e3": 1000, "9223372036854775807": "9223372036854775807", "-0": 0 },
    lost: [
      "1.5",
      "-1.5",
      "15e-1",
      "1.0000000000000000000001",
      "x",
      "9223372036854775808",
      "0.4",
      ".5",
      "1e400",
    ],
  },
  {
    name: "whole numbers given",
    usual: "7",
    type: "BIGINT",
    kept: { "12": 12, "2.": 2 },
    lost: ["1.5", "x"],
  },
  {
    name: "small whole numbers",
    usual: "7",
    type: "UTINYINT",
    kept: { "255": 255 },
    lost: ["256", "-1", "1.5"],
  },
  {
    name: "whole numbers beyond 64 bits",
    usual: "9223372036854775808",
    kept: { "-170141183460469231731687303715884105727": "-170141183460469231731687303715884105727" },
    lost: ["1.5", "170141183460469231731687303715884105728"],
  },
  {
    name: "doubles",
    usual: "0.5",
    kept: {
      "9007199254740992": 9007199254740992,
      "0.1": 0.1,
      "-1e300": -1e300,
      "inf": "Infinity",
      "nan": "NaN",
      "100000000000000000000": 1e20,
    },
    lost: [
      "9007199254740993",
      "-9007199254740993",
      "9007199254740993.0",
      "12345678901234567890",
      "1e400",
      "-1e400",
      "x",
    ],
  },
  { name: "floats", usual: "0.5", type: "FLOAT", kept: { "16777216": 16777216 }, lost: ["16777217", "1e40"] },
  {
    name: "decimals",
    usual: "1.25",
    type: "DECIMAL(10,2)",
    kept: { "1.230000": "1.23", "5": "5.00", "-0.5": "-0.50", "1.5e1": "15.00", "12e-1": "1.20" },
    lost: ["1.239", "1e-3", "123456789", "x", "inf", "1.2345e1", "0.005"],
  },
  {
    name: "decimals with a comma",
    usual: "1,25",
    type: "DECIMAL(10,2)",
    options: { decimal_separator: ",", delimiter: ";" },
    kept: { "1,230": "1.23" },
    lost: ["1,239", "1.5"],
  },
  {
    name: "timestamps",
    usual: "2024-01-01 10:00:00",
    kept: {
      "2024-01-01 10:00:00.123456": "2024-01-01T10:00:00.123456",
      "2024-01-01T10:00:00.1234560000": "2024-01-01T10:00:00.123456",
      "2024-01-02": "2024-01-02T00:00:00",
    },
    lost: ["2024-01-01 10:00:00.1234567", "2024-01-01 10:00:00+02:00", "x", "2024-13-01 10:00:00"],
  },
  {
    name: "timestamps with a zone",
    usual: "2024-01-01 10:00:00+02",
    type: "TIMESTAMPTZ",
    kept: { "2024-01-01 10:00:00.5-01:30": "2024-01-01T11:30:00.5Z" },
    lost: ["2024-01-01 10:00:00.1234567+02"],
  },
  {
    name: "dates",
    usual: "2024-01-01",
    kept: { "2024-12-31": "2024-12-31" },
    lost: ["2024-01-01 10:00:00", "2024-01-01 x"],
  },
  {
    name: "dates given",
    usual: "-",
    type: "DATE",
    options: { null_text: "-" },
    kept: { "2024-12-31": "2024-12-31", "2024-12-31 00:00:00": "2024-12-31" },
    lost: ["2024-01-01 10:00:00", "2024-01-01 y", "2024-01-01T10:00:00Z"],
  },
  {
    name: "times",
    usual: "10:00:00",
    kept: { "10:00:00.123456": "10:00:00.123456" },
    lost: ["10:00:00.1234567", "2024-01-01 10:00:00", "10:00:00+02"],
  },
  { name: "truths", usual: "true", kept: { "false": false }, lost: ["2", "0.5"] },
];

function optionsOf({ type, options = {} }: Case, more: FileOptions = {}): FileOptions {
  return { sample: 10, ...options, ...more, ...(type === undefined ? {} : { types: { x: type } }) };
}

const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;

function content(delimiter: string, texts: readonly string[]): string {
  return ["n,x".replace(",", delimiter), ...texts.map((text, i) => `${i}${delimiter}${text}`)].join("\n") +
    "\n";
}

async function read(b: Bench, name: string, options: FileOptions) {
  return await b.rows(await b.scan(name, options));
}

Deno.test("exact types: a text is kept or its row is named, wherever it stands", async () => {
  await using b = await bench();
  for (const one of CASES) {
    const delimiter = one.options?.delimiter ?? ",";
    const usual: string[] = Array(BEHIND).fill(one.usual);
    for (const [text, value] of Object.entries(one.kept ?? {})) {
      b.file("in.csv", content(delimiter, [...usual, text, one.usual]));
      const rows = await read(b, "in.csv", optionsOf(one)).catch((error) =>
        assert.fail(`${one.name}, ${text}: ${error.message}`)
      );
      assert.deepEqual(rows[BEHIND]!["x"], value, `${one.name}, ${text}`);
    }
    for (const text of one.lost ?? []) {
      for (
        const [place, texts] of [[BEHIND + 2, [...usual, text]], [BEHIND + 2, [
          ...usual,
          text,
          one.usual,
        ]]] as const
      ) {
        b.file("in.csv", content(delimiter, texts));
        await assert.rejects(
          read(b, "in.csv", optionsOf(one)),
          (error: Error & { code: string; help: string }) => {
            assert.equal(error.code, "ENG503", `${one.name}, ${text}: ${error.stack}`);
            assert.ok(
              error.message.startsWith(`Cannot read '${b.path("in.csv")}': line ${place} `),
              `${one.name}: ${error.message}`,
            );
            assert.ok(
              error.message.endsWith(` in the row: ${BEHIND}${delimiter}${text}`),
              `${one.name}: ${error.message}`,
            );
            assert.match(error.message, /converting column "x"/);
            assert.match(error.help, /types: \{x: [A-Z]/);
            return true;
          },
          `${one.name}, ${text}`,
        );
      }
    }
  }
});

Deno.test("exact types: rows that cannot be kept are skipped or kept aside, and counted", async () => {
  await using b = await bench();
  for (const one of CASES) {
    const delimiter = one.options?.delimiter ?? ",";
    const lost = one.lost ?? [];
    const usual: string[] = Array(BEHIND).fill(one.usual);
    b.file("in.csv", content(delimiter, [...usual, ...lost, one.usual, "too" + delimiter + "many"]));
    const skipping = await b.scan("in.csv", optionsOf(one, { on_bad_row: "skip" }));
    const { steps: [skipped] } = await b.engine.drain(
      await b.sql("SELECT n FROM df WHERE n >= 0", { df: skipping }),
    );
    // What the reader itself rejects, it rejects in columns that the query uses.
    const unseen = ["dates", "truths"].includes(one.name) ? lost.length : 0;
    assert.deepEqual(
      [skipped!.rowsOut, skipped!.rowsRejected],
      [BEHIND + 1 + unseen, lost.length + 1 - unseen],
      one.name,
    );
    const keeping = await b.scan("in.csv", optionsOf(one, { on_bad_row: "quarantine" }));
    const { steps: [kept], rows } = await b.engine.drain(keeping);
    assert.deepEqual(
      [rows, kept!.rowsOut, kept!.rowsRejected],
      [BEHIND + 1, BEHIND + 1, lost.length + 1],
      one.name,
    );
    const lines = Deno.readTextFileSync(kept!.rejectedFile!).trimEnd().split("\n").map((line) =>
      JSON.parse(line)
    );
    assert.deepEqual(
      lines.slice(0, lost.length).map(({ file, line, text, column }) => [file, line, text, column]),
      lost.map((text, i) => [b.path("in.csv"), BEHIND + 2 + i, `${BEHIND + i}${delimiter}${text}`, "x"]),
      one.name,
    );
  }
});

Deno.test("exact types: the row is found among several files, quotes, line breaks, packed and coded ones", async () => {
  await using b = await bench();
  const many = Array.from({ length: BEHIND }, (_, i) => `${i},"a\n""b"" ${i}",1`).join("\n");
  b.file("data/a.csv", `n,s,x\n${many}\n`);
  b.file("data/b.csv", `n,s,x\n\n${many}\n7,"line\nbreak","1.5"\n8,y,1.5\n`);
  await assert.rejects(read(b, "data/*.csv", { sample: 10 }), {
    code: "ENG503",
    message: new RegExp(
      `data/b\\.csv': line ${
        2 * BEHIND + 3
      } has a wrong value .*"1\\.5".* in the row: 7,"line\nbreak","1\\.5"$`,
    ),
  });
  const text = `n,s,x\n${many}\n7,é,1.5\n`;
  b.file("in.csv.gz", gzipSync(text));
  await assert.rejects(read(b, "in.csv.gz", { sample: 10 }), {
    message: new RegExp(`in\\.csv\\.gz': line ${2 * BEHIND + 2} .*: 7,é,1\\.5$`),
  });
  b.file("latin.csv", Uint8Array.from(text, (char) => char.charCodeAt(0)));
  await assert.rejects(read(b, "latin.csv", { sample: 10, encoding: "latin-1" }), {
    message: /line 6002 .*: 7,é,1\.5$/,
  });
  b.file("hive/k=1/a.csv", "x,y\n" + "1,1\n".repeat(BEHIND));
  b.file("hive/k=2/b.csv", "y,x\n" + "1,1\n".repeat(BEHIND) + "2.5,1\n");
  await assert.rejects(read(b, "hive/**/*.csv", { sample: 10, union_by_name: true }), {
    message: /k=2\/b\.csv': line 3002 .*column "y".*: 2\.5,1$/,
  });
});

Deno.test("exact types: only what a query uses is judged, and its rows are counted", async () => {
  await using b = await bench();
  b.file("in.csv", "n,x\n" + Array.from({ length: BEHIND }, (_, i) => `${i},1\n`).join("") + "9,1.5\n");
  const scan = await b.scan("in.csv", { sample: 10 });
  assert.deepEqual(scan.columns.map(({ type }) => type), ["BIGINT", "BIGINT"]);
  const unused = await b.sql("SELECT max(n) AS n FROM df", { df: scan });
  assert.deepEqual(await b.rows(unused), [{ n: BEHIND - 1 }]);
  assert.equal((await b.engine.drain(unused)).steps[0]!.rowsOut, BEHIND + 1);
  const used = await b.sql("SELECT n, x + 1 AS x FROM df WHERE n = 9", { df: scan }, {}, "more");
  const expected = { code: "ENG503", message: /line 3002 has a wrong value .*"1\.5".* in the row: 9,1\.5$/ };
  await assert.rejects(b.engine.drain(used), expected);
  await assert.rejects(b.write(used, "out.csv"), expected);
  await assert.rejects(Array.fromAsync(b.engine.stream(used)), expected);
  assert.deepEqual(await b.engine.sample(scan, 1), [{ n: 0, x: 1 }]);
});

Deno.test("exact types: a file of many columns is judged too", async () => {
  await using b = await bench();
  const names = Array.from({ length: 700 }, (_, i) => `c${i}`);
  const row = (last: string) => [...names.slice(1).map(() => "1"), last].join(",") + "\n";
  b.file("in.csv", names.join(",") + "\n" + row("1").repeat(BEHIND) + row("1.5"));
  for (const on_bad_row of ["error", "skip"] as const) {
    await assert.rejects(b.scan("in.csv", { sample: 10, on_bad_row }).then((scan) => b.engine.drain(scan)), {
      code: "ENG503",
      message:
        /line 3002 has a wrong value \(converting column "c699": "1\.5" cannot be kept exactly as 'BIGINT'\)/,
    });
  }
});

Deno.test("exact types: a JSON value is kept or its record is named", async () => {
  await using b = await bench();
  const cases: [usual: string, type: string | undefined, kept: Record<string, unknown>, lost: string[]][] = [
    ["7", undefined, { "1.0": 1, "-5": -5, "1e3": 1000 }, [
      "1.5",
      "9007199254740993.0",
      '"x"',
      "1e400",
      "true",
    ]],
    ["7", "INTEGER", { '"12"': 12 }, ["1.5", "2147483648", '"1.5"']],
    ["0.5", undefined, { "9007199254740992": 9007199254740992, "1e300": 1e300 }, [
      "9007199254740993",
      "1e400",
    ]],
    ["1.5", "DECIMAL(10,2)", { "1.230": "1.23", "1e3": "1000.00" }, ["1.239", "1e-3", '"x"']],
    ["true", undefined, { "false": false }, ["2", "0.5"]],
    ['"2024-01-01"', undefined, { '"2024-12-31"': "2024-12-31" }, ['"2024-01-01 10:00:00"', "5"]],
    ['"2024-01-01 10:00:00"', undefined, {
      '"2024-01-01T10:00:00.123456Z"': "2024-01-01T10:00:00.123456",
    }, ['"2024-01-01 10:00:00.1234567"', '"2024-01-01 10:00:00+02:00"']],
  ];
  const objects = (usual: string, text: string) =>
    [...Array<string>(BEHIND).fill(usual), text, usual].map((x, n) => `{"n":${n},"x":${x}}`);
  for (const [usual, type, kept, lost] of cases) {
    const options = { sample: 10, ...(type === undefined ? {} : { types: { x: type } }) };
    for (const [text, value] of Object.entries(kept)) {
      b.file("in.ndjson", objects(usual, text).join("\n"));
      assert.equal((await read(b, "in.ndjson", options))[BEHIND]!["x"], value, text);
    }
    for (const text of lost) {
      const all = objects(usual, text);
      b.file("data/a.json", `[${all.slice(0, 5).join(",")}]`);
      b.file("data/b.json", `[${all.join(",\n")}]`);
      b.file("in.ndjson", all.join("\n"));
      for (const [path, file] of [["in.ndjson", "in.ndjson"], ["data/*.json", "data/b.json"]] as const) {
        await assert.rejects(read(b, path, options), (error: Error & { code: string }) => {
          assert.equal(error.code, "ENG503", `${text}: ${error.stack}`);
          assert.ok(
            error.message.startsWith(`Cannot read '${b.path(file)}': record ${BEHIND + 1} has a wrong value`),
            error.message,
          );
          assert.ok(error.message.endsWith(` in the record: ${all[BEHIND]}`), error.message);
          return true;
        }, text);
      }
      const unused = await b.sql("SELECT n FROM df", { df: await b.scan("in.ndjson", options) });
      assert.equal((await b.rows(unused)).length, BEHIND + 2);
    }
  }
});

Deno.test("exact types: a Parquet value is kept by a given type or its record is named", async () => {
  await using b = await bench();
  const cases: [stored: string, type: string, kept: [value: string, read: unknown][], lost: string[]][] = [
    ["DOUBLE", "BIGINT", [["2.0", 2], ["-0.0", 0]], ["1.5", "1e30", "'nan'"]],
    ["DECIMAL(10,3)", "DECIMAL(10,2)", [["1.230", "1.23"]], ["1.239"]],
    ["BIGINT", "DOUBLE", [["9007199254740992", 9007199254740992]], ["9007199254740993"]],
    ["BIGINT", "INTEGER", [["7", 7]], ["2147483648"]],
    ["VARCHAR", "BIGINT", [["'12'", 12]], ["'1.5'", "'x'"]],
    ["TIMESTAMP", "DATE", [["'2024-01-01'", "2024-01-01"]], ["'2024-01-01 10:00:00'"]],
    ["DOUBLE", "VARCHAR", [["0.1", "0.1"]], []],
    ["DOUBLE[]", "BIGINT[]", [["[1.0, NULL]", [1, null]]], ["[1.5]"]],
  ];
  for (const [stored, type, kept, lost] of cases) {
    const written = async (value: string) => {
      const query =
        `SELECT i AS n, CASE WHEN i = 2 THEN CAST(${value} AS ${stored}) END AS x FROM range(4) t(i)`;
      await b.write(await b.sql(query), "out.parquet");
      return await b.scan("out.parquet", { types: { x: type } });
    };
    for (const [value, expected] of kept) {
      assert.deepEqual((await b.rows(await written(value)))[2]!["x"], expected, `${value} as ${type}`);
    }
    for (const value of lost) {
      const scan = await written(value);
      await assert.rejects(b.engine.drain(scan), {
        code: "ENG503",
        message: /out\.parquet': record 3 has a wrong value .*column "x".* in the record: x = /,
      }, `${value} as ${type}`);
      assert.equal((await b.rows(await b.sql("SELECT n FROM df", { df: scan }))).length, 4);
    }
  }
});

Deno.test("exact types: any number behind the sample is read as it is written, or its line is named", async () => {
  await using b = await bench();
  const digits = (most: number) => fc.stringMatching(new RegExp(`^[0-9]{1,${most}}$`));
  const number = fc.tuple(
    fc.constantFrom("", "-"),
    digits(40),
    fc.option(digits(25)),
    fc.option(fc.integer({ min: -30, max: 30 })),
  )
    .map(([sign, whole, fraction, exponent]) =>
      `${sign}${whole}${fraction === null ? "" : `.${fraction}`}${exponent === null ? "" : `e${exponent}`}`
    );
  const kind = fc.constantFrom("BIGINT", "HUGEINT", "DOUBLE", "DECIMAL(38,10)", "DECIMAL(9,3)", "INTEGER");
  await fc.assert(
    fc.asyncProperty(
      kind,
      fc.array(number, { minLength: 1, maxLength: 4 }),
      fc.nat(50),
      async (type, texts, before) => {
        const all = [...Array<string>(before).fill("1"), ...texts.map(quoted)];
        b.file("in.csv", content(",", all));
        const scan = await b.scan("in.csv", { sample: 10, types: { x: type } });
        const asked = await b.sql("SELECT CAST(x AS VARCHAR) AS x, n FROM df ORDER BY n", { df: scan });
        const got = await b.rows(asked).catch((error) => error as Error);
        if (got instanceof Error) {
          const line = Number(/: line (\d+) has a wrong value/.exec(got.message)?.[1]);
          assert.ok(line >= before + 2 && line <= before + 1 + texts.length, got.message);
          assert.ok(got.message.endsWith(`in the row: ${line - 2},${all[line - 2]}`), got.message);
          return;
        }
        for (const [i, text] of texts.entries()) {
          const value: string = String(got[before + i]!["x"]);
          if (type !== "DOUBLE") {
            assert.deepEqual(
              rational(value),
              rational(text),
              `${type} ${text} ${value}`,
            );
          } else if (/[.e]/.test(text)) {
            assert.equal(Number(value), Number(text), `${type} ${text} ${value}`);
          } else assert.equal(BigInt(Number(value)), BigInt(text), `${type} ${text} ${value}`);
        }
      },
    ),
    { numRuns: 40 },
  );
});

/** A number as its digits without trailing zeros and the power of ten they stand at. */
function rational(text: string): readonly [string, number] {
  const [, sign, whole, fraction = "", exponent = "0"] = /^(-?)([0-9]*)(?:\.([0-9]*))?(?:e([+-]?[0-9]+))?$/
    .exec(text)!;
  const digits = `${whole}${fraction}`.replace(/^0+/, "");
  const short = digits.replace(/0+$/, "");
  if (short === "") return ["0", 0];
  return [`${sign}${short}`, Number(exponent) - fraction.length + digits.length - short.length];
}

/**
 * Bad input as data: what is wrong, what the user is told, the exit code, and that what stood at the
 * target before still stands there. Each case runs the program itself.
 *
 * @module
 */

import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { osiris, SMALL_DISK } from "./_osiris.ts";
import { TestProject } from "./_project.ts";

interface Case {
  readonly name: string;
  /** Prepares the project. The pipeline is `pipeline.oml` made of `source` and `target`. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly prepare?: (project: TestProject) => Promise<void>;
  readonly source: string;
  readonly target?: string;
  readonly query?: string;
  /** Undefined where it simply works. */
  readonly says?: RegExp;
  readonly code: number;
  readonly smallDisk?: boolean;
  /** The target's content afterwards when it worked. */
  readonly gives?: string;
}

const utf16 = (text: string) => {
  const bytes = new Uint8Array(2 + text.length * 2);
  bytes.set([0xff, 0xfe]);
  for (let i = 0; i < text.length; i++) {
    new DataView(bytes.buffer).setUint16(2 + i * 2, text.charCodeAt(i), true);
  }
  return bytes;
};
const many = Array.from({ length: 10_000 }, (_, i) => `c${i}`);
const csv = "component: filesystem.csv_extractor";
const reads = (path: string, more = "") =>
  `${csv}\n    mode: read\n    config: { path: ${JSON.stringify(path)}${more} }`;

const CASES: readonly Case[] = [
  {
    name: "a missing file",
    source: reads("data/none.csv"),
    says: /data\/none\.csv.*does not exist|no such file/i,
    code: 1,
  },
  { name: "a glob without a match", source: reads("data/*.csv"), says: /data\/\*\.csv/, code: 1 },
  {
    name: "an empty file",
    files: { "in.csv": "" },
    source: reads("in.csv"),
    says: /in\.csv.*empty/i,
    code: 1,
  },
  {
    name: "a folder without files of the format",
    files: { "in/readme.md": "x" },
    source: reads("in"),
    says: /'?[^\n]*in'?.*without any csv/i,
    code: 1,
  },
  {
    name: "a header without rows",
    files: { "in.csv": "a,b\n" },
    source: reads("in.csv"),
    code: 0,
    gives: "a,b\n",
  },
  {
    name: "a ragged row",
    files: { "in.csv": "a,b\n1,2\n3\n4,5\n" },
    source: reads("in.csv"),
    says: /in\.csv[^]*(line|:)\s*3/i,
    code: 1,
  },
  {
    name: "a ragged row, skipped on request",
    files: { "in.csv": "a,b\n1,2\n3\n4,5\n" },
    source: reads("in.csv", ", on_bad_row: skip"),
    code: 0,
    gives: "a,b\n1,2\n4,5\n",
  },
  {
    name: "a value of the wrong type",
    files: { "in.csv": "a,b\n1,2\nx,3\n" },
    source: reads("in.csv", ", types: { a: BIGINT }"),
    says: /in\.csv[^]*(line|:)\s*3[^]*x/i,
    code: 1,
  },
  {
    name: "a fraction behind the sample of whole numbers",
    files: { "in.csv": "a,b\n" + "1,x\n".repeat(3000) + "1.5,y\n" },
    source: reads("in.csv", ", sample: 10"),
    says:
      /in\.csv': line 3002 has a wrong value .*"1\.5" cannot be kept exactly as 'BIGINT'.* in the row: 1\.5,y[^]*types: \{a: DOUBLE\}/,
    code: 1,
  },
  {
    name: "a fraction among whole numbers, skipped on request",
    files: { "in.csv": "a,b\n1,x\n1.5,y\n2,z\n" },
    source: reads("in.csv", ", types: { a: BIGINT }, on_bad_row: skip"),
    code: 0,
    gives: "a,b\n1,x\n2,z\n",
  },
  {
    name: "a number too large for its type",
    files: { "in.csv": "a\n0.5\n1e400\n" },
    source: reads("in.csv"),
    says: /in\.csv': line 3 has a wrong value .*"1e400" cannot be kept exactly as 'DOUBLE'/,
    code: 1,
  },
  {
    name: "a fraction in JSON that was said to be whole",
    files: { "in.ndjson": '{"a": 1}\n{"a": 1.5}\n' },
    source:
      "component: filesystem.json_extractor\n    mode: read\n    config: { path: in.ndjson, types: { a: BIGINT } }",
    says: /in\.ndjson': record 2 has a wrong value .*"1\.5" cannot be kept exactly as 'BIGINT'/,
    code: 1,
  },
  {
    name: "duplicate column names",
    files: { "in.csv": "a,a\n1,2\n" },
    source: reads("in.csv"),
    code: 0,
    gives: "a,a_1\n1,2\n",
  },
  {
    name: "an empty column name",
    files: { "in.csv": "a,\n1,2\n" },
    source: reads("in.csv"),
    code: 0,
    gives: "a,column1\n1,2\n",
  },
  {
    name: "ten thousand columns",
    files: { "in.csv": `${many.join(",")}\n${many.map((_, i) => i).join(",")}\n` },
    source: reads("in.csv"),
    code: 0,
    gives: `${many.join(",")}\n${many.map((_, i) => i).join(",")}\n`,
  },
  {
    name: "a byte order mark",
    files: { "in.csv": "\ufeffa,b\n1,2\n" },
    source: reads("in.csv"),
    code: 0,
    gives: "a,b\n1,2\n",
  },
  {
    name: "UTF-16",
    files: { "in.csv": utf16("a,b\n1,é\n") },
    source: reads("in.csv"),
    code: 0,
    gives: "a,b\n1,é\n",
  },
  {
    name: "bytes that are no UTF-8",
    files: { "in.csv": new Uint8Array([97, 10, 0xe9, 0x28, 10]) },
    source: reads("in.csv"),
    says: /in\.csv[^]*(utf-8|encoding)/i,
    code: 1,
  },
  {
    name: "a Parquet file cut in half",
    prepare: halfParquet,
    source: "component: filesystem.parquet_extractor\n    mode: read\n    config: { path: half.parquet }",
    says: /half\.parquet/,
    code: 1,
  },
  {
    name: "text that is no Parquet",
    files: { "x.parquet": "a,b\n1,2\n" },
    source: "component: filesystem.parquet_extractor\n    mode: read\n    config: { path: x.parquet }",
    says: /x\.parquet.*[Pp]arquet/,
    code: 1,
  },
  {
    name: "JSON cut in the middle",
    files: { "x.json": '[{"a": 1}, {"a":' },
    source: "component: filesystem.json_extractor\n    mode: read\n    config: { path: x.json }",
    says: /x\.json/,
    code: 1,
  },
  {
    name: "a gzip file cut in the middle",
    files: { "x.csv.gz": gzipSync(new TextEncoder().encode("a,b\n" + "1,2\n".repeat(9999))).subarray(0, 40) },
    source: reads("x.csv.gz"),
    says: /x\.csv\.gz/,
    code: 1,
  },
  {
    name: "a name with spaces, quotes and unicode",
    files: { 'da ta/it\'s "ünï" 北.csv': "a\n1\n" },
    source: reads('da ta/it\'s "ünï" 北.csv'),
    code: 0,
    gives: "a\n1\n",
  },
  {
    name: "a name with a leading dash",
    files: { "-in.csv": "a\n1\n" },
    source: reads("-in.csv"),
    code: 0,
    gives: "a\n1\n",
  },
  {
    name: "a target that is also the source",
    files: { "out.csv": "a\n1\n" },
    source: reads("out.csv"),
    code: 0,
    gives: "a\n1\n",
  },
  {
    name: "a target that is a folder",
    prepare: (p) => p.write("dir.csv/keep.txt", "kept"),
    source: reads("in.csv"),
    files: { "in.csv": "a\n1\n" },
    target: "dir.csv",
    says: /dir\.csv.*(folder|directory)/i,
    code: 1,
  },
  {
    name: "an unknown column",
    files: { "in.csv": "a,b\n1,2\n" },
    source: reads("in.csv"),
    query: "SELECT c FROM df",
    says: /'?c'?.*[^]*\ba\b/,
    code: 1,
  },
  {
    name: "a text that is no number",
    files: { "in.csv": "a\nx\n" },
    source: reads("in.csv"),
    query: "SELECT CAST(a AS BIGINT) AS n FROM df",
    says: /x/,
    code: 1,
  },
  {
    name: "SQL that reaches for a file",
    files: { "in.csv": "a\n1\n" },
    source: reads("in.csv"),
    query: "SELECT * FROM read_csv('/etc/passwd')",
    says: /read_csv/,
    code: 1,
  },
  {
    name: "NUL bytes in a text",
    files: { "in.csv": "a,b\n1,x\0y\n" },
    source: reads("in.csv"),
    code: 0,
    gives: "a,b\n1,x\0y\n",
  },
  {
    name: "a cell of 100 MB",
    files: { "in.csv": `a,b\n1,${"x".repeat(100_000_000)}\n` },
    source: reads("in.csv"),
    says: /in\.csv[^]*max_line_size/,
    code: 1,
  },
  {
    name: "a cell of 100 MB where the step allows it",
    files: { "in.csv": `a,b\n1,${"x".repeat(100_000_000)}\n` },
    source: reads("in.csv", ", max_line_size: 110000000"),
    query: "SELECT a, length(b) AS n FROM df",
    code: 0,
    gives: "a,n\n1,100000000\n",
  },
  {
    name: "a cell of 5 MB on its way out",
    files: { "in.csv": "a\n1\n" },
    source: reads("in.csv"),
    query: "SELECT a, repeat('x', 5000000) AS t FROM df",
    code: 0,
    gives: `a,t\n1,${"x".repeat(5_000_000)}\n`,
  },
  {
    name: "a path that leaves the project",
    prepare: (p) => p.write("sub/osiris.yaml", "{}\n"),
    files: { "in.csv": "a\n1\n" },
    source: reads("sub/../in.csv"),
    code: 0,
    gives: "a\n1\n",
  },
  {
    name: "a folder nobody can write to",
    files: { "in.csv": "a\n1\n" },
    source: reads("in.csv"),
    target: "/proc/osiris/out.csv",
    says: /\/proc\/osiris[^]*help:/,
    code: 1,
  },
  {
    name: "a target below a file",
    files: { "in.csv": "a\n1\n" },
    source: reads("in.csv"),
    target: "in.csv/out.csv",
    says: /in\.csv[^]*help:/,
    code: 1,
  },
  {
    name: "a disk that takes no more",
    files: { "in.csv": "a\n1\n" },
    source: reads("in.csv"),
    query: "SELECT range AS n, repeat('x', 100) AS t FROM df, range(50000)",
    says: /(disk is full|too large)[^]*help:/,
    code: 1,
    smallDisk: true,
  },
];

function pipeline(test: Case): string {
  const step = test.query === undefined
    ? ""
    : `  - id: shape\n    component: duckdb.processor\n    mode: transform\n    config: { query: ${
      JSON.stringify(test.query)
    } }\n`;
  return `oml_version: "0.1.0"\nname: bad\nsteps:\n  - id: extract\n    ${test.source}\n${step}  - id: save\n` +
    `    component: filesystem.csv_writer\n    mode: write\n    config: { path: ${
      test.target ?? "out.csv"
    } }\n`;
}

async function halfParquet(project: TestProject): Promise<void> {
  const made = await project.run(
    `oml_version: "0.1.0"\nname: make\nsteps:\n  - id: rows\n    component: duckdb.processor\n    mode: transform\n` +
      `    config: { query: "SELECT range AS i, 'text ' || range AS t FROM range(10000)" }\n` +
      `  - id: save\n    component: filesystem.parquet_writer\n    mode: write\n    config: { path: half.parquet }\n`,
  );
  assert.equal(made.state, "succeeded");
  const bytes = await Deno.readFile(project.path("half.parquet"));
  await project.write("half.parquet", bytes.subarray(0, bytes.length / 2));
}

for (const test of CASES) {
  Deno.test(`osiris run with ${test.name} ${test.says ? "says what is wrong and keeps the old output" : "works"}`, async () => {
    await using project = await TestProject.create({ "out.csv": "old\n", ...test.files });
    await test.prepare?.(project);
    await project.write("pipeline.oml", pipeline(test));
    const ran = await osiris(["run", "pipeline.oml"], {
      cwd: project.root,
      ...(test.smallDisk ? { prefix: SMALL_DISK } : {}),
    });
    assert.equal(ran.code, test.code, ran.stderr + ran.stdout);
    if (test.says) {
      assert.match(ran.stderr, test.says);
      if (!test.target) assert.equal(await project.read("out.csv"), "old\n");
    }
    if (test.gives !== undefined) assert.equal(await project.read("out.csv"), test.gives);
    const shown = JSON.parse(
      (await osiris(["logs", "show", "--session", "last", "--json"], { cwd: project.root })).stdout,
    );
    assert.equal(shown.status.state, test.code === 0 ? "succeeded" : "failed");
    assert.deepEqual(
      (await project.list()).filter((path) => path.includes(".osiris-")),
      [],
      "something staged was left behind",
    );
  });
}

Deno.test("osiris oml validate answers at once to a pattern made to search for ever", async () => {
  const hostile =
    `oml_version: "0.1.0"\nname: hostile\nparams:\n  x: { type: string, pattern: "^(a+)+$", default: "${
      "a".repeat(60)
    }!" }\nsteps:\n` +
    `  - { id: one, component: duckdb.processor, mode: transform, config: { query: "SELECT 1 AS x" } }\n`;
  await using project = await TestProject.create({ "pipeline.oml": hostile });
  const ran = await osiris(["oml", "validate", "pipeline.oml"], { cwd: project.root });
  assert.equal(ran.code, 2);
  assert.match(ran.stderr + ran.stdout, /OML115/);
});

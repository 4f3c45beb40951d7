import assert from "node:assert/strict";
import { compileText, manifestOf, pipelineText, said } from "./_fixture.ts";
import { globReaches, partsOf } from "./_targets.ts";

const READ = (id: string, path: string, more = "") =>
  `  - { id: ${id}, component: files.reader, mode: read, config: { path: "${path}" }${more} }\n`;
const WRITE = (id: string, from: string, path: string) =>
  `  - { id: ${id}, component: files.writer, mode: write, inputs: { df: ${from} }, config: { path: "${path}" } }\n`;

Deno.test("partsOf works out dots on the text alone and keeps case", () => {
  const cases: [string, string[]][] = [
    ["out/a.csv", ["out", "a.csv"]],
    ["./out//x/../a.csv", ["out", "a.csv"]],
    ["../a", ["..", "a"]],
    ["../../a/..", ["..", ".."]],
    ["/a/../../b", ["", "b"]],
    ["${run.id}/../a", ["${run.id}", "..", "a"]],
    ["Out/A.csv", ["Out", "A.csv"]],
  ];
  for (const [path, parts] of cases) assert.deepEqual(partsOf(path), parts, path);
});

Deno.test("globReaches matches stars, question marks and folders", () => {
  const cases: [string, string, boolean][] = [
    ["data/*.csv", "data/a.csv", true],
    ["data/*.csv", "data/a.parquet", false],
    ["data/*.csv", "data", true],
    ["data/**/x.csv", "data/a/b/x.csv", true],
    ["data/**/x.csv", "data/a/b/y.csv", false],
    ["data/**", "data/a/b", true],
    ["data/?.csv", "data/ab.csv", false],
    ["data/[ab].csv", "data/a.csv", true],
    ["*/a.csv", "other/deep/a.csv", false],
    ["**/".repeat(40) + "z", "a/".repeat(200) + "y", false],
    ["*".repeat(60) + "z", "a".repeat(2000), false],
  ];
  for (const [pattern, path, expected] of cases) {
    assert.equal(globReaches(partsOf(pattern), partsOf(path)), expected, pattern);
  }
});

Deno.test("compile refuses two steps that write one target, however it is spelled", () => {
  for (
    const [one, two] of [
      ["out/x.csv", "out/x.csv"],
      ["out/x.csv", "./out//y/../x.csv"],
      ["out", "out/x.csv"],
      ["out/x/y.csv", "out/x"],
    ] as const
  ) {
    const found = compileText(
      pipelineText(READ("a", "a.csv") + WRITE("w1", "a", one) + WRITE("w2", "a", two)),
    );
    assert.equal(found.value, undefined);
    assert.equal(found.diagnostics.length, 1, said(found));
    assert.equal(found.diagnostics[0]!.code, "CMP211");
    assert.match(said(found), /step 'w2'.*step 'w1'/);
  }
});

Deno.test("compile lets targets differ by case and by what only the run knows", () => {
  manifestOf(
    pipelineText(
      READ("a", "a.csv") + WRITE("w1", "a", "out/x.csv") + WRITE("w2", "a", "out/X.csv") +
        WRITE("w3", "a", "out/${run.id}/x.csv"),
    ),
  );
});

Deno.test("compile refuses a path that is written and read without an order", () => {
  for (const path of ["out/x.csv", "out/*.csv", "out", "**/x.csv"]) {
    const found = compileText(
      pipelineText(READ("a", "a.csv") + WRITE("w", "a", "out/x.csv") + READ("r", path)),
    );
    assert.deepEqual(found.diagnostics.map((d) => d.code), ["CMP212"], path);
    assert.match(said(found), /step 'r'.*step 'w'.*needs: \[w\]/);
  }
});

Deno.test("compile accepts a path that is written and read in an order", () => {
  manifestOf(
    pipelineText(READ("a", "a.csv") + WRITE("w", "a", "out/x.csv") + READ("r", "out/x.csv", ", needs: [w]")),
  );
  manifestOf(pipelineText(READ("a", "a.csv") + WRITE("w", "a", "a.csv")));
});

import assert from "node:assert/strict";
import { checkField } from "./_fields.ts";

const PATH = { type: "string", format: "path" } as const;
const said = (path: string) =>
  checkField(PATH, path).map(({ message, help }) => `${message}: ${help}`).join("\n");

Deno.test("pathProblems takes what names a file of this machine", () => {
  for (
    const path of ["a.csv", "./a:b.csv", "/a/b.csv", "../a", "~a.csv", "a/~/b", "C:/a.csv", "${run.id}://a"]
  ) {
    assert.equal(said(path), "", path);
  }
});

Deno.test("pathProblems refuses what lies elsewhere and says what to write", () => {
  for (
    const path of ["s3://b/x.csv", "http://h/x", "GS://b/c", "file:///tmp/x.csv", "s3://b/${run.id}.csv"]
  ) {
    assert.match(said(path), /only local files are supported/, path);
  }
  assert.match(said("file:///tmp/x.csv"), /'\/tmp\/x\.csv'/);
  for (const path of ["~", "~/x.csv", "~me/x.csv"]) {
    assert.match(said(path), /'~' is not replaced.*absolute path/, path);
  }
});

Deno.test("pathProblems refuses a name that no file system takes, counted in bytes", () => {
  assert.equal(said(`out/${"a".repeat(255)}`), "");
  assert.match(said(`out/${"a".repeat(256)}/x.csv`), /a name of 256 bytes/);
  assert.match(said("ž".repeat(128)), /a name of 256 bytes/);
});

import assert from "node:assert/strict";
import { changesOf, changesText, type Source } from "./_source.ts";

const QUERY = `SELECT id, "a  b" FROM t -- of today
  WHERE x = 'a  -- b' /* or
  not */ AND y > 1;`;
const source = (changes: { readonly [part: string]: string }): Source => ({
  component: "postgres.extractor",
  connection: "@postgres.main",
  place: "db.local:5432 shop",
  ...changes,
});
const differs = (one: string, other: string) =>
  changesOf(source({ query: one }), source({ query: other })).length > 0;

Deno.test("changesOf takes no notice of how a query is laid out, nor of what is said beside it", () => {
  for (
    const other of [
      QUERY.replaceAll("\n  ", "\n\t\t"),
      ` SELECT id, "a  b" FROM t WHERE x = 'a  -- b' AND y > 1 ; `,
      QUERY.replace("-- of today", "/* of\nyesterday */"),
    ]
  ) assert.equal(differs(QUERY, other), false, other);
});

Deno.test("changesOf sees every other change of a query, in its quotes too", () => {
  for (
    const [one, other] of [
      [QUERY, QUERY.replace("y > 1", "y > 2")],
      [QUERY, QUERY.replace("'a  -- b'", "'a -- b'")],
      [QUERY, QUERY.replace('"a  b"', '"a b"')],
      ["SELECT `a  b`", "SELECT `a b`"],
      ["SELECT $x$ a  b $x$", "SELECT $x$ a b $x$"],
      ["SELECT 5--1", "SELECT 5--2"], // 6 and 7 to MariaDB, a comment to PostgreSQL
      ["SELECT 1 --a\n, b", "SELECT 1 --a , b"],
      ["SELECT '\\'  '", "SELECT '\\' '"],
      ["SELECT 1 # '\n, '  '", "SELECT 1 # '\n, ' '"],
      ["SELECT 1 /*! , 2 */", "SELECT 1 /*! , 3 */"],
    ] as const
  ) assert.equal(differs(one, other), true, `${one} | ${other}`);
});

Deno.test("changesOf goes by where a connection leads, and by its name where that was not noted", () => {
  assert.deepEqual(changesOf(source({}), source({ connection: "@postgres.other" })), []);
  assert.equal(
    changesText(changesOf(source({ table: "a" }), source({ place: "db.local:5432 stage", params: "[1]" }))),
    "place 'db.local:5432 shop' -> 'db.local:5432 stage', table 'a' -> (none), params (none) -> '[1]'",
  );
  const older = { connection: "@postgres.main", table: "a" };
  assert.deepEqual(changesOf(older, source({ table: "a", params: "[1]" })), []);
  assert.equal(
    changesText(changesOf(older, source({ table: "a", connection: "@postgres.other" }))),
    "connection '@postgres.main' -> '@postgres.other'",
  );
});

Deno.test("changesText shows of long texts where they differ", () => {
  const long = "x".repeat(500);
  const text = changesText(changesOf(source({ query: `${long}1${long}` }), source({ query: `${long}2` })));
  assert.equal(text, `query '…${"x".repeat(20)}1${"x".repeat(39)}…' -> '…${"x".repeat(20)}2'`);
});

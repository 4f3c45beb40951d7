import assert from "node:assert/strict";
import { parseQueryText, writeQuery } from "./_query_text.ts";

Deno.test("parseQueryText: parameters are found where the parser finds them, and nowhere else", () => {
  const cases: [string, string[], string][] = [
    ["SELECT $a, $b2", ["a", "b2"], "SELECT <a>, <b2>"],
    ["SELECT '$a', \"$b\", $c", ["c"], "SELECT '$a', \"$b\", <c>"],
    ["SELECT 'it''s $a', $c", ["c"], "SELECT 'it''s $a', <c>"],
    ["SELECT E'\\'$a', $c", ["c"], "SELECT E'\\'$a', <c>"],
    ["SELECT $$ $a ' $$, $c", ["c"], "SELECT $$ $a ' $$, <c>"],
    ["SELECT $x$ $a $x$, $c", ["c"], "SELECT $x$ $a $x$, <c>"],
    ["SELECT 1 -- $a\n, $c", ["c"], "SELECT 1 -- $a\n, <c>"],
    ["SELECT 1 /* $a /* $b */ $d */, $c", ["c"], "SELECT 1 /* $a /* $b */ $d */, <c>"],
    ["SELECT a$b, $c", ["c"], "SELECT a$b, <c>"],
    ["SELECT 1;", [], "SELECT 1"],
    ["SELECT 1 ; -- end\n;/* x */", [], "SELECT 1"],
    ["SELECT 1 -- end", [], "SELECT 1"],
    ["SELECT ';' ; ", [], "SELECT ';'"],
    ["SELECT 1; SELECT 2", [], "SELECT 1; SELECT 2"],
    ["SELECT $a", ["a"], "SELECT <a>"],
    ["", [], ""],
  ];
  for (const [query, parameters, written] of cases) {
    const parsed = parseQueryText(query);
    assert.deepEqual(parsed.parameters, parameters, query);
    assert.equal(writeQuery(parsed, (name) => `<${name}>`), written, query);
  }
});

import { deepEqual } from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type DocNode, judgeDocs } from "../../scripts/_doc_lint.ts";

const root = Deno.cwd();
const door = "src/x/mod.ts";

function node(kind: string, name: string, jsDoc: DocNode["jsDoc"] = {}): DocNode {
  return {
    kind,
    name,
    jsDoc,
    declarationKind: "export",
    location: { filename: pathToFileURL(join(root, door)).href, line: 7 },
  };
}

const opening = node("moduleDoc", "", { doc: "Why.", tags: [{ kind: "example", doc: "```ts\n1;\n```" }] });

Deno.test("doc lint: a door with opening, example and words for each export passes", () => {
  deepEqual(judgeDocs(root, [door], [opening, node("function", "f", { doc: "What for." })]), []);
});

Deno.test("doc lint: a missing opening, example or word is named", () => {
  deepEqual(judgeDocs(root, [door], [node("moduleDoc", "", { doc: "Why." }), node("function", "f")]), [
    "src/x/mod.ts: no example; add an @example with a ts block to the opening",
    "src/x/mod.ts:7: 'f' is exported without a word; say what it is for",
  ]);
  deepEqual(judgeDocs(root, [door], []).length, 2);
});

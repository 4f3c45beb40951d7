import assert from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import fc from "fast-check";
import { reaches, statement, wall } from "./_wall.ts";
import { admit } from "./admit.ts";

/** Whether it can be loaded, the engine alone knows. */
async function load(text: string): Promise<Record<string, unknown> | undefined> {
  try {
    return await import(`data:application/javascript,${encodeURIComponent(text)}`);
  } catch {
    return undefined;
  }
}

/** A module that says when it was loaded, under any of the addresses that `url` gives. */
async function canary(): Promise<{ url(): string; hits(): number } & AsyncDisposable> {
  const folder = await Deno.makeTempDir({ prefix: "osiris-wall-test-" });
  const file = join(folder, "canary.js");
  const key = `osiris-canary-${crypto.randomUUID()}`;
  await Deno.writeTextFile(
    file,
    `const key = Symbol.for("${key}"); globalThis[key] = (globalThis[key] ?? 0) + 1; export default 1; export const a = 1;`,
  );
  let count = 0;
  return {
    url: () => `${pathToFileURL(file).href}?${count++}`,
    hits: () => (globalThis as unknown as Record<symbol, number>)[Symbol.for(key)] ?? 0,
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

/** Ways to load `URL`, among them many that only look so. */
const LOADS = [
  `import("URL");`,
  `await import("URL");`,
  "import(`URL`);",
  `import/**/("URL");`,
  `import/*"*/("URL");`,
  `import//'\n("URL");`,
  `import\n\t("URL");`,
  `import\u00a0("URL");`,
  `import\u2028("URL");`,
  `import\ufeff("URL");`,
  `import.meta.resolve("URL"); import(import.meta.url.slice(0, 0) + "URL");`,
  `\\u0069mport("URL");`,
  `im\\u{70}ort("URL");`,
  `import"URL";`,
  `import "URL" with { type: "javascript" };`,
  `import x from "URL";`,
  `import*as y from"URL";`,
  `import{a as z}from'URL';`,
  `import/*{*/{a as w}/*}*/from/*"*/"URL";`,
  `export*from"URL";`,
  `export * as b from /**/ "URL";`,
  `export{a as c}from\n'URL';`,
  `import defer * as d from "URL"; d.a;`,
  `import source s from "URL";`,
  `[..."x"].map(() => import("URL"));`,
  `class K { static { import("URL"); } }`,
  "`${import('URL')}`;",
  "`${`${import('URL')}`}`;",
  `label: import("URL");`,
  `import("data:text/javascript,import'URL'");`,
];

/** What may make a reader lose its place. */
const CONFUSION = [
  ...["'", '"', "`", "${", "}", "{", "(", ")", "[", "]", "/", "\\", "//", "/*", "*/", "<!--", "-->"],
  ...["\n", "\r", "\u2028", ";", "=", "let q = ", "a", "1", "+", "++", "=>", "return", "if (1) ", "typeof "],
  ...[
    "/[/]/",
    "/'/",
    "/`/",
    '"\\"',
    "'\\\\'",
    "`\\``",
    "a++ / 1",
    ") / 2 /",
    "} / 3 /",
    "x = /=/g",
    "#!",
    "import",
  ],
];

const texts = fc.array(
  fc.oneof(
    { arbitrary: fc.constantFrom(...LOADS), weight: 2 },
    { arbitrary: fc.constantFrom(...CONFUSION), weight: 2 },
  ),
  { minLength: 1, maxLength: 7 },
).map((parts) => parts.join(""));

/** Lets what a text began to load and did not wait for go on. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

Deno.test("wall leaves no text a way to load a module, as the engine sees it", async () => {
  await using free = await canary();
  for (const text of LOADS) await load(text.replaceAll("URL", free.url()));
  for (const end = performance.now() + 20_000; free.hits() < 20 && performance.now() < end;) await settled();
  assert.ok(free.hits() >= 20, `without the wall, ${free.hits()} ways load`);
  await using planted = await canary();
  for (const text of LOADS) await load(wall(text.replaceAll("URL", planted.url())));
  await fc.assert(
    fc.asyncProperty(texts, async (text) => {
      const walled = wall(text.replaceAll("URL", planted.url()));
      assert.equal(reaches(walled), 0);
      await load(walled);
      await settled();
      assert.equal(planted.hits(), 0, walled);
    }),
    { numRuns: 300 },
  );
});

Deno.test("admit admits no text that loads what is not allowed, as the engine sees it", async () => {
  await using planted = await canary();
  const allowed = fc.constantFrom(
    "",
    `import path from "node:path";`,
    `import{emit as e}from'osiris/driver';`,
  );
  let admitted = 0;
  await fc.assert(
    fc.asyncProperty(allowed, texts, allowed, async (first, text, last) => {
      const whole = `${first}${text}${last}\nexport default 1;`.replaceAll("URL", planted.url());
      const { value } = await admit(new TextEncoder().encode(whole), "driver.js");
      if (value === undefined) return;
      admitted++;
      await load(value);
      await settled();
      assert.equal(planted.hits(), 0, value);
    }),
    { numRuns: 300 },
  );
  assert.ok(admitted > 0);
});

Deno.test("wall keeps what a text means where it loads nothing", async () => {
  const text = String.raw`
    const o = { import(x) { return x + 1; }, from: 2, "import.meta": 3 };
    class Graph { import(a) { return a; } static from = "f" }
    // import("x") and import x from "y"
    /* import.meta */
    export default [
      "import('x') from 'y'", 'import.meta', "\import('z')", "\\import('z')", "a\timport \"b\"",
      ${"`from 'a' ${1 + 1} import(\"b\")`"}, /import\(|from "/.test('from "'), /\import[.]/.source.length > 0,
      o.import(1), o . import ( 2 ), new Graph().import("g"), Graph.from, o?.from, o["import.meta"],
      Array.from("ab").join(), Array . from /* list */ ("c").length, o.from / 2 / 1,
      ((from) => from / 2)(8), "sourceMappingURL=x",
    ];
    //# sourceMappingURL=data:application/json,x
  `;
  const meant = await load(text);
  assert.ok(Array.isArray(meant?.["default"]));
  assert.deepEqual((await load(wall(text)))?.["default"], meant["default"]);
  assert.equal(wall(text).split("\n").length, text.split("\n").length);
});

Deno.test("statement takes names, and nothing that could be read as more", () => {
  for (const clause of ["", "a", "{ a as b, c }", "* as d", "e, { f }", "é", "$_1"]) {
    assert.match(statement(clause, "node:path")!, /^import .*"node:path"$/);
  }
  for (
    const clause of [
      "a, 'b'",
      "{ a } /* x */",
      "x from 'y'; import z",
      "{ 'a b' as c }",
      "a\\u0061",
      "(a)",
      "a.b",
      "`",
    ]
  ) {
    assert.equal(statement(clause, "node:path"), undefined, clause);
  }
});

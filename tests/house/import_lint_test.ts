import { deepEqual, match } from "node:assert/strict";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import plugin from "../../scripts/_import_lint.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** What the lint says about a text that lies at `file`. */
function lint(file: string, text: string): Deno.lint.Diagnostic[] {
  return Deno.lint.runPlugin(plugin, resolve(root, file), text);
}

/** file, text, and the rule that must bite. */
const BITES: readonly (readonly [string, string, RegExp])[] = [
  ["main.ts", `import "./src/run/mod.ts";`, /main\.ts imports src\/cli, and what hosts a driver/],
  ["src/diagnostic.ts", `import "./manifest.ts";`, /'diagnostic' may import nothing/],
  ["src/manifest.ts", `import "./oml/mod.ts";`, /'manifest' may import diagnostic, json_schema/],
  ["src/json_schema.ts", `import "./diagnostic.ts";`, /'json_schema' may import nothing/],
  ["src/run/mod.ts", `import "../oml/mod.ts";`, /'run' may import manifest/],
  ["src/run/mod.ts", `import "../compile/mod.ts";`, /'run' may import manifest/],
  ["src/run/mod.ts", `import "../cli/mod.ts";`, /'run' may import manifest/],
  ["src/engine/mod.ts", `import "../component/mod.ts";`, /'engine' may import diagnostic/],
  [
    "src/engine/mod.ts",
    `import "../../schemas/oml.schema.json" with { type: "json" };`,
    /'engine' may import/,
  ],
  ["src/compile/mod.ts", `import "../engine/mod.ts";`, /'compile' may import oml/],
  ["src/compile/mod.ts", `import { readFileSync } from "node:fs";`, /src\/compile is pure/],
  ["src/compile/mod.ts", `const now = Date.now();`, /src\/compile is pure/],
  ["src/compile/mod.ts", `const now = new Date();`, /src\/compile is pure/],
  ["src/compile/mod.ts", `const n = Math.random();`, /src\/compile is pure/],
  ["src/compile/mod.ts", `Deno.readTextFileSync("x");`, /src\/compile is pure/],
  ["src/compile/mod.ts", `await fetch("x");`, /src\/compile is pure/],
  ["src/compile/mod.ts", `await globalThis.fetch("x");`, /src\/compile is pure/],
  ["src/run/mod.ts", `import "../engine/duckdb.ts";`, /entered by their front door/],
  ["src/cli/commands/run.ts", `import "../../run/_attempts.ts";`, /private to their folder/],
  ["src/cli/commands/run.ts", `const m = await import("../../run/_attempts.ts");`, /private to their folder/],
  ["src/cli/commands/run.ts", `export * from "../../run/_attempts.ts";`, /private to their folder/],
  ["src/cli/commands/run.ts", `export { a } from "../../run/_attempts.ts";`, /private to their folder/],
  ["src/cli/commands/run.ts", `type A = import("../../run/_attempts.ts").A;`, /private to their folder/],
  ["src/run/plan_test.ts", `import "../engine/_native.ts";`, /private to their folder/],
  ["src/report/_card.tsx", `import "../run/mod.ts";`, /'report' may import session/],
  ["src/report/_card.tsx", `Deno.serve(handler);`, /only src\/cli opens a port/],
  ["src/cli/mod.ts", `import { html } from "hono/html";`, /only src\/report makes pages/],
  ["src/report/mod.ts", `import { chromium } from "playwright-core";`, /a browser is what tests drive/],
  ["src/surprise/mod.ts", `import "../run/mod.ts";`, /does not know 'surprise'/],
  ["src/run/mod.ts", `import type { Json } from "@duckdb/node-api";`, /only src\/engine knows DuckDB/],
  ["src/run/mod.ts", `type A = typeof import("@duckdb/node-api");`, /only src\/engine knows DuckDB/],
  ["plugins/a.b/driver.ts", `import "@duckdb/node-api";`, /only src\/engine knows DuckDB/],
  ["plugins/a.b/driver.ts", `import "../../src/component/mod.ts";`, /SDK by its public name/],
  ["plugins/a.b/driver.ts", `import "../c.d/driver.ts";`, /SDK by its public name/],
  ["plugins/a.b/driver.ts", `import "../a/client.ts";`, /SDK by its public name/],
  ["plugins/a.b/driver.ts", `import "../a.c/mod.ts";`, /SDK by its public name/],
  ["plugins/a.b/driver.ts", `console.log("rows");`, /only src\/cli prints/],
  ["src/run/mod.ts", `console.error("rows");`, /only src\/cli prints/],
  ["src/run/mod.ts", `globalThis.console.error("rows");`, /only src\/cli prints/],
  ["src/run/mod.ts", `const { log } = console;`, /only src\/cli prints/],
  ["src/run/mod.ts", `Deno.stdout.writeSync(bytes);`, /only src\/cli prints/],
  ["src/run/mod.ts", `Deno["stdout"].writeSync(bytes);`, /only src\/cli prints/],
  ["src/cli/mod.ts", `Deno.exit(1);`, /only main\.ts exits/],
  ["src/cli/mod.ts", `Deno.exitCode = 1;`, /only main\.ts exits/],
  ["src/cli/mod.ts", `process.exit(1);`, /only main\.ts exits/],
  ["src/cli/mod.ts", `Deno.env.get("NO_COLOR");`, /only src\/connection reads the environment/],
  ["src/run/mod.ts", `const home = process.env["HOME"];`, /only src\/connection reads the environment/],
  ["src/component/mod.ts", `new Worker("x");`, /create a Worker/],
  ["src/run/mod.ts", `new Deno.Command("x");`, /nothing else starts programs/],
  ["src/run/mod.ts", `Deno.serve(handler);`, /only src\/cli opens a port/],
  ["src/run/mod.ts", `eval("1");`, /no text becomes code/],
  ["plugins/a.b/driver.ts", `new Function("return 1");`, /no text becomes code/],
  ["src/utils/x.ts", `export const a = 1;`, /no folder is called utils/],
];

Deno.test("import lint: each rule bites where it is broken, and says the mend", () => {
  for (const [file, text, rule] of BITES) {
    const found = lint(file, text);
    deepEqual(found.length, 1, `${file}: ${text}: ${found.map((d) => d.message).join(" | ")}`);
    match(found[0]!.message, rule);
    match(found[0]!.message, /^Cannot .+ in .+: .+/);
    match(found[0]!.hint ?? "", /.{10}/);
  }
});

/** What a rule must leave alone. */
const PASSES: readonly (readonly [string, string])[] = [
  ["main.ts", `import { main } from "./src/cli/mod.ts"; Deno.exit(await main(Deno.args));`],
  ["src/manifest.ts", `import schema from "../schemas/manifest.schema.json" with { type: "json" };`],
  [
    "src/run/mod.ts",
    `import "../engine/mod.ts"; import "../diagnostic.ts"; import "./_steps.ts"; import "node:fs";`,
  ],
  ["src/cli/commands/run.ts", `import "../_print.ts"; import "../../run/mod.ts"; console.log("done");`],
  ["src/engine/_native.ts", `import "@duckdb/node-api";`],
  ["src/compile/mod.ts", `import { stringify } from "yaml"; const x = { Date: 1, fetch: 2 }; x.Date;`],
  ["src/compile/mod.ts", `function f(cache: { fetch(): string }): string { return cache.fetch(); }`],
  ["src/compile/compile_test.ts", `import "node:fs"; import "../engine/mod.ts"; Deno.readTextFileSync("x");`],
  ["src/connection/mod.ts", `Deno.env.get("HOME");`],
  ["src/component/host.ts", `new Worker("x");`],
  ["src/component/mod.ts", `export type F = Worker; export const kinds = { Worker: 1 };`],
  ["plugins/a.b/driver.ts", `import { defineDriver } from "osiris/driver"; import "./_rows.ts";`],
  ["scripts/_test.ts", `console.log(Deno.env.get("PATH")); Deno.exit(1);`],
  ["tests/stories/run_test.ts", `import "../../src/run/_attempts.ts"; new Deno.Command("x");`],
];

Deno.test("import lint: what the table allows passes", () => {
  for (const [file, text] of PASSES) {
    deepEqual(lint(file, text).map((d) => d.message), [], `${file}: ${text}`);
  }
});

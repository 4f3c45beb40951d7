/**
 * Writes `docs/reference/`: one page for the command line, one for all codes, one for each component
 * and one for each document that has a schema. Everything comes from what the program itself obeys, so
 * a page cannot say anything else. The same checkout gives the same bytes.
 *
 * Run it after changing a schema, a spec, a code or a command: `deno run -A scripts/_reference.ts`.
 *
 * @module
 */

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describeCommands } from "../src/cli/mod.ts";
import { loadCatalog } from "../src/component/mod.ts";
import { cliPage } from "./_reference/cli_page.ts";
import { codesPage } from "./_reference/codes_page.ts";
import { componentPage } from "./_reference/component_page.ts";
import { code, GENERATED, heading, table } from "./_reference/markdown.ts";
import { schemaPage } from "./_reference/schema_page.ts";

const ROOT = new URL("../", import.meta.url).pathname;

/** Where the pages are kept. */
export const FOLDER = join(ROOT, "docs/reference");

if (import.meta.main) await write();

/** Every page by its path under `docs/reference/`. */
export async function referencePages(): Promise<Map<string, string>> {
  const components = (await loadCatalog()).entries().map(({ spec }) => spec);
  const schemas = readdirSync(join(ROOT, "schemas")).filter((name) => name.endsWith(".schema.json")).sort()
    .map((file) => {
      const text = readFileSync(join(ROOT, "schemas", file), "utf8");
      return { name: file.replace(".schema.json", ""), text, about: JSON.parse(text).description as string };
    });
  const index = [
    heading(1, "Reference"),
    "Made from the schemas, specs and declarations that the program obeys.",
    `- [Command line](cli.md)\n- [Codes](codes.md)`,
    heading(2, "Components"),
    table(
      ["", ""],
      components.map((spec) => [`[${spec.name}](components/${spec.name}.md)`, spec.description]),
    ),
    heading(2, "Documents"),
    table(["", ""], schemas.map(({ name, about }) => [`[${code(name)}](${name}.md)`, about])),
  ].join("\n\n") + "\n";
  const pages: [string, string][] = [
    ["README.md", index],
    ["cli.md", cliPage(await describeCommands())],
    ["codes.md", codesPage()],
    ...components.map((spec): [string, string] => [`components/${spec.name}.md`, componentPage(spec)]),
    ...schemas.map(({ name, text }): [string, string] => [`${name}.md`, schemaPage(name, text)]),
  ];
  return new Map(pages.map(([path, page]) => [path, `${GENERATED}\n\n${page}`]));
}

async function write(): Promise<void> {
  const pages = await referencePages();
  rmSync(FOLDER, { recursive: true, force: true });
  for (const [path, page] of pages) {
    mkdirSync(dirname(join(FOLDER, path)), { recursive: true });
    writeFileSync(join(FOLDER, path), page);
  }
}

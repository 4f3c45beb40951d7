/** `osiris components new NAME`. */

import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Mode } from "../../component/mod.ts";
import { OsirisError } from "../../diagnostic.ts";
import type { Cli } from "../_cli.ts";
import { declare } from "../_declare.ts";
import { printable } from "../../printable.ts";
import { componentsFolder, projectOf, shownPath } from "../_project.ts";

/** As `schemas/component.schema.json` has it. */
const NAME = /^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$/;

export const componentsNew = declare({
  name: "components new",
  summary: "make a component of your own that works at once",
  details: [
    "It goes into the project's 'components' folder: spec.yaml, driver.ts, examples that 'osiris components test' runs, and the types of osiris/driver beside it.",
  ],
  arguments: { name: { value: "NAME", summary: "family and role, such as shop.orders_extractor" } },
  flags: {
    mode: {
      value: "MODE",
      summary: "what it does: read (the default), transform or write",
      choices: ["read", "transform", "write"],
    },
  },
  document: { component: "its name", folder: "its folder", files: "what was written, relative to it" },
  examples: [
    {
      line: "osiris components new shop.orders_extractor",
      about: "A reader of a JSON API, page by page, with its examples.",
    },
    {
      line: "osiris components new shop.slugs_transform --mode transform",
      about: "Rows in, rows out.",
    },
  ],
  async run({ name, mode = "read" }, cli) {
    demandName(name);
    const components = componentsFolder(projectOf(cli));
    const folder = join(components, name);
    if (existsSync(folder)) throw taken(name, folder, cli);
    const { loadCatalog, newComponent } = await import("../../component/mod.ts");
    if ((await loadCatalog()).get(name) !== undefined) throw builtIn(name);
    const files = await newComponent(name, mode as Mode);
    const { writeSdk } = await import("../_component_files.ts");
    await writeSdk(components);
    writeAll(folder, files);
    const shown = printable(shownPath(folder, cli.cwd));
    return {
      document: { component: name, folder, files: files.map(({ path }) => path) },
      note: [
        `Made ${name} in ${shown}:`,
        ...files.map(({ path }) => `  ${path}`),
        "",
        "Next:",
        `  osiris components test ${shown}`,
        "",
      ].join("\n"),
    };
  },
});

/** A folder's name may be no longer anywhere; a message shows a longer one only in part. */
const LONGEST_NAME = 100;

function demandName(name: string): void {
  if (name.length > LONGEST_NAME) {
    const start = printable(name.slice(0, 20));
    throw new OsirisError(
      "CLI804",
      `Cannot make the component '${start}…': its name has ${name.length} characters, and should have at most ${LONGEST_NAME}`,
      { category: "usage", help: "for example: osiris components new shop.extractor" },
    );
  }
  if (NAME.test(name)) return;
  const parts = name.toLowerCase().split(/[^a-z0-9_]+/).map((part) => part.replace(/^[0-9_]+/, "")).filter((
    part,
  ) => part !== "");
  const [family = "shop", role = "extractor"] = parts.length > 1
    ? [parts[0], parts.slice(1).join("_")]
    : ["shop", parts[0]];
  throw new OsirisError(
    "CLI804",
    `Cannot make the component '${
      printable(name)
    }': its name should be family.role in small letters, digits and '_'`,
    { category: "usage", help: `for example: osiris components new ${family}.${role}` },
  );
}

function taken(name: string, folder: string, cli: Cli): OsirisError {
  const shown = printable(shownPath(folder, cli.cwd));
  return new OsirisError("CLI807", `Cannot make the component '${name}': '${shown}' is there already`, {
    category: "usage",
    help: `choose another name, or look at it with 'osiris components test ${shown}'`,
  });
}

function builtIn(name: string): OsirisError {
  return new OsirisError("CLI807", `Cannot make the component '${name}': Osiris has one of that name`, {
    category: "usage",
    help: "choose a family of your own, such as the name of your company or of the service",
  });
}

/** All of them or none. */
function writeAll(folder: string, files: readonly { readonly path: string; readonly text: string }[]): void {
  try {
    for (const { path, text } of files) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text, { flag: "wx" });
    }
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

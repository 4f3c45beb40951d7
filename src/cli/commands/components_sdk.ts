/** `osiris components sdk [DIR]`. */

import { resolve } from "node:path";
import { declare } from "../_declare.ts";
import { printable } from "../../printable.ts";
import { componentsFolder, projectOf, shownPath } from "../_project.ts";

export const componentsSdk = declare({
  name: "components sdk",
  summary: "write the types of osiris/driver, for editors and compilers",
  details: [
    "They come from the program itself, with their documentation. Write them anew after an update of Osiris; an own deno.json or tsconfig.json beside them is left as it is.",
  ],
  arguments: {
    dir: {
      value: "DIR",
      summary: "the folder that holds the components (the project's 'components' when left out)",
      optional: true,
      kind: "folder",
    },
  },
  flags: {},
  document: {
    folder: "where they are",
    written: "the files that were written",
    kept: "the files that were there, each with what it needs",
  },
  examples: [{
    line: "osiris components sdk",
    about: "components/osiris-driver.d.ts, with what leads an editor to it.",
  }],
  async run({ dir }, cli) {
    const folder = dir === undefined ? componentsFolder(projectOf(cli)) : resolve(cli.cwd, dir);
    const { writeSdk } = await import("../_component_files.ts");
    const { written, kept } = await writeSdk(folder);
    const shown = printable(shownPath(folder, cli.cwd));
    return {
      document: { folder, written, kept },
      note: [
        `Wrote into ${shown}:`,
        ...written.map((file) => `  ${file}`),
        ...kept.map(({ file, needs }) => `Left ${file} as it is; it needs ${needs}`),
        "",
      ].join("\n"),
    };
  },
});

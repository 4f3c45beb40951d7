/** `osiris components list`. */

import type { CatalogEntry } from "../../component/mod.ts";
import { declare } from "../_declare.ts";
import { printable } from "../../printable.ts";
import { projectOf } from "../_project.ts";
import { table } from "../_table.ts";

export const componentsList = declare({
  name: "components list",
  summary: "list the components that a step can name",
  details: ["Those of Osiris, and those from outside in the project's folder components/."],
  arguments: {},
  flags: {},
  document: {
    components: "name, version, title, status, modes, capabilities and origin of each",
    broken: "name and error of each in components/ that cannot be used",
  },
  examples: [{ line: "osiris components list", about: "What there is to read, compute and write with." }],
  async run(_input, cli) {
    const { projectCatalog } = await import("../_components.ts");
    const catalog = await projectCatalog(projectOf(cli));
    const entries = catalog.entries();
    const rows = entries.map(({ spec, origin }) => [
      spec.name,
      spec.modes.join(", "),
      printable(spec.version),
      origin === "outside" ? `${spec.status}, from outside` : spec.status,
      printable(spec.title),
    ]);
    const headings = [
      { title: "component", whole: true as const },
      { title: "modes" },
      { title: "version" },
      { title: "status" },
      { title: "title" },
    ];
    const broken = catalog.broken();
    return {
      document: {
        components: entries.map(briefOf),
        broken: broken.map(({ name, error }) => ({ name, error: error.toFailure() })),
      },
      text: table(headings, rows, cli.out),
      warnings: broken.map(({ error }) => error.message),
    };
  },
});

function briefOf({ spec, origin }: CatalogEntry) {
  const { name, version, title, status, modes, capabilities } = spec;
  return { name, version, title, status, modes, capabilities, origin };
}

/** `osiris connections list`. */

import { join } from "node:path";
import { hasErrors } from "../../diagnostic.ts";
import { declare } from "../_declare.ts";
import { printable } from "../../printable.ts";
import { projectOf, shownPath } from "../_project.ts";
import { table } from "../_table.ts";

export const connectionsList = declare({
  name: "connections list",
  summary: "list the connections of osiris_connections.yaml, without any value",
  arguments: {},
  flags: {},
  document: {
    file: "the connections file",
    connections: "name, family, alias, default and the names of the fields of each; never a value",
  },
  examples: [{ line: "osiris connections list", about: "Families, aliases and the fields each one sets." }],
  async run(_input, cli) {
    const { loadConnections, loadEnvironment } = await import("../../connection/mod.ts");
    const { textsIn } = await import("../_texts.ts");
    const { root } = projectOf(cli);
    const env = loadEnvironment(root);
    const file = shownPath(join(root, "osiris_connections.yaml"), cli.cwd);
    const { value, diagnostics } = loadConnections(file, env);
    const entries = (value?.families() ?? []).flatMap((family) =>
      value!.aliases(family).map((alias) => value!.find(`@${family}.${alias}`)!)
    );
    const found = [...env.diagnostics, ...diagnostics];
    const connections = entries.map(({ family, alias, isDefault, fields }) => ({
      name: `@${family}.${alias}`,
      family,
      alias,
      default: isDefault,
      fields: [...fields.keys()],
    }));
    const rows = connections.map((c) => [c.name, c.default ? "yes" : "", c.fields.join(", ")].map(printable));
    const headings = [{ title: "connection", whole: true as const }, { title: "default" }, {
      title: "fields",
    }];
    return {
      document: { file, connections },
      text: connections.length > 0
        ? table(headings, rows, cli.out)
        : hasErrors(found)
        ? ""
        : `No connections in ${printable(file)}\n`,
      diagnostics: found,
      texts: textsIn(cli.cwd, found),
    };
  },
});

/** `osiris logs lineage`. */

import { resolve } from "node:path";
import type { RunLineage, RunView } from "../../report/mod.ts";
import type { Answer } from "../_answer.ts";
import type { Cli } from "../_cli.ts";
import { declare } from "../_declare.ts";
import { SESSION_FLAG, unusable } from "../_flags.ts";
import { lineageText } from "../_lineage_text.ts";
import { jsonText } from "../_print.ts";
import { printable } from "../_printable.ts";
import { projectOf, shownPath } from "../_project.ts";

const FORMATS = ["json", "openlineage"] as const;

export const logsLineage = declare({
  name: "logs lineage",
  summary: "show which columns of the sources each column that was written is made of",
  details: [
    "What a query does to its columns is read from the engine's own plan of it; a column whose way nobody can tell says so. The data is not looked at: the session is enough.",
    "openlineage: the run as OpenLineage events, one a line, for Marquez, DataHub and others of its kind. The same run gives the same events.",
  ],
  arguments: {},
  flags: {
    ...SESSION_FLAG,
    format: { value: "FORMAT", summary: "a format for another program", choices: FORMATS },
    output: {
      value: "FILE",
      summary: "write this file, whole or not at all, instead of standard output",
      short: "o",
      kind: "file",
    },
  },
  document: {
    session_id: "the run",
    lineage: "datasets, steps and columns; docs/reference/lineage.md has every key",
    output: "with --output: the file",
  },
  examples: [
    { line: "osiris logs lineage", about: "What the last run's outputs are made of." },
    {
      line: "osiris logs lineage --format openlineage --output lineage.ndjson",
      about: "Events for a catalog of data.",
    },
  ],
  async run({ session, format, output }, cli) {
    if (output !== undefined && format === undefined) {
      throw unusable(
        "--output",
        "the table is for a screen",
        "give --format json or --format openlineage too",
      );
    }
    const { findSession } = await import("../../session/mod.ts");
    const { readRun } = await import("../../report/mod.ts");
    const { Lineages } = await import("../_engine_lineage.ts");
    const run = await readRun(await findSession(projectOf(cli).logs, session));
    await using lineages = new Lineages();
    const lineage = await lineages.of(run);
    const document = { session_id: run.session_id, lineage: { version: 1, ...lineage } };
    if (format === undefined) return { document, text: lineageText(lineage, cli.out) };
    const content = format === "json" ? jsonText({ ...document.lineage }) : await eventLines(run, lineage);
    return output === undefined ? { document, text: content } : await written(document, content, output, cli);
  },
});

async function eventLines(run: RunView, lineage: RunLineage): Promise<string> {
  const { openLineageOf } = await import("../../report/mod.ts");
  return openLineageOf(run, lineage).map((event) => `${JSON.stringify(event)}\n`).join("");
}

async function written(
  document: { readonly session_id: string; readonly lineage: unknown },
  content: string,
  output: string,
  cli: Cli,
): Promise<Answer<"session_id" | "lineage" | "output">> {
  const { writeWhole } = await import("../_write.ts");
  const path = resolve(cli.cwd, output);
  await writeWhole(path, content);
  return { document: { ...document, output: path }, note: `Wrote ${printable(shownPath(path, cli.cwd))}\n` };
}

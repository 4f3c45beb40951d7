/** `osiris init [DIR] [--from FILE]`. */

import { resolve } from "node:path";
import type { Answer } from "../_answer.ts";
import type { Cli } from "../_cli.ts";
import { declare } from "../_declare.ts";
import { printable } from "../../printable.ts";
import { shownPath } from "../_project.ts";

export const init = declare({
  name: "init",
  summary: "make a project with a working pipeline",
  details: [
    "With --from the pipeline reads that file: its columns and types are found and written down, ready to be edited. Nothing that is there is overwritten.",
  ],
  arguments: {
    dir: {
      value: "DIR",
      summary: "the project's folder (the current one when left out)",
      optional: true,
      kind: "folder",
    },
  },
  flags: {
    from: { value: "FILE", summary: "a CSV, JSON or Parquet file to write the pipeline for", kind: "file" },
  },
  document: { project: "the project's folder", files: "what was written, relative to it" },
  examples: [
    { line: "osiris init shop", about: "A folder 'shop' with data, a pipeline, and what to type next." },
    { line: "osiris init shop --from sales.csv", about: "A pipeline for your own file." },
  ],
  async run({ dir, from }, cli) {
    const root = resolve(cli.cwd, dir ?? ".");
    const { exampleFiles, filesFor } = await import("../_project_files.ts");
    const files = from === undefined ? exampleFiles() : await filesFor(cli, from, root);
    const { writeProject } = await import("../_write_project.ts");
    const written = await writeProject(root, files);
    return answerOf(cli, root, written);
  },
});

function answerOf(cli: Cli, root: string, written: readonly string[]): Answer {
  const here = root === cli.cwd;
  const shown = printable(shownPath(root, cli.cwd));
  return {
    document: { project: root, files: written },
    note: [
      `Made a project in ${here ? "this folder" : shown}:`,
      ...written.map((file) => `  ${printable(file)}`),
      "",
      "Next:",
      ...(here ? [] : [`  cd ${shellWord(shownPath(root, cli.cwd))}`]),
      "  osiris run pipeline.oml",
      "",
    ].join("\n"),
  };
}

/** A path as a shell takes it. */
function shellWord(path: string): string {
  if (/^[\w./+:@%-]+$/.test(path) && !path.startsWith("-")) return path;
  const quoted = `'${printable(path).replaceAll("'", "'\\''")}'`;
  return path.startsWith("-") ? `-- ${quoted}` : quoted;
}

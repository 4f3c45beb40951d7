/** `osiris logs export`. */

import { basename, resolve } from "node:path";
import { OsirisError } from "../../diagnostic.ts";
import type { SessionRecord } from "../../session/mod.ts";
import { counted } from "../../amounts.ts";
import type { Answer } from "../_answer.ts";
import type { Cli } from "../_cli.ts";
import { declare } from "../_declare.ts";
import { SESSION_FLAG } from "../_flags.ts";
import { jsonText } from "../_print.ts";
import { printable } from "../_printable.ts";
import { projectOf, shownPath } from "../_project.ts";

const FORMATS = ["prometheus", "json", "csv", "parquet"] as const;

type Format = (typeof FORMATS)[number];

export const logsExport = declare({
  name: "logs export",
  summary: "write what runs measured in a format of another program",
  details: [
    "prometheus: of each pipeline and profile, what its last run measured, for a collector of text files or a push gateway. With --all also how many runs there are.",
    "json: one document of the runs, their totals and their metrics. csv and parquet: a row for each metric.",
    "Everything comes from the runs' files; nothing is sent anywhere.",
  ],
  arguments: {},
  flags: {
    ...SESSION_FLAG,
    all: { summary: "export all runs" },
    format: { value: "FORMAT", summary: "the format (default prometheus)", choices: FORMATS },
    output: {
      value: "FILE",
      summary: "write this file, whole or not at all, instead of standard output",
      short: "o",
      kind: "file",
    },
  },
  document: {
    format: "the format",
    sessions: "the runs that were exported",
    output: "with --output: the file",
    content: "without --output: what would stand in it",
  },
  examples: [
    { line: "osiris logs export", about: "The last run's metrics as Prometheus reads them." },
    {
      line: "osiris logs export --all --output metrics/osiris.prom",
      about: "For the text file collector of Prometheus' node exporter.",
    },
    {
      line: "osiris logs export --all --format parquet --output runs.parquet",
      about: "A table to ask questions.",
    },
  ],
  async run({ session, all, format = "prometheus", output }, cli) {
    if (all && session !== undefined) {
      throw unusable("--session", "--all means every run", "leave one of them out");
    }
    if (format === "parquet" && output === undefined) {
      throw unusable("--format parquet", "it is no text for a screen", "name a file: --output runs.parquet");
    }
    const path = output === undefined ? undefined : resolve(cli.cwd, output);
    const folders = await foldersOf(cli, all, session);
    return await exported({ format: format as Format, all, folders, path, cli });
  },
});

interface Wanted {
  readonly format: Format;
  readonly all: boolean;
  /** Those of the runs. */
  readonly folders: readonly string[];
  /** Absolute. */
  readonly path: string | undefined;
  readonly cli: Cli;
}

async function exported(wanted: Wanted): Promise<Answer> {
  const { format, folders, path, cli } = wanted;
  const document = { format, sessions: folders.map((folder) => basename(folder)) };
  if (path === undefined) {
    const content = await contentOf(wanted);
    return { document: { ...document, content }, text: content };
  }
  if (format === "csv" || format === "parquet") {
    const { measuresOf } = await import("../../report/mod.ts");
    const { writeMeasures } = await import("../_measures_file.ts");
    await writeMeasures(await ofEach(folders, measuresOf), format, path);
  } else {
    const { writeWhole } = await import("../_write.ts");
    await writeWhole(path, await contentOf(wanted));
  }
  const note = `Wrote ${counted(folders.length, "run")} to ${printable(shownPath(path, cli.cwd))}\n`;
  return { document: { ...document, output: path }, note };
}

/** The export as text. */
async function contentOf({ format, all, folders, cli }: Wanted): Promise<string> {
  const report = await import("../../report/mod.ts");
  switch (format) {
    case "prometheus":
      return all
        ? await report.prometheusOfLogs(projectOf(cli).logs)
        : report.prometheusOf([], await ofEach(folders, (record) => [record]));
    case "json":
      return jsonText({ version: 1, runs: await ofEach(folders, (record) => [report.measuredRun(record)]) });
    default: {
      const { measuresText } = await import("../_measures_file.ts");
      return await measuresText(await ofEach(folders, report.measuresOf));
    }
  }
}

/** The folder of one run, or those of all, the newest first. */
async function foldersOf(cli: Cli, all: boolean, session: string | undefined): Promise<string[]> {
  const { findSession, listSessions } = await import("../../session/mod.ts");
  const { logs } = projectOf(cli);
  if (!all) return [await findSession(logs, session)];
  return (await listSessions(logs)).map(({ folder }) => folder);
}

/** What is wanted of each run; of a run read before nothing else is kept. */
async function ofEach<T>(folders: readonly string[], wanted: (record: SessionRecord) => T[]): Promise<T[]> {
  const { readSession } = await import("../../session/mod.ts");
  const found: T[][] = [];
  for (const folder of folders) found.push(wanted(await readSession(folder)));
  return found.flat();
}

function unusable(flag: string, why: string, help: string): OsirisError {
  return new OsirisError("CLI804", `Cannot use '${flag}' of 'osiris logs export': ${why}`, {
    category: "usage",
    help,
  });
}

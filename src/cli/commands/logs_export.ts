/** `osiris logs export`. */

import { basename, resolve } from "node:path";
import { OsirisError } from "../../diagnostic.ts";
import type { OtlpRequest, OtlpSignal } from "../../report/mod.ts";
import type { SessionRecord } from "../../session/mod.ts";
import { counted } from "../../amounts.ts";
import type { Answer } from "../_answer.ts";
import type { Cli } from "../_cli.ts";
import { declare } from "../_declare.ts";
import { OUTPUT_FLAG, SESSION_FLAG, unusable } from "../_flags.ts";
import { jsonLine, jsonText } from "../_print.ts";
import { printable } from "../../printable.ts";
import { projectOf, shownPath } from "../_project.ts";

const FORMATS = ["prometheus", "otlp", "json", "csv", "parquet"] as const;

const OTLP_SIGNALS = ["traces", "metrics", "logs"] as const satisfies readonly OtlpSignal[];

type Format = (typeof FORMATS)[number];

export const logsExport = declare({
  name: "logs export",
  summary: "give what runs recorded in a format of another program",
  details: [
    "prometheus: of each pipeline and profile, what its last run measured, for a collector of text files or a push gateway. With --all also how many runs there are.",
    "otlp: traces, metrics and logs as OpenTelemetry's OTLP has them in JSON, one request a line; with --endpoint they are sent by OTLP/HTTP, with the headers of OTEL_EXPORTER_OTLP_HEADERS.",
    "json: one document of the runs, their totals and their metrics. csv and parquet: a row for each metric.",
    "Everything comes from the runs' files; nothing is sent without --endpoint.",
  ],
  arguments: {},
  flags: {
    ...SESSION_FLAG,
    all: { summary: "export all runs" },
    format: { value: "FORMAT", summary: "the format (default prometheus)", choices: FORMATS },
    signal: {
      value: "KIND",
      summary: "with otlp: only this kind; a file for others should hold one",
      choices: OTLP_SIGNALS,
    },
    endpoint: { value: "URL", summary: "with otlp: send it to this receiver, such as http://localhost:4318" },
    ...OUTPUT_FLAG,
  },
  document: {
    format: "the format",
    sessions: "the runs that were exported",
    output: "with --output: the file",
    content: "without --output: what would stand in it",
    sent: "with --endpoint: how many requests of each kind were taken",
  },
  examples: [
    {
      line: "osiris logs export --format otlp --signal traces",
      about: "The last run as a trace of OpenTelemetry.",
    },
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
  async run({ session, all, format = "prometheus", signal, endpoint, output }, cli) {
    if (all && session !== undefined) {
      throw unusable("logs export", "--session", "--all means every run", "leave one of them out");
    }
    if (format === "parquet" && output === undefined) {
      throw unusable(
        "logs export",
        "--format parquet",
        "it is no text for a screen",
        "name a file: --output runs.parquet",
      );
    }
    const foreign = signal !== undefined ? "--signal" : endpoint !== undefined ? "--endpoint" : undefined;
    if (format !== "otlp" && foreign !== undefined) {
      throw unusable(
        "logs export",
        foreign,
        `--format is '${format}'`,
        "give --format otlp, or leave it out",
      );
    }
    if (endpoint !== undefined && output !== undefined) {
      throw unusable("logs export", "--endpoint", "--output names a file", "leave one of them out");
    }
    const path = output === undefined ? undefined : resolve(cli.cwd, output);
    const folders = await foldersOf(cli, all, session);
    const wanted = {
      format: format as Format,
      signal: signal as OtlpSignal | undefined,
      all,
      folders,
      path,
      cli,
    };
    return endpoint === undefined ? await exported(wanted) : await sent(wanted, endpoint);
  },
});

interface Wanted {
  readonly format: Format;
  /** With OTLP: only this kind. */
  readonly signal: OtlpSignal | undefined;
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

/** Sends telemetry, run after run, until the receiver does not take something. */
async function sent({ format, signal: kind, folders, cli }: Wanted, endpoint: string): Promise<Answer> {
  const { sendOtlp } = await import("../../report/mod.ts");
  const { loadEnvironment, telemetrySettings } = await import("../../connection/mod.ts");
  const { target, resource, trouble } = telemetrySettings(loadEnvironment(projectOf(cli).root), endpoint);
  if (target === undefined) {
    throw unusable("logs export", "--endpoint", trouble!, "for example: --endpoint http://localhost:4318");
  }
  const counts = { traces: 0, metrics: 0, logs: 0 };
  for (const folder of folders) {
    for (const request of await telemetryIn(folder, resource, kind)) {
      const reason = await sendOtlp(request, target, { signal: cli.interruption.signal });
      if (reason !== undefined) throw untaken(endpoint, basename(folder), reason);
      counts[request.signal]++;
    }
  }
  const document = { format, sessions: folders.map((folder) => basename(folder)), sent: counts };
  return { document, note: `Sent ${counted(folders.length, "run")} to ${printable(endpoint)}\n` };
}

/** The requests that tell of a run. */
async function telemetryIn(
  folder: string,
  resource: { readonly [key: string]: string },
  kind: OtlpSignal | undefined,
): Promise<OtlpRequest[]> {
  const { otlpOf } = await import("../../report/mod.ts");
  const { readSession } = await import("../../session/mod.ts");
  return [...otlpOf(await readSession(folder), resource)].filter(({ signal }) =>
    kind === undefined || signal === kind
  );
}

function untaken(endpoint: string, session: string, reason: string): OsirisError {
  return new OsirisError("CLI811", `Cannot send ${session} to '${printable(endpoint)}': ${reason}`, {
    category: "connection",
    help:
      "see that the receiver takes OTLP/HTTP with JSON at this address, and type it again: what was taken has the same ids",
    retryable: true,
  });
}

/** The export as text. */
async function contentOf({ format, signal, all, folders, cli }: Wanted): Promise<string> {
  const report = await import("../../report/mod.ts");
  switch (format) {
    case "prometheus":
      return all
        ? await report.prometheusOfLogs(projectOf(cli).logs)
        : report.prometheusOf([], await ofEach(folders, (record) => [record]));
    case "otlp": {
      const { loadEnvironment, telemetrySettings } = await import("../../connection/mod.ts");
      const { resource } = telemetrySettings(loadEnvironment(projectOf(cli).root));
      const lines: string[] = [];
      for (const folder of folders) {
        for (const { body } of await telemetryIn(folder, resource, signal)) lines.push(jsonLine(body));
      }
      return lines.join("");
    }
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

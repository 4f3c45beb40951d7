/** `osiris logs lineage`. */

import { resolve } from "node:path";
import { counted } from "../../amounts.ts";
import { OsirisError } from "../../diagnostic.ts";
import type { RunLineage, RunView } from "../../report/mod.ts";
import type { Answer } from "../_answer.ts";
import type { Cli } from "../_cli.ts";
import { declare } from "../_declare.ts";
import { OUTPUT_FLAG, SESSION_FLAG, unusable } from "../_flags.ts";
import { lineageText } from "../_lineage_text.ts";
import { jsonText } from "../_print.ts";
import { printable } from "../../printable.ts";
import { projectOf, shownPath } from "../_project.ts";

const FORMATS = ["json", "openlineage"] as const;
const EXAMPLE = "http://localhost:5000/api/v1/lineage";

export const logsLineage = declare({
  name: "logs lineage",
  summary: "show which columns of the sources each column that was written is made of",
  details: [
    "What a query does to its columns is read from the engine's own plan of it; a column whose way nobody can tell says so. The data is not looked at: the session is enough.",
    "openlineage: the run as OpenLineage events, one a line, for Marquez, DataHub and others of its kind; with --endpoint they are sent, with the key of OPENLINEAGE_API_KEY if there is one. The same run gives the same events.",
  ],
  arguments: {},
  flags: {
    ...SESSION_FLAG,
    format: { value: "FORMAT", summary: "a format for another program", choices: FORMATS },
    endpoint: {
      value: "URL",
      summary: `with openlineage: send it to this receiver, such as ${EXAMPLE}`,
    },
    ...OUTPUT_FLAG,
  },
  document: {
    session_id: "the run",
    lineage: "datasets, steps and columns; docs/reference/lineage.md has every key",
    output: "with --output: the file",
    sent: "with --endpoint: how many events were taken",
  },
  examples: [
    { line: "osiris logs lineage", about: "What the last run's outputs are made of." },
    {
      line: "osiris logs lineage --format openlineage --output lineage.ndjson",
      about: "Events for a catalog of data.",
    },
  ],
  async run({ session, format, endpoint, output }, cli) {
    if (endpoint !== undefined && format !== "openlineage") {
      throw unusable(
        "logs lineage",
        "--endpoint",
        `--format is '${format ?? "not given"}'`,
        "give --format openlineage too",
      );
    }
    if (endpoint !== undefined && output !== undefined) {
      throw unusable("logs lineage", "--endpoint", "--output names a file", "leave one of them out");
    }
    if (output !== undefined && format === undefined) {
      throw unusable(
        "logs lineage",
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
    if (endpoint !== undefined) return await sent(document, await eventsOf(run, lineage), endpoint, cli);
    const content = format === "json"
      ? jsonText({ ...document.lineage })
      : (await eventsOf(run, lineage)).map((event) => `${event}\n`).join("");
    return output === undefined ? { document, text: content } : await written(document, content, output, cli);
  },
});

interface Document {
  readonly session_id: string;
  readonly lineage: unknown;
}

/** Each event as JSON. */
async function eventsOf(run: RunView, lineage: RunLineage): Promise<string[]> {
  const { openLineageOf } = await import("../../report/mod.ts");
  return openLineageOf(run, lineage).map((event) => JSON.stringify(event));
}

/** Sends the events, the first one first, until one is not taken. */
async function sent(
  document: Document,
  events: readonly string[],
  endpoint: string,
  cli: Cli,
): Promise<Answer> {
  const { lineageReceiver, loadEnvironment } = await import("../../connection/mod.ts");
  const { postJson } = await import("../../report/mod.ts");
  const receiver = lineageReceiver(loadEnvironment(projectOf(cli).root), endpoint);
  if ("trouble" in receiver) {
    throw unusable("logs lineage", "--endpoint", receiver.trouble, `for example: --endpoint ${EXAMPLE}`);
  }
  const { headers, timeoutMs } = receiver.target;
  for (const body of events) {
    const posting = { what: "an event", url: endpoint, headers, body, timeoutMs };
    const posted = await postJson(posting, { signal: cli.interruption.signal });
    if (!posted.taken) throw untaken(document.session_id, endpoint, posted.reason);
  }
  return {
    document: { ...document, sent: events.length },
    note: `Sent ${counted(events.length, "event")}\n`,
  };
}

function untaken(session: string, endpoint: string, reason: string): OsirisError {
  return new OsirisError("CLI811", `Cannot send ${session} to '${printable(endpoint)}': ${reason}`, {
    category: "connection",
    help:
      "see that the receiver takes OpenLineage events at this address, and type it again: the events are the same",
    retryable: true,
  });
}

async function written(
  document: Document,
  content: string,
  output: string,
  cli: Cli,
): Promise<Answer<"session_id" | "lineage" | "output">> {
  const { writeWhole } = await import("../_write.ts");
  const path = resolve(cli.cwd, output);
  await writeWhole(path, content);
  return { document: { ...document, output: path }, note: `Wrote ${printable(shownPath(path, cli.cwd))}\n` };
}

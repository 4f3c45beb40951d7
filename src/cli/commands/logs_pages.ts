/** `osiris logs html` and `osiris logs card`: a run as a file that a person opens or pastes. */

import { basename, resolve } from "node:path";
import { bytes } from "../../amounts.ts";
import type { Cli } from "../_cli.ts";
import { declare } from "../_declare.ts";
import { OUTPUT_FLAG, SESSION_FLAG } from "../_flags.ts";
import { printable } from "../../printable.ts";
import { projectOf, shownPath } from "../_project.ts";
import { writeWhole } from "../_write.ts";

export const logsHtml = declare({
  name: "logs html",
  summary: "write a run's page as one file that opens without a network",
  details: [
    "The page that 'osiris serve' shows: verdict and cause, graph, timeline, every step with its rows, columns and samples, events, and what differs from the run before. It holds all it needs and asks nothing of anybody.",
    "No secret stands in a run's record. Samples are rows of the data: they come along.",
  ],
  arguments: {},
  flags: {
    ...SESSION_FLAG,
    output: {
      value: "FILE",
      summary: "write this file (default: the run's id and .html, in this folder)",
      short: "o",
      kind: "file",
    },
    open: { summary: "open it in the browser" },
  },
  document: {
    session_id: "the run's id",
    output: "the file",
    bytes: "how many bytes it has",
    opened: "with --open: whether the browser was asked to show it",
  },
  examples: [
    { line: "osiris logs html --open", about: "The page of the last run." },
    { line: "osiris logs html --output run.html", about: "To send it to a colleague." },
  ],
  async run({ session, output, open }, cli) {
    const { showPage, writeRunPage } = await import("../_run_page.ts");
    const folder = await folderOf(session, cli);
    const session_id = basename(folder);
    const file = resolve(cli.cwd, output ?? `${session_id}.html`);
    const size = await writeRunPage(folder, file);
    const { warnings = [], ...opened } = open ? await showPage(cli, file) : {};
    return {
      document: { session_id, output: file, bytes: size, ...opened },
      warnings,
      text: `Wrote ${printable(shownPath(file, cli.cwd))} (${bytes(size)})\n`,
    };
  },
});

export const logsCard = declare({
  name: "logs card",
  summary: "show a run as a card for a pull request, in Markdown",
  arguments: {},
  flags: {
    ...SESSION_FLAG,
    ...OUTPUT_FLAG,
  },
  document: {
    session_id: "the run's id",
    output: "with --output: the file",
    content: "without --output: the card",
  },
  examples: [{ line: "osiris logs card", about: "The last run, to paste into a pull request." }],
  async run({ session, output }, cli) {
    const { readRun, runCard } = await import("../../report/mod.ts");
    const run = await readRun(await folderOf(session, cli));
    const content = await runCard(run);
    if (output === undefined) return { document: { session_id: run.session_id, content }, text: content };
    const file = resolve(cli.cwd, output);
    await writeWhole(file, content);
    return {
      document: { session_id: run.session_id, output: file },
      note: `Wrote ${printable(shownPath(file, cli.cwd))}\n`,
    };
  },
});

async function folderOf(session: string | undefined, cli: Cli): Promise<string> {
  const { findSession } = await import("../../session/mod.ts");
  return await findSession(projectOf(cli).logs, session);
}

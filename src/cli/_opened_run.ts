/** `osiris run --open`: the run's page, once the run has ended. @module */

import { join } from "node:path";
import type { Answer } from "./_answer.ts";
import type { Cli } from "./_cli.ts";
import { printable } from "../printable.ts";
import { shownPath } from "./_project.ts";
import { showPage, writeRunPage } from "./_run_page.ts";

/** The page of a run, in its session. */
const PAGE = "report.html";

/** Shows the run that was answered for. A page that cannot be made changes nothing of the run's result. */
export async function withPageShown(answer: Answer, cli: Cli): Promise<Answer> {
  const { session, state } = answer.document;
  if (typeof session !== "string" || state === "cancelled") return answer;
  const report = join(session, PAGE);
  const before = answer.warnings ?? [];
  try {
    await writeRunPage(session, report);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { ...answer, warnings: [...before, `no page was made of the run: ${reason}`] };
  }
  const { opened, warnings } = await showPage(cli, report);
  return {
    ...answer,
    warnings: [...before, ...warnings],
    document: { ...answer.document, report, opened },
    note: `${answer.note ?? ""}Report ${printable(shownPath(report, cli.cwd))}\n`,
  };
}

/** The page of a run as a file: written, and shown in the browser where there is one. @module */

import { readRun, storyFile } from "../report/mod.ts";
import { openInBrowser } from "./_browser.ts";
import type { Cli } from "./_cli.ts";
import { Lineages } from "./_engine_lineage.ts";
import { shownPath } from "./_project.ts";
import { writeWhole } from "./_write.ts";

/** Writes the page of the session in `folder` to `file`; gives its size in bytes. */
export async function writeRunPage(folder: string, file: string): Promise<number> {
  const run = await readRun(folder);
  await using lineages = new Lineages();
  const content = new TextEncoder().encode(await storyFile(run, await lineages.of(run)));
  await writeWhole(file, content);
  return content.length;
}

/** Shows a page in the browser; where there is none, the warning says so and which file to open. */
export async function showPage(
  cli: Cli,
  file: string,
): Promise<{ readonly opened: boolean; readonly warnings: readonly string[] }> {
  const problem = await openInBrowser(file);
  if (problem === undefined) return { opened: true, warnings: [] };
  const mend = `open ${shownPath(file, cli.cwd)} yourself`;
  return { opened: false, warnings: [`the browser cannot be opened: ${problem}; ${mend}`] };
}

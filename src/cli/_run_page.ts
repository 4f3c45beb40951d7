/** The page of a run as a file: written, and shown in the browser where there is one. @module */

import { readRun, storyFile } from "../report/mod.ts";
import { openInBrowser } from "./_browser.ts";
import type { Cli } from "./_cli.ts";
import { Lineages } from "./_engine_lineage.ts";
import { printable } from "./_printable.ts";
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

/** Shows a page in the browser; where there is none, says so and which file to open. Gives whether it was shown. */
export async function showPage(cli: Cli, file: string): Promise<boolean> {
  const problem = await openInBrowser(file);
  if (problem === undefined) return true;
  cli.err.write(
    `Cannot open the browser: ${problem}; open ${printable(shownPath(file, cli.cwd))} yourself\n`,
  );
  return false;
}

/**
 * `osiris run --backfill`: a range in windows, in order, each a run of its own; what an earlier command finished is
 * left out.
 *
 * @module
 */

import { windowsOf, windowsToLoad } from "../run/mod.ts";
import { counted } from "../amounts.ts";
import type { Answer } from "./_answer.ts";
import { type Choices, loadRunnable } from "./_check.ts";
import type { Cli } from "./_cli.ts";
import { unusable } from "./_flags.ts";
import { plannedAnswer } from "./_planned.ts";
import { runAnswer, type RunFlags } from "./_running.ts";

interface BackfillFlags extends RunFlags {
  readonly backfill: string | undefined;
  readonly window: string | undefined;
  readonly dry_run: boolean;
}

/** Loads the range window by window, and stops at the first that fails. */
export async function backfillAnswer(
  cli: Cli,
  file: string,
  choices: Choices,
  flags: BackfillFlags,
): Promise<Answer> {
  const { backfill: range, window } = flags;
  if (range === undefined) {
    throw unusable("run", "--window", "it cuts a range, and there is no --backfill", "give --backfill too");
  }
  const windows = windowsOf(range, window);
  const { manifest, diagnostics, texts, catalog, project } = await loadRunnable(cli, file, choices);
  if (!manifest) return { document: { file }, diagnostics, texts, compact: true };
  const open = await windowsToLoad(manifest, catalog, project, windows);
  const before = windows.length - open.length;
  if (flags.dry_run) {
    const { document, ...said } = await plannedAnswer(cli, file, choices, flags, open);
    return {
      ...said,
      document: { ...document, backfill: { range, windows: windows.length, before, sessions: [] } },
    };
  }
  const sessions: unknown[] = [];
  let last: Answer = { document: { file, project: project.root, state: "succeeded" } };
  for (const each of open) {
    last = await runAnswer(cli, file, choices, flags, each);
    sessions.push(last.document["session_id"]);
    if ((last.exit ?? 0) !== 0 || last.failure !== undefined) break;
    if (!cli.json && !cli.quiet && last.note !== undefined) cli.out.write(last.note);
  }
  const failed = (last.exit ?? 0) !== 0 || last.failure !== undefined;
  const loaded = sessions.length - (failed ? 1 : 0);
  const said = `Loaded ${loaded} of ${counted(windows.length, "window")}` +
    `${before > 0 ? `; ${before} had been loaded before` : ""}\n`;
  return {
    ...last,
    document: { ...last.document, backfill: { range, windows: windows.length, before, sessions } },
    note: (failed ? last.note ?? "" : "") + said,
    compact: true,
  };
}

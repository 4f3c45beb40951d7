/**
 * What `plan` and `run --dry-run` answer: the plan, and nothing changed.
 *
 * @module
 */

import { planRun } from "../run/mod.ts";
import type { BackfillWindow } from "../state/mod.ts";
import type { Answer } from "./_answer.ts";
import { loadRunnable } from "./_check.ts";
import type { Choices } from "./_check.ts";
import type { Cli } from "./_cli.ts";
import { hooksDocument, hooksOf, hooksText } from "./_hooks.ts";
import { planText } from "./_plan_text.ts";

/** What a person demands of a plan beside the text. */
export interface Demands {
  readonly require_os_sandbox: boolean;
}

/** The plan of a pipeline or manifest; with `windows`, of a backfill that has these left to load. */
export async function plannedAnswer(
  cli: Cli,
  file: string,
  choices: Choices,
  demands: Demands,
  windows?: readonly BackfillWindow[],
): Promise<Answer> {
  const loaded = await loadRunnable(cli, file, choices);
  const { manifest, diagnostics, texts } = loaded;
  if (!manifest) return { document: { file }, diagnostics, texts };
  const plan = await planRun({
    ...loaded,
    manifest,
    requireOsSandbox: demands.require_os_sandbox,
    ...(windows === undefined ? {} : { windows }),
  });
  const hooks = await hooksOf(loaded, manifest);
  const text = planText(plan, cli.cwd, cli.out) + hooksText(hooks, cli.cwd, cli.out);
  const document = { file, plan, ...(hooks.length === 0 ? {} : { hooks: hooksDocument(hooks) }) };
  return { document, text, diagnostics, texts };
}

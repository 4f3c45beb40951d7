/**
 * A run as one file that opens from disk: the page that the server shows, with all it needs inside.
 *
 * What must stay true: it asks no network and needs none (its own policy forbids it); nothing of a session runs or
 * loads in it; the same session gives the same file.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { htmlOf, Page } from "../_page.tsx";
import type { RunLineage } from "../lineage.ts";
import type { RunView } from "../run_view.ts";
import { RunStory } from "./run_page.tsx";
import { SIEVE } from "./_sieve.ts";
import { storyOf } from "./story.ts";

/** Events that the file holds; what a file leaves out is said in it. */
const MOST_EVENTS = 2_000;

/**
 * The page of a run as the text of a file.
 *
 * @example
 * ```ts
 * await Deno.writeTextFile("run.html", await storyFile(await readRun(folder)));
 * ```
 */
export async function storyFile(run: RunView, lineage?: RunLineage): Promise<string> {
  const story = await storyOf(run, {
    events: { limit: MOST_EVENTS },
    ...(lineage === undefined ? {} : { lineage }),
  });
  return await htmlOf(
    <Page
      title={`${run.pipeline.name} · ${run.session_id}`}
      script={SIEVE}
      policy={policyOf}
      path={[{ name: run.pipeline.name }, { name: run.session_id }]}
    >
      <RunStory story={story} />
    </Page>,
  );
}

/** Only the file's own style and script are let in, and nothing from anywhere else. */
function policyOf(style: string, script: string | undefined): string {
  const allowed = (text: string) => `'sha256-${createHash("sha256").update(text, "utf8").digest("base64")}'`;
  return [
    "default-src 'none'",
    `style-src ${allowed(style)}`,
    ...(script === undefined ? [] : [`script-src ${allowed(script)}`]),
    "img-src data:",
    "form-action 'none'",
    "base-uri 'none'",
  ].join("; ");
}

/** The pages about one run, and about two. @module */

import { Hono } from "hono";
import { comparisonOf } from "../comparison.ts";
import { EVENT_LEVELS, type EventQuery } from "../event_log.ts";
import { Page } from "../_page.tsx";
import { RunStory, StepStory } from "../story/run_page.tsx";
import { stepStoryOf, storyOf } from "../story/story.ts";
import { TwoRuns } from "../story/two_runs.tsx";
import { pipelineAddress, runAddress } from "./_addresses.ts";
import type { Env } from "./_headers.ts";
import { LIVE_SCRIPT } from "./_live_script.ts";
import { absent, say } from "./_refusal.tsx";
import { LINKS, type Site } from "./_site.ts";
import { standingOf } from "./_standing.ts";

/** More steps than these have their cards on pages of their own. */
const MOST_CARDS = 40;

/** The run's page, its steps', the comparison of two, and the stream that says when a run has gone on. */
export function runRoutes(site: Site): Hono<Env> {
  const routes = new Hono<Env>();
  routes.get("/runs/:session", async (c) => {
    const session = c.req.param("session");
    const folder = await site.folderOf(session);
    if (folder === undefined) return absent(c);
    const { stamp, ended } = standingOf(folder);
    const run = await site.run(folder);
    const lineage = run.steps.length > MOST_CARDS ? undefined : await site.lineage(run);
    const story = await storyOf(run, {
      links: LINKS,
      ...(lineage === undefined ? {} : { lineage }),
      events: eventsOf(new URL(c.req.url).searchParams),
      mostCards: MOST_CARDS,
    });
    const live = ended ? undefined : `${runAddress(session)}/live?since=${stamp}`;
    return say(
      c,
      <Page
        title={`${run.pipeline.name} · ${session}`}
        nonce={c.get("nonce")}
        {...(live === undefined ? {} : { script: LIVE_SCRIPT })}
        path={[...toPipeline(run.pipeline.name), { name: session }]}
      >
        <div id="story" data-live={live}>
          <RunStory story={story} />
        </div>
      </Page>,
    );
  });
  routes.get("/runs/:session/step", async (c) => {
    const session = c.req.param("session");
    const step = c.req.query("id") ?? "";
    const folder = await site.folderOf(session);
    if (folder === undefined) return absent(c);
    const run = await site.run(folder);
    const story = await stepStoryOf(run, step, { links: LINKS });
    if (story === undefined) return absent(c);
    const path = [
      ...toPipeline(run.pipeline.name),
      { name: session, href: runAddress(session) },
      { name: step },
    ];
    return say(
      c,
      <Page title={`${step} · ${session}`} nonce={c.get("nonce")} path={path}>
        <StepStory story={story} step={step} />
      </Page>,
    );
  });
  routes.get("/runs/:session/live", async (c) => {
    const folder = await site.folderOf(c.req.param("session"));
    if (folder === undefined) return absent(c);
    return site.streams.answer(c, () => Promise.resolve(standingOf(folder)));
  });
  routes.get("/compare", async (c) => {
    const [before, after] = await Promise.all(
      ["before", "after"].map((which) => site.folderOf(c.req.query(which) ?? "")),
    );
    if (before === undefined || after === undefined) return absent(c);
    const comparison = comparisonOf(await site.run(before), await site.run(after));
    const name = comparison.after.pipeline.name;
    return say(
      c,
      <Page
        title={`Two runs of ${name}`}
        nonce={c.get("nonce")}
        path={[...toPipeline(name), { name: "Two runs" }]}
      >
        <TwoRuns comparison={comparison} links={LINKS} />
      </Page>,
    );
  });
  return routes;
}

/** The way to the pages of a pipeline. */
function toPipeline(name: string): { readonly name: string; readonly href: string }[] {
  return [{ name: "Runs", href: "/" }, ...(name === "" ? [] : [{ name, href: pipelineAddress(name) }])];
}

/** Which events an address asks for. */
function eventsOf(params: URLSearchParams): EventQuery {
  const level = EVENT_LEVELS.find((each) => each === params.get("level"));
  const from = Number(params.get("from"));
  const said = (name: "step" | "kind" | "text") => params.get(name) ? { [name]: params.get(name)! } : {};
  return {
    ...(level === undefined ? {} : { level }),
    ...said("step"),
    ...said("kind"),
    ...said("text"),
    ...(Number.isSafeInteger(from) && from > 0 ? { from } : {}),
  };
}

/** The pages about many runs. @module */

import { Hono } from "hono";
import { prometheusOfLogs } from "../prometheus.ts";
import { Graph } from "../story/graph.tsx";
import { storyOf } from "../story/story.ts";
import type { Env } from "./_headers.ts";
import { PipelinePage } from "./_pipeline_page.tsx";
import { absent, say } from "./_refusal.tsx";
import { queryOf } from "./_run_query.ts";
import { RunsPage } from "./_runs_page.tsx";
import { LINKS, type Site } from "./_site.ts";

/** The list of runs, the page of a pipeline, what programs scrape, and the stream that says when they change. */
export function listRoutes(site: Site): Hono<Env> {
  const { list, logs, streams } = site;
  const routes = new Hono<Env>();
  routes.get("/", async (c) => {
    const runs = await list.all();
    const query = queryOf(new URL(c.req.url).searchParams);
    return say(c, <RunsPage runs={runs} query={query} nonce={c.get("nonce")} since={list.stamp} />);
  });
  routes.get("/pipeline", async (c) => {
    const query = queryOf(new URL(c.req.url).searchParams);
    const runs = (await list.all()).filter(({ pipeline }) => pipeline === query.pipeline);
    const since = list.stamp;
    const [newest] = runs;
    if (newest === undefined) return absent(c);
    const story = await storyOf(await site.run(newest.folder), { links: LINKS, mostCards: 0 });
    const graph = story.run.steps.length === 0 ? null : <Graph story={story} />;
    return say(
      c,
      <PipelinePage runs={runs} query={query} nonce={c.get("nonce")} since={since} graph={graph} />,
    );
  });
  routes.get("/live", (c) =>
    streams.answer(c, async () => {
      await list.all();
      return { stamp: list.stamp, ended: false };
    }));
  routes.get("/metrics", async (c) => {
    c.header("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    return c.body(await prometheusOfLogs(logs));
  });
  return routes;
}

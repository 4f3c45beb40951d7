/** A pipeline over time: how its runs went, which steps cannot be relied on, every run of it. @module */

import { counted, duration } from "../../amounts.ts";
import type { SessionSummary } from "../../session/mod.ts";
import type { Markup } from "../_markup.ts";
import { Page } from "../_page.tsx";
import { runAddress } from "./_addresses.ts";
import { type FlakyStep, flakySteps } from "./_flaky_steps.ts";
import { LIVE_SCRIPT } from "./_live_script.ts";
import { Pages } from "./_pages.tsx";
import { choose, type RunQuery } from "./_run_query.ts";
import { RunTable } from "./_run_table.tsx";
import { Trends } from "./_trend.tsx";

/** The page of the pipeline that the query names. */
export function PipelinePage(
  { runs, query, nonce, since, graph }: {
    readonly runs: readonly SessionSummary[];
    readonly query: RunQuery;
    readonly nonce: string;
    readonly since: string;
    /** The graph of its newest run. */
    readonly graph: Markup | null;
  },
): Markup {
  const chosen = choose(runs, query);
  const ended = chosen.fitting.filter(({ state }) => state !== "running");
  const good = ended.filter(({ state }) => state === "succeeded");
  const times = good.flatMap(({ duration_ms }) => duration_ms ?? []).sort((a, b) => a - b);
  const name = query.pipeline === "" ? "(unknown)" : query.pipeline;
  return (
    <Page title={name} nonce={nonce} script={LIVE_SCRIPT} path={[{ name: "Runs", href: "/" }, { name }]}>
      <h1>{name}</h1>
      <div id="pipeline" data-live={`/live?since=${since}`}>
        <ul class="facts">
          <li>{counted(chosen.fitting.length, "run")}</li>
          {ended.length === 0
            ? null
            : <li>{`${Math.floor(good.length / ended.length * 100)} % of those that ended succeeded`}</li>}
          {times.length === 0 ? null : <li>{`typically ${duration(times[times.length >> 1]!)}`}</li>}
        </ul>
        <Trends runs={chosen.fitting} />
        {graph === null ? null : (
          <section aria-labelledby="graph">
            <h2 id="graph">Steps of the newest run</h2>
            {graph}
          </section>
        )}
        <Flaky steps={flakySteps(chosen.fitting)} />
        <section aria-labelledby="history">
          <h2 id="history">Every run</h2>
          <form method="get" action="/compare">
            <RunTable runs={chosen.runs} query={query} path="/pipeline" pick={chosen.runs.length > 1} />
            {chosen.runs.length > 1 ? <button type="submit">Compare before and after</button> : null}
          </form>
          <Pages path="/pipeline" query={query} page={chosen.page} pages={chosen.pages} />
        </section>
      </div>
    </Page>
  );
}

function Flaky({ steps }: { readonly steps: readonly FlakyStep[] }): Markup {
  if (steps.length === 0) return null;
  return (
    <section aria-labelledby="flaky">
      <h2 id="flaky">Steps that now fail and now succeed</h2>
      <p class="soft">Of one and the same pipeline, by its fingerprint, over its last runs.</p>
      <div class="scroll" tabindex={0} role="group" aria-labelledby="flaky">
        <table>
          <caption class="hidden">Steps that now fail and now succeed</caption>
          <thead>
            <tr>
              <th scope="col">Step</th>
              <th scope="col" class="number">Failed</th>
              <th scope="col" class="number">Of runs</th>
              <th scope="col">Last time</th>
              <th scope="col">Said</th>
            </tr>
          </thead>
          <tbody>
            {steps.map(({ step, failed, runs, last }) => (
              <tr>
                <td class="mono">{step}</td>
                <td class="number">{failed}</td>
                <td class="number">{runs}</td>
                <td class="mono">
                  <a href={runAddress(last.session)}>{last.session}</a>
                </td>
                <td class="wide">{last.message}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

/** The list of runs: search, filters, how they went, one page of them. @module */

import { counted } from "../../amounts.ts";
import type { SessionSummary } from "../../session/mod.ts";
import type { Markup } from "../_markup.ts";
import { Page } from "../_page.tsx";
import { LIVE_SCRIPT } from "./_live_script.ts";
import { Pages } from "./_pages.tsx";
import { choose, type RunQuery, STATES } from "./_run_query.ts";
import { RunTable } from "./_run_table.tsx";
import { Trends } from "./_trend.tsx";

/** The page of a query. */
export function RunsPage(
  { runs, query, nonce, since }: {
    readonly runs: readonly SessionSummary[];
    readonly query: RunQuery;
    readonly nonce: string;
    /** The list's stamp, from which on its stream tells. */
    readonly since: string;
  },
): Markup {
  const chosen = choose(runs, query);
  const pipelines = [...new Set(runs.map(({ pipeline }) => pipeline))].sort();
  return (
    <Page title="Runs" nonce={nonce} script={LIVE_SCRIPT} path={[{ name: "Runs" }]}>
      <h1>Runs</h1>
      <Filters query={query} pipelines={pipelines} />
      <div id="runs" data-live={`/live?since=${since}`}>
        <p class="soft" role="status">
          {chosen.fitting.length === runs.length
            ? counted(runs.length, "run")
            : `${chosen.fitting.length} of ${counted(runs.length, "run")}`}
        </p>
        {runs.length === 0 ? <p>No run yet: `osiris run FILE` makes the first.</p> : (
          <>
            <Trends runs={chosen.fitting} />
            <RunTable runs={chosen.runs} query={query} path="/" />
            <Pages path="/" query={query} page={chosen.page} pages={chosen.pages} />
          </>
        )}
      </div>
    </Page>
  );
}

function Filters(
  { query, pipelines }: { readonly query: RunQuery; readonly pipelines: readonly string[] },
): Markup {
  return (
    <form class="filters" method="get" action="/" role="search">
      <label>
        Search
        <input type="search" name="q" value={query.text} placeholder="pipeline, session, error" />
      </label>
      <label>
        State
        <select name="state">
          <option value="">any</option>
          {STATES.map((state) => <option value={state} selected={state === query.state}>{state}</option>)}
        </select>
      </label>
      <label>
        Pipeline
        <select name="pipeline">
          <option value="">any</option>
          {pipelines.map((name) => <option value={name} selected={name === query.pipeline}>{name}</option>)}
        </select>
      </label>
      <label>
        From (UTC)
        <input type="date" name="from" value={query.from} />
      </label>
      <label>
        To (UTC)
        <input type="date" name="to" value={query.to} />
      </label>
      <input type="hidden" name="sort" value={query.sort} />
      <input type="hidden" name="order" value={query.descending ? "" : "up"} />
      <button type="submit">Show</button>
      <a href="/">Clear</a>
    </form>
  );
}

/** Runs as a table, the same on every page that lists them. @module */

import { count, duration } from "../../amounts.ts";
import type { SessionSummary } from "../../session/mod.ts";
import type { Markup } from "../_markup.ts";
import { State } from "../story/state.tsx";
import { pipelineAddress, runAddress } from "./_addresses.ts";
import { rowsOf } from "./_rows.ts";
import { addressOf, type ORDERS, type RunQuery } from "./_run_query.ts";

/** A table of runs whose headings sort it. `path` is the page's own address, without its query. */
export function RunTable(
  { runs, query, path }: {
    readonly runs: readonly SessionSummary[];
    readonly query: RunQuery;
    readonly path: string;
  },
): Markup {
  const heading = (order: (typeof ORDERS)[number], title: string, number = false) => (
    <Heading path={path} query={query} order={order} title={title} number={number} />
  );
  return (
    <div class="scroll" tabindex={0} role="group" aria-label="Runs">
      <table>
        <caption class="hidden">Runs</caption>
        <thead>
          <tr>
            {heading("started", "Began")}
            {heading("state", "State")}
            {heading("pipeline", "Pipeline")}
            {heading("duration", "Time", true)}
            <th scope="col" class="number">Rows written</th>
            <th scope="col">Error</th>
          </tr>
        </thead>
        <tbody>{runs.map((run) => <Row run={run} />)}</tbody>
      </table>
    </div>
  );
}

function Heading(
  { path, query, order, title, number }: {
    readonly path: string;
    readonly query: RunQuery;
    readonly order: (typeof ORDERS)[number];
    readonly title: string;
    readonly number: boolean;
  },
): Markup {
  const sorts = query.sort === order;
  const href = addressOf(path, query, { sort: order, descending: sorts ? !query.descending : true, page: 1 });
  return (
    <th
      scope="col"
      class={number ? "number" : undefined}
      aria-sort={!sorts ? undefined : query.descending ? "descending" : "ascending"}
    >
      <a href={href}>{title}{sorts ? query.descending ? " ↓" : " ↑" : ""}</a>
    </th>
  );
}

function Row({ run }: { readonly run: SessionSummary }): Markup {
  const rows = rowsOf(run.folder);
  return (
    <tr>
      <td class="mono">
        <a href={runAddress(run.session_id)}>
          <time datetime={run.started_at}>{instant(run.started_at)}</time>
        </a>
      </td>
      <td>
        <State state={run.state} />
      </td>
      <td class="wide">
        <a href={pipelineAddress(run.pipeline)}>{run.pipeline === "" ? "(unknown)" : run.pipeline}</a>
        {run.profile === null ? null : <span class="soft">{` ${run.profile}`}</span>}
      </td>
      <td class="number">{run.duration_ms === undefined ? "" : duration(run.duration_ms)}</td>
      <td class="number">{rows === undefined ? "" : count(rows)}</td>
      <td class="wide">{run.error === undefined ? "" : `${run.error.code}: ${run.error.message}`}</td>
    </tr>
  );
}

/** `2026-01-15 10:00:00`, in UTC as it was recorded. */
function instant(timestamp: string): string {
  return timestamp.replace("T", " ").replace(/\.\d+Z$|Z$/, "");
}

/** Runs as a table, the same on every page that lists them. @module */

import { count, duration } from "../../amounts.ts";
import type { SessionSummary } from "../../session/mod.ts";
import type { Markup } from "../_markup.ts";
import { State } from "../story/state.tsx";
import { pipelineAddress, runAddress } from "./_addresses.ts";
import { rowsOf } from "./_rows.ts";
import { addressOf, type ORDERS, type RunQuery } from "./_run_query.ts";

/**
 * A table of runs whose headings sort it. `path` is the page's own address, without its query; within a form, `pick`
 * lets two of them be chosen as `before` and `after`.
 */
export function RunTable(
  { runs, query, path, pick = false }: {
    readonly runs: readonly SessionSummary[];
    readonly query: RunQuery;
    readonly path: string;
    readonly pick?: boolean;
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
            {pick
              ? (
                <>
                  <th scope="col">Before</th>
                  <th scope="col">After</th>
                </>
              )
              : null}
            {heading("started", "Began")}
            {heading("state", "State")}
            {heading("pipeline", "Pipeline")}
            {heading("duration", "Time", true)}
            <th scope="col" class="number">Rows written</th>
            <th scope="col">Error</th>
          </tr>
        </thead>
        <tbody>
          {runs.map((run, at) => (
            <Row run={run} picks={pick ? { before: at === 1, after: at === 0 } : undefined} />
          ))}
        </tbody>
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

/** Which of the two that are compared a run is, as long as nobody picks others. */
interface Picks {
  readonly before: boolean;
  readonly after: boolean;
}

function Row({ run, picks }: { readonly run: SessionSummary; readonly picks: Picks | undefined }): Markup {
  const rows = rowsOf(run.folder);
  const pick = (name: keyof Picks) => (
    <td>
      <input
        type="radio"
        name={name}
        value={run.session_id}
        checked={picks?.[name]}
        aria-label={`${name} is the run of ${instant(run.started_at)}`}
      />
    </td>
  );
  return (
    <tr>
      {picks === undefined ? null : <>{pick("before")}{pick("after")}</>}
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

import { bytes, count, counted, duration } from "../../amounts.ts";
import type { Markup } from "../_markup.ts";
import { engineName } from "../_engine_name.ts";
import type { RunView } from "../run_view.ts";
import { Failed } from "./cause.tsx";
import { type Figure, Figures } from "./figures.tsx";
import { SessionLink } from "./session_link.tsx";
import { State } from "./state.tsx";
import type { Story } from "./story.ts";
import { momentText } from "./_words.ts";

/** What a person wants to know first: how it went, why, and what to do. */
export function Verdict({ story }: { readonly story: Story }): Markup {
  const { run, links } = story;
  return (
    <section id="verdict" class={`verdict ${run.state}`} aria-labelledby="verdict-title">
      <p class="over">
        <State state={run.state} /> <span class="soft">{run.pipeline.name}</span>
      </p>
      <h1 id="verdict-title">{run.verdict}</h1>
      {run.pipeline.description === undefined ? null : <p class="lead">{run.pipeline.description}</p>}
      {run.cause === undefined ? null : <Failed cause={run.cause} highlight={story.highlight} />}
      {run.remarks.length === 0 ? null : (
        <div class="remarks">
          <h2>Worth knowing</h2>
          <ul>{run.remarks.map((remark) => <li>{remark}</li>)}</ul>
        </div>
      )}
      {run.next === undefined ? null : (
        <p class="next">
          <span class="soft">Next:</span> <code class="command">{run.next}</code>
        </p>
      )}
      <Numbers run={run} />
      <Facts run={run} links={links} />
    </section>
  );
}

/** The figures of the whole run, large. */
function Numbers({ run: { totals, duration_ms, steps } }: { readonly run: RunView }): Markup {
  const figures: Figure[] = [
    ["Time", duration_ms === undefined ? undefined : duration(duration_ms)],
    ["Rows read", totals.rows_read === undefined ? undefined : count(totals.rows_read)],
    ["Rows written", totals.rows_written === undefined ? undefined : count(totals.rows_written)],
    ["Rows left out", totals.rows_rejected === undefined ? undefined : count(totals.rows_rejected)],
    ["Bytes written", totals.bytes_written === undefined ? undefined : bytes(totals.bytes_written)],
    ["Peak memory", totals.memory_mb === undefined ? undefined : `${totals.memory_mb} MB`],
    ["Retries", totals.retries === 0 ? undefined : count(totals.retries)],
    ["Steps", steps.length === 0 ? undefined : count(steps.length)],
  ];
  return <Figures look="numbers" figures={figures} />;
}

/** What names the run. */
function Facts({ run, links }: { readonly run: RunView; readonly links: Story["links"] }): Markup {
  const engine = run.engine && engineText(run.engine);
  const facts: Figure[] = [
    ["Session", <code>{run.session_id}</code>],
    ["Started", <time datetime={run.started_at}>{momentText(run.started_at)}</time>],
    [
      "Ended",
      run.ended_at === undefined
        ? undefined
        : <time datetime={run.ended_at}>{momentText(run.ended_at)}</time>,
    ],
    ["Pipeline file", run.pipeline.file],
    ["Profile", run.profile ?? undefined],
    ["Run id", run.run_id],
    ["Continues", run.resumes === undefined ? undefined : <SessionLink id={run.resumes} links={links} />],
    [
      "Before it",
      run.earlier[0] === undefined ? undefined : <SessionLink id={run.earlier[0].session_id} links={links} />,
    ],
    ["Exit code", run.exit_code?.toString()],
    ["Made by", run.osiris],
    ["Engine", engine],
    ["Manifest", <code class="long">{run.fingerprint}</code>],
  ];
  return <Figures look="facts" figures={facts} />;
}

function engineText(engine: NonNullable<RunView["engine"]>): string {
  const { memory_limit, threads } = engine;
  return [
    engineName(engine),
    ...(memory_limit === undefined ? [] : [memory_limit]),
    ...(threads === undefined ? [] : [counted(threads, "thread")]),
  ].join(", ");
}

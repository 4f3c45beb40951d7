import { bytes, count, duration } from "../../amounts.ts";
import type { Markup } from "../_markup.ts";
import type { Change, RunBrief, RunComparison } from "../comparison.ts";
import { Difference } from "./difference.tsx";
import { State } from "./state.tsx";
import type { StoryLinks } from "./story.ts";
import { Table } from "./table.tsx";
import { SessionLink } from "./session_link.tsx";
import { momentText, percentText } from "./_words.ts";

/** Two runs side by side: how each went, what was asked for differently, and what came out differently. */
export function TwoRuns({ comparison, links }: {
  readonly comparison: RunComparison;
  readonly links: StoryLinks;
}): Markup {
  const { before, after } = comparison;
  return (
    <div class="story">
      <h1>Two runs of {after.pipeline.name}</h1>
      <div class="two">
        <Side name="Before" run={before} links={links} />
        <Side name="Now" run={after} links={links} />
      </div>
      <section class="chapter" aria-labelledby="figures-title">
        <h2 id="figures-title">In figures</h2>
        <Figures before={before} after={after} />
      </section>
      <section class="chapter" aria-labelledby="difference-title">
        <h2 id="difference-title">What differs</h2>
        <Difference comparison={comparison} links={links} all />
      </section>
    </div>
  );
}

function Side({ name, run, links }: {
  readonly name: string;
  readonly run: RunBrief;
  readonly links: StoryLinks;
}): Markup {
  return (
    <section class={`side ${run.state}`} aria-label={name}>
      <h2>{name}</h2>
      <p>
        <State state={run.state} /> <SessionLink id={run.session_id} links={links} />
      </p>
      <p class="said">{run.verdict}</p>
      <p class="soft">
        <time datetime={run.started_at}>{momentText(run.started_at)}</time>
      </p>
    </section>
  );
}

/** The figures of the whole runs, and how they changed. */
function Figures({ before, after }: { readonly before: RunBrief; readonly after: RunBrief }): Markup {
  const of = (value: (run: RunBrief) => number | undefined) => ({
    before: value(before),
    after: value(after),
  });
  const figures: [
    string,
    { before: number | undefined; after: number | undefined },
    (n: number) => string,
  ][] = [
    ["Time", of((run) => run.duration_ms), duration],
    ["Rows read", of((run) => run.totals.rows_read), count],
    ["Rows written", of((run) => run.totals.rows_written), count],
    ["Rows left out", of((run) => run.totals.rows_rejected), count],
    ["Bytes read", of((run) => run.totals.bytes_read), bytes],
    ["Bytes written", of((run) => run.totals.bytes_written), bytes],
    ["Peak memory", of((run) => run.totals.memory_mb), (mb) => `${mb} MB`],
    ["Retries", of((run) => run.totals.retries), count],
  ];
  return (
    <Table
      caption="Figures of both runs"
      hideCaption
      headings={[
        { name: "What" },
        { name: "Before", number: true },
        { name: "Now", number: true },
        { name: "Change", number: true },
      ]}
    >
      {figures.filter(([, values]) => values.before !== undefined || values.after !== undefined).map((
        [name, values, text],
      ) => (
        <tr>
          <th scope="row">{name}</th>
          <td class="number">{shown(values.before, text)}</td>
          <td class="number">{shown(values.after, text)}</td>
          <td class="number">{percentText(values.before, values.after)}</td>
        </tr>
      ))}
    </Table>
  );
}

function shown(value: Change<number>["before"], text: (n: number) => string): string {
  return value === undefined ? "" : text(value);
}

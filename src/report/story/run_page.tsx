/**
 * The page of a run, "the story": how it went and why comes first, then what was done, then everything that was
 * recorded of it. Parts that have nothing to say are not there.
 *
 * @module
 */

import type { Child } from "hono/jsx";
import type { Markup } from "../_markup.ts";
import { Charts } from "./charts.tsx";
import { Configuration } from "./configuration.tsx";
import { Difference } from "./difference.tsx";
import { Events } from "./events.tsx";
import { Files } from "./files.tsx";
import { Graph } from "./graph.tsx";
import { Lineage } from "./lineage.tsx";
import { StepCard } from "./step_card.tsx";
import { StepTable } from "./steps.tsx";
import type { Story } from "./story.ts";
import { Timeline } from "./timeline.tsx";
import { Verdict } from "./verdict.tsx";

/** Up to this many cards stand open from the start. */
const FEW = 3;

interface Part {
  readonly id: string;
  readonly title: string;
  readonly content: Child;
}

/** Everything of a run's page but its frame. */
export function RunStory({ story }: { readonly story: Story }): Markup {
  const parts = partsOf(story);
  return (
    <div class="story">
      <nav class="contents" aria-label="Parts of this page">
        <ol>
          <li>
            <a href="#verdict">Verdict</a>
          </li>
          {parts.map(({ id, title }) => (
            <li>
              <a href={`#${id}`}>{title}</a>
            </li>
          ))}
        </ol>
      </nav>
      <div class="parts">
        <Verdict story={story} />
        {parts.map(({ id, title, content }) => (
          <section id={id} class="chapter" aria-labelledby={`${id}-title`}>
            <h2 id={`${id}-title`}>{title}</h2>
            {content}
          </section>
        ))}
      </div>
    </div>
  );
}

function partsOf(story: Story): Part[] {
  const { run, cards, difference, lineage } = story;
  const some = (condition: boolean, part: Part): Part[] => condition ? [part] : [];
  return [
    ...some(run.steps.length > 0, { id: "graph", title: "Graph", content: <Graph story={story} /> }),
    ...some(run.steps.length > 0, { id: "timeline", title: "Timeline", content: <Timeline story={story} /> }),
    ...some(run.steps.length > 0, {
      id: "steps",
      title: "Steps",
      content: (
        <>
          <StepTable story={story} />
          {run.steps.filter(({ id }) => cards.has(id)).map((step) => (
            <StepCard step={step} story={story} open={run.steps.length <= FEW || step.error !== undefined} />
          ))}
        </>
      ),
    }),
    ...some(run.steps.some((step) => step.duration_ms !== undefined), {
      id: "charts",
      title: "Charts",
      content: <Charts story={story} />,
    }),
    ...some((lineage?.columns.length ?? 0) > 0, {
      id: "lineage",
      title: "Lineage",
      content: lineage === undefined ? null : <Lineage lineage={lineage} />,
    }),
    ...some(difference !== undefined, {
      id: "difference",
      title: "Against the run before",
      content: difference === undefined ? null : <Difference comparison={difference} links={story.links} />,
    }),
    { id: "events", title: "Events", content: <Events story={story} /> },
    ...some(run.artifacts.some(({ step }) => cards.has(step)), {
      id: "files",
      title: "Files",
      content: <Files story={story} />,
    }),
    { id: "configuration", title: "As it ran", content: <Configuration story={story} /> },
  ];
}

/** One step of a run, for a page of its own. */
export function StepStory({ story, step }: { readonly story: Story; readonly step: string }): Markup {
  const found = story.run.steps.find(({ id }) => id === step);
  return (
    <div class="story">
      <h1>Step {step}</h1>
      <h2 class="hidden">What it did</h2>
      {found === undefined ? null : <StepCard step={found} story={story} open />}
      <section id="events" class="chapter" aria-labelledby="events-title">
        <h2 id="events-title">Events</h2>
        <Events story={story} />
      </section>
      {story.run.artifacts.some((artifact) => artifact.step === step)
        ? (
          <section id="files" class="chapter" aria-labelledby="files-title">
            <h2 id="files-title">Files</h2>
            <Files story={story} />
          </section>
        )
        : null}
    </div>
  );
}

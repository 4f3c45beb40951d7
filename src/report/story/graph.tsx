import { count } from "../../amounts.ts";
import type { Markup } from "../_markup.ts";
import type { StepView } from "../run_view.ts";
import { type GraphLayout, NODE, type Point } from "./_layout.ts";
import type { Story } from "./story.ts";
import { middleCut, rowsText, stateWords, timeText } from "./_words.ts";

/** Wider than this it is scrolled rather than made smaller. */
const WIDEST_THAT_FITS = 1300;

/** Names longer than this would leave their box. */
const LONGEST_NAME = 22;

/** The steps and what flows between them; each box leads to its step. */
export function Graph({ story }: { readonly story: Story }): Markup {
  const { run, layout } = story;
  const steps = new Map(run.steps.map((step) => [step.id, step]));
  return (
    <div class="scroll picture" tabindex={0} role="group" aria-label="Graph of steps">
      <svg
        class={layout.width <= WIDEST_THAT_FITS ? "graph fits" : "graph"}
        width={Math.ceil(layout.width)}
        height={Math.ceil(layout.height)}
        viewBox={`0 0 ${Math.ceil(layout.width)} ${Math.ceil(layout.height)}`}
        role="group"
        aria-labelledby="graph-name graph-text"
      >
        <title id="graph-name">Graph of {run.pipeline.name}</title>
        <desc id="graph-text">
          {run.steps.length}{" "}
          steps from left to right; lines show which step takes rows of which. The table of steps says the
          same.
        </desc>
        <defs>
          <marker
            id="arrow"
            viewBox="0 0 8 8"
            refX="7"
            refY="4"
            markerWidth="7"
            markerHeight="7"
            orient="auto"
          >
            <path class="arrow" d="M0 0.5 L7.5 4 L0 7.5 z" />
          </marker>
        </defs>
        {layout.bands.map(({ layer, x, width }) => (
          <g class="band">
            <rect x={x} y={4} width={width} height={Math.ceil(layout.height) - 8} rx={10} />
            <text x={x + width / 2} y={22}>{layer}</text>
          </g>
        ))}
        {layout.edges.map((edge) => <Edge {...edge} />)}
        {layout.nodes.map(({ id, x, y }) => {
          const step = steps.get(id);
          return step === undefined ? null : (
            <Box
              step={step}
              x={x}
              y={y}
              href={story.cards.has(id) ? `#step-${id}` : story.links.step?.(run.session_id, id)}
            />
          );
        })}
      </svg>
    </div>
  );
}

function Edge({ edge, points, label }: GraphLayout["edges"][number]): Markup {
  return (
    <g class={edge.data ? "edge" : "edge order"}>
      <path d={curve(points)} marker-end="url(#arrow)" />
      {label === undefined || edge.rows === undefined
        ? null
        : <text x={label.x} y={label.y - 5}>{count(edge.rows)}</text>}
    </g>
  );
}

/** A step as a box: its name, what it is, what came out of it. */
function Box(
  { step, x, y, href }: { readonly step: StepView; readonly href: string | undefined } & Point,
): Markup {
  const { word, sign } = stateWords(step.state);
  const [left, top] = [x - NODE.width / 2, y - NODE.height / 2];
  const box = (
    <>
      <title>
        {`${step.id}: ${step.words}. ${word}, ${rowsText(step.rows_out)}, ${timeText(step.duration_ms)}`}
      </title>
      <rect class="box" x={left} y={top} width={NODE.width} height={NODE.height} rx={8} />
      <path
        class="edge-of-state"
        d={`M${left + 8} ${top} h-0 a8 8 0 0 0 -8 8 v${NODE.height - 16} a8 8 0 0 0 8 8 z`}
      />
      <text class="name" x={left + 18} y={top + 23}>{middleCut(step.id, LONGEST_NAME)}</text>
      <text class="about" x={left + 18} y={top + 42}>
        {`${MODES[step.mode]} ${
          step.rows_out === undefined ? word.toLowerCase() : `${count(step.rows_out)} rows`
        }`}
      </text>
      <text class="sign" x={left + NODE.width - 14} y={top + 23}>{sign}</text>
    </>
  );
  const name = `Step ${step.id}, ${word}`;
  return href === undefined
    ? <g class={`node ${step.state}`}>{box}</g>
    : <a class={`node ${step.state}`} href={href} aria-label={name}>{box}</a>;
}

const MODES: { readonly [mode in StepView["mode"]]: string } = { read: "⇥", transform: "ƒ", write: "↦" };

/** A smooth line through points that leaves and reaches each of them from the side. */
function curve(points: readonly Point[]): string {
  const pieces = points.slice(1).map((to, i) => {
    const middle = n((points[i]!.x + to.x) / 2);
    return `C${middle} ${n(points[i]!.y)} ${middle} ${n(to.y)} ${at(to)}`;
  });
  return points[0] === undefined ? "" : `M${at(points[0])} ${pieces.join(" ")}`;
}

function at({ x, y }: Point): string {
  return `${n(x)} ${n(y)}`;
}

function n(value: number): string {
  return String(Math.round(value * 10) / 10);
}

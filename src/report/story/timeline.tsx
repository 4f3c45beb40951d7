import { duration } from "../../amounts.ts";
import type { Markup } from "../_markup.ts";
import type { StepView } from "../run_view.ts";
import type { Story } from "./story.ts";
import { stateWords, timeText } from "./_words.ts";

/** One step takes this much of the height. */
const LANE = 30;
/** Room for the axis above. */
const AXIS = 24;
/** Height of the strip that shows how many steps ran at once. */
const STRIP = 36;

interface Bar {
  readonly step: StepView;
  readonly from: number;
  readonly to: number;
}

/** When each step ran, and how many at once. Places are in percent, so that it fits every width. */
export function Timeline({ story: { run } }: { readonly story: Story }): Markup {
  const bars = barsOf(run.steps, run.duration_ms);
  if (bars.length === 0) return <p class="soft">No step began.</p>;
  const end = Math.max(1, run.duration_ms ?? 0, ...bars.map(({ to }) => to));
  const height = AXIS + bars.length * LANE;
  const most = Math.max(1, ...loadOf(bars).map(({ steps }) => steps));
  return (
    <div class="timeline">
      <p class="soft">{most === 1 ? "One step at a time." : `Up to ${most} steps at once.`}</p>
      <Load bars={bars} end={end} most={most} />
      <div class="tall" tabindex={0} role="group" aria-label="Timeline of steps">
        <svg width="100%" height={height} role="img" aria-labelledby="timeline-name timeline-text">
          <title id="timeline-name">Timeline of {run.pipeline.name}</title>
          <desc id="timeline-text">
            One bar for each step, from its start to its end. The table of steps has the times.
          </desc>
          {ticksOf(end).map((ms) => <Tick ms={ms} end={end} height={height} />)}
          {bars.map((bar, i) => <Lane bar={bar} end={end} top={AXIS + i * LANE} />)}
        </svg>
      </div>
    </div>
  );
}

function Lane(
  { bar: { step, from, to }, end, top }: { readonly bar: Bar; readonly end: number; readonly top: number },
): Markup {
  const late = from / end > 0.45;
  const label = `${step.id} · ${timeText(step.duration_ms)}`;
  return (
    <g class={`lane ${step.state}`}>
      <title>{`${step.id}: ${stateWords(step.state).word}, from ${duration(from)} to ${duration(to)}`}</title>
      <rect class="track" x="0" y={top + 18} width="100%" height={8} rx={4} />
      <rect
        class="bar"
        x={percent(from, end)}
        y={top + 18}
        width={percent(Math.max(to - from, end / 400), end)}
        height={8}
        rx={3}
      />
      <text class={late ? "late" : undefined} x={percent(late ? to : from, end)} y={top + 13}>{label}</text>
    </g>
  );
}

function Tick(
  { ms, end, height }: { readonly ms: number; readonly end: number; readonly height: number },
): Markup {
  const x = percent(ms, end);
  const place = ms === 0 ? "first" : ms / end > 0.9 ? "last" : undefined;
  return (
    <g class="tick">
      <line x1={x} x2={x} y1={AXIS - 6} y2={height} />
      <text class={place} x={x} y={12}>{ms === 0 ? "0" : duration(ms)}</text>
    </g>
  );
}

/** How many steps were at work at each moment. */
function Load(
  { bars, end, most }: { readonly bars: readonly Bar[]; readonly end: number; readonly most: number },
): Markup {
  const y = (steps: number) => Math.round((STRIP - 2) * (1 - steps / most) * 10) / 10 + 1;
  const x = (ms: number) => Math.round(ms / end * 10_000) / 10;
  const path = loadOf(bars).map(({ at, steps }) => `H${x(at)} V${y(steps)}`).join(" ");
  return (
    <svg
      class="load"
      width="100%"
      height={STRIP}
      viewBox={`0 0 1000 ${STRIP}`}
      preserveAspectRatio="none"
      role="img"
      aria-labelledby="load-name"
    >
      <title id="load-name">{`Steps at work at once: at most ${most}`}</title>
      <path d={`M0 ${y(0)} ${path} H1000 V${STRIP} H0 z`} />
    </svg>
  );
}

function barsOf(steps: readonly StepView[], whole: number | undefined): Bar[] {
  return steps.flatMap((step) => {
    if (step.offset_ms === undefined) return [];
    const to = step.duration_ms === undefined ? whole ?? step.offset_ms : step.offset_ms + step.duration_ms;
    return [{ step, from: step.offset_ms, to: Math.max(step.offset_ms, to) }];
  }).sort((a, b) => a.from - b.from);
}

/** Each moment at which a step began or ended, and how many are at work from then on. */
function loadOf(bars: readonly Bar[]): { readonly at: number; readonly steps: number }[] {
  const changes = bars.filter(({ from, to }) => from < to)
    .flatMap(({ from, to }) => [{ at: from, by: 1 }, { at: to, by: -1 }])
    // What ends makes room before what begins at the same moment.
    .sort((a, b) => a.at - b.at || a.by - b.by);
  let steps = 0;
  return changes.map(({ at, by }) => ({ at, steps: steps += by }));
}

/** Round moments that part the time into four to eight pieces. */
function ticksOf(end: number): number[] {
  const rough = end / 5;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * unit).find((size) => size >= rough) ?? rough;
  return Array.from({ length: Math.floor(end / step) + 1 }, (_, i) => i * step);
}

function percent(part: number, whole: number): string {
  return `${Math.round(part / whole * 1e4) / 100}%`;
}

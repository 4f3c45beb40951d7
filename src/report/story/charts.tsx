import { count, duration, rate } from "../../amounts.ts";
import type { Markup } from "../_markup.ts";
import type { StepView } from "../run_view.ts";
import type { Story } from "./story.ts";

/** Bars that one chart shows; the largest. */
const MOST = 15;
const LANE = 32;

/** Where the time, the memory and the rows went, step by step. */
export function Charts({ story: { run } }: { readonly story: Story }): Markup {
  const charts = [
    { name: "Time by step", valueOf: (step: StepView) => step.duration_ms, text: duration },
    { name: "Rows per second by step", valueOf: (step: StepView) => step.rows_per_sec, text: rate },
    {
      name: "Peak memory by step",
      valueOf: (step: StepView) => step.memory_mb,
      text: (mb: number) => `${mb} MB`,
    },
    { name: "Rows out by step", valueOf: (step: StepView) => step.rows_out, text: count },
  ];
  return (
    <div class="charts">
      {charts.map(({ name, valueOf, text }, i) => {
        const bars = run.steps.flatMap((step) => {
          const value = valueOf(step);
          return value === undefined ? [] : [{ step, value }];
        });
        return bars.length === 0 ? null : <Bars id={`chart-${i}`} name={name} bars={bars} text={text} />;
      })}
    </div>
  );
}

function Bars({ id, name, bars, text }: {
  readonly id: string;
  readonly name: string;
  readonly bars: readonly { readonly step: StepView; readonly value: number }[];
  readonly text: (value: number) => string;
}): Markup {
  const shown = bars.toSorted((a, b) => b.value - a.value).slice(0, MOST);
  const most = Math.max(...shown.map(({ value }) => value), 0);
  return (
    <figure class="chart">
      <figcaption>
        {name}
        {bars.length > MOST ? `, the ${MOST} largest of ${count(bars.length)}` : ""}
      </figcaption>
      <svg width="100%" height={shown.length * LANE} role="img" aria-labelledby={`${id}-name`}>
        <title id={`${id}-name`}>
          {`${name}: ${shown.map(({ step, value }) => `${step.id} ${text(value)}`).join(", ")}`}
        </title>
        {shown.map(({ step, value }, i) => (
          <g class={`lane ${step.state}`}>
            <text class="name" x="0" y={i * LANE + 13}>{step.id}</text>
            <text class="value late" x="100%" y={i * LANE + 13}>{text(value)}</text>
            <rect class="track" x="0" y={i * LANE + 18} width="100%" height="7" rx="3.5" />
            <rect
              class="bar"
              x="0"
              y={i * LANE + 18}
              width={`${most === 0 ? 0 : Math.max(0.5, Math.round(value / most * 1000) / 10)}%`}
              height="7"
              rx="3.5"
            />
          </g>
        ))}
      </svg>
    </figure>
  );
}

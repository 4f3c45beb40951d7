import { count } from "../../amounts.ts";
import type { Markup } from "../_markup.ts";
import type { StepView } from "../run_view.ts";
import type { Story } from "./story.ts";
import { percentText, timeText } from "./_words.ts";

/** How long the step took in this run and those before it. */
export function History({ step, story }: { readonly step: StepView; readonly story: Story }): Markup | null {
  const earlier = step.history.filter(({ duration_ms }) => duration_ms !== undefined);
  if (earlier.length === 0 || step.duration_ms === undefined) return null;
  const times = earlier.map(({ duration_ms }) => duration_ms!);
  const usual = medianOf(times);
  const most = Math.max(step.duration_ms, ...times);
  const runs = [
    ...earlier.toReversed().map((run) => ({ ...run, now: false })),
    {
      session_id: story.run.session_id,
      state: step.state,
      duration_ms: step.duration_ms,
      rows_out: step.rows_out,
      now: true,
    },
  ];
  const width = 12;
  const against = percentText(usual, step.duration_ms);
  return (
    <section class="part">
      <h4>Against earlier runs</h4>
      <p>
        {timeText(step.duration_ms)}; usually {timeText(usual)}
        {against === "" ? "" : ` (${against})`}
      </p>
      <svg
        class="spark"
        width={runs.length * (width + 3)}
        height={44}
        role="img"
        aria-label={sparkText(runs)}
      >
        {runs.map(({ duration_ms, session_id, state, rows_out, now }, i) => {
          const height = Math.max(2, Math.round((duration_ms ?? 0) / most * 40));
          return (
            <rect
              class={now ? "now" : state}
              x={i * (width + 3)}
              y={42 - height}
              width={width}
              height={height}
              rx={2}
            >
              <title>
                {`${session_id}: ${timeText(duration_ms)}${
                  rows_out === undefined ? "" : `, ${count(rows_out)} rows`
                }`}
              </title>
            </rect>
          );
        })}
      </svg>
    </section>
  );
}

function sparkText(runs: readonly { readonly duration_ms?: number }[]): string {
  return `Time in the last ${runs.length} runs, oldest first: ${
    runs.map(({ duration_ms }) => timeText(duration_ms)).join(", ")
  }`;
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

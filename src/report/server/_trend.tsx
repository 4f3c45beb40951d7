/** How runs went one after another, as bars. @module */

import { count, duration } from "../../amounts.ts";
import type { SessionSummary } from "../../session/mod.ts";
import type { Markup } from "../_markup.ts";
import { rowsOf } from "./_rows.ts";

/** So many bars can still be told apart. */
const MOST = 60;

/** Units of a bar's place, of which 8 are its own. */
const STEP = 10;
const HEIGHT = 100;
/** Few runs do not fill the width: their bars would be towers. */
const LEAST_PLACES = 24;

interface Bar {
  readonly run: SessionSummary;
  /** Absent when it was not measured. */
  readonly value: number | undefined;
}

/** Duration and rows of the newest of some runs; nothing when there are not two to compare. */
export function Trends({ runs }: { readonly runs: readonly SessionSummary[] }): Markup {
  const shown = runs.toSorted((a, b) => a.started_at < b.started_at ? -1 : 1).slice(-MOST);
  if (shown.length < 2) return null;
  return (
    <div class="trends">
      <Trend
        title="Duration"
        bars={shown.map((run) => ({ run, value: run.duration_ms }))}
        words={duration}
      />
      <Trend
        title="Rows written"
        bars={shown.map((run) => ({ run, value: rowsOf(run.folder) }))}
        words={count}
      />
    </div>
  );
}

function Trend(
  { title, bars, words }: {
    readonly title: string;
    readonly bars: readonly Bar[];
    readonly words: (value: number) => string;
  },
): Markup {
  const values = bars.flatMap(({ value }) => value ?? []);
  if (values.length === 0) return null;
  const most = Math.max(...values, 1);
  const said = `${title} of the last ${bars.length} runs: from ${words(Math.min(...values))} to ${
    words(Math.max(...values))
  }`;
  return (
    <figure>
      <svg
        role="img"
        aria-label={said}
        viewBox={`0 0 ${Math.max(LEAST_PLACES, bars.length) * STEP} ${HEIGHT}`}
        preserveAspectRatio="none"
      >
        {bars.map(({ run, value }, at) => (
          <rect
            class={`bar ${run.state}`}
            x={at * STEP + 1}
            y={HEIGHT - heightOf(value, most)}
            width={STEP - 2}
            height={heightOf(value, most)}
          >
            <title>
              {`${run.started_at}: ${run.state}${value === undefined ? "" : `, ${words(value)}`}`}
            </title>
          </rect>
        ))}
      </svg>
      <figcaption>{said}</figcaption>
    </figure>
  );
}

/** At least a line, so that a run is seen although it took no time or wrote nothing. */
function heightOf(value: number | undefined, most: number): number {
  return value === undefined ? 1 : Math.max(1, Math.round(value / most * HEIGHT));
}

import { count, counted } from "../../amounts.ts";
import type { Markup } from "../_markup.ts";
import { textAt } from "../_recorded.ts";
import type { StepView } from "../run_view.ts";
import type { Story } from "./story.ts";
import { clockText } from "./_words.ts";

/** What a step's driver said while it ran. */
export function DriverLog(
  { step, story }: { readonly step: StepView; readonly story: Story },
): Markup | null {
  if (step.log.total === 0) return null;
  const { events, session_id } = story.run;
  const lines = events.page({ step: step.id, kind: "driver.log", limit: story.logLines }).lines;
  const left = step.log.total - lines.length;
  const more = story.links.events?.(session_id, { step: step.id, kind: "driver.log", from: story.logLines });
  return (
    <details class="part more" open={step.log.errors + step.log.warnings > 0 && step.state !== "succeeded"}>
      <summary>
        <h4>Log of the driver</h4> <span class="soft">{summaryOf(step.log)}</span>
      </summary>
      <div class="log" tabindex={0} role="group" aria-label={`Log of the driver of ${step.id}`}>
        <ol>
          {lines.map(({ timestamp, level, data }) => (
            <li class={level}>
              <time datetime={timestamp}>{clockText(timestamp)}</time> <span class="level">{level}</span>{" "}
              <span class="said">{textAt(data, "text") ?? ""}</span>
            </li>
          ))}
        </ol>
      </div>
      {left === 0 ? null : (
        <p class="soft">
          {counted(left, "more line")}
          {more === undefined ? ` in events.jsonl` : (
            <>
              : <a href={more}>see them</a>
            </>
          )}
        </p>
      )}
    </details>
  );
}

function summaryOf({ total, warnings, errors }: StepView["log"]): string {
  const worse = [
    ...(errors > 0 ? [counted(errors, "error")] : []),
    ...(warnings > 0 ? [counted(warnings, "warning")] : []),
  ];
  return `${count(total)} ${total === 1 ? "line" : "lines"}${
    worse.length > 0 ? `, ${worse.join(", ")}` : ""
  }`;
}

import { count } from "../../amounts.ts";
import type { Markup } from "../_markup.ts";
import { State } from "./state.tsx";
import type { Story } from "./story.ts";
import { Table } from "./table.tsx";
import { cardId, deltaText, timeText } from "./_words.ts";

/** Every step in one line: what a screen reader reads in place of the graph and the timeline. */
export function StepTable({ story: { run, cards, links } }: { readonly story: Story }): Markup {
  return (
    <Table
      caption="Steps in the order in which they might start"
      headings={[
        { name: "Step" },
        { name: "State" },
        { name: "Component" },
        { name: "Takes rows of" },
        { name: "Rows in", number: true },
        { name: "Rows out", number: true },
        { name: "Change", number: true },
        { name: "Time", number: true },
      ]}
    >
      {run.steps.map((step) => {
        const href = cards.has(step.id) ? `#${cardId(step.id)}` : links.step?.(run.session_id, step.id);
        const sources = [...new Set(step.inputs.map(({ step }) => step))];
        return (
          <tr>
            <th scope="row">{href === undefined ? step.id : <a href={href}>{step.id}</a>}</th>
            <td>
              <State state={step.state} />
            </td>
            <td>
              <code>{step.component}</code>
            </td>
            <td>{sources.join(", ")}</td>
            <td class="number">{step.rows_in === undefined ? "" : count(step.rows_in)}</td>
            <td class="number">{step.rows_out === undefined ? "" : count(step.rows_out)}</td>
            <td class="number">
              {step.rows_in === undefined || step.rows_out === undefined
                ? ""
                : deltaText(step.rows_in, step.rows_out)}
            </td>
            <td class="number">{step.duration_ms === undefined ? "" : timeText(step.duration_ms)}</td>
          </tr>
        );
      })}
    </Table>
  );
}

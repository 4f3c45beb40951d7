import { duration } from "../../amounts.ts";
import type { Markup } from "../_markup.ts";
import type { StepView } from "../run_view.ts";
import { Table } from "./table.tsx";
import { valueText } from "./_words.ts";

/** The configuration of a step as it ran, and what else was set for it. */
export function Settings({ step }: { readonly step: StepView }): Markup | null {
  const config = Object.entries(step.config).filter(([name]) => name !== step.sql?.field);
  const limits = [
    ...(step.timeout_ms === undefined ? [] : [["time limit", duration(step.timeout_ms)]]),
    ...(step.max_retries === undefined ? [] : [["retries", String(step.max_retries)]]),
    ...(step.line === undefined ? [] : [["line in the pipeline", String(step.line)]]),
    ...(step.version === undefined ? [] : [["version of the component", step.version]]),
  ] as [string, string][];
  if (config.length + limits.length === 0) return null;
  return (
    <details class="part more">
      <summary>
        <h4>Configuration</h4>
      </summary>
      <Table
        caption={`Configuration of ${step.id}`}
        hideCaption
        headings={[{ name: "Name" }, { name: "Value" }]}
      >
        {config.map(([name, value]) => (
          <tr>
            <th scope="row">
              <code>{name}</code>
            </th>
            <td class="wide">
              <code>{valueText(value)}</code>
            </td>
          </tr>
        ))}
        {limits.map(([name, value]) => (
          <tr>
            <th scope="row">{name}</th>
            <td class="wide">{value}</td>
          </tr>
        ))}
      </Table>
    </details>
  );
}

import type { Markup } from "../_markup.ts";
import { Code } from "./code.tsx";
import type { Story } from "./story.ts";
import { Table } from "./table.tsx";
import { valueText } from "./_words.ts";

/** A manifest longer than this is not put into a page; it lies beside it. */
const LONGEST = 400_000;

/** What ran, as it ran: parameters, connections, hooks, and the very manifest. */
export function Configuration({ story: { run, highlight } }: { readonly story: Story }): Markup {
  return (
    <>
      {run.params.length === 0
        ? null
        : (
          <Table caption="Parameters" headings={[{ name: "Parameter" }, { name: "Type" }, { name: "Value" }]}>
            {run.params.map(({ name, type, value, sensitive }) => (
              <tr>
                <th scope="row">
                  <code>{name}</code>
                </th>
                <td>{type}</td>
                <td class="wide">
                  {sensitive
                    ? <span class="soft">secret, never recorded</span>
                    : <code>{valueText(value)}</code>}
                </td>
              </tr>
            ))}
          </Table>
        )}
      {run.connections.length === 0
        ? null
        : (
          <Table caption="Connections" headings={[{ name: "Connection" }, { name: "State" }]}>
            {run.connections.map(({ connection, ok, latency_ms, help }) => (
              <tr>
                <th scope="row">
                  <code>{connection}</code>
                </th>
                <td>
                  {ok === undefined ? "used" : ok ? "answered" : "did not answer"}
                  {latency_ms === undefined ? "" : ` in ${Math.round(latency_ms)} ms`}
                  {help === undefined ? "" : `: ${help}`}
                </td>
              </tr>
            ))}
          </Table>
        )}
      {run.cursors.length === 0 ? null : (
        <Table
          caption="Cursors that were moved"
          headings={[{ name: "Cursor" }, { name: "Step" }, { name: "Value" }]}
        >
          {run.cursors.map(({ key, step, value }) => (
            <tr>
              <th scope="row">
                <code>{key}</code>
              </th>
              <td>{step ?? ""}</td>
              <td class="wide">
                <code>{typeof value === "string" ? value : JSON.stringify(value)}</code>
              </td>
            </tr>
          ))}
        </Table>
      )}
      {run.hooks.length === 0
        ? null
        : (
          <Table caption="Hooks" headings={[{ name: "Hook" }, { name: "Event" }, { name: "State" }]}>
            {run.hooks.map(({ hook, event, state, error }) => (
              <tr>
                <th scope="row">{hook}</th>
                <td>
                  <code>{event}</code>
                </td>
                <td>{state}{error === undefined ? "" : `: ${error.message}`}</td>
              </tr>
            ))}
          </Table>
        )}
      {run.manifest === undefined
        ? <p class="soft">The manifest is missing.</p>
        : run.manifest.length > LONGEST
        ? <p class="soft">The manifest is long: it is manifest.yaml of the session.</p>
        : (
          <details class="part more">
            <summary>
              <h3>Manifest</h3>
            </summary>
            <Code text={run.manifest} language="yaml" highlight={highlight} label="Manifest" />
          </details>
        )}
    </>
  );
}

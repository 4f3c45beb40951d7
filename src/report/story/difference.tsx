import { count } from "../../amounts.ts";
import type { Markup } from "../_markup.ts";
import { type Change, differs, isNews, type RunComparison, type StepDifference } from "../comparison.ts";
import { SessionLink } from "./verdict.tsx";
import type { StoryLinks } from "./story.ts";
import { Table } from "./table.tsx";
import { TextDifference } from "./text_difference.tsx";
import { deltaText, percentText, timeText, valueText } from "./_words.ts";

/** What tells two runs apart; `all` shows the steps that are the same as well. */
export function Difference({ comparison, links, all }: {
  readonly comparison: RunComparison;
  readonly links: StoryLinks;
  readonly all?: boolean;
}): Markup {
  const { before, after, sameManifest, settings, params, steps } = comparison;
  const news = steps.filter(isNews);
  const shown = all ? steps : news;
  const href = links.compare?.(before.session_id, after.session_id);
  return (
    <>
      <p>
        Against <SessionLink id={before.session_id} links={links} />:{" "}
        {sameManifest ? "the same manifest" : "another manifest"}
        {news.length === 0 ? ", and every step gave as many rows of the same columns." : "."}
        {href === undefined || all ? null : (
          <>
            {" "}
            <a href={href}>Compare them side by side</a>
          </>
        )}
      </p>
      {settings.length + params.length === 0 ? null : (
        <Table
          caption="Asked for differently"
          headings={[{ name: "What" }, { name: "Before" }, { name: "Now" }]}
        >
          {[
            ...settings.map(({ name, before, after }) => ({ name, before, after })),
            ...params.map(({ name, before, after }) => ({
              name: `parameter ${name}`,
              before: before === undefined ? undefined : valueText(before),
              after: after === undefined ? undefined : valueText(after),
            })),
          ].map(({ name, before, after }) => (
            <tr>
              <th scope="row">{name}</th>
              <td class="wide">
                <code>{before ?? "—"}</code>
              </td>
              <td class="wide">
                <code>{after ?? "—"}</code>
              </td>
            </tr>
          ))}
        </Table>
      )}
      {shown.length === 0 ? null : (
        <Table
          caption={all ? "Steps of both runs" : "Steps that differ"}
          headings={[
            { name: "Step" },
            { name: "What" },
            { name: "Rows before", number: true },
            { name: "Rows now", number: true },
            { name: "Change", number: true },
            { name: "Time before", number: true },
            { name: "Time now", number: true },
            { name: "Change", number: true },
          ]}
        >
          {shown.map((step) => <Line step={step} />)}
        </Table>
      )}
      {news.map((step) => <Details step={step} />)}
    </>
  );
}

function Line({ step: { id, change, state, rows, duration } }: { readonly step: StepDifference }): Markup {
  return (
    <tr class={`step ${change}`}>
      <th scope="row">{id}</th>
      <td>
        {[CHANGES[change], ...(state === undefined ? [] : [`${state.before} → ${state.after}`])].filter((
          text,
        ) => text !== "").join(", ")}
      </td>
      <td class="number">{rows.before === undefined ? "" : count(rows.before)}</td>
      <td class="number">{rows.after === undefined ? "" : count(rows.after)}</td>
      <td class="number">
        {rows.before === undefined || rows.after === undefined ? "" : deltaText(rows.before, rows.after)}
      </td>
      <td class="number">{duration.before === undefined ? "" : timeText(duration.before)}</td>
      <td class="number">{duration.after === undefined ? "" : timeText(duration.after)}</td>
      <td class="number">{percentText(duration.before, duration.after)}</td>
    </tr>
  );
}

const CHANGES: { readonly [change in StepDifference["change"]]: string } = {
  same: "",
  changed: "changed",
  upstream: "what it is made of changed",
  new: "new",
  gone: "gone",
};

/** What of a step is another thing than it was. */
function Details({ step }: { readonly step: StepDifference }): Markup | null {
  const { id, component, config, sql, columns, checksFailed } = step;
  const lines: [string, Change<string>][] = [
    ...(component === undefined ? [] : [["component", component]] as [string, Change<string>][]),
    ...config.map(({ path, before, after }): [string, Change<string>] => [
      path,
      {
        ...(before === undefined ? {} : { before: valueText(before) }),
        ...(after === undefined ? {} : { after: valueText(after) }),
      },
    ]),
    ...columns.map(({ name, before, after }): [string, Change<string>] => [
      `column ${name}`,
      { ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) },
    ]),
    ...(checksFailed.before !== undefined && checksFailed.after !== undefined && differs(checksFailed)
      ? [["checks that failed", {
        before: String(checksFailed.before),
        after: String(checksFailed.after),
      }]] as [
        string,
        Change<string>,
      ][]
      : []),
  ];
  if (lines.length === 0 && sql === undefined) return null;
  return (
    <details class="part more" open>
      <summary>
        <h3>{id}</h3>
      </summary>
      {lines.length === 0 ? null : (
        <Table
          caption={`What is different in ${id}`}
          hideCaption
          headings={[{ name: "What" }, { name: "Before" }, { name: "Now" }]}
        >
          {lines.map(([name, { before, after }]) => (
            <tr>
              <th scope="row">
                <code>{name}</code>
              </th>
              <td class="wide">
                <code>{before ?? "—"}</code>
              </td>
              <td class="wide">
                <code>{after ?? "—"}</code>
              </td>
            </tr>
          ))}
        </Table>
      )}
      {sql === undefined ? null : (
        <TextDifference
          before={sql.before ?? ""}
          after={sql.after ?? ""}
          label={`SQL of ${id}, before and now`}
        />
      )}
    </details>
  );
}

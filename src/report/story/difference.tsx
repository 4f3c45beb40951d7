import type { Child } from "hono/jsx";
import { count } from "../../amounts.ts";
import type { Json } from "../../manifest.ts";
import type { Markup } from "../_markup.ts";
import { type Change, differs, isNews, type RunComparison, type StepDifference } from "../comparison.ts";
import { SessionLink } from "./session_link.tsx";
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
      <Changes
        caption="Asked for differently"
        changes={[
          ...settings.map((change): Changed => [change.name, change]),
          ...params.map((change): Changed => [`parameter ${change.name}`, change]),
        ]}
      />
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
  const checked = checksFailed.before !== undefined && checksFailed.after !== undefined;
  const changes: Changed[] = [
    ...(component === undefined ? [] : [named("component", component)]),
    ...config.map((change) => named(change.path, change)),
    ...columns.map((change) => named(`column ${change.name}`, change)),
    ...(checked && differs(checksFailed) ? [named("checks that failed", checksFailed)] : []),
  ];
  if (changes.length === 0 && sql === undefined) return null;
  return (
    <details class="part more" open>
      <summary>
        <h3>{id}</h3>
      </summary>
      <Changes caption={`What is different in ${id}`} hideCaption changes={changes} />
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

/** What is another thing than it was. */
type Changed = readonly [name: Child, change: Change<Json>];

/** The name of something that stands in a manifest, as it stands there. */
function named(name: string, change: Change<Json>): Changed {
  return [<code>{name}</code>, change];
}

/** Values before and now; nothing when none has changed. */
function Changes({ caption, hideCaption, changes }: {
  readonly caption: string;
  readonly hideCaption?: boolean;
  readonly changes: readonly Changed[];
}): Markup | null {
  return changes.length === 0 ? null : (
    <Table
      caption={caption}
      hideCaption={hideCaption ?? false}
      headings={[{ name: "What" }, { name: "Before" }, { name: "Now" }]}
    >
      {changes.map(([name, { before, after }]) => (
        <tr>
          <th scope="row">{name}</th>
          <td class="wide">
            <code>{valueText(before)}</code>
          </td>
          <td class="wide">
            <code>{valueText(after)}</code>
          </td>
        </tr>
      ))}
    </Table>
  );
}

import { bytes, count, counted, duration, rows } from "../../amounts.ts";
import type { Markup } from "../_markup.ts";
import type { CheckView, DriftView, StepView } from "../run_view.ts";
import { SessionLink } from "./session_link.tsx";
import type { Story } from "./story.ts";
import { Table } from "./table.tsx";

/** What happened to a step beside computing: checks, drift, rejected rows, retries, cache, checkpoints, increments. */
export function Outcomes({ step, story }: { readonly step: StepView; readonly story: Story }): Markup {
  return (
    <>
      <Checks step={step} />
      <Drift step={step} />
      <Quarantine step={step} story={story} />
      <Retries step={step} />
      <Reuse step={step} story={story} />
      <Increment step={step} />
    </>
  );
}

const RESULTS: { readonly [result in CheckView["result"]]: readonly [sign: string, word: string] } = {
  pass: ["✓", "passed"],
  warn: ["!", "warned"],
  fail: ["✗", "failed"],
};

function Checks({ step }: { readonly step: StepView }): Markup | null {
  if (step.checks.length === 0) return null;
  return (
    <section class="part">
      <h4>Checks</h4>
      <Table
        caption={`Checks of ${step.id}`}
        hideCaption
        headings={[{ name: "Result" }, { name: "Check" }, { name: "Column" }, {
          name: "Rows that fail",
          number: true,
        }, { name: "What it says" }]}
      >
        {step.checks.map(({ result, check, column, rows_checked, rows_failed, message, on_fail }) => (
          <tr class={`check ${result}`}>
            <td class="mark">
              <span aria-hidden="true">{RESULTS[result][0]}</span> {RESULTS[result][1]}
            </td>
            <th scope="row">{check}</th>
            <td>{column === undefined ? "" : <code>{column}</code>}</td>
            <td class="number">{failedText(rows_failed, rows_checked)}</td>
            <td>
              {[message, on_fail === undefined ? undefined : `on failure: ${on_fail}`].filter((text) =>
                text !== undefined
              ).join("; ")}
            </td>
          </tr>
        ))}
      </Table>
    </section>
  );
}

function failedText(failed: number | undefined, checked: number | undefined): string {
  if (failed === undefined) return "";
  return checked === undefined ? count(failed) : `${count(failed)} of ${count(checked)}`;
}

function Drift({ step }: { readonly step: StepView }): Markup | null {
  if (step.drift.length === 0) return null;
  return (
    <section class="part">
      <h4>Not as promised</h4>
      <ul>{step.drift.map((drift) => <li>{driftText(drift)}</li>)}</ul>
    </section>
  );
}

function driftText({ column, change, promised, found, action, cost }: DriftView): string {
  const what = change === "new"
    ? `Column '${column}' (${found ?? "?"}) is new`
    : change === "missing"
    ? `Column '${column}' (${promised ?? "?"}) is missing`
    : `Column '${column}' is ${found ?? "?"}, should be ${promised ?? "?"}`;
  const fate = FATES[action] ?? action;
  return `${what}; ${fate}${cost === undefined ? "" : `: ${counted(cost.count, cost.what)} left out`}`;
}

const FATES: { readonly [action: string]: string } = {
  evolve: "it may change",
  freeze: "the step fails",
  discard_row: "rows with it are left out",
  discard_value: "its values are left out",
};

function Quarantine({ step, story }: { readonly step: StepView; readonly story: Story }): Markup | null {
  if (step.quarantined.length === 0) return null;
  return (
    <section class="part">
      <h4>Rows put aside</h4>
      <ul>
        {step.quarantined.map(({ rows: n, artifact, check, reason }) => {
          const href = artifact === undefined
            ? undefined
            : story.links.artifact?.(story.run.session_id, artifact);
          return (
            <li>
              {rows(n)}
              {check === undefined ? "" : ` that fail '${check}'`}
              {reason === undefined ? "" : `: ${reason}`}
              {artifact === undefined ? null : (
                <>
                  {" ("}
                  <ArtifactName id={artifact} href={href} />)
                </>
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function ArtifactName({ id, href }: { readonly id: string; readonly href: string | undefined }): Markup {
  return href === undefined ? <code>artifacts/{id}</code> : (
    <a href={href}>
      <code>{id}</code>
    </a>
  );
}

function Retries({ step }: { readonly step: StepView }): Markup | null {
  if (step.retries.length === 0) return null;
  return (
    <section class="part">
      <h4>Retries</h4>
      <ol class="retries">
        {step.retries.map(({ attempt, max, delay_ms, error }) => (
          <li>
            Attempt {attempt} of {max + 1} failed: <code>{error.code}</code>{" "}
            {error.message}. Tried again after {duration(delay_ms)}.
          </li>
        ))}
      </ol>
    </section>
  );
}

const CACHE = { hit: "Taken from the cache", miss: "Not in the cache", store: "Put into the cache" } as const;

function Reuse({ step, story }: { readonly step: StepView; readonly story: Story }): Markup | null {
  if (step.cache.length + step.checkpoints.length === 0) return null;
  return (
    <section class="part">
      <h4>Cache and checkpoints</h4>
      <ul>
        {step.cache.map(({ what, key, bytes: size, rows: n, reason }) => (
          <li>
            {CACHE[what]}
            {amountText(n, size)}
            {reason === undefined ? "" : `: ${reason}`}
            {key === "" ? null : (
              <span class="soft">
                , key <code class="long">{key}</code>
              </span>
            )}
          </li>
        ))}
        {step.checkpoints.map(({ what, bytes: size, rows: n, duration_ms, from_session }) => (
          <li>
            {what === "saved" ? "Checkpoint saved" : "Restored from a checkpoint"}
            {amountText(n, size)}
            {duration_ms === undefined ? "" : `, in ${duration(duration_ms)}`}
            {from_session === undefined ? null : (
              <>
                , of <SessionLink id={from_session} links={story.links} />
              </>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function amountText(n: number | undefined, size: number | undefined): string {
  const parts = [...(n === undefined ? [] : [rows(n)]), ...(size === undefined ? [] : [bytes(size)])];
  return parts.length === 0 ? "" : ` (${parts.join(", ")})`;
}

function Increment({ step: { increment } }: { readonly step: StepView }): Markup | null {
  if (increment === undefined) return null;
  const { column, from, to, rows_new, rows_before } = increment;
  return (
    <section class="part">
      <h4>Increment</h4>
      <p>
        {rows(rows_new)} new{rows_before > 0 ? `, ${rows(rows_before)} read again` : ""}
        {column === undefined ? null : (
          <>
            , by <code>{column}</code>
          </>
        )}
        {from === undefined ? null : (
          <>
            {" after "}
            <code>{from}</code>
          </>
        )}
        {to === undefined ? null : (
          <>
            {" up to "}
            <code>{to}</code>
          </>
        )}
      </p>
    </section>
  );
}

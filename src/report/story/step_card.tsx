import { bytes, count, rate } from "../../amounts.ts";
import type { Markup } from "../_markup.ts";
import type { StepView } from "../run_view.ts";
import { Access } from "./access.tsx";
import { FailureText } from "./cause.tsx";
import { Code } from "./code.tsx";
import { Columns } from "./columns.tsx";
import { type Figure, Figures } from "./figures.tsx";
import { History } from "./history.tsx";
import { DriverLog } from "./log.tsx";
import { Outcomes } from "./outcomes.tsx";
import { Profile } from "./profile.tsx";
import { Samples } from "./samples.tsx";
import { State } from "./state.tsx";
import type { Story } from "./story.ts";
import { Settings } from "./settings.tsx";
import { cardId, deltaText, percentText, timeText } from "./_words.ts";

/** All that is known of one step. `open` where it is what the page is about, or where something went wrong. */
export function StepCard({ step, story, open }: {
  readonly step: StepView;
  readonly story: Story;
  readonly open: boolean;
}): Markup {
  const evidence = story.evidence.get(step.id);
  return (
    <details class={`card ${step.state}`} open={open}>
      <summary>
        <h3>{step.id}</h3>
        <State state={step.state} />
        <span class="soft component">{step.component}</span>
        <span class="moved">{movedText(step)}</span>
        <span class="time">{step.duration_ms === undefined ? "" : timeText(step.duration_ms)}</span>
      </summary>
      {/* Inside, so that a link to it opens the card. */}
      <div class="body" id={cardId(step.id)}>
        <p class="purpose">{step.words}</p>
        {step.about === undefined ? null : (
          <p class="soft">
            <code>{step.component}</code>: {step.about}
          </p>
        )}
        {step.error === undefined ? null : <FailureText failure={step.error} />}
        {step.reason === undefined ? null : <p class="reason">{stateReason(step)}</p>}
        {step.fused_into === undefined ? null : (
          <p class="soft">
            Computed in one statement with{" "}
            <a href={`#${cardId(step.fused_into)}`}>
              <code>{step.fused_into}</code>
            </a>, so its time is part of that statement's.
          </p>
        )}
        <Measured step={step} />
        <Flow step={step} story={story} />
        <Outcomes step={step} story={story} />
        {step.sql === undefined ? null : (
          <section class="part">
            <h4>SQL</h4>
            <Code
              text={step.sql.text}
              language="sql"
              highlight={story.highlight}
              label={`SQL of ${step.id}`}
            />
            <Bound sql={step.sql} />
          </section>
        )}
        <Columns step={step} />
        <Samples step={step} story={story} />
        <Access step={step} />
        <History step={step} story={story} />
        <Profile step={step} nodes={evidence?.profile ?? []} />
        <DriverLog step={step} story={story} />
        <Settings step={step} />
      </div>
    </details>
  );
}

function movedText(step: StepView): string {
  if (step.rows_in !== undefined && step.rows_out !== undefined) {
    return `${count(step.rows_in)} → ${count(step.rows_out)} rows`;
  }
  return step.rows_out === undefined ? "" : `${count(step.rows_out)} rows`;
}

function stateReason({ state, reason }: StepView): string {
  return `${state === "skipped" ? "Skipped" : "Cancelled"}: ${reason}`;
}

/** Begins the names of what a driver measured itself. */
const OWN = "driver.";

/** What was measured of the step. */
function Measured({ step }: { readonly step: StepView }): Markup {
  const { rows_in, rows_out } = step;
  const change = rows_in === undefined || rows_out === undefined
    ? undefined
    : rows_in === rows_out
    ? "none"
    : [deltaText(rows_in, rows_out), percentText(rows_in, rows_out)].filter((text) => text !== "").join(", ");
  const figures: Figure[] = [
    ["Rows in", rows_in === undefined ? undefined : count(rows_in)],
    ["Rows out", rows_out === undefined ? undefined : count(rows_out)],
    ["Change", change],
    ["Left out", step.rows_rejected ? count(step.rows_rejected) : undefined],
    ["Read", step.bytes_read === undefined ? undefined : bytes(step.bytes_read)],
    ["Written", step.bytes_written === undefined ? undefined : bytes(step.bytes_written)],
    ["Rate", step.rows_per_sec === undefined ? undefined : rate(step.rows_per_sec)],
    ["Peak memory", step.memory_mb === undefined ? undefined : `${step.memory_mb} MB`],
    ["Attempts", step.attempts > 1 ? count(step.attempts) : undefined],
    ...step.metrics.filter(({ name }) => name.startsWith(OWN)).map(({ name, value, unit }): Figure => [
      name.slice(OWN.length),
      `${Number.isInteger(value) ? count(value) : String(value)} ${unit}`,
    ]),
  ];
  return <Figures look="figures" figures={figures} />;
}

/** Where rows came from and went to: steps, files, tables. */
function Flow({ step, story }: { readonly step: StepView; readonly story: Story }): Markup | null {
  const to = (id: string) => {
    const href = story.cards.has(id) ? `#${cardId(id)}` : story.links.step?.(story.run.session_id, id);
    return href === undefined ? <code>{id}</code> : (
      <a href={href}>
        <code>{id}</code>
      </a>
    );
  };
  const outside = step.mode === "write" ? [] : step.files.length > 0 ? step.files : step.sources;
  const written = step.mode === "write" && step.files.length > 0
    ? step.files.map((path) => ({ path, table: undefined, write_mode: modeOf(step, path) }))
    : step.targets.map(({ path, table, write_mode }) => ({ path, table, write_mode }));
  const nothing =
    step.inputs.length + step.outputs.length + outside.length + written.length + step.needs.length === 0;
  if (nothing) return null;
  return (
    <dl class="flow">
      {step.inputs.length + outside.length === 0 ? null : (
        <div>
          <dt>From</dt>
          {step.inputs.map(({ name, step: source, rows }) => (
            <dd>
              {to(source)} as <code>{name}</code>
              {rows === undefined ? null : <span class="soft">, {count(rows)} rows</span>}
            </dd>
          ))}
          {outside.map((path) => (
            <dd>
              <code class="long">{path}</code>
            </dd>
          ))}
        </div>
      )}
      {step.outputs.length + written.length === 0 ? null : (
        <div>
          <dt>To</dt>
          {step.outputs.map((id) => <dd>{to(id)}</dd>)}
          {written.map(({ path, table, write_mode }) => (
            <dd>
              <code class="long">{path}</code>
              {table === undefined ? null : (
                <>
                  , table <code>{table}</code>
                </>
              )}
              {write_mode === "" ? null : <span class="soft">{`, ${write_mode}`}</span>}
            </dd>
          ))}
        </div>
      )}
      {step.needs.length === 0 ? null : (
        <div>
          <dt>After</dt>
          {step.needs.map((id) => <dd>{to(id)}</dd>)}
        </div>
      )}
    </dl>
  );
}

/** How a file was written: as the target says that it is, or that it lies in. */
function modeOf(step: StepView, path: string): string {
  return step.targets.find((target) => path.startsWith(target.path))?.write_mode ?? "";
}

/** Values that the SQL binds by name. */
function Bound({ sql }: { readonly sql: NonNullable<StepView["sql"]> }): Markup | null {
  if (sql.bind.length === 0) return null;
  return (
    <p class="bound soft">
      {sql.bind.map(({ name, type, value, symbol }, i) => (
        <>
          {i === 0 ? "" : ", "}
          <code>${name}</code> = {symbol === undefined ? <code>{JSON.stringify(value)}</code> : (
            <>
              known at run time (<code>{symbol}</code>)
            </>
          )} ({type})
        </>
      ))}
    </p>
  );
}

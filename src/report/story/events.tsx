import { count } from "../../amounts.ts";
import type { Markup } from "../_markup.ts";
import { EVENT_LEVELS, type EventLevel, type EventLine } from "../event_log.ts";
import type { Story } from "./story.ts";
import { clockText } from "./_words.ts";

/** Lines that are laid out together, and only when they come into sight. */
const TOGETHER = 50;
/** So few are laid out at once. */
const FEW_CHUNKS = 3;

/** What happened, line by line; with addresses, chosen and paged by the server. */
export function Events({ story }: { readonly story: Story }): Markup {
  const { run, events, links, query } = story;
  const paged = links.events !== undefined;
  const chunks = chunksOf(events.lines);
  return (
    <>
      {paged ? <Choice story={story} /> : <Sieve />}
      <p class="soft" id="events-shown" aria-live="polite">
        {events.total === 0
          ? run.events.total === 0 ? "No event is recorded." : "No event fits."
          : `Events ${count(events.from + 1)} to ${count(events.from + events.lines.length)} of ${
            count(events.total)
          }${paged ? "" : leftOut(events.total - events.lines.length)}`}
      </p>
      <div
        class={chunks.length > FEW_CHUNKS ? "events many" : "events"}
        tabindex={0}
        role="group"
        aria-label="Events"
      >
        {chunks.map((lines) => (
          <ol class="chunk" start={lines[0]!.number}>
            {lines.map((line) => <Line line={line} />)}
          </ol>
        ))}
      </div>
      {paged ? <Pages story={story} /> : null}
      {query.step === undefined ? null : (
        <p class="soft">
          Only those of step <code>{query.step}</code>.
        </p>
      )}
    </>
  );
}

function leftOut(left: number): string {
  return left > 0 ? "; the rest stands in events.jsonl of the session" : "";
}

function Line({ line: { timestamp, kind, level, step, words } }: { readonly line: EventLine }): Markup {
  return (
    <li class={`event ${level}`}>
      <time datetime={timestamp}>{clockText(timestamp)}</time>
      <span class="level">{level}</span>
      <span class="kind">{kind}</span>
      {step === undefined ? null : <code class="step">{step}</code>}
      <span class="words">{words}</span>
    </li>
  );
}

const LEVELS: { readonly [level in EventLevel]: string } = {
  debug: "all",
  info: "info and above",
  warn: "warnings and errors",
  error: "errors",
};

/** The form that asks the server for other events. */
function Choice({ story: { query, run, links } }: { readonly story: Story }): Markup {
  return (
    <form
      class="filters"
      method="get"
      action={`${links.events!(run.session_id, {}).split(/[?#]/)[0]}#events`}
    >
      <label>
        Level
        <select name="level">
          {EVENT_LEVELS.map((level) => (
            <option value={level} selected={level === (query.level ?? "debug")}>{LEVELS[level]}</option>
          ))}
        </select>
      </label>
      <label>
        Step
        <input name="step" value={query.step ?? ""} list="step-names" autocomplete="off" />
      </label>
      <label>
        Contains
        <input name="text" type="search" value={query.text ?? ""} />
      </label>
      {query.kind === undefined ? null : <input type="hidden" name="kind" value={query.kind} />}
      <datalist id="step-names">{run.steps.slice(0, 200).map(({ id }) => <option value={id} />)}</datalist>
      <button type="submit">Show</button>
    </form>
  );
}

/** The same choice in a page without a server, made by its script. */
function Sieve(): Markup {
  return (
    <form class="filters" id="sieve" hidden>
      <label>
        Level
        <select name="level">
          {EVENT_LEVELS.map((level) => <option value={level}>{LEVELS[level]}</option>)}
        </select>
      </label>
      <label>
        Contains
        <input name="text" type="search" />
      </label>
    </form>
  );
}

function Pages({ story: { events, query, run, links } }: { readonly story: Story }): Markup | null {
  const { from, next, lines } = events;
  const size = query.limit ?? Math.max(lines.length, 1);
  if (from === 0 && next === undefined) return null;
  const { from: _, ...rest } = query;
  const to = (at: number) => `${links.events!(run.session_id, { ...rest, from: at })}`;
  return (
    <nav class="pages" aria-label="Pages of events">
      {from === 0 ? null : <a href={to(Math.max(0, from - size))}>Earlier</a>}
      {next === undefined ? null : <a href={to(next)}>Later</a>}
    </nav>
  );
}

function chunksOf(lines: readonly EventLine[]): EventLine[][] {
  return Array.from(
    { length: Math.ceil(lines.length / TOGETHER) },
    (_, i) => lines.slice(i * TOGETHER, (i + 1) * TOGETHER),
  );
}

/**
 * What an incremental read follows, so that a cursor is never taken for one of something else.
 *
 * What must stay true: everything that decides which rows there are is in it, and nothing else: neither how a text is
 * laid out, nor who logs in, nor how fast it is read. No secret is in it, because it is kept.
 *
 * @module
 */

import { type ComponentSpec, declaredGrants } from "../component/mod.ts";
import { canonicalJson, type ManifestStep } from "../manifest.ts";

/** What a step reads, by what a person calls it. */
export type Source = { readonly [part: string]: string };

/** A part of a source that is another one than it was. */
export interface SourceChange {
  readonly what: string;
  /** Null when there was none, or is none. */
  readonly before: string | null;
  readonly now: string | null;
}

/** The parts of a configuration that say which rows there are. */
const PARTS = ["table", "query", "params"] as const;

/** What a step follows; `connection` is what its driver receives. */
export function sourceOf(
  { component, connection: reference, config }: ManifestStep,
  spec: ComponentSpec,
  connection:
    | { readonly values: { readonly [field: string]: unknown }; readonly secrets: readonly string[] }
    | undefined,
): Source {
  const values = connection?.values ?? {};
  const places = declaredGrants(spec, config, values)
    .flatMap(({ permission, grants }) => permission === "write" ? [] : grants);
  const { database } = values;
  const place = [...places, ...(typeof database === "string" ? [database] : [])]
    .filter((each) => !connection?.secrets.includes(each));
  return {
    component,
    ...(reference === undefined ? {} : { connection: reference }),
    ...(place.length === 0 ? {} : { place: [...new Set(place)].join(" ") }),
    ...Object.fromEntries(
      PARTS.flatMap((part) => config[part] === undefined ? [] : [[part, textOf(config[part])]]),
    ),
  };
}

/** What differs. A connection may be called otherwise, if it leads to where it did. */
export function changesOf(before: Source, now: Source): SourceChange[] {
  // An older Osiris noted connection and table alone.
  const noted = before["component"] === undefined ? {} : now;
  const placed = before["place"] !== undefined && now["place"] !== undefined;
  return [...new Set([...Object.keys(before), ...Object.keys(noted)])]
    .filter((part) => part !== (placed ? "connection" : "place"))
    .filter((part) =>
      before[part] === undefined || now[part] === undefined || !sameText(before[part], now[part])
    )
    .map((what) => ({ what, before: before[what] ?? null, now: now[what] ?? null }));
}

/** Changes as a message says them: `table 'orders' -> 'orders_2'`. */
export function changesText(changes: readonly SourceChange[]): string {
  return changes.map(({ what, before, now }) => `${what} ${shownPair(before, now)}`).join(", ");
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : canonicalJson(value);
}

/** Whether two texts say the same; of a query neither white space matters nor what is said beside it. */
function sameText(one: string, other: string): boolean {
  return one === other || formOf(one) === formOf(other);
}

/** Servers disagree about these: what is a comment to one is not to another. Then the text is compared as it is. */
const DISPUTED = /\\|#|--\S|\/\*!/;
const QUOTED_OR_BLANK = /('[^']*'|"[^"]*"|`[^`]*`|\$(\w*)\$[^]*?\$\2\$)|(?:\s|--[^\n]*|\/\*[^]*?\*\/)+/g;

function formOf(text: string): string {
  const form = DISPUTED.test(text) ? text : text.replace(QUOTED_OR_BLANK, (_, quoted) => quoted ?? " ");
  return form.replace(/[;\s]+$/, "").trimStart();
}

/** How much of a long text is shown, from a little before where it differs. */
const SHOWN = 60;
const BEFORE = 20;

function shownPair(before: string | null, now: string | null): string {
  const [one, other] = [before ?? "", now ?? ""];
  let same = 0;
  while (same < one.length && one[same] === other[same]) same++;
  const from = Math.max(one.length, other.length) <= SHOWN ? 0 : Math.max(0, same - BEFORE);
  const shown = (text: string | null) =>
    text === null
      ? "(none)"
      : `'${from > 0 ? "…" : ""}${text.slice(from, from + SHOWN)}${text.length > from + SHOWN ? "…" : ""}'`;
  return `${shown(before)} -> ${shown(now)}`;
}

/**
 * Makes a bundle fit a number of bytes. What is given up is the same each time for the same run, the least
 * important first, and it is always said how much of what is missing.
 *
 * @module
 */

import { RANK, type Section } from "./_bundle_section.ts";

/** A section as it is written. */
export interface WrittenSection extends Pick<Section, "name" | "title" | "about" | "single"> {
  /** Each entry, in order; undefined where it was left out. */
  readonly entries: readonly (string | undefined)[];
}

/** How a bundle is written. */
export interface Form {
  entry(section: Section, value: unknown): string;
  whole(sections: readonly WrittenSection[]): string;
}

/** A text may be this part of a bundle, so that one endless message leaves room for the rest. */
const PART = 16;
/** Characters that are left of a text before more is given up than texts. */
const SHORTEST = 24;

/** The bundle in this form, at most `maxBytes` of UTF-8. */
export function fitted(sections: readonly Section[], maxBytes: number, form: Form): string {
  let text = "";
  for (let longest = Math.floor(maxBytes / PART); longest >= SHORTEST; longest = Math.floor(longest / 2)) {
    const written = sections.map((each) =>
      each.entries.map(({ value }) => form.entry(each, shortened(value, longest)))
    );
    const sizes = written.map((entries) => entries.map((entry) => bytesOf(entry) + SEPARATOR));
    for (let room = maxBytes; room > 0;) {
      const kept = chosen(sections, sizes, room);
      text = form.whole(sections.map(({ name, title, about, single }, s) => ({
        name,
        title,
        about,
        ...(single ? { single } : {}),
        entries: written[s]!.map((entry, e) => kept[s]![e] ? entry : undefined),
      })));
      const over = bytesOf(text) - maxBytes;
      if (over <= 0) return text;
      room -= over;
    }
  }
  throw new Error(`a bundle cannot fit ${maxBytes} bytes: what must stand in it takes ${bytesOf(text)}`);
}

/** What stands between two entries, about. */
const SEPARATOR = 2;

/** Which entries are kept: from the most important on, as long as they fit the room. */
function chosen(
  sections: readonly Section[],
  sizes: readonly (readonly number[])[],
  room: number,
): boolean[][] {
  const order = sections.flatMap((each, s) =>
    each.entries.map((entry, e) => ({ s, e, rank: entry.rank, late: each.latestFirst ? -e : e }))
  ).sort((a, b) => a.rank - b.rank || a.s - b.s || a.late - b.late);
  const kept = sections.map((each) => each.entries.map(() => false));
  let left = room;
  for (const { s, e, rank } of order) {
    const size = sizes[s]![e]!;
    if (rank !== RANK.essential && size > left) continue;
    left -= size;
    kept[s]![e] = true;
  }
  return kept;
}

/** The same data, every text in it at most so long: its beginning and its end say most. */
function shortened(value: unknown, longest: number): unknown {
  if (typeof value === "string") return shortenedText(value, longest);
  if (Array.isArray(value)) return value.map((each) => shortened(each, longest));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [shortenedText(key, longest), shortened(each, longest)]),
  );
}

function shortenedText(text: string, longest: number): string {
  if (text.length <= longest) return text;
  const head = Math.ceil(longest * 2 / 3);
  const tail = longest - head;
  const left = text.length - longest;
  return `${whole(text.slice(0, head))}[… ${left} characters left out …]${
    whole(text.slice(text.length - tail))
  }`;
}

/** Without the half of a character that a cut may have left. */
function whole(text: string): string {
  return text.replace(/^[\udc00-\udfff]|[\ud800-\udbff]$/g, "");
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}

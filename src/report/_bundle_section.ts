/** What a bundle is made of: sections of entries, each with a rank that says what is given up first. */

/** What is kept longest has the lowest rank. */
export const RANK = {
  /** Kept at any size; its texts are shortened instead. */
  essential: 0,
  error: 1,
  /** The failing step and what it was given. */
  culprit: 2,
  step: 3,
  settings: 4,
  asked: 5,
  text: 6,
  news: 7,
  detail: 8,
} as const;

export type Rank = (typeof RANK)[keyof typeof RANK];

/** One thing that a bundle says. */
export interface Entry<V> {
  readonly rank: Rank;
  /** Plain data. */
  readonly value: V;
}

/** A part of a bundle. */
export interface Section<V = unknown> {
  /** Its key in the JSON form. */
  readonly name: string;
  readonly title: string;
  /** What stands in it, for a reader who sees nothing else. */
  readonly about: string;
  /** It holds one entry, which is no list. */
  readonly single?: true;
  readonly entries: readonly Entry<V>[];
  /** Of entries of one rank, the last are kept longest: a run's end tells more than its beginning. */
  readonly latestFirst?: true;
  /** An entry as lines of text. A line end within one is data, and is shown as such. */
  text(value: V): readonly string[];
}

/** A section that forgets what its entries are. */
export function section<V>(of: Section<V>): Section {
  return of as Section;
}

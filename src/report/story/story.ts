/**
 * What a run page is drawn from: the view of a run together with what it takes time to read or to lay out. All
 * waiting happens here, so that the parts of the page are plain functions of it.
 *
 * @module
 */

import type { RunComparison } from "../comparison.ts";
import { comparisonOf } from "../comparison.ts";
import type { EventPage, EventQuery } from "../event_log.ts";
import type { RunLineage } from "../lineage.ts";
import { type Evidence, readRun, type RunView } from "../run_view.ts";
import { type GraphLayout, layOut } from "./_layout.ts";
import { type Highlight, highlighter } from "./_highlight.ts";

/** Where the pages refer to one another. A file that stands alone has no addresses: names are text there. */
export interface StoryLinks {
  run?(session: string): string;
  step?(session: string, step: string): string;
  artifact?(session: string, id: string): string;
  pipeline?(name: string): string;
  /** The comparison of a run with an earlier one. */
  compare?(before: string, after: string): string;
  /** The run page with these events. */
  events?(session: string, query: EventQuery): string;
}

/** How much of a run is told. */
export interface StoryOptions {
  readonly links?: StoryLinks;
  /** Which events are shown (default: the first 200). */
  readonly events?: EventQuery;
  /** Steps above this number get a card only where something went wrong; each has a page of its own (default: all get one). */
  readonly mostCards?: number;
  /** Where the columns come from; asked for by whoever has an engine. */
  readonly lineage?: RunLineage;
}

/** A run, read as far as its page needs it. */
export interface Story {
  readonly run: RunView;
  readonly links: StoryLinks;
  readonly layout: GraphLayout;
  readonly highlight: Highlight;
  /** Step ids that get a card. */
  readonly cards: ReadonlySet<string>;
  /** Of each step with a card, and of the steps that feed it. */
  readonly evidence: ReadonlyMap<string, Evidence>;
  /** Lines of a driver's log that each card has; together they stay few enough for one page. */
  readonly logLines: number;
  readonly query: EventQuery;
  readonly events: EventPage;
  /** Against the run before; undefined when there is none. */
  readonly difference?: RunComparison;
  readonly lineage?: RunLineage;
}

/** Reads what the page of a run needs. */
export async function storyOf(run: RunView, options: StoryOptions = {}): Promise<Story> {
  const { links = {}, events: query = {}, mostCards = Infinity } = options;
  const cards = cardsOf(run, mostCards);
  const before = run.earlier[0];
  return {
    run,
    links,
    cards,
    logLines: logLinesOf(cards.size),
    query,
    layout: await layOut(run.steps, run.edges),
    highlight: await highlighter(),
    evidence: await evidenceOf(run, cards),
    events: run.events.page(query),
    ...(options.lineage === undefined ? {} : { lineage: options.lineage }),
    ...(before === undefined ? {} : { difference: comparisonOf(await readRun(before.folder), run) }),
  };
}

/** The story of one step, for a page of its own; undefined when the run has no such step. */
export async function stepStoryOf(
  run: RunView,
  step: string,
  options: StoryOptions = {},
): Promise<Story | undefined> {
  if (!run.steps.some(({ id }) => id === step)) return undefined;
  const query: EventQuery = { ...options.events, step };
  const cards = new Set([step]);
  return {
    run,
    links: options.links ?? {},
    cards,
    logLines: logLinesOf(1),
    query,
    layout: { width: 0, height: 0, nodes: [], edges: [], bands: [] },
    highlight: await highlighter(),
    evidence: await evidenceOf(run, cards),
    events: run.events.page(query),
  };
}

/** Lines of logs on one page, and in one card. */
const MOST_LOG_LINES = { page: 2_000, card: 200 };

function logLinesOf(cards: number): number {
  return Math.min(MOST_LOG_LINES.card, Math.ceil(MOST_LOG_LINES.page / Math.max(1, cards)));
}

function cardsOf(run: RunView, most: number): ReadonlySet<string> {
  const shown = run.steps.length <= most
    ? run.steps
    : run.steps.filter((step) =>
      step.error !== undefined || step.checks.some(({ result }) => result === "fail")
    )
      .slice(0, most);
  return new Set(shown.map(({ id }) => id));
}

async function evidenceOf(run: RunView, cards: ReadonlySet<string>): Promise<ReadonlyMap<string, Evidence>> {
  const wanted = new Set(
    run.steps.flatMap((step) => cards.has(step.id) ? [step.id, ...step.inputs.map(({ step }) => step)] : []),
  );
  return new Map(
    await Promise.all([...wanted].map(async (id) => [id, await run.evidence(id)] as const)),
  );
}

/** The events of a run, a page at a time. */

import type { SessionEvent } from "../session/mod.ts";
import { isRecorded, textAt } from "./_recorded.ts";

/** How much an event matters. */
export type EventLevel = "debug" | "info" | "warn" | "error";

/** The levels, the least urgent first. */
export const EVENT_LEVELS: readonly EventLevel[] = ["debug", "info", "warn", "error"];

/** Which events are wanted; every condition that is given must hold. */
export interface EventQuery {
  /** This level and those above it. */
  readonly level?: EventLevel;
  /** Only events of this step. */
  readonly step?: string;
  /** The beginning of the event's name, such as `check.` or `driver.log`. */
  readonly kind?: string;
  /** Stands in the event's name, step or data; capitals do not matter. */
  readonly text?: string;
  /** How many of those that fit are left out at the beginning. */
  readonly from?: number;
  /** How many are given (default 200). */
  readonly limit?: number;
}

/** One event as a line of a table. */
export interface EventLine {
  /** Its place in the record; counts from 1. */
  readonly number: number;
  readonly timestamp: string;
  readonly kind: string;
  readonly level: EventLevel;
  readonly step?: string;
  /** All else that it says, `name=value`. */
  readonly words: string;
  /** As it is recorded; anything may stand there. */
  readonly data: unknown;
}

/** One page of the events that were asked for. */
export interface EventPage {
  readonly lines: readonly EventLine[];
  /** How many fit the query. */
  readonly total: number;
  readonly from: number;
  /** Where the next page begins; absent on the last. */
  readonly next?: number;
}

const PAGE = 200;

/** What happened, in order. */
export class EventLog {
  /** Step id → the places of its events; made when the first step is asked for. */
  #ofSteps: Map<string, number[]> | undefined;

  constructor(readonly all: readonly SessionEvent[]) {}

  get total(): number {
    return this.all.length;
  }

  /** The events that fit, from one place on. */
  page(query: EventQuery = {}): EventPage {
    const { from = 0, limit = PAGE } = query;
    const lines: EventLine[] = [];
    let total = 0;
    for (const at of this.#places(query.step)) {
      const event = this.all[at]!;
      if (!fits(event, query)) continue;
      if (total >= from && lines.length < limit) lines.push(lineOf(event, at + 1));
      total++;
    }
    return { lines, total, from, ...(from + lines.length < total ? { next: from + lines.length } : {}) };
  }

  /** Where the events of a step stand, or all there are: a page of 1,000 steps asks for each of them. */
  #places(step: string | undefined): Iterable<number> {
    if (step === undefined) return this.all.keys();
    this.#ofSteps ??= placesByStep(this.all);
    return this.#ofSteps.get(step) ?? [];
  }
}

function placesByStep(events: readonly SessionEvent[]): Map<string, number[]> {
  const places = new Map<string, number[]>();
  for (const [at, { data }] of events.entries()) {
    const step = textAt(data, "step_id");
    if (step === undefined) continue;
    const known = places.get(step);
    if (known) known.push(at);
    else places.set(step, [at]);
  }
  return places;
}

/** How much an event matters, whatever recorded it. */
export function eventLevel({ event_type, data }: Pick<SessionEvent, "event_type" | "data">): EventLevel {
  if (event_type === "driver.log") {
    const level = textAt(data, "level") as EventLevel;
    return EVENT_LEVELS.includes(level) ? level : "info";
  }
  if (ERRORS.test(event_type)) return "error";
  if (WARNINGS.test(event_type)) return "warn";
  return NEWS.test(event_type) ? "info" : "debug";
}

const ERRORS = /\.error$|^check\.fail$/;
const WARNINGS =
  /^(?:execution\.step\.(?:retry|skip)|run\.cancel|row\.quarantine|driver\.denied|check\.warn|contract\.(?:drift|discard)|schedule\.skip)$/;
const NEWS =
  /^(?:run|execution\.step|check|checkpoint|cache|state|chat|schedule|stream|hook|compile)\.|^increment\.read$/;

/** What an event says beside its name and step. */
export function eventWords({ data }: Pick<SessionEvent, "data">): string {
  return Object.entries(isRecorded(data) ? data : {}).flatMap(([name, value]) =>
    name === "step_id" || value === undefined
      ? []
      : [`${name}=${typeof value === "string" ? value : JSON.stringify(value)}`]
  ).join(" ");
}

function lineOf(event: SessionEvent, number: number): EventLine {
  const step = textAt(event.data, "step_id");
  return {
    number,
    timestamp: event.timestamp,
    kind: event.event_type,
    level: eventLevel(event),
    ...(step === undefined ? {} : { step }),
    words: eventWords(event),
    data: event.data,
  };
}

function fits(event: SessionEvent, { level, kind, text }: EventQuery): boolean {
  if (kind !== undefined && !event.event_type.startsWith(kind)) return false;
  if (level !== undefined && EVENT_LEVELS.indexOf(eventLevel(event)) < EVENT_LEVELS.indexOf(level)) {
    return false;
  }
  if (text === undefined || text === "") return true;
  const said = `${event.event_type} ${textAt(event.data, "step_id") ?? ""} ${eventWords(event)}`;
  return said.toLowerCase().includes(text.toLowerCase());
}

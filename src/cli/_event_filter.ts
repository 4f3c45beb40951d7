/** Which events of a run a person wants to see. @module */

import { EVENT_LEVELS, type EventLevel, eventLevel } from "../report/mod.ts";
import type { SessionEvent } from "../session/mod.ts";

/** Tells which events to show: those that contain the text and reach the level, where these were given. */
export function eventFilter(
  { filter, level }: { readonly filter?: string | undefined; readonly level?: string | undefined },
): (event: SessionEvent) => boolean {
  const needle = filter?.toLowerCase();
  const from = EVENT_LEVELS.indexOf(level as EventLevel);
  return (event) =>
    (needle === undefined || JSON.stringify(event).toLowerCase().includes(needle)) &&
    (from <= 0 || EVENT_LEVELS.indexOf(eventLevel(event)) >= from);
}

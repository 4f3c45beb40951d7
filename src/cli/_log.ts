/**
 * The log on standard error: the events of a run from a level on, one line each.
 *
 * @module
 */

import type { LogLevel } from "../connection/mod.ts";
import type { SessionEvent } from "../session/mod.ts";
import { printable } from "../printable.ts";

const LEVELS: readonly LogLevel[] = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR"];

/** The level of a run's log: the strongest word of the flags, else `OSIRIS_LOG_LEVEL`, else warnings. */
export function logLevel(
  flags: { verbose: boolean; debug: boolean },
  setting: LogLevel | undefined,
): LogLevel {
  if (flags.debug) return "DEBUG";
  return flags.verbose ? "INFO" : setting ?? "WARN";
}

/** The log line of an event, or undefined below the level. */
export function logLine(event: SessionEvent, from: LogLevel): string | undefined {
  const level = levelOf(event);
  if (LEVELS.indexOf(level) < LEVELS.indexOf(from)) return undefined;
  const { step_id, ...data } = event.data as { step_id?: string; [key: string]: unknown };
  const details = Object.entries(data)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${printable(typeof value === "string" ? value : JSON.stringify(value))}`);
  return [event.timestamp, level.padEnd(5), event.event_type, ...(step_id ? [step_id] : []), ...details].join(
    " ",
  ) + "\n";
}

/** Failures of steps and runs are shown by the command itself, so in the log they are information. */
function levelOf(event: SessionEvent): LogLevel {
  if (event.event_type === "driver.log") return event.data.level.toUpperCase() as LogLevel;
  const { event_type } = event;
  if (/^(execution\.step\.retry|row\.quarantine|driver\.denied|check\.(warn|fail))$/.test(event_type)) {
    return "WARN";
  }
  if (/^(run|execution\.step)\./.test(event_type)) return "INFO";
  return "DEBUG";
}

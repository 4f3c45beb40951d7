/**
 * One incremental read: what its step says, what it is asked for, and what its cursor means.
 *
 * @module
 */

import type { DriverRows } from "../component/mod.ts";
import { OsirisError } from "../diagnostic.ts";
import type { CursorState, Lag } from "../engine/mod.ts";
import type { ManifestStep } from "../manifest.ts";
import type { BackfillWindow, Cursor, CursorKey, PendingLoad, StoredCursor } from "../state/mod.ts";
import { changesOf, changesText, type Source, type SourceChange } from "./_source.ts";
import { spanMs } from "./_span.ts";

/** What a step says under `incremental`. */
export interface Settings {
  readonly cursor: string;
  readonly initial?: string | number;
  readonly lag?: string | number;
  readonly unique_key?: string | readonly string[];
}

/** One incremental read of this run. */
export interface Reading {
  readonly key: CursorKey;
  /** Absent where the driver keeps a cursor of its own. */
  readonly settings: Settings | undefined;
  readonly source: Source;
  readonly loads: Map<string, PendingLoad>;
  readonly done: Set<string>;
  /** The cursor that this run began with. */
  before: StoredCursor | undefined;
  next: Cursor | undefined;
  /** Whether the window of a backfill was loaded by an earlier run; then nothing of it is. */
  finished: boolean;
  /** Rows that are new; undefined until they are known. */
  rows: number | undefined;
}

/** The step's settings, if it is read by a cursor that Osiris keeps. */
export function settingsOf({ config }: Pick<ManifestStep, "config">): Settings | undefined {
  return config["incremental"] as Settings | undefined;
}

/** Where everything loaded before is known to the last row, or else where the step says to begin; null: at the start. */
export function firstValue(cursor: Cursor | undefined, settings: Settings | undefined): string | null {
  if (settings === undefined) return null;
  if (cursor !== undefined && cursor.value !== null) return cursor.since ?? cursor.value;
  return settings.initial === undefined ? null : String(settings.initial);
}

/** From and to where rows are read. */
export function boundsOf(
  { before, finished }: Reading,
  settings: Settings,
  backfill: BackfillWindow | undefined,
): { from: string | null; to: string | null } {
  if (backfill !== undefined) return { from: backfill.from, to: finished ? backfill.from : backfill.to };
  return { from: firstValue(before, settings), to: null };
}

/** What the engine knows of the rows that were given before; undefined when it is nothing. */
export function knownOf({ before }: Reading): CursorState | undefined {
  if (before === undefined || before.value === null) return undefined;
  const { value, type, since, identity, seen } = before;
  return { value, type, since: since ?? value, identity, seen };
}

/** What a cursor stands for that the step does not read any more. */
export function changesToCursor(
  cursor: Cursor | undefined,
  source: Source,
  settings: Settings | undefined,
): SourceChange[] {
  if (cursor === undefined || cursor.value === null) return [];
  const now = settings?.cursor ?? null;
  return [
    ...(cursor.source === null ? [] : changesOf(cursor.source, source)),
    ...(cursor.column === null || cursor.column === now
      ? []
      : [{ what: "cursor column", before: cursor.column, now }]),
  ];
}

/** A cursor says nothing of another source or column: to go on with it would leave rows out. Throws RUN616. */
export function demandSame({ key, before, source, settings }: Reading): void {
  const changes = changesToCursor(before, source, settings);
  if (changes.length === 0) return;
  const { pipeline, step, profile } = key;
  const command = (verb: string) =>
    `osiris state ${verb} ${pipeline} ${step}${profile === null ? "" : ` --profile ${profile}`}`;
  throw new OsirisError(
    "RUN616",
    `Cannot read step '${step}' of '${pipeline}' from its cursor ${
      before!.value
    } on: the step reads something else ` +
      `than what the cursor is of: ${changesText(changes)}`,
    {
      step,
      category: "usage",
      help:
        `load everything anew with '${
          command("reset")
        }'; or, where the same rows are meant, keep the cursor with ` +
        `'${command("set")} --keep'; what is run for several sources needs a step, or a profile, for each`,
    },
  );
}

/** How far below the greatest value rows may still come: a time, or a number. */
export function lagOf(lag: string | number | undefined): Lag | undefined {
  if (lag === undefined) return undefined;
  const ms = spanMs(lag);
  return ms === undefined ? { amount: String(lag) } : { ms };
}

/** What a driver gave as its cursor; one that was set by hand may be no JSON. */
export function ownCursor(step: string, value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    throw new OsirisError("RUN616", `Cannot read step '${step}' from its cursor on: '${value}' is no JSON`, {
      step,
      help:
        "its component keeps a cursor of its own, in JSON: set it with 'osiris state set', or 'osiris state reset' it",
    });
  }
}

/** An answer whose end tells the cursor that the driver itself keeps. */
export function hearing(answer: DriverRows, tell: (cursor: unknown) => void): DriverRows {
  if (answer.kind === "relation") return answer;
  if (answer.kind === "batches") return { ...answer, batches: heard(answer.batches, tell) };
  return { ...answer, pieces: heard(answer.pieces, tell) };
}

async function* heard<T, E extends { readonly cursor: unknown }>(
  source: AsyncGenerator<T, E, void>,
  tell: (cursor: unknown) => void,
): AsyncGenerator<T, E, void> {
  const end = yield* source;
  tell(end.cursor);
  return end;
}

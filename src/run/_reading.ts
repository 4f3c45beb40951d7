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
  readonly source: string | null;
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

/** The table that a step reads, with its connection; null for what is no table. */
export function sourceOf({ connection = "", config }: ManifestStep): string | null {
  const { table } = config;
  return typeof table === "string" ? `${connection} ${table}`.trim() : null;
}

/** From and to where rows are read. The first is where everything loaded before is known to the last row. */
export function boundsOf(
  { before, finished }: Reading,
  { initial }: Settings,
  backfill: BackfillWindow | undefined,
): { from: string | null; to: string | null } {
  if (backfill !== undefined) return { from: backfill.from, to: finished ? backfill.from : backfill.to };
  if (before !== undefined && before.value !== null) {
    return { from: before.since ?? before.value, to: null };
  }
  return { from: initial === undefined ? null : String(initial), to: null };
}

/** What the engine knows of the rows that were given before; undefined when it is nothing. */
export function knownOf({ before }: Reading): CursorState | undefined {
  if (before === undefined || before.value === null) return undefined;
  const { value, type, since, identity, seen } = before;
  return { value, type, since: since ?? value, identity, seen };
}

/** A cursor says nothing of another column, or of another table that a parameter may name. */
export function demandSame({ key, before, source }: Reading, { cursor }: Settings): void {
  const column = before?.column ?? cursor;
  const other = before?.source ?? source;
  const is = column !== cursor ? `the column '${column}'` : other !== source ? `'${other}'` : undefined;
  if (is === undefined || source === null && column === cursor) return;
  throw new OsirisError(
    "RUN616",
    `Cannot read step '${key.step}' by '${cursor}'${
      source === null ? "" : ` of '${source}'`
    }: its cursor is one of ${is}`,
    {
      step: key.step,
      help: "begin at the start with 'osiris state reset', or set the cursor with 'osiris state set'; " +
        "what is run for several tables needs a step, or a profile, for each",
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

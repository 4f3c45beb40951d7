/**
 * Where an incremental read begins, as a plan says it: told from what is remembered, without asking the source.
 *
 * @module
 */

import type { ManifestStep } from "../manifest.ts";
import type { BackfillWindow, CursorKey, State } from "../state/mod.ts";
import { changesToCursor, firstValue, settingsOf } from "./_reading.ts";
import type { Source, SourceChange } from "./_source.ts";

/** Which rows an incremental read is asked for. */
export interface Beginning {
  /** The column that is followed; null where the component keeps a cursor of its own. */
  readonly column: string | null;
  /** What is read, part by part. */
  readonly source: Source;
  /** Why it begins there: at the cursor, at `initial`, at the start, or at a backfill's windows. */
  readonly by: "cursor" | "initial" | "start" | "backfill";
  /** The first value that is read, as exact text; null for everything, and in a backfill. */
  readonly from: string | null;
  /** Where the cursor stands; of a component that keeps its own, as JSON. */
  readonly cursor?: string;
  /** How late rows may come. */
  readonly lag?: string | number;
  /** The windows that are left to load, in order. The end of each is left out. */
  readonly windows?: readonly { readonly from: string; readonly to: string }[];
  /** Why the cursor is none of this source: the run will refuse. */
  readonly changed?: readonly SourceChange[];
  /** The session that was lost while it committed: the run finds out first whether the cursor has moved. */
  readonly open?: string;
}

/** Where a step's read begins. Writes nothing. */
export async function beginningOf(
  { config }: Pick<ManifestStep, "config">,
  source: Source,
  key: CursorKey,
  state: State,
  windows: readonly BackfillWindow[] | undefined,
): Promise<Beginning> {
  const settings = settingsOf({ config });
  const about = {
    column: settings?.cursor ?? null,
    source,
    ...(settings?.lag === undefined ? {} : { lag: settings.lag }),
  };
  if (windows !== undefined) {
    return { ...about, by: "backfill", from: null, windows: windows.map(({ from, to }) => ({ from, to })) };
  }
  const cursor = await state.cursor(key);
  const from = firstValue(cursor, settings);
  const stands = cursor?.value ?? null;
  const changed = changesToCursor(cursor, source, settings);
  const [open] = (await state.listIntents(key)).filter(({ step }) => step === key.step);
  return {
    ...about,
    by: stands !== null ? "cursor" : from !== null ? "initial" : "start",
    from,
    ...(stands === null ? {} : { cursor: stands }),
    ...(changed.length === 0 ? {} : { changed }),
    ...(open === undefined ? {} : { open: open.session_id }),
  };
}

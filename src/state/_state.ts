/** The state of a project: what one run leaves for the next. */

import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { type Diagnostic, OsirisError } from "../diagnostic.ts";
import type { BackfillWindow, Cursor, CursorKey, Intent, StoredCursor } from "./_cursor.ts";
import {
  deleteBackfills,
  dropIntent,
  getCursor,
  getCursors,
  getFinished,
  getIntents,
  hasCursors,
  isFinished,
  putCursor,
  putFinished,
  putIntent,
  type Refusal,
  settleIntent,
} from "./_cursors_table.ts";
import {
  connect,
  isBusy,
  isCurrent,
  isDamage,
  isNew,
  isOutOfReach,
  isSound,
  migrate,
  transaction,
} from "./_database.ts";
import { filterRuns, type RunFilter, type RunSource, type RunSummary } from "./_run_summary.ts";
import { addRuns, deleteRun, getRun, getRuns, putRun } from "./_runs_table.ts";
import { getSchema, putSchema, type SchemaKey, type StepSchema } from "./_schemas_table.ts";

/** How to open a project's state. */
export interface StateOptions {
  /** Where the index can be made again from. Without it a lost index starts empty. */
  readonly runs?: RunSource;
  /** Told when the database was damaged and what was done about it. */
  readonly onNotice?: (notice: Diagnostic) => void;
}

/** Whose cursors. */
export type CursorOwner = Pick<CursorKey, "pipeline" | "profile">;

/** What a project remembers: every run, however it ended, the columns that steps had, and how far increments have come. */
export interface State {
  /** Remembers a run, over what was known of it. */
  recordRun(run: RunSummary): Promise<void>;
  /** Changes what is known of a run. A run the index does not know is looked up in the source, else ignored. */
  updateRun(id: string, changes: Partial<Omit<RunSummary, "session_id">>): Promise<void>;
  /** Newest first. A run that never said how it ended is looked up in the source. Writes nothing. */
  listRuns(filter?: RunFilter): Promise<RunSummary[]>;
  /** The newest run of a pipeline. Writes nothing. */
  lastRun(pipeline: string): Promise<RunSummary | undefined>;
  /** Forgets a run. */
  removeRun(id: string): Promise<void>;
  /** Remembers the columns of steps, over what was known of them. */
  recordSchemas(schemas: readonly (SchemaKey & StepSchema)[]): Promise<void>;
  /** The columns that a step had last; undefined when none were recorded. Writes nothing. */
  schemaOf(key: SchemaKey): Promise<StepSchema | undefined>;
  /** Where an incremental read stands. Throws `SES713` when that was lost with a damaged database. */
  cursor(key: CursorKey): Promise<StoredCursor | undefined>;
  /** Every cursor, or those of a pipeline. */
  listCursors(pipeline?: string): Promise<StoredCursor[]>;
  /** Sets a cursor by hand, and with it ends any doubt about an open intent. */
  setCursor(key: CursorKey, cursor: Cursor): Promise<void>;
  /** Writes down what is about to be committed; or says why it may not be. */
  intend(intent: Intent): Promise<Refusal | undefined>;
  /** What was about to be committed, and neither settled nor dropped since. */
  listIntents(owner?: CursorOwner): Promise<Intent[]>;
  /** It was committed: the cursor moves. */
  settle(key: CursorKey, session: string): Promise<void>;
  /** It was not committed, and will not be. */
  drop(key: CursorKey, session: string): Promise<void>;
  /** Whether a window of a backfill is finished. */
  isFinished(key: CursorKey, window: BackfillWindow): Promise<boolean>;
  /** The finished windows of a backfill, by their first values, which no two windows share. */
  finishedWindows(key: CursorKey, backfill: string): Promise<ReadonlySet<string>>;
  /** Notes a window that had no rows. */
  finish(key: CursorKey, window: BackfillWindow, session: string): Promise<void>;
  /** Forgets which windows of backfills are finished; gives how many were. */
  forgetBackfills(owner: CursorOwner): Promise<number>;
}

/**
 * The state in a project's `.osiris` folder (absolute path). Opens nothing yet: folder and database appear
 * with the first thing recorded.
 *
 * Every operation connects, works and disconnects, so that two runs of one project never wait long for each
 * other. All throw `SES711` when a newer Osiris wrote the database, `SES710` when it cannot be used.
 */
export function openState(folder: string, options: StateOptions = {}): State {
  return new FolderState(folder, options);
}

class FolderState implements State {
  readonly #folder: string;
  readonly #path: string;
  readonly #source: RunSource | undefined;
  readonly #onNotice: (notice: Diagnostic) => void;

  constructor(folder: string, options: StateOptions) {
    this.#folder = folder;
    this.#path = join(folder, "state.db");
    this.#source = options.runs;
    this.#onNotice = options.onNotice ?? (() => {});
  }

  async recordRun(run: RunSummary): Promise<void> {
    await this.#write((db) => putRun(db, run));
  }

  async updateRun(id: string, changes: Partial<Omit<RunSummary, "session_id">>): Promise<void> {
    const fromSource = await this.#source?.one(id);
    await this.#write((db) => {
      const known = getRun(db, id) ?? fromSource;
      if (known !== undefined) putRun(db, { ...known, ...changes });
    });
  }

  async listRuns(filter: RunFilter = {}): Promise<RunSummary[]> {
    const runs = await this.#read((db) => getRuns(db, filter.pipeline)) ?? await this.#fromSource();
    return filterRuns(await Promise.all(runs.map((run) => this.#asOfNow(run))), filter);
  }

  async lastRun(pipeline: string): Promise<RunSummary | undefined> {
    return (await this.listRuns({ pipeline, limit: 1 }))[0];
  }

  async removeRun(id: string): Promise<void> {
    if (exists(this.#path)) await this.#write((db) => deleteRun(db, id));
  }

  async recordSchemas(schemas: readonly (SchemaKey & StepSchema)[]): Promise<void> {
    if (schemas.length === 0) return;
    await this.#write((db) => schemas.forEach((schema) => putSchema(db, schema, schema)));
  }

  async schemaOf(key: SchemaKey): Promise<StepSchema | undefined> {
    return await this.#read((db) => isCurrent(db) ? getSchema(db, key) : undefined);
  }

  async cursor(key: CursorKey): Promise<StoredCursor | undefined> {
    const found = await this.#readCursors((db) => getCursor(db, key));
    if (found === undefined) this.#demandUndamaged(key);
    return found;
  }

  async listCursors(pipeline?: string): Promise<StoredCursor[]> {
    return await this.#readCursors((db) => getCursors(db, pipeline)) ?? [];
  }

  async setCursor(key: CursorKey, cursor: Cursor): Promise<void> {
    await this.#write((db) => putCursor(db, key, cursor, null), true);
  }

  async intend(intent: Intent): Promise<Refusal | undefined> {
    let refusal: Refusal | undefined;
    await this.#write((db) => void (refusal = putIntent(db, intent)), true);
    return refusal;
  }

  async listIntents(owner?: CursorOwner): Promise<Intent[]> {
    return await this.#readCursors((db) => getIntents(db, owner)) ?? [];
  }

  async settle(key: CursorKey, session: string): Promise<void> {
    await this.#write((db) => settleIntent(db, key, session), true);
  }

  async drop(key: CursorKey, session: string): Promise<void> {
    await this.#write((db) => dropIntent(db, key, session), true);
  }

  async isFinished(key: CursorKey, window: BackfillWindow): Promise<boolean> {
    return await this.#readCursors((db) => isFinished(db, key, window)) ?? false;
  }

  async finishedWindows(key: CursorKey, backfill: string): Promise<ReadonlySet<string>> {
    return await this.#readCursors((db) => getFinished(db, key, backfill)) ?? new Set();
  }

  async finish(key: CursorKey, window: BackfillWindow, session: string): Promise<void> {
    await this.#write((db) => putFinished(db, key, window, session), true);
  }

  async forgetBackfills(owner: CursorOwner): Promise<number> {
    if (!exists(this.#path)) return 0;
    let forgotten = 0;
    await this.#write((db) => void (forgotten = deleteBackfills(db, owner)), true);
    return forgotten;
  }

  /** A cursor that was lost is not one that never was: to begin at the start would load everything once more. */
  #demandUndamaged({ pipeline, step }: CursorKey): void {
    const aside = exists(this.#folder)
      ? [...Deno.readDirSync(this.#folder)].map(({ name }) => name).find((name) => DAMAGED.test(name))
      : undefined;
    if (aside === undefined) return;
    throw new OsirisError(
      "SES713",
      `Cannot tell how far step '${step}' of '${pipeline}' was loaded: the project's state was damaged, and lies in ${
        join(this.#folder, aside)
      }`,
      {
        help:
          "look up the last cursor in _osiris_loads of the target, or in an earlier session, and give it to " +
          `'osiris state set'; 'osiris state reset ${pipeline} ${step}' begins at the start`,
      },
    );
  }

  /** A run that is over says how it ended; one that is not may have died since. */
  async #asOfNow(run: RunSummary): Promise<RunSummary> {
    if (run.state !== "running" || this.#source === undefined) return run;
    return await this.#source.one(run.session_id) ?? { ...run, state: "interrupted" };
  }

  async #fromSource(): Promise<readonly RunSummary[]> {
    return await this.#source?.all() ?? [];
  }

  /** Changes the database, making or mending it first where needed. */
  async #write(operation: (db: DatabaseSync) => void, durable = false): Promise<void> {
    try {
      Deno.mkdirSync(this.#folder, { recursive: true });
      await patiently(async () => {
        try {
          await this.#change(operation, durable);
        } catch (error) {
          if (!isDamage(error)) throw error;
          await this.#setAside();
          await this.#change(operation, durable);
        }
      });
    } catch (error) {
      throw asFailure(this.#path, error);
    }
  }

  async #change(operation: (db: DatabaseSync) => void, durable: boolean): Promise<void> {
    const db = await connect(this.#path, durable);
    try {
      if (!isCurrent(db)) {
        const known = isNew(db) ? await this.#fromSource() : [];
        migrate(db, () => addRuns(db, known));
      }
      transaction(db, () => operation(db));
    } finally {
      db.close();
    }
  }

  /** Asks about cursors; undefined when none were ever kept. Nothing stands in for a database that does not answer. */
  async #readCursors<T>(question: (db: DatabaseSync) => T): Promise<T | undefined> {
    if (!exists(this.#path)) return undefined;
    try {
      return await this.#ask((db) => hasCursors(db) ? question(db) : undefined);
    } catch (error) {
      throw asFailure(this.#path, error);
    }
  }

  async #ask<T>(question: (db: DatabaseSync) => T): Promise<T> {
    return await patiently(async () => {
      const db = await connect(this.#path);
      try {
        return question(db);
      } finally {
        db.close();
      }
    });
  }

  /** Asks about runs; undefined when there is no database, or none that answers. */
  async #read<T>(question: (db: DatabaseSync) => T): Promise<T | undefined> {
    if (!exists(this.#path)) return undefined;
    try {
      return await this.#ask((db) => isNew(db) ? undefined : question(db));
    } catch (error) {
      if (isDamage(error)) {
        this.#notice("it is answered from the sessions instead", "the next run makes it again");
      } else if (!isOutOfReach(error)) throw asFailure(this.#path, error);
      return undefined;
    }
  }

  /** Moves a damaged database out of the way; one process does it, the others find it done. */
  async #setAside(): Promise<void> {
    using lock = Deno.openSync(join(this.#folder, "state.lock"), { create: true, write: true });
    await lock.lock(true);
    if (!exists(this.#path) || await isSound(this.#path)) return;
    const aside = `${this.#path}.damaged-${new Date().toISOString().replaceAll(/[-:.]/g, "")}`;
    for (const ending of ["", "-wal", "-shm"]) {
      if (exists(this.#path + ending)) Deno.renameSync(this.#path + ending, aside + ending);
    }
    this.#notice(`it was moved to ${aside}`, "the run index is made again from the sessions");
  }

  #notice(done: string, help: string): void {
    const message = `Cannot read the run index ${this.#path}: it is damaged; ${done}`;
    this.#onNotice({ code: "SES712", severity: "warning", message, help });
  }
}

/** What a damaged database is called once it is out of the way. */
const DAMAGED = /^state\.db\.damaged-/;

/** How long one process waits for another, in milliseconds. */
const PATIENCE_MS = 15_000;
/** How long between two attempts. */
const PAUSE_MS = 20;

/** Tries again while another process holds the database. */
async function patiently<T>(attempt: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!isBusy(error) || performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

function asFailure(path: string, error: unknown): unknown {
  if (error instanceof OsirisError || !(error instanceof Error)) return error;
  return new OsirisError("SES710", `Cannot use the project's state ${path}: ${error.message}`, {
    help: "make its folder writable and see that the disk has room; the sessions in logs/ are not affected",
    retryable: isBusy(error),
    cause: error,
  });
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

/**
 * A database file that is open, for reading alone or for one transaction that writes.
 *
 * Three things of the runtime's SQLite decide how it is used here. An error in the middle of `iterate()` ends the rows
 * without a word, so {@linkcode Database.stream} has the last row say that it is the last. A text is cut at a zero
 * character without a word, so each row comes with the number of bytes that its texts have. Whole JavaScript numbers
 * are bound as REAL, so integers are bound as `bigint`.
 *
 * @module
 */

import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { type Context, ServerFailure } from "osiris/driver";
import { failureOf } from "./failure.ts";
import { identityOf, inspect, isWal } from "./header.ts";

/** A value that is bound to a `?`. */
export type Parameter = SQLInputValue;

/** The values of a connection of the family `sqlite`, as its spec declares them. */
type SqliteConnection = {
  readonly path: string;
  readonly timeout_s: number;
};

/** The types of Node's SQLite that are at hand leave this out. */
interface ArrayRows {
  setReturnArrays(enabled: boolean): void;
}

type Opening = Pick<Context, "connection" | "grants" | "signal">;

const WAIT_MS = 25;

export class Database implements Disposable {
  readonly #db: DatabaseSync;
  readonly #file: string;
  readonly #waitMs: number;
  readonly #signal: AbortSignal;
  #open = true;
  /** The file, when it was not there before. */
  #made: string | undefined;
  /** Which file this is, since nobody else writes to it; undefined when it was removed before. */
  #identity: string | undefined;
  /** Brings the old content back; undefined when nothing was written, or when it was committed. */
  #takeBack: (() => void) | undefined;

  private constructor(
    readonly place: string,
    file: string,
    db: DatabaseSync,
    waitMs: number,
    signal: AbortSignal,
  ) {
    this.#file = file;
    this.#db = db;
    this.#waitMs = waitMs;
    this.#signal = signal;
  }

  /**
   * Opens the file of the connection, at a state that stays the same while it is read; or, to write, so that nobody
   * else writes until {@linkcode Database.commit}. What may be written is made when it is not there.
   */
  static async open({ connection, grants, signal }: Opening, access: "read" | "write"): Promise<Database> {
    signal.throwIfAborted();
    const { path, timeout_s } = connection as SqliteConnection;
    const place = `'${path.replaceAll("'", "'\\''")}'`;
    const attempt = `Cannot open ${place}`;
    const [file = path] = access === "read" ? grants.read : grants.write;
    try {
      const there = inspect(attempt, file, access);
      if (!there && access === "read") throw notThere(attempt);
      const db = new DatabaseSync(file, { readOnly: access === "read" });
      db.exec("PRAGMA busy_timeout = 0"); // waiting is done where the step can be cancelled
      const database = new Database(place, file, db, timeout_s * 1000, signal);
      if (!there) database.#made = file;
      const alone = access === "write" && grants.write.length > 1;
      if (access === "write") database.#takeBack = () => takeBack(file, alone);
      try {
        if (alone) await database.#makeNoFiles(attempt, file);
        await database.patiently(attempt, access === "read" ? "BEGIN" : "BEGIN IMMEDIATE");
        await database.patiently(attempt, "SELECT count(*) FROM sqlite_schema");
        database.#identity = identityOf(file);
      } catch (error) {
        database[Symbol.dispose]();
        throw error;
      }
      return database;
    } catch (error) {
      signal.throwIfAborted();
      throw failureOf(attempt, error, place);
    }
  }

  /**
   * Where the host grants the files beside the database too, none can be made or removed: temporary tables stay in
   * memory, and a journal is emptied where it lies. While the journal of a program that was killed is gone through,
   * only the sole user of a file leaves it there.
   */
  async #makeNoFiles(attempt: string, file: string): Promise<void> {
    this.#db.exec("PRAGMA temp_store = MEMORY");
    if (isWal(file)) return; // its files are emptied where they lie in any case
    const look = "SELECT count(*) FROM sqlite_schema";
    this.#db.exec("PRAGMA locking_mode = EXCLUSIVE");
    await this.patiently(attempt, look);
    this.#db.exec("PRAGMA journal_mode = TRUNCATE; PRAGMA locking_mode = NORMAL");
    this.rows(attempt, look); // lets go of the file
  }

  /** All rows of a statement; integers as `bigint`. */
  rows(attempt: string, sql: string, parameters: readonly Parameter[] = []): unknown[][] {
    return this.#tried(
      attempt,
      () => this.prepare(attempt, sql).all(...parameters) as unknown as unknown[][],
    );
  }

  /** The one row of a statement that is run often; integers as `bigint`. */
  row(attempt: string, statement: StatementSync, parameters: readonly Parameter[]): unknown[] {
    return this.#tried(attempt, () => statement.get(...parameters) as unknown as unknown[]);
  }

  /** Runs a statement; gives how many rows it changed. */
  run(attempt: string, sql: string, parameters: readonly Parameter[] = []): number {
    return this.#tried(attempt, () => Number(this.prepare(attempt, sql).run(...parameters).changes));
  }

  /** A statement to run often. */
  prepare(attempt: string, sql: string): StatementSync {
    return this.#tried(attempt, () => {
      const statement = this.#db.prepare(sql);
      statement.setReadBigInts(true);
      (statement as unknown as ArrayRows).setReturnArrays(true);
      return statement;
    });
  }

  /**
   * The rows of a statement as they come. Its first column is null in a row after the last one, and in no other:
   * without that row the statement failed on the way, and `whole` is a statement that says with what.
   */
  *stream(
    attempt: string,
    sql: string,
    parameters: readonly Parameter[],
    whole: string,
  ): Generator<readonly unknown[], void, void> {
    const rows = this.#tried(
      attempt,
      () => this.prepare(attempt, sql).iterate(...parameters)[Symbol.iterator](),
    );
    while (true) {
      const next = this.#tried(attempt, () => rows.next());
      if (next.done === true) break;
      const row = next.value as unknown as readonly unknown[];
      if (row[0] === null) return;
      yield row;
    }
    this.rows(attempt, whole, parameters);
    throw new ServerFailure(attempt, "data", "the rows ended before the last one", {
      transient: true,
      help: "try again; when it stays, check the file with `PRAGMA integrity_check`",
    });
  }

  /** Runs a statement that may have to wait for another program. */
  async patiently(attempt: string, sql: string): Promise<void> {
    const end = performance.now() + this.#waitMs;
    while (true) {
      try {
        this.prepare(attempt, sql).all();
        return;
      } catch (error) {
        const failure = failureOf(attempt, error, this.place);
        if (failure.options.retryable !== true || performance.now() >= end) throw failure;
      }
      await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
      this.#signal.throwIfAborted();
    }
  }

  /** Makes what was written visible, all at once, and closes the file. */
  async commit(attempt: string): Promise<void> {
    try {
      await this.patiently(attempt, "COMMIT");
      this.#made = undefined;
      this.#takeBack = undefined;
    } finally {
      this.leave();
    }
    if (this.#identity !== undefined && identityOf(this.#file) === this.#identity) return;
    throw new ServerFailure(attempt, "conflict", "the file was removed or replaced while it was written", {
      transient: true,
      help: "let nobody remove or replace the file meanwhile, then run again",
    });
  }

  /** Closes the file, as it was before; one that was made for this goes. */
  leave(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#db.close(); // which takes back what was not committed, unless the disk failed
    this.#takeBack?.();
    if (this.#made !== undefined && Deno.statSync(this.#made).size === 0) Deno.removeSync(this.#made);
  }

  [Symbol.dispose](): void {
    this.leave();
  }

  #tried<T>(attempt: string, work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw failureOf(attempt, error, this.place);
    }
  }
}

/** Where the disk failed or was full, SQLite leaves the file half-way to whoever opens it next; here that is who left it. */
function takeBack(file: string, alone: boolean): void {
  try {
    const db = new DatabaseSync(file);
    try {
      if (alone) db.exec("PRAGMA locking_mode = EXCLUSIVE"); // the journal stays, as it has to
      db.exec("SELECT count(*) FROM sqlite_schema");
    } finally {
      db.close();
    }
  } catch {
    // It is left to whoever opens the file when that works again, or another program is at work in it.
  }
}

function notThere(attempt: string): ServerFailure {
  return new ServerFailure(attempt, "config", "there is no such file", {
    help: "check the path; it is relative to the project folder",
  });
}

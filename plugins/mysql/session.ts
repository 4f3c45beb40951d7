/**
 * One connection to a server, set up so that nothing is changed on the way: times in UTC, text in utf8mb4,
 * strict mode.
 *
 * Whatever the server does not answer in time, and whatever the step is cancelled in, ends the connection, so that
 * no statement is waited for forever.
 *
 * @module
 */

import { type Connection, createConnection, type FieldPacket, type QueryOptions } from "mysql2";
import { type Checked, ServerFailure } from "osiris/driver";
import { placeOf, tlsOf, Wire } from "../server_wire/mod.ts";
import { clientOptions, type MysqlConnection } from "./connection.ts";
import { failureOf } from "./failure.ts";

/** `0` for an automatic number stays `0`; a value that does not fit is an error, never cut. */
const SQL_MODE =
  "STRICT_TRANS_TABLES,STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ZERO_DATE,NO_ZERO_IN_DATE," +
  "NO_ENGINE_SUBSTITUTION,NO_AUTO_VALUE_ON_ZERO";

const WATCH_MS = 500;
/** How long ending a statement at the server may take; a cancelled step waits for it. */
const STOP_MS = 1_500;

/** A statement, with what the client library may be told about it. */
export type Statement = string | QueryOptions;

/** What the server says of a statement that changes something. */
export interface Changed {
  readonly affectedRows: number;
  readonly warningStatus: number;
  readonly info: string;
}

/** A connection that is open. */
export class Session implements AsyncDisposable {
  readonly place: string;
  /** Such as `10.11.19-MariaDB`. */
  version = "";
  readonly #wire: Wire;
  readonly #client: Connection;
  readonly #silence: number;
  readonly #signal: AbortSignal;
  readonly #ended = Promise.withResolvers<never>();
  readonly #watch: ReturnType<typeof setInterval>;
  /** Since when an answer is waited for, by the clock of `performance`; Infinity while none is. */
  #waitingSince = Infinity;
  #broken = false;
  /** Whether the server may still be at work for this connection, which is no more. */
  #abandoned = false;
  /** Whether such a server is told to stop. */
  #stops = true;
  readonly #given: object | null;
  readonly #abort = () => this.#abandon(this.#signal.reason);

  private constructor(given: object | null, signal: AbortSignal) {
    const connection = given as MysqlConnection;
    this.#given = given;
    this.place = placeOf(connection);
    this.#silence = connection.timeout_s * 1000;
    this.#signal = signal;
    this.#ended.promise.catch(() => {}); // told to whoever waits, and there may be nobody
    this.#wire = new Wire(connection, tlsOf(connection));
    this.#client = createConnection({ ...clientOptions(connection), stream: this.#wire.connect() });
    (this.#client as unknown as Upgrading).startTLS = (secured) =>
      this.#wire.secure().then(() => secured(), secured);
    this.#client.on("error", (error: unknown) => this.fail(error));
    // The library only warns of packets that are out of order; rows may be missing then.
    this.#client.on("warn", (error: unknown) => this.fail(error));
    this.#watch = setInterval(() => this.#listen(), WATCH_MS);
    signal.addEventListener("abort", this.#abort);
  }

  /** Connects and logs in. */
  static async open(given: object | null, signal: AbortSignal): Promise<Session> {
    signal.throwIfAborted();
    return await new Session(given, signal).#connect();
  }

  async #connect(): Promise<this> {
    const attempt = `Cannot connect to ${this.place}`;
    try {
      await this.#until(attempt, (settle) => this.#client.connect((error) => settle(error)));
      await this.run(
        `SET SESSION time_zone = '+00:00', sql_mode = '${SQL_MODE}', net_read_timeout = 86400, net_write_timeout = 86400`,
        attempt,
      );
      this.version = String((await this.rows("SELECT VERSION()", attempt))[0]?.[0]);
      return this;
    } catch (error) {
      await this[Symbol.asyncDispose]();
      throw error;
    }
  }

  get isMariaDb(): boolean {
    return /mariadb/i.test(this.version);
  }

  /** Runs a statement that gives no rows. */
  async run(statement: Statement, attempt: string): Promise<Changed> {
    return await this.#query(statement, attempt) as Changed;
  }

  /** Runs a statement and gives its few rows, each a list of values. */
  async rows(statement: Statement, attempt: string): Promise<unknown[][]> {
    return await this.#query(statement, attempt) as unknown[][];
  }

  /** The columns of a query, as the server describes them. */
  async fields(statement: string, attempt: string): Promise<readonly FieldPacket[]> {
    const ask = (settle: Settle) =>
      this.#client.query(statement, (error, _rows, fields) => settle(error, fields));
    return await this.#until(attempt, ask) as FieldPacket[];
  }

  /** Runs a statement whose values the server binds, and gives its few rows. */
  async boundRows(sql: string, values: readonly unknown[], attempt: string): Promise<unknown[][]> {
    return await this.#until(
      attempt,
      (settle) =>
        this.#client.execute({ sql, values: [...values] as never }, (error, result) => settle(error, result)),
    ) as unknown[][];
  }

  /** The client library's own connection, for a command that answers with many rows. */
  get client(): Connection {
    return this.#client;
  }

  /** Lets the server wait, or go on; what was received already still comes. */
  flow(on: boolean): void {
    if (on) this.#wire.resume();
    else this.#wire.pause();
    this.expect(on);
  }

  /** Rejected when the connection ends before it is closed. */
  get ended(): Promise<never> {
    return this.#ended.promise;
  }

  /** Says that the server is waited for, or that it is not. */
  expect(answer: boolean): void {
    this.#waitingSince = answer ? performance.now() : Infinity;
  }

  /** Ends the connection for a reason. */
  fail(reason: unknown): void {
    if (this.#broken) return;
    this.#broken = true;
    this.#ended.reject(reason);
    this.#client.destroy();
    this.#wire.destroy();
  }

  /** A text as a literal. */
  escape(text: string): string {
    return this.#client.escape(text);
  }

  /** Says goodbye, so that the server rolls back at once what was not committed. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#signal.removeEventListener("abort", this.#abort);
    clearInterval(this.#watch);
    if (this.#abandoned) await this.#stopServer();
    if (this.#broken) return;
    this.#broken = true;
    const gone = Promise.withResolvers<void>();
    const patience = setTimeout(gone.resolve, 1_000);
    this.#client.end(() => gone.resolve());
    await gone.promise;
    clearTimeout(patience);
    this.#client.destroy();
    this.#wire.destroy();
  }

  /** Leaves a server that is waited for. */
  #abandon(reason: unknown): void {
    if (this.#broken) return;
    this.#abandoned = this.#stops && this.#waitingSince !== Infinity;
    this.fail(reason);
  }

  /** A server looks up from a statement when it has rows to send: one that computes would go on to the end. */
  async #stopServer(): Promise<void> {
    this.#abandoned = false;
    const { threadId } = this.#client;
    if (typeof threadId !== "number") return; // nobody logged in
    const other = new Session(this.#given, AbortSignal.timeout(STOP_MS));
    other.#stops = false;
    try {
      await using session = await other.#connect();
      await session.run(`KILL ${threadId}`, `Cannot end a statement at ${this.place}`);
    } catch {
      // The server is out of reach, or did end it.
    }
  }

  async #query(statement: Statement, attempt: string): Promise<unknown> {
    const options = typeof statement === "string" ? { sql: statement } : statement;
    return await this.#until(
      attempt,
      (settle) => this.#client.query(options, (error, result) => settle(error, result)),
    );
  }

  async #until(attempt: string, ask: (settle: Settle) => void): Promise<unknown> {
    const answer = Promise.withResolvers<unknown>();
    this.expect(true);
    try {
      ask((error, result) => error ? answer.reject(error) : answer.resolve(result));
      return await Promise.race([answer.promise, this.ended]);
    } catch (error) {
      answer.promise.catch(() => {});
      this.#signal.throwIfAborted();
      throw failureOf(attempt, error);
    } finally {
      this.expect(false);
    }
  }

  /** Ends a connection on which nothing moves though an answer is waited for. */
  #listen(): void {
    const silentSince = Math.max(this.#waitingSince, this.#wire.movedAt);
    if (performance.now() < silentSince + this.#silence) return;
    this.#abandon(
      new ServerFailure(
        `Cannot go on with ${this.place}`,
        "timeout",
        `nothing moved for ${this.#silence / 1000} s, and the server should answer`,
        { transient: true, help: "raise `timeout_s` of the connection for statements that take long" },
      ),
    );
  }
}

type Settle = (error: unknown, result?: unknown) => void;

/** How the library turns to TLS; its types leave this out. */
interface Upgrading {
  startTLS: (secured: (error?: unknown) => void) => void;
}

/** Whether the server answers and takes the login. */
export async function checkConnection(given: object | null, signal: AbortSignal): Promise<Checked> {
  await using _session = await Session.open(given, signal);
  return { ok: true };
}

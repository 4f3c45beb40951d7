/**
 * A session at a server: one connection, which knows how values should look and ends with the step.
 *
 * What must stay true: however the connection ends, whoever waits for an answer hears of it; an answer that is not
 * whole is an error; a transaction that was not committed leaves nothing.
 *
 * @module
 */

import "./no_environment.ts";
import pg from "pg";
import { type Checked, ServerFailure } from "osiris/driver";
import { placeOf } from "../server_wire/mod.ts";
import { clientOptions, type PostgresConnection } from "./connection.ts";
import { CopyConnection } from "./copy_connection.ts";
import { Describe, type Described, RowsIn, RowsOut, type Statement } from "./copy.ts";
import { failureOf } from "./failure.ts";

/** How values are written, whatever the server's or the user's own defaults are. */
const SETTINGS = [
  "SET client_encoding = 'UTF8'",
  "SET TimeZone = 'UTC'",
  "SET DateStyle = 'ISO, YMD'",
  "SET IntervalStyle = 'postgres'",
  "SET extra_float_digits = 1",
  "SET bytea_output = 'hex'",
  "SET standard_conforming_strings = on",
  "SET xmloption = 'content'",
  // A server looks whether somebody still waits, also while it computes: not every server can.
  "DO $$BEGIN PERFORM set_config('client_connection_check_interval', '1s', false); EXCEPTION WHEN OTHERS THEN NULL; END$$",
].join("; ");

/** What of the library's client is used here. */
interface Client {
  on(event: "error", listener: (error: unknown) => void): void;
  connect(): Promise<void>;
  end(): Promise<void>;
  query<S extends Statement>(statement: S): S;
  query(query: string | object): Promise<{ readonly rows: readonly Texts[] }>;
}

/** A row as texts. */
export type Texts = readonly (string | null)[];

/** A connection to a server. */
export class Session implements AsyncDisposable {
  readonly #client: Client;
  readonly #connection: CopyConnection;
  readonly #timeoutMs: number;
  readonly #signal: AbortSignal;
  readonly place: string;
  #lost: unknown;
  readonly #onAbort = () => this.#hangUp();

  private constructor(connection: PostgresConnection, signal: AbortSignal) {
    this.#connection = new CopyConnection(connection);
    const options = { ...clientOptions(connection), connection: this.#connection };
    this.#client = new pg.Client(options);
    this.#timeoutMs = connection.timeout_s * 1000;
    this.#signal = signal;
    this.place = placeOf(connection);
    this.#client.on("error", (error: unknown) => (this.#lost ??= error)); // told to whoever asks next
  }

  /** Connects, logs in, and says how values should look. */
  static async open(given: object | null, signal: AbortSignal): Promise<Session> {
    const connection = given as PostgresConnection;
    const session = new Session(connection, signal);
    const attempt = `Cannot connect to the database '${connection.database}' at ${session.place}`;
    signal.addEventListener("abort", session.#onAbort);
    try {
      await session.#client.connect();
      await session.#within(attempt, () => session.#client.query(SETTINGS));
      return session;
    } catch (error) {
      await session[Symbol.asyncDispose]();
      throw failureOf(attempt, error);
    }
  }

  /** Runs a statement and gives its rows; `values` are bound. `attempt` begins every error. */
  async rows(attempt: string, text: string, values: readonly unknown[] = []): Promise<readonly Texts[]> {
    const query = {
      text,
      values: [...values],
      rowMode: "array",
      types: { getTypeParser: () => (value: string) => value },
    };
    return await this.#within(attempt, async () => {
      return (await this.#client.query(query)).rows;
    });
  }

  /** The columns of a query, which is not run. */
  async describe(attempt: string, text: string): Promise<readonly Described[]> {
    return await this.#within(attempt, () => this.#client.query(new Describe(text)).fields());
  }

  /** The rows of a `COPY … TO STDOUT`, or of a query with values, as the pieces of a text. */
  async *read(
    attempt: string,
    text: string,
    nullText: string,
    values?: readonly unknown[],
  ): AsyncGenerator<Uint8Array<ArrayBuffer>, number, void> {
    const pieces = this.#client.query(new RowsOut(text, nullText, values)).pieces();
    while (true) {
      const next = await this.#within(attempt, () => pieces.next());
      if (next.done === true) return next.value;
      yield next.value;
    }
  }

  /** Hands the pieces of a text to a `COPY … FROM STDIN`; gives the number of rows that the server took. */
  async write(attempt: string, text: string, pieces: AsyncIterable<Uint8Array>): Promise<number> {
    const taking = new RowsIn(text);
    await this.#within(attempt, () => this.#client.query(taking).ready);
    try {
      // Whoever makes the pieces has a time of its own.
      for await (const piece of pieces) await this.#within(attempt, () => taking.send(piece));
    } catch (error) {
      await this.#within(attempt, () => taking.giveUp()).catch(() => {}); // what went wrong is known
      this.#signal.throwIfAborted();
      throw failureOf(attempt, error);
    }
    return await this.#within(attempt, () => taking.end());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#signal.removeEventListener("abort", this.#onAbort);
    const timer = setTimeout(() => this.#hangUp(), 1_000);
    await this.#client.end().catch(() => {}); // it may never have begun
    clearTimeout(timer);
    this.#hangUp();
  }

  /** Waits for an answer, but for no longer than the server may be silent. */
  async #within<T>(attempt: string, ask: () => Promise<T>): Promise<T> {
    const late = Promise.withResolvers<never>();
    late.promise.catch(() => {}); // heard by the race
    const asked = performance.now();
    const look = () => {
      const left = Math.max(asked, this.#connection.wire.movedAt) + this.#timeoutMs - performance.now();
      if (left > 0) return void (timer = setTimeout(look, Math.ceil(left)));
      late.reject(
        new ServerFailure(attempt, "timeout", `the server was silent for ${this.#timeoutMs / 1000} s`, {
          help: "raise `timeout_s` of the connection for a statement that takes so long",
          transient: true,
        }),
      );
      this.#hangUp();
    };
    let timer = setTimeout(look, this.#timeoutMs);
    try {
      this.#signal.throwIfAborted();
      if (this.#lost !== undefined) throw this.#lost;
      return await Promise.race([ask(), late.promise]);
    } catch (error) {
      this.#signal.throwIfAborted();
      throw failureOf(attempt, error);
    } finally {
      clearTimeout(timer);
    }
  }

  #hangUp(): void {
    this.#connection.wire.destroy();
  }
}

/** Whether the server answers and takes the login. */
export async function checkConnection(given: object | null, signal: AbortSignal): Promise<Checked> {
  await using _session = await Session.open(given, signal);
  return { ok: true };
}

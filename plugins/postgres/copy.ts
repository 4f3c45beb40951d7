/**
 * The two directions of `COPY` as statements of the client library: it hands the messages of the server to the
 * statement under way, and lets it write to the connection; rows come from the connection itself.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { CopyConnection } from "./copy_connection.ts";

const PIECE = 256 * 1024;
/** Pieces that may wait for their reader. */
const WAITING = 4;

/** A column of a result as the server describes it. */
export interface Described {
  readonly name: string;
  readonly dataTypeID: number;
  readonly dataTypeModifier: number;
}

/** What every statement hears: that it failed, or is over. */
export abstract class Statement {
  protected connection: CopyConnection | undefined;
  protected failure: unknown;
  readonly #over = Promise.withResolvers<void>();
  protected rows = 0;

  constructor() {
    this.#over.promise.catch(() => {}); // whoever waits hears of it
  }

  submit(connection: CopyConnection): void {
    this.connection = connection;
    this.begin(connection);
  }

  protected abstract begin(connection: CopyConnection): void;

  /** Resolves when the server is done with it; rejects with what it, or the connection, complains of. */
  get over(): Promise<void> {
    return this.#over.promise;
  }

  handleCommandComplete(message: { text: string }): void {
    this.rows = Number(/(\d+)$/.exec(message.text)?.[1] ?? 0);
  }

  handleError(error: unknown): void {
    this.failure ??= error;
    this.#over.reject(this.failure);
    this.wake();
  }

  handleReadyForQuery(): void {
    if (this.failure === undefined) this.#over.resolve();
    this.wake();
  }

  handleEmptyQuery(): void {}
  handlePortalSuspended(): void {}
  handleCopyInResponse(): void {}
  handleDataRow(_message: { fields: readonly (string | null)[] }): void {}
  handleRowDescription(_message: { fields: readonly Described[] }): void {}

  protected wake(): void {}
}

/** Asks which columns a query has, without running it. The server takes a single statement only. */
export class Describe extends Statement {
  #fields: readonly Described[] = [];

  constructor(readonly text: string) {
    super();
  }

  protected begin(connection: CopyConnection): void {
    connection.parse({ name: "", text: this.text }, true);
    connection.describe({ type: "S", name: "" }, true);
    connection.sync();
  }

  override handleRowDescription({ fields }: { fields: readonly Described[] }): void {
    this.#fields = fields;
  }

  async fields(): Promise<readonly Described[]> {
    await this.over;
    return this.#fields;
  }
}

/** Rows as a CSV text in pieces: those of a `COPY … TO STDOUT`, or of a query with bound values. */
export class RowsOut extends Statement {
  #piece = new Uint8Array(PIECE);
  #at = 0;
  readonly #waiting: Uint8Array<ArrayBuffer>[] = [];
  #paused = false;
  #done = false;
  #wake: (() => void) | undefined;
  readonly #encoder = new TextEncoder();

  /** `values` is absent for a `COPY`. */
  constructor(readonly text: string, readonly nullText: string, readonly values?: readonly unknown[]) {
    super();
  }

  protected begin(connection: CopyConnection): void {
    connection.takeRows = (rows) => this.#take(rows);
    if (this.values === undefined) return connection.query(this.text);
    connection.parse({ name: "", text: this.text }, true);
    connection.bind({ values: this.values.map((value) => value === null ? null : String(value)) }, true);
    connection.execute({ rows: 0 }, true);
    connection.sync();
  }

  override handleDataRow({ fields }: { fields: readonly (string | null)[] }): void {
    const texts = fields.map((value) => value === null ? this.nullText : `"${value.replaceAll('"', '""')}"`);
    this.#take(this.#encoder.encode(`${texts.join(",")}\n`));
  }

  override handleReadyForQuery(): void {
    this.#cut(0);
    this.#done = true;
    super.handleReadyForQuery();
  }

  protected override wake(): void {
    this.#wake?.();
  }

  /** The pieces; returns how many rows the server says it sent. */
  async *pieces(): AsyncGenerator<Uint8Array<ArrayBuffer>, number, void> {
    while (true) {
      if (this.failure !== undefined) throw this.failure;
      const piece = this.#waiting.shift();
      if (piece !== undefined) {
        yield piece;
        if (this.#paused && this.#waiting.length < WAITING / 2) this.#resume();
      } else if (this.#done) return this.rows;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** Whole rows, which a piece takes whole too. */
  #take(rows: Uint8Array): void {
    if (this.#at + rows.byteLength > this.#piece.byteLength) this.#cut(rows.byteLength);
    this.#piece.set(rows, this.#at);
    this.#at += rows.byteLength;
  }

  /** Puts the piece away and begins another one, in which so many bytes have room. */
  #cut(room: number): void {
    if (this.#at > 0) this.#waiting.push(this.#piece.slice(0, this.#at));
    this.#at = 0;
    if (room > this.#piece.byteLength) this.#piece = new Uint8Array(room);
    if (this.#waiting.length >= WAITING && !this.#paused) {
      this.#paused = true;
      this.connection!.wire.pause();
    }
    this.#wake?.();
  }

  #resume(): void {
    this.#paused = false;
    this.connection!.wire.resume();
  }
}

/** Takes a text in: `COPY … FROM STDIN`. */
export class RowsIn extends Statement {
  readonly #ready = Promise.withResolvers<void>();

  constructor(readonly text: string) {
    super();
    this.#ready.promise.catch(() => {}); // whoever waits hears of it
  }

  protected begin(connection: CopyConnection): void {
    connection.query(this.text);
  }

  override handleCopyInResponse(): void {
    this.#ready.resolve();
  }

  override handleError(error: unknown): void {
    super.handleError(error);
    this.#ready.reject(error);
  }

  /** Resolves when the server wants the rows. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Sends a piece, no faster than the connection takes it. */
  async send(piece: Uint8Array): Promise<void> {
    const connection = this.connection!;
    if (this.failure !== undefined) throw this.failure;
    connection.sendCopyFromChunk(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength));
    if (connection.wire.writableNeedDrain) await this.#drained(connection);
  }

  /** Says that there are no more; gives the number of rows that the server took. */
  async end(): Promise<number> {
    this.connection!.endCopyFrom();
    await this.over;
    return this.rows;
  }

  /** Has the server forget what was sent. */
  async giveUp(): Promise<void> {
    if (this.failure === undefined) this.connection!.sendCopyFail("the rows could not be made");
    await this.over.catch(() => {});
  }

  async #drained({ wire }: CopyConnection): Promise<void> {
    const drained = Promise.withResolvers<void>();
    wire.once("drain", drained.resolve);
    await Promise.race([drained.promise, this.over]); // a statement that failed drains no more
  }
}

/**
 * The rows of a statement, column by column, straight from the server's binary rows.
 *
 * The client library gives each row as a list of values: texts for what is a number or a time, to be taken apart
 * again for each value. Reading the rows' own bytes makes it several times faster, and exact for FLOAT, whose
 * text the server rounds. The library asks the command for the reader of its rows, so it is put there.
 *
 * Memory stays flat: beyond two batches the connection is paused, and the server waits.
 *
 * @module
 */

import type { Connection, FieldPacket } from "mysql2";
import { type ColumnChunk, columns as chunkOf } from "osiris/driver";
import { failureOf, type Session } from "../mysql/mod.ts";
import type { ColumnReader } from "./column_reader.ts";
import { columnsOf, type ReadColumn, type ReadingOptions } from "./column_type.ts";

/** Bytes of rows after which a batch is full, however few they are. */
const BATCH_BYTES = 8_388_608;
const MOST_WAITING = 2;

/** How a statement's rows are read. */
export interface StreamOptions extends ReadingOptions {
  readonly batch_rows: number;
}

/** A statement with the values of its `?`. */
export interface Question {
  readonly sql: string;
  readonly params: readonly (string | number | boolean | null)[];
  /** What is said when it fails. */
  readonly attempt: string;
}

/** The rows of one statement, while they come. */
export class RowStream {
  readonly columns = Promise.withResolvers<readonly ReadColumn[]>();
  readonly #session: Session;
  readonly #question: Question;
  readonly #options: StreamOptions;
  readonly #waiting: ColumnChunk[] = [];
  #gathering: Gathering | undefined;
  #paused = false;
  #ended = false;
  #failure: unknown;
  #wake: (() => void) | undefined;

  constructor(session: Session, question: Question, options: StreamOptions) {
    this.#session = session;
    this.#question = question;
    this.#options = options;
    this.columns.promise.catch(() => {}); // told by whoever reads, too
    session.ended.catch((error) => this.#fail(error));
    session.expect(true);
    this.#ask(session.client);
  }

  /** The batches; an error when the answer does not come to its end. */
  async *batches(): AsyncGenerator<ColumnChunk, void, void> {
    while (true) {
      const next = this.#waiting.shift();
      if (next !== undefined) {
        this.#go();
        yield next;
      } else if (this.#failure !== undefined) throw this.#failure;
      else if (this.#ended) return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  #ask(client: Connection): void {
    const { sql, params } = this.#question;
    const command = client.execute({ sql, values: [...params] }) as unknown as RowCommand;
    command.buildParserFromFields = (fields) => this.#readerOf(fields);
    command.on("fields", (fields) => {
      if (fields === undefined) {
        this.#fail(
          failureOf(this.#question.attempt, new Error("the statement gives no rows, and should be a query")),
        );
      }
    });
    command.on("error", (error) => this.#fail(failureOf(this.#question.attempt, error)));
    command.on("end", () => this.#end());
  }

  /** What the library makes an object of and gives every row. */
  #readerOf(fields: readonly FieldPacket[]): new () => RowReader {
    const columns = columnsOf(fields, this.#options);
    this.columns.resolve(columns);
    const take = (packet: Packet) => this.#take(columns, packet);
    return class {
      next(packet: Packet): void {
        take(packet);
      }
    };
  }

  #take(columns: readonly ReadColumn[], { buffer, offset, end }: Packet): void {
    const gathering = this.#gathering ??= new Gathering(columns, this.#options.batch_rows);
    gathering.add(buffer, offset);
    gathering.bytes += end - offset;
    if (gathering.rows < this.#options.batch_rows && gathering.bytes < BATCH_BYTES) return;
    this.#finishBatch();
    if (this.#waiting.length < MOST_WAITING || this.#paused) return;
    this.#paused = true;
    this.#session.flow(false);
  }

  #finishBatch(): void {
    if (this.#gathering !== undefined) this.#waiting.push(this.#gathering.done());
    this.#gathering = undefined;
    this.#tell();
  }

  #go(): void {
    if (!this.#paused || this.#waiting.length >= MOST_WAITING) return;
    this.#paused = false;
    this.#session.flow(true);
  }

  #end(): void {
    if (this.#failure !== undefined) return;
    this.#session.expect(false);
    this.#ended = true;
    this.#finishBatch();
  }

  #fail(error: unknown): void {
    if (this.#ended) return;
    this.#failure ??= failureOf(this.#question.attempt, error);
    this.columns.reject(this.#failure);
    this.#tell();
  }

  #tell(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}

/** What the library's packet of a row has. */
interface Packet {
  readonly buffer: Uint8Array;
  readonly offset: number;
  readonly end: number;
}

interface RowReader {
  next(packet: Packet): void;
}

/** What the library's command has; its types leave this out. */
interface RowCommand {
  buildParserFromFields(fields: readonly FieldPacket[]): new () => RowReader;
  on(event: "fields", listener: (fields: readonly FieldPacket[] | undefined) => void): void;
  on(event: "error", listener: (error: unknown) => void): void;
  on(event: "end", listener: () => void): void;
}

/** Rows on their way to a batch. */
class Gathering {
  readonly #columns: readonly ReadColumn[];
  readonly #readers: readonly ColumnReader[];
  rows = 0;
  bytes = 0;

  constructor(columns: readonly ReadColumn[], most: number) {
    this.#columns = columns;
    this.#readers = columns.map((column) => column.reader(most));
  }

  /** Adds a row: a byte, a bit for each value that is missing (the first two stand for nothing), the values. */
  add(bytes: Uint8Array, start: number): void {
    const readers = this.#readers;
    const row = this.rows++;
    let at = start + 1 + ((readers.length + 9) >> 3);
    for (let i = 0; i < readers.length; i++) {
      const bit = i + 2;
      if ((bytes[start + 1 + (bit >> 3)]! >> (bit & 7)) & 1) readers[i]!.none(row);
      else at = readers[i]!.read(bytes, at, row);
    }
  }

  done(): ColumnChunk {
    return chunkOf(
      Object.fromEntries(this.#columns.map(({ name }, i) => [name, this.#readers[i]!.take(this.rows)])),
    );
  }
}

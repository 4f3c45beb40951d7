/**
 * The rows of a statement as a CSV text, straight from the server's binary rows.
 *
 * The client library gives each row as a list of values. Writing the text from the rows' own bytes makes it several
 * times faster, and exact for FLOAT, whose text the server rounds. The library asks the command for the reader
 * of its rows, so it is put there.
 *
 * Memory stays flat: beyond a few pieces the connection is paused, and the server waits.
 *
 * @module
 */

import type { Connection, FieldPacket } from "mysql2";
import { failureOf, type Session } from "../mysql/mod.ts";
import { columnsOf, type ReadColumn, type ReadingOptions } from "./column_type.ts";
import { RowText } from "./row_text.ts";

/** Pieces that may wait for their reader. */
const MOST_WAITING = 4;

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
  readonly #options: ReadingOptions;
  readonly #waiting: Uint8Array<ArrayBuffer>[] = [];
  readonly #text = new RowText();
  #rows = 0;
  #paused = false;
  #ended = false;
  #failure: unknown;
  #wake: (() => void) | undefined;

  constructor(session: Session, question: Question, options: ReadingOptions) {
    this.#session = session;
    this.#question = question;
    this.#options = options;
    this.columns.promise.catch(() => {}); // told by whoever reads, too
    session.ended.catch((error) => this.#fail(error));
    session.expect(true);
    this.#ask(session.client);
  }

  /** The pieces of the text, and how many rows it has; an error when the answer does not come to its end. */
  async *pieces(): AsyncGenerator<Uint8Array<ArrayBuffer>, number, void> {
    while (true) {
      const next = this.#waiting.shift();
      if (next !== undefined) {
        this.#go();
        yield next;
      } else if (this.#failure !== undefined) throw this.#failure;
      else if (this.#ended) return this.#rows;
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

  /** A row: a byte, a bit for each value that is missing (the first two stand for nothing), the values. */
  #take(columns: readonly ReadColumn[], { buffer, offset, end }: Packet): void {
    const text = this.#text;
    text.begin(columns.length, end - offset);
    let at = offset + 1 + ((columns.length + 9) >> 3);
    for (let i = 0; i < columns.length; i++) {
      if (i > 0) text.comma();
      const bit = i + 2;
      if ((buffer[offset + 1 + (bit >> 3)]! >> (bit & 7)) & 1) text.none();
      else at = columns[i]!.write(buffer, at, text);
    }
    text.endRow();
    this.#rows++;
    if (!text.isFull) return;
    this.#cut();
    if (this.#waiting.length < MOST_WAITING || this.#paused) return;
    this.#paused = true;
    this.#session.flow(false);
  }

  #cut(): void {
    if (this.#text.at > 0) this.#waiting.push(this.#text.take());
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
    this.#cut();
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

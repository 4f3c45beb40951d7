/**
 * The library's connection, whose rows of a `COPY … TO STDOUT` pass the library by: it makes an object and two events
 * of every message, and the server sends a message for every row.
 *
 * What must stay true: the library gets every other message, whole and in its order; a message may be cut anywhere on
 * its way, and be of any length.
 *
 * @module
 */

import "./no_environment.ts";
import { Buffer } from "node:buffer";
import { EventEmitter } from "node:events";
import type { Duplex } from "node:stream";
import pg from "pg";
import { tlsOf, Wire } from "../server_wire/mod.ts";
import type { PostgresConnection } from "./connection.ts";

const COPY_DATA = 0x64; // 'd'
/** A letter, and a length that counts itself. */
const HEADER = 5;

/** What is done with the rows of a `COPY`: the bytes are good until it returns. */
type TakeRows = (rows: Uint8Array) => void;

/** What of the library's connection is used here. */
interface LibraryConnection extends EventEmitter {
  attachListeners(stream: EventEmitter): void;
  query(text: string): void;
  parse(statement: { name: string; text: string }, more?: boolean): void;
  bind(values: { values: readonly unknown[] }, more?: boolean): void;
  describe(what: { type: "S" | "P"; name: string }, more?: boolean): void;
  execute(what: { rows: number }, more?: boolean): void;
  sync(): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
  sendCopyFail(reason: string): void;
}

const LibraryConnection: new (options: { stream: Duplex; ssl: boolean }) => LibraryConnection = pg.Connection;

/** A connection that hands rows over as they come. */
export class CopyConnection extends LibraryConnection {
  /** Gets whole rows, one after another. */
  takeRows: TakeRows = () => {};
  /** The way to the server. */
  readonly wire: Wire;

  constructor(connection: PostgresConnection) {
    const tls = tlsOf(connection);
    const wire = new Wire(connection, tls);
    super({ stream: wire, ssl: tls !== "off" });
    this.wire = wire;
  }

  /** The library calls this when the server offers TLS. */
  upgradeToSSL(): void {
    this.wire.secure().then(() => {
      this.attachListeners(this.wire);
      this.emit("sslconnect");
    }, (error) => this.emit("error", error));
  }

  /** The library calls this with the stream on which messages arrive. */
  override attachListeners(stream: EventEmitter): void {
    const others = new EventEmitter();
    const sieve = new Sieve((rows) => this.takeRows(rows), (messages) => others.emit("data", messages));
    stream.on("data", (bytes: Uint8Array) => sieve.add(bytes));
    stream.on("end", () => others.emit("end"));
    super.attachListeners(others);
  }
}

/** Parts the rows of a `COPY` from the other messages. */
export class Sieve {
  /** What came of a message that is not whole, and how long it has to become before it is looked at again. */
  #held: Uint8Array[] = [];
  #length = 0;
  #needed = HEADER;

  constructor(readonly takeRows: TakeRows, readonly passOn: (messages: Buffer) => void) {}

  /** What arrived. The bytes are its own to change. */
  add(bytes: Uint8Array): void {
    this.#held.push(bytes);
    this.#length += bytes.byteLength;
    if (this.#length < this.#needed) return;
    const all = this.#held.length === 1 ? bytes : Buffer.concat(this.#held);
    const rest = this.#part(all);
    this.#held = rest.byteLength === 0 ? [] : [rest];
    this.#length = rest.byteLength;
    this.#needed = rest.byteLength < HEADER ? HEADER : messageLength(rest, 0);
  }

  /** Hands over every whole message, and gives what is left. Rows are moved together, over their headers. */
  #part(bytes: Uint8Array): Uint8Array {
    let at = 0;
    while (at + HEADER <= bytes.byteLength) {
      const isRow = bytes[at] === COPY_DATA;
      const from = at;
      let to = at;
      while (at + HEADER <= bytes.byteLength && (bytes[at] === COPY_DATA) === isRow) {
        const end = at + messageLength(bytes, at);
        if (end > bytes.byteLength) break;
        if (isRow) {
          bytes.copyWithin(to, at + HEADER, end);
          to += end - at - HEADER;
        } else to = end;
        at = end;
      }
      if (at === from) break;
      const part = bytes.subarray(from, to);
      if (isRow) this.takeRows(part);
      else this.passOn(Buffer.from(part.buffer, part.byteOffset, part.byteLength));
    }
    return bytes.subarray(at);
  }
}

/** With its header, which no message is shorter than. */
function messageLength(bytes: Uint8Array, at: number): number {
  const length = (bytes[at + 1]! << 24 | bytes[at + 2]! << 16 | bytes[at + 3]! << 8 | bytes[at + 4]!) >>> 0;
  return Math.max(1 + length, HEADER);
}

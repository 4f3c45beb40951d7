/**
 * The way to a database server, for a client library.
 *
 * It stands on the runtime's own connections. The runtime's imitation of Node.js' sockets loses bytes when a reader
 * is slower than the server (pausing drops what is under way), which here would be lost rows. Reading happens
 * only when bytes are asked for, so the server waits for a slow reader, and memory stays flat.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { Duplex } from "node:stream";
import { meantBy, reach } from "./reach.ts";
import type { Tls } from "./tls.ts";

/** Bytes that are made room for at once, and of which so many at least are left for a read. */
const ROOM = 256 * 1024;
const LEAST = 64 * 1024;
/** A read of fewer bytes is an answer, not a part of many rows. */
const FEW = 4096;

/** Where a server is, and who signed its certificate. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
  readonly ca?: string;
}

/** A connection as a stream. */
export class Wire extends Duplex {
  /** When bytes last moved, by the clock of `performance`; 0 before any did. */
  movedAt = 0;
  readonly #address: ServerAddress;
  readonly #tls: Tls;
  readonly #connected = Promise.withResolvers<void>();
  #conn: Deno.Conn | undefined;
  /** The turn to TLS while it is under way: the next read has to wait for it. */
  #secured: PromiseWithResolvers<void> | undefined;
  #room = new Uint8Array(ROOM);
  /** The write under way, which comes before a turn to TLS. */
  #sending = Promise.resolve();
  /** Whether more rows are on their way, and few of them have come. */
  #dribbles = false;

  constructor(address: ServerAddress, tls: Tls) {
    super({ readableHighWaterMark: LEAST, writableHighWaterMark: 1_048_576 });
    this.#address = address;
    this.#tls = tls;
    this.once("end", () => this.destroy()); // a server that hangs up has said its last
  }

  /** Connects, and says so by the event `connect`; what is written before waits. */
  connect(): this {
    this.#connect().catch((error) => this.destroy(error));
    return this;
  }

  /** Libraries ask for what is so anyway. */
  setNoDelay(): this {
    return this;
  }

  /** Libraries ask for what is so anyway. */
  setKeepAlive(): this {
    return this;
  }

  /** Turns to TLS, which the server was told before; to be called as soon as the server's answer is read. */
  async secure(): Promise<void> {
    this.#secured = Promise.withResolvers<void>();
    await this.#sending;
    const { host, ca } = this.#address;
    const secured = await Deno.startTls(this.#conn as Deno.TcpConn, {
      hostname: host.replace(/^\[|\]$/g, ""),
      caCerts: ca === undefined ? [] : [ca],
      ...(this.#tls === "verify_ca" ? { unsafelyDisableHostnameVerification: true } : {}),
    });
    await secured.handshake();
    this.#conn = secured;
    this.#secured.resolve();
    this.#secured = undefined;
  }

  override _read(): void {
    this.#fill().catch((error) => this.destroy(error));
  }

  override _write(chunk: Uint8Array, _: string, done: (error?: Error | null) => void): void {
    this.#sending = this.#send(chunk);
    this.#sending.then(() => done(), done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const conn = this.#conn;
    this.#conn = undefined;
    try {
      conn?.close();
    } catch {
      // It is closed already.
    }
    done(error);
  }

  async #connect(): Promise<void> {
    const { host, port } = this.#address;
    const conn = await reach(meantBy(host), Number(port));
    if (this.destroyed) return conn.close();
    conn.setNoDelay(true);
    conn.setKeepAlive(true);
    this.#conn = conn;
    this.#connected.resolve();
    this.emit("connect");
  }

  async #fill(): Promise<void> {
    await this.#connected.promise;
    await this.#secured?.promise;
    // A read costs more than the few rows that it brings, so some more are waited for.
    if (this.#dribbles) await new Promise((resolve) => setTimeout(resolve, 1));
    const room = this.#room.byteLength < LEAST ? new Uint8Array(ROOM) : this.#room;
    const count = await this.#conn?.read(room);
    if (this.destroyed) return;
    if (count === null || count === undefined) return void this.push(null);
    this.movedAt = performance.now();
    this.#room = room.subarray(count);
    this.#dribbles = this.#tls === "off" && count >= FEW && count < LEAST;
    this.push(Buffer.from(room.buffer, room.byteOffset, count));
  }

  async #send(chunk: Uint8Array): Promise<void> {
    await this.#connected.promise;
    for (let at = 0; at < chunk.byteLength;) {
      at += await this.#conn!.write(chunk.subarray(at));
      this.movedAt = performance.now();
    }
  }
}

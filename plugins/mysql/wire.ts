/**
 * The way to the server, for the client library.
 *
 * It stands on the runtime's own connections. The runtime's imitation of Node.js' sockets loses bytes when a reader
 * is slower than the server (pausing drops what is under way), which here would be lost rows. Reading happens
 * only when bytes are asked for, so the server waits for a slow reader, and memory stays flat.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { Duplex } from "node:stream";
import type { MysqlConnection } from "./connection.ts";

const ROOM = 65_536;

/** Whether the certificate is asked for, and its name. */
export type Tls = "off" | "verify_ca" | "verify";

/** A connection as a stream; it connects by itself. */
export class Wire extends Duplex {
  /** Bytes moved so far. */
  moved = 0;
  readonly #connection: MysqlConnection;
  #conn: Deno.Conn | undefined;
  /** What must come before the next read: the greeting's answer where TLS follows, since the login is encrypted. */
  #secured: PromiseWithResolvers<void> | undefined;
  #greeted = false;

  constructor(connection: MysqlConnection, tls: Tls) {
    super({ readableHighWaterMark: ROOM, writableHighWaterMark: 1_048_576 });
    this.#connection = connection;
    this.once("end", () => this.destroy()); // a server that hangs up has said its last
    if (tls !== "off") this.#secured = Promise.withResolvers<void>();
  }

  /** Connects; what is written before waits. */
  override _construct(done: (error?: Error | null) => void): void {
    const { host, port } = this.#connection;
    Deno.connect({ hostname: host, port: Number(port) }).then((conn) => {
      if (this.destroyed) return conn.close();
      conn.setNoDelay(true);
      conn.setKeepAlive(true);
      this.#conn = conn;
      done();
    }).catch(done);
  }

  override _read(): void {
    this.#fill().catch((error) => this.destroy(error));
  }

  override _write(chunk: Uint8Array, _: string, done: (error?: Error | null) => void): void {
    this.#send(chunk).then(() => done(), done);
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

  /** Turns to TLS, which the server was told before. */
  async secure(tls: Tls): Promise<void> {
    const { host, ca } = this.#connection;
    const conn = this.#conn as Deno.TcpConn;
    const secured = await Deno.startTls(conn, {
      hostname: host,
      caCerts: ca === undefined ? [] : [ca],
      ...(tls === "verify_ca" ? { unsafelyDisableHostnameVerification: true } : {}),
    });
    await secured.handshake();
    this.#conn = secured;
    this.#secured?.resolve();
    this.#secured = undefined;
  }

  async #fill(): Promise<void> {
    if (this.#greeted) await this.#secured?.promise;
    const room = new Uint8Array(ROOM);
    const count = await this.#conn?.read(room);
    if (this.destroyed) return;
    this.#greeted = true;
    this.moved += count ?? 0;
    this.push(count === null || count === undefined ? null : Buffer.from(room.buffer, 0, count));
  }

  async #send(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.byteLength;) {
      const count = await this.#conn!.write(chunk.subarray(at));
      this.moved += count;
      at += count;
    }
  }
}

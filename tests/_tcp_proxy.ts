/** Stands between a client and a server of this machine, and cuts the line where a test says. @module */

export interface Cut {
  /** Called with what the server has sent in all; true cuts the line before these bytes are passed on. */
  fromServer?(bytes: number): boolean;
  /** How many bytes of the server's are passed on before the line is cut. */
  readonly most?: number;
  /** Called with each piece from the client; true cuts the line before it is passed on. */
  beforeServer?(piece: Uint8Array): boolean;
  /** Called with each piece from the client; true passes it on, and cuts the line before the server's answer. */
  afterClient?(piece: Uint8Array): boolean;
}

/** A proxy; `cut` is asked anew for each connection, which waits for it. */
export class TcpProxy implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #open = new Set<Deno.TcpConn>();
  readonly #running: Promise<unknown>[] = [];
  /** Connections so far. */
  count = 0;

  constructor(readonly port: number, readonly cut: (connection: number) => Cut | Promise<Cut>) {
    this.#running.push(this.#serve());
  }

  get ownPort(): number {
    return this.#listener.addr.port;
  }

  async #serve(): Promise<void> {
    for await (const client of this.#listener) {
      const server = await Deno.connect({ hostname: "127.0.0.1", port: this.port });
      const cut = await this.cut(++this.count);
      for (const each of [client, server]) this.#open.add(each);
      const end = () => [client, server].forEach((each) => this.#close(each));
      let held = false;
      let sent = 0;
      const toServer = this.#move(client, server, (piece) => {
        if (cut.beforeServer?.(piece) === true) return 0;
        held ||= cut.afterClient?.(piece) === true;
        return piece.byteLength;
      });
      const toClient = this.#move(server, client, (piece) => {
        const left = (cut.most ?? Infinity) - sent;
        sent += piece.byteLength;
        return held || cut.fromServer?.(sent) === true ? 0 : Math.min(left, piece.byteLength);
      });
      this.#running.push(Promise.race([toServer, toClient]).finally(end), toServer, toClient);
    }
  }

  /** Passes on what `allowed` says of each piece, until that is not the whole of it. */
  async #move(from: Deno.TcpConn, to: Deno.TcpConn, allowed: (piece: Uint8Array) => number): Promise<void> {
    const buffer = new Uint8Array(16_384);
    try {
      while (true) {
        const length = await from.read(buffer);
        if (length === null) return;
        const passed = allowed(buffer.subarray(0, length));
        for (let at = 0; at < passed;) at += await to.write(buffer.subarray(at, passed));
        if (passed < length) return;
      }
    } catch {
      // One side hung up.
    }
  }

  #close(connection: Deno.TcpConn): void {
    if (!this.#open.delete(connection)) return;
    connection.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#running[0]; // from here on nothing is opened any more
    for (const each of this.#open) this.#close(each);
    await Promise.all(this.#running);
  }
}

/** A server on this machine that stands for an API: each path answers as the test says, and every request is kept. @module */

/** What was asked. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Headers;
  readonly body: string;
}

type Answering = (asked: Asked, time: number) => Response | Promise<Response>;

export class Api implements AsyncDisposable {
  readonly asked: Asked[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  /** `answer` is told how often the same path was asked before. */
  constructor(answer: Answering) {
    const times = new Map<string, number>();
    this.#server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
      const url = new URL(request.url);
      const asked = {
        method: request.method,
        path: url.pathname,
        query: Object.fromEntries(url.searchParams),
        headers: request.headers,
        body: await request.text(),
      };
      this.asked.push(asked);
      const time = times.get(asked.path) ?? 0;
      times.set(asked.path, time + 1);
      return await answer(asked, time);
    });
  }

  /** host:port */
  get address(): string {
    return `127.0.0.1:${this.#server.addr.port}`;
  }

  get url(): string {
    return `http://${this.address}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

/** Where nobody listens: a port that the system gives to nobody, and that the newest Deno asks, too, unlike port 1. */
export const CLOSED = "http://127.0.0.1:2";

/** Sends bytes as they are, and hangs up. */
export class RawServer implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #open = new Set<Deno.Conn>();
  readonly #done: Promise<void>;
  asked = 0;

  /** Without an answer it takes connections and stays silent. */
  constructor(answer?: string) {
    this.#done = this.#serve(answer);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#listener.addr as Deno.NetAddr).port}`;
  }

  async #serve(answer: string | undefined): Promise<void> {
    for await (const connection of this.#listener) {
      this.asked++;
      this.#open.add(connection);
      if (answer !== undefined) this.#answer(connection, answer);
    }
  }

  async #answer(connection: Deno.Conn, answer: string): Promise<void> {
    try {
      await connection.read(new Uint8Array(65_536));
      await connection.write(new TextEncoder().encode(answer));
    } catch {
      // Who asked has hung up, or the server is closed.
    }
    if (this.#open.delete(connection)) connection.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const connection of this.#open) connection.close();
    this.#open.clear();
    await this.#done.catch(() => {});
  }
}

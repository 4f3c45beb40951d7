/** A receiver of OTLP/HTTP on the loopback, which answers as a test tells it. @module */

import { recordsIn } from "../src/report/_otlp_shape_for_tests.ts";
import type { Span } from "../src/report/_otlp_trace.ts";
import type { OtlpRequest } from "../src/report/mod.ts";

/** A request as it came. */
export interface Received extends Pick<OtlpRequest, "signal" | "body"> {
  readonly headers: Headers;
}

export class OtlpReceiver implements AsyncDisposable {
  readonly received: Received[] = [];
  /** Taken one after the other; what comes after them is taken with 200. */
  readonly answers: (() => Response)[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor() {
    this.#server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
      const signal = new URL(request.url).pathname.replace("/v1/", "") as OtlpRequest["signal"];
      this.received.push({ signal, headers: request.headers, body: await request.json() });
      return this.answers.shift()?.() ?? Response.json({});
    });
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  /** The spans that came, in their order. */
  get spans(): Span[] {
    return recordsIn("traces", this.received);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

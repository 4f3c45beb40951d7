import { isDeepStrictEqual } from "node:util";
import type { Exchange } from "./_example.ts";

/** Opens a port of this machine and hands every request to the handler. */
export type Listen = (handler: (request: Request) => Promise<Response>) => Promise<{
  /** host:port */
  readonly address: string;
  close(): Promise<void>;
}>;

/** What the server does instead of answering, from a request on (the first one is 0). */
export interface Trouble {
  readonly from: number;
  readonly kind: "silent" | "cut" | "garbage" | 401 | 429 | 503;
}

/** What a busy server asks for, in seconds. */
export const RETRY_AFTER_S = 3;

/** Answers as an example says, and knows what it was asked. */
export class FixtureServer implements AsyncDisposable {
  readonly #left: Exchange[];
  readonly #trouble: Trouble | undefined;
  readonly #ended = Promise.withResolvers<void>();
  readonly #answered = Promise.withResolvers<void>();
  readonly #inTroubleNow = Promise.withResolvers<void>();
  #close: (() => Promise<void>) | undefined;
  /** host:port */
  address = "";
  /** Every request with its body. */
  readonly asked: string[] = [];
  /** Requests that no example knows. */
  readonly unknown: string[] = [];

  constructor(exchanges: readonly Exchange[], trouble?: Trouble) {
    this.#left = [...exchanges];
    this.#trouble = trouble;
  }

  async listen(listen: Listen): Promise<void> {
    const { address, close } = await listen((request) => this.answer(request));
    this.address = address;
    this.#close = close;
  }

  /** Fulfilled when trouble has begun. */
  get inTrouble(): Promise<void> {
    return this.#inTroubleNow.promise;
  }

  /** Fulfilled when every request was made. */
  get answered(): Promise<void> {
    return this.#answered.promise;
  }

  /** Requests that were not made. */
  get missing(): readonly string[] {
    return this.#left.map(({ request }) => request);
  }

  /** Answers one request. */
  async answer(request: Request): Promise<Response> {
    const { pathname, search } = new URL(request.url);
    const asked = `${request.method} ${pathname}${search}`;
    const body = await request.text();
    const trouble = this.#trouble;
    this.asked.push(`${asked} ${body}`);
    if (trouble !== undefined && this.asked.length > trouble.from) {
      this.#inTroubleNow.resolve();
      return await this.#inTrouble(trouble.kind);
    }
    const at = this.#left.findIndex((each) => fits(each, asked, request.headers, body));
    if (at < 0) {
      this.unknown.push(body === "" ? asked : `${asked} with the body ${body.slice(0, 200)}`);
      return new Response("no example knows this request", { status: 404 });
    }
    const [exchange] = this.#left.splice(at, 1);
    if (this.#left.length === 0) this.#answered.resolve();
    return this.#answerOf(exchange!);
  }

  #answerOf({ answer = {} }: Exchange): Response {
    const { status = 200, headers = {}, body = null } = answer;
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const type = typeof body === "string" ? "text/plain" : "application/json";
    const empty = status === 204 || status === 304;
    return new Response(empty ? null : text.replaceAll("${server}", this.address), {
      status,
      headers: empty ? headers : { "content-type": type, ...headers },
    });
  }

  async #inTrouble(kind: Trouble["kind"]): Promise<Response> {
    if (kind === "silent") {
      await this.#ended.promise;
      return new Response(null, { status: 503 });
    }
    if (kind === "garbage") {
      return new Response("<html>Bad Gateway", { headers: { "content-type": "text/html" } });
    }
    if (kind === "cut") {
      return new Response('[{"id": 1, "na', { headers: { "content-type": "application/json" } });
    }
    const headers: Record<string, string> = kind === 401 ? {} : { "retry-after": String(RETRY_AFTER_S) };
    return new Response(JSON.stringify({ error: "not now" }), { status: kind, headers });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.resolve();
    await this.#close?.();
  }
}

function fits(exchange: Exchange, asked: string, headers: Headers, body: string): boolean {
  return target(exchange.request) === target(asked) &&
    Object.entries(exchange.headers ?? {}).every(([name, value]) => headers.get(name) === value) &&
    (exchange.body === undefined || sameBody(exchange.body, body));
}

/** Method, path and the query's parts in one order. */
function target(asked: string): string {
  const [method, rest = ""] = asked.split(" ", 2);
  const { pathname, searchParams } = new URL(rest, "http://server");
  searchParams.sort();
  return `${method} ${pathname}?${searchParams}`;
}

function sameBody(expected: unknown, body: string): boolean {
  if (typeof expected === "string") return expected === body;
  try {
    return isDeepStrictEqual(JSON.parse(body), expected);
  } catch {
    return false;
  }
}

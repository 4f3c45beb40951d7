/**
 * Asks an HTTP server: with the connection's login, no more often than is allowed, again where that helps,
 * and only ever at the hosts of the connection.
 *
 * What must stay true: no login leaves the host that it is for (redirects are followed by hand, on the same
 * origin alone); an answer is whole or an error; nothing secret stands in an error, not even what the server
 * says back; and no answer, however small it was packed, takes more memory than the step allows.
 *
 * @module
 */

import { ServerFailure } from "osiris/driver";
import { decode, decoderOf } from "./charset.ts";
import { type HttpConnection, secretsOf } from "./connection.ts";
import { type Json, jsonText } from "./exact_json.ts";
import { brokenOff, HttpFailure, named, refusedBy } from "./failure.ts";
import { loginFields, tokenRequest, withLogin } from "./login.ts";
import { redirected } from "./redirect.ts";
import { backoff, pause } from "./waiting.ts";
import { Watch } from "./watch.ts";

/** How a step asks. */
export interface AskingOptions {
  readonly requests_per_second?: number;
  readonly retries: number;
  readonly retry_for_s: number;
  readonly max_answer_mb: number;
}

/** What the client is told by the step. */
export interface Surroundings {
  readonly signal: AbortSignal;
  log(text: string, level?: "debug" | "info" | "warn" | "error"): void;
}

/** One request, without the login. */
export interface Ask {
  readonly method: "GET" | "POST";
  readonly url: URL;
  readonly headers?: { readonly [name: string]: string };
  /** Sent as JSON. */
  readonly body?: object | undefined;
}

/** A whole answer. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** The URL that answered. */
  readonly url: URL;
  readonly text: string;
}

/** An answer whose text is still on its way. */
export interface StreamedAnswer extends Omit<Answer, "text"> {
  readonly texts: AsyncIterable<string>;
}

const ACCEPT = { accept: "application/json, */*;q=0.1" };
const MOST_REDIRECTS = 5;
/** Characters of a refused answer's body that an error shows. */
const SHOWN = 200;
/** How long before its end an access token is not used any more. */
const TOKEN_MARGIN_MS = 30_000;
const MEGABYTE = 1_000_000;
/** Characters of an answer that is held in one piece; the runtime has no longer texts. */
const LONGEST_TEXT = 500 * MEGABYTE;

/** Asks the server of one connection, for one step. */
export class HttpClient {
  readonly #connection: HttpConnection;
  readonly #options: AskingOptions;
  readonly #around: Surroundings;
  readonly #secrets: Set<string>;
  #token: { readonly text: string; readonly until: number } | undefined;
  #nextAt = 0;

  constructor(connection: HttpConnection, options: AskingOptions, around: Surroundings) {
    this.#connection = connection;
    this.#options = options;
    this.#around = around;
    this.#secrets = new Set(secretsOf(connection));
  }

  /** A whole answer, made something of by `take`; what that throws as a transient failure is asked for again. */
  ask<T>(ask: Ask, take: (answer: Answer) => T): Promise<T> {
    return this.#patiently(async () => {
      const received = await this.#fetch(ask);
      const { status, headers, url } = received;
      return take({ status, headers, url, text: await this.#text(ask, received) });
    });
  }

  /** An answer as it comes. Only until it begins is it asked for again. */
  stream(ask: Ask): Promise<StreamedAnswer> {
    return this.#patiently(async () => {
      const received = await this.#fetch(ask);
      const { status, headers, url } = received;
      return { status, headers, url, texts: this.#texts(ask, received) };
    });
  }

  /** The begin of a text as an error may show it: short, on one line, without secrets. */
  shown(text: string): string {
    let plain = text.slice(0, SHOWN * 4);
    for (const secret of this.#secrets) {
      for (const form of [secret, encodeURIComponent(secret)]) plain = plain.replaceAll(form, "***");
    }
    // deno-lint-ignore no-control-regex -- a server may send anything
    plain = plain.replaceAll(/[\s\u0000-\u001f\u007f-\u009f]+/g, " ").trim();
    return plain.length > SHOWN ? `${plain.slice(0, SHOWN)}…` : plain;
  }

  async #patiently<T>(attempt: () => Promise<T>): Promise<T> {
    const { retries, retry_for_s } = this.#options;
    const end = performance.now() + retry_for_s * 1000;
    for (let tried = 0;; tried++) {
      try {
        return await attempt();
      } catch (error) {
        this.#around.signal.throwIfAborted();
        if (!(error instanceof ServerFailure) || error.how.transient !== true || tried >= retries) {
          throw error;
        }
        const delay = Math.max(backoff(tried), error.how.retryAfterMs ?? 0);
        if (performance.now() + delay > end) throw error;
        this.#around.log(`${error.message}; asking again in ${(delay / 1000).toFixed(1)} s`, "warn");
        await pause(delay, this.#around.signal);
      }
    }
  }

  /** The answer to one request, redirects followed and the token renewed once, when its status says that all is well. */
  async #fetch(ask: Ask): Promise<Received> {
    let { url } = ask;
    let renewed = this.#connection.auth !== "oauth2_client_credentials" || this.#token === undefined;
    for (let redirects = 0; redirects <= MOST_REDIRECTS;) {
      const received = await this.#once({ ...ask, url });
      const { status } = received;
      if (status === 401 && !renewed) {
        renewed = true;
        this.#token = undefined;
        await received.drop();
      } else if (status >= 300 && status < 400) {
        await received.drop();
        url = redirected(ask, url, received);
        redirects++;
      } else {
        if (status >= 200 && status < 300) return received;
        const said = this.shown(await begin(this.#texts(ask, received)));
        throw refusedBy(nameOf(ask), received.response, said, loginFields(this.#connection));
      }
    }
    throw new HttpFailure(nameOf(ask), "config", `it redirects more than ${MOST_REDIRECTS} times`, {
      help: "check path and base_url",
    });
  }

  async #once({ method, url, headers: given = {}, body }: Ask): Promise<Received> {
    const sent = { url: new URL(url), headers: new Headers(ACCEPT) };
    const token = this.#connection.auth === "oauth2_client_credentials" ? await this.#accessToken() : "";
    try {
      if (body !== undefined) sent.headers.set("content-type", "application/json");
      for (const [name, value] of Object.entries(given)) sent.headers.set(name, value);
      withLogin(sent, this.#connection, token);
    } catch {
      // What the runtime says of it may repeat a secret.
      throw new HttpFailure(
        named(method, url),
        "config",
        "a header has a name or a value that no header may have",
        {
          help: "check headers, key_name, and the login for line breaks and letters beyond Latin-1",
        },
      );
    }
    return await this.#send(sent.url, {
      method,
      headers: sent.headers,
      ...(body === undefined ? {} : { body: jsonText(body as Json) }),
    });
  }

  /** One request as it stands. */
  async #send(url: URL, init: RequestInit & { method: string }): Promise<Received> {
    const { signal } = this.#around;
    await this.#pace();
    const watch = new Watch(signal, this.#connection.timeout_s);
    try {
      const response = await fetch(url, { ...init, redirect: "manual", signal: watch.signal });
      return new Received(response, url, watch);
    } catch (error) {
      watch.end();
      throw watch.expired
        ? this.#tooSlow(named(init.method, url))
        : brokenOff(named(init.method, url), error);
    }
  }

  /** The text of an answer, as it comes, in the charset it says. */
  async *#texts(ask: Ask, { response, watch }: Received): AsyncGenerator<string> {
    const request = nameOf(ask);
    const most = this.#options.max_answer_mb * MEGABYTE;
    try {
      const decoder = decoderOf(request, response);
      let bytes = 0;
      for await (const chunk of response.body ?? []) {
        watch.alive();
        bytes += chunk.length;
        if (bytes > most) throw tooLarge(request, this.#options.max_answer_mb);
        watch.rest();
        yield decode(request, decoder, chunk);
        watch.alive();
      }
      yield decode(request, decoder);
    } catch (error) {
      this.#around.signal.throwIfAborted();
      throw watch.expired ? this.#tooSlow(request) : brokenOff(request, error);
    } finally {
      watch.end();
    }
  }

  /** The whole text of an answer. */
  async #text(ask: Ask, received: Received): Promise<string> {
    let text = "";
    for await (const part of this.#texts(ask, received)) {
      if (text.length + part.length > LONGEST_TEXT) throw tooLarge(nameOf(ask), LONGEST_TEXT / MEGABYTE);
      text += part;
    }
    return text;
  }

  #tooSlow(request: string): HttpFailure {
    const seconds = this.#connection.timeout_s;
    return new HttpFailure(request, "timeout", `the server was silent for ${seconds} s`, {
      help: "try again, ask for smaller pages, or raise timeout_s",
      transient: true,
    });
  }

  async #pace(): Promise<void> {
    const { requests_per_second } = this.#options;
    if (requests_per_second === undefined) return;
    const now = performance.now();
    const at = Math.max(now, this.#nextAt);
    this.#nextAt = at + 1000 / requests_per_second;
    if (at > now) await pause(at - now, this.#around.signal);
  }

  async #accessToken(): Promise<string> {
    if (this.#token !== undefined && Date.now() < this.#token.until) return this.#token.text;
    const url = new URL(this.#connection.login_url!);
    const ask: Ask = { method: "POST", url };
    const { headers, body } = tokenRequest(this.#connection);
    const received = await this.#send(url, { method: "POST", headers, body });
    const text = await this.#text(ask, received);
    if (!received.response.ok) throw this.#noToken(ask, received.response, text);
    const { access_token, expires_in } = tokenIn(text);
    if (typeof access_token !== "string" || access_token === "") {
      throw new HttpFailure(nameOf(ask), "auth", "the answer holds no access_token", {
        help: "check login_url",
      });
    }
    const seconds = typeof expires_in === "number" ? expires_in : Infinity;
    this.#secrets.add(access_token);
    this.#token = { text: access_token, until: Date.now() + seconds * 1000 - TOKEN_MARGIN_MS };
    return access_token;
  }

  /** A server refuses a client with 400 or 401, by RFC 6749, 5.2. */
  #noToken(ask: Ask, response: Response, text: string): HttpFailure {
    const said = this.shown(text);
    const fields = loginFields(this.#connection);
    if (response.status === 400 || (response.status >= 300 && response.status < 400)) {
      return new HttpFailure(nameOf(ask), "auth", `the server gave no token: ${said}`, {
        help: `check ${fields} and login_url of the connection`,
        status: response.status,
      });
    }
    return refusedBy(nameOf(ask), response, said, fields);
  }
}

/** An answer whose body is still on its way. */
class Received {
  constructor(readonly response: Response, readonly url: URL, readonly watch: Watch) {}

  get status(): number {
    return this.response.status;
  }

  get headers(): Headers {
    return this.response.headers;
  }

  /** Ends it unread. */
  async drop(): Promise<void> {
    this.watch.end();
    await this.response.body?.cancel();
  }
}

function tooLarge(request: string, megabytes: number): HttpFailure {
  return new HttpFailure(request, "limit", `the answer is larger than ${megabytes} MB, unpacked`, {
    help: "ask for smaller pages, or raise max_answer_mb",
  });
}

async function begin(texts: AsyncIterable<string>): Promise<string> {
  let text = "";
  try {
    for await (const part of texts) {
      text += part;
      if (text.length >= SHOWN * 4) break;
    }
  } catch {
    // The status says what is wrong; a body that breaks off adds nothing.
  }
  return text;
}

function tokenIn(text: string): { access_token?: unknown; expires_in?: unknown } {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}

function nameOf({ method, url }: Ask): string {
  return named(method, url);
}

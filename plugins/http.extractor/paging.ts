/**
 * From one page to the next. What must stay true: a page is never asked for twice and none is left out, so that
 * an end that cannot be told for certain, or a server that goes in circles, is an error and never a short result.
 *
 * @module
 */

import parseLinks from "http-link-header";
import { DriverError } from "osiris/driver";
import {
  type Answer,
  type Ask,
  below,
  HttpFailure,
  type Json,
  JsonPath,
  kindOf,
  named,
} from "../http/mod.ts";
import type { HttpConfig } from "./config.ts";

/** A page that was read. */
export interface PageRead {
  readonly ask: Ask;
  readonly answer: Pick<Answer, "headers" | "url">;
  /** What the answer said, for an answer that is JSON. */
  readonly document?: Json;
  readonly records: number;
}

/** The first request of a step. */
export function firstAsk(config: HttpConfig, base: string): Ask {
  const url = below(base, config.path);
  for (const [name, value] of Object.entries(config.params ?? {})) {
    for (const each of [value].flat()) url.searchParams.append(name, String(each));
  }
  const { method, headers = {}, body } = config;
  const ask: Ask = { method, url, headers, ...(method === "POST" ? { body: body ?? {} } : {}) };
  return withParams(ask, config, firstParams(config));
}

function firstParams(config: HttpConfig): Params {
  const { pagination, page_size, page_size_param } = config;
  const size = page_size_param === undefined ? {} : { [page_size_param]: page_size! };
  if (pagination === "page") return { [config.page_param]: config.first_page, ...size };
  if (pagination === "offset") return { [config.offset_param]: 0, ...size };
  return size;
}

/** Finds out where the next page is. */
export class Paging {
  readonly #config: HttpConfig;
  readonly #next: JsonPath;
  readonly #seen = new Set<string>();
  #pages = 0;
  #records = 0;

  constructor(config: HttpConfig) {
    this.#config = config;
    this.#next = JsonPath.read("next", config.next ?? "");
  }

  /** Whether a refusal of this status means that the page before was the last. */
  endsWith(status: number | undefined): boolean {
    return this.#config.last_page === "not_found" && status === 404 && this.#pages > 0;
  }

  /** The next request; undefined after the last page. */
  next(page: PageRead): Ask | undefined {
    this.#pages++;
    this.#records += page.records;
    const next = this.#after(page);
    if (next === undefined || this.#pages < this.#config.max_pages) return next;
    throw trouble(page.ask, `there are more than ${this.#pages} pages`, "raise max_pages");
  }

  #after(page: PageRead): Ask | undefined {
    const config = this.#config;
    const { ask } = page;
    switch (config.pagination) {
      case "none":
        return undefined;
      case "page":
        return this.#isLast(page)
          ? undefined
          : withParams(ask, config, { [config.page_param]: config.first_page + this.#pages });
      case "offset":
        return this.#isLast(page)
          ? undefined
          : withParams(ask, config, { [config.offset_param]: this.#records });
      case "cursor": {
        const cursor = this.#marker(page);
        return cursor === undefined ? undefined : withParams(ask, config, { [config.cursor_param!]: cursor });
      }
      case "next_url": {
        const next = this.#marker(page);
        return next === undefined
          ? undefined
          : { ...ask, url: this.#sameHost(ask, String(next), page.answer.url) };
      }
      case "link": {
        const next = nextLink(page);
        if (next === undefined) return undefined;
        const url = this.#sameHost(ask, next, page.answer.url);
        this.#demandNew(ask, url.href);
        return { ...ask, url };
      }
    }
  }

  #isLast({ ask, document, records }: PageRead): boolean {
    const { last_page, page_size } = this.#config;
    const total = totalOf(this.#config, ask, document);
    if (total !== undefined && this.#records >= total) return true;
    return records === 0 || (last_page === "short" && records < page_size!);
  }

  /** The cursor or the URL of the next page. */
  #marker({ ask, document = null }: PageRead): string | number | bigint | undefined {
    const value = located(ask, () => this.#next.one(document));
    if (value === null || value === "" || value === false) return undefined;
    if (typeof value !== "string" && typeof value !== "number" && typeof value !== "bigint") {
      throw trouble(
        ask,
        `'${this.#next.text}' is ${kindOf(value)}, and should be text or a number`,
        "check next",
      );
    }
    this.#demandNew(ask, String(value));
    return value;
  }

  #demandNew(ask: Ask, marker: string): void {
    if (this.#seen.has(marker)) {
      throw trouble(ask, "the server leads back to a page that was read already", "ask who runs the server");
    }
    this.#seen.add(marker);
  }

  #sameHost(ask: Ask, text: string, from: URL): URL {
    const url = URL.canParse(text, from) ? new URL(text, from) : undefined;
    if (url === undefined) throw trouble(ask, "the URL of the next page is none", "check next");
    if (url.origin === from.origin) return url;
    throw trouble(
      ask,
      `the next page is on another host, ${url.origin}, and the login is for ${from.origin} alone`,
      `if that is right, set base_url to ${url.origin}`,
    );
  }
}

/** How many records the server says there are; undefined when the step does not look. */
export function totalOf(config: HttpConfig, ask: Ask, document: Json | undefined): number | undefined {
  if (config.total === undefined || document === undefined) return undefined;
  const path = JsonPath.read("total", config.total);
  const total = located(ask, () => path.one(document));
  if (typeof total === "number" && Number.isInteger(total) && total >= 0) return total;
  throw trouble(ask, `'${path.text}' is ${kindOf(total)}, and should be a count of records`, "check total");
}

/** What a path leads to, its troubles told with the request. */
export function located<T>(ask: Ask, find: () => T): T {
  try {
    return find();
  } catch (error) {
    if (error instanceof DriverError) throw error;
    throw trouble(
      ask,
      (error as Error).message,
      "compare the paths of the step with what the server answers",
    );
  }
}

function trouble({ method, url }: Ask, what: string, help: string): HttpFailure {
  return new HttpFailure(named(method, url), "config", what, { help });
}

interface Params {
  readonly [name: string]: string | number | bigint;
}

/** The same request with some parameters set, in its query or its body. */
function withParams(ask: Ask, { send_in }: HttpConfig, params: Params): Ask {
  if (send_in === "body") {
    return { ...ask, body: { ...ask.body, ...params } };
  }
  const url = new URL(ask.url);
  for (const [name, value] of Object.entries(params)) url.searchParams.set(name, String(value));
  return { ...ask, url };
}

/** The URI of `rel="next"`, by RFC 8288. */
function nextLink({ ask, answer }: PageRead): string | undefined {
  const header = answer.headers.get("link");
  if (header === null) return undefined;
  try {
    return parseLinks.parse(header).rel("next")[0]?.uri;
  } catch {
    throw trouble(ask, "its Link header is not one of RFC 8288", "ask who runs the server");
  }
}

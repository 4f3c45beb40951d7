/** The records of every page, in order. @module */

import {
  type Answer,
  type Ask,
  demandNoPage,
  HttpClient,
  HttpFailure,
  type Json,
  JsonPath,
  named,
  parseAnswer,
  recordsAt,
} from "../http/mod.ts";
import type { HttpConfig } from "./config.ts";
import { csvRecords } from "./csv.ts";
import { ndjsonRecords } from "./ndjson.ts";
import { firstAsk, located, Paging, totalOf } from "./paging.ts";

/** Records of all pages, some at a time. */
export async function* pagesOf(
  client: HttpClient,
  config: HttpConfig,
  base: string,
): AsyncGenerator<readonly Json[]> {
  let ask: Ask | undefined = firstAsk(config, base);
  if (config.pagination === "none" && config.format !== "json") return yield* streamed(client, ask, config);
  const paging = new Paging(config);
  const path = JsonPath.read("records", config.records);
  let [before, records]: [string, number] = ["", 0];
  let total: number | undefined;
  while (ask !== undefined) {
    const page: Page | undefined = await readPage(client, ask, config, paging, path);
    if (page === undefined) return demandAll(ask, records, total);
    if (page.records.length > 0 && page.text === before) throw again(ask);
    before = page.text;
    records += page.records.length;
    total = totalOf(config, ask, page.document) ?? total;
    const asked: Ask = ask;
    // Before its rows are given: a page that leads nowhere is not the end.
    ask = paging.next({ ...page, ask: asked, records: page.records.length });
    yield page.records;
    if (ask === undefined) demandAll(asked, records, total);
  }
}

interface Page {
  readonly answer: Pick<Answer, "headers" | "url">;
  readonly text: string;
  readonly document?: Json;
  readonly records: readonly Json[];
}

/** A page; undefined when its refusal means that there is none. */
async function readPage(
  client: HttpClient,
  ask: Ask,
  config: HttpConfig,
  paging: Paging,
  path: JsonPath,
): Promise<Page | undefined> {
  try {
    const answer = await client.ask(ask, (answer) => {
      const document = config.format === "json"
        ? parseAnswer(ask, answer, (text) => client.shown(text))
        : undefined;
      return { ...answer, ...(document === undefined ? {} : { document }) };
    });
    if (answer.document === undefined) {
      demandNoPage(ask, answer);
      return { answer, text: answer.text, records: await gathered(client, ask, config, answer.text) };
    }
    const { document } = answer;
    const records = answer.status === 204 ? [] : located(ask, () => recordsAt(path, document));
    return { answer, text: answer.text, document, records };
  } catch (error) {
    if (error instanceof HttpFailure && paging.endsWith(error.status)) return undefined;
    throw error;
  }
}

async function gathered(client: HttpClient, ask: Ask, config: HttpConfig, text: string): Promise<Json[]> {
  const records: Json[] = [];
  for await (const some of lines(client, ask, config, [text])) records.push(...some);
  return records;
}

/** One answer of any size, as it comes. */
async function* streamed(client: HttpClient, ask: Ask, config: HttpConfig): AsyncGenerator<readonly Json[]> {
  const answer = await client.stream(ask);
  demandNoPage(ask, answer);
  yield* lines(client, ask, config, answer.texts);
}

function lines(
  client: HttpClient,
  ask: Ask,
  config: HttpConfig,
  texts: AsyncIterable<string> | Iterable<string>,
): AsyncGenerator<readonly Json[]> {
  const wrong = (what: string, begins: string) =>
    new HttpFailure(
      named(ask.method, ask.url),
      "config",
      `the answer is not ${config.format}: ${what}: ${client.shown(begins)}`,
      {
        help: "check format, path and base_url; an answer that ends in the middle was cut off",
      },
    );
  return config.format === "csv" ? csvRecords(texts, config, wrong) : ndjsonRecords(texts, wrong);
}

function again({ method, url }: Ask): HttpFailure {
  return new HttpFailure(
    named(method, url),
    "config",
    "two pages are the same, as if the server did not know its parameters",
    {
      help: "check page_param, offset_param or cursor_param against the server's documentation",
    },
  );
}

function demandAll({ method, url }: Ask, records: number, total: number | undefined): void {
  if (total === undefined || total === records) return;
  throw new HttpFailure(
    named(method, url),
    "network",
    `it gave ${records} records, and says that there are ${total}`,
    {
      help: "try again, in case they changed meanwhile; else check pagination, last_page and total",
      transient: true,
    },
  );
}

/** The records of every page of a query, in order. @module */

import {
  type Ask,
  below,
  HttpClient,
  HttpFailure,
  isObject,
  type Json,
  type JsonObject,
  JsonPath,
  kindOf,
  named,
  parseAnswer,
  recordsAt,
} from "../http/mod.ts";

/** What a step asks, as the spec declares it. */
export interface Query {
  readonly path: string;
  readonly query: string;
  readonly variables?: { readonly [name: string]: unknown };
  readonly headers?: { readonly [name: string]: string };
  readonly records: string;
  readonly page_info?: string;
  readonly has_next: string;
  readonly end_cursor: string;
  readonly cursor_variable: string;
  readonly max_pages: number;
}

/** Records of all pages, a page at a time. */
export async function* pagesOf(
  client: HttpClient,
  query: Query,
  base: string,
): AsyncGenerator<readonly Json[]> {
  const records = JsonPath.read("records", query.records);
  const seen = new Set<string>();
  let cursor: string | undefined;
  for (let pages = 1;; pages++) {
    const ask = asking(query, base, cursor);
    const data = await client.ask(ask, (answer) => dataOf(ask, parseAnswer(ask, answer, shown), shown));
    const page = located(ask, () => recordsAt(records, data));
    cursor = nextCursor(ask, query, data);
    if (cursor !== undefined && seen.has(cursor)) {
      throw wrong(
        ask,
        "the server leads back to a page that was read already",
        "check cursor_variable in the query",
      );
    }
    if (cursor !== undefined && pages >= query.max_pages) {
      throw wrong(ask, `there are more than ${pages} pages`, "raise max_pages");
    }
    yield page;
    if (cursor === undefined) return;
    seen.add(cursor);
  }

  function shown(text: string): string {
    return client.shown(text);
  }
}

function asking(
  { path, query, variables = {}, headers = {}, cursor_variable }: Query,
  base: string,
  cursor?: string,
): Ask {
  const all = cursor === undefined ? variables : { ...variables, [cursor_variable]: cursor };
  return { method: "POST", url: below(base, path), headers, body: { query, variables: all } };
}

/** The data of an answer. Errors beside it are failures: what is missing from the data would look like what is not there. */
function dataOf(ask: Ask, document: Json, shown: (text: string) => string): JsonObject {
  const { errors = null, data = null } = isObject(document) ? document : {};
  if (Array.isArray(errors) && errors.length > 0) throw refused(ask, errors as Json[], shown);
  if (isObject(data)) return data;
  throw wrong(
    ask,
    `its 'data' is ${kindOf(data)}, and should be an object`,
    "check path and base_url: this may be no GraphQL",
  );
}

function refused(ask: Ask, errors: readonly Json[], shown: (text: string) => string): HttpFailure {
  const first = errors[0]!;
  const { message = "no message", path = null, extensions = null } = isObject(first) ? first : {};
  const place = Array.isArray(path) ? ` at ${shown(path.join("."))}` : "";
  const more = errors.length > 1 ? `, and ${errors.length - 1} more` : "";
  const code = isObject(extensions) ? String(extensions["code"] ?? "") : "";
  const busy = /throttled|rate.?limit|too.?many/i.test(code);
  const login = /unauthenticated|unauthorized/i.test(code);
  const trouble = busy ? "limit" : login ? "auth" : /forbidden/i.test(code) ? "permission" : "config";
  const what = `the server answers with an error: ${shown(String(message))}${place}${more}`;
  return new HttpFailure(named(ask.method, ask.url), trouble, what, {
    help: busy
      ? "lower requests_per_second, or ask for smaller pages"
      : login
      ? "check the login of the connection"
      : "correct the query or its variables",
    transient: busy,
  });
}

function nextCursor(
  ask: Ask,
  { page_info, has_next, end_cursor }: Query,
  data: JsonObject,
): string | undefined {
  if (page_info === undefined) return undefined;
  const info = located(ask, () => JsonPath.read("page_info", page_info).all(data)[0] ?? null);
  const fields: JsonObject = isObject(info) ? info : {};
  const more = fields[has_next];
  if (typeof more !== "boolean") {
    throw wrong(
      ask,
      `'${page_info}' has no '${has_next}' that is true or false`,
      `ask for ${has_next} in the query`,
    );
  }
  if (!more) return undefined;
  const cursor = fields[end_cursor];
  if (typeof cursor === "string" && cursor !== "") return cursor;
  throw wrong(
    ask,
    `there is another page, and '${page_info}' has no '${end_cursor}'`,
    `ask for ${end_cursor} in the query`,
  );
}

function located<T>(ask: Ask, find: () => T): T {
  try {
    return find();
  } catch (error) {
    throw wrong(
      ask,
      (error as Error).message,
      "compare the paths of the step with the query; they begin below data",
    );
  }
}

function wrong({ method, url }: Ask, what: string, help: string): HttpFailure {
  return new HttpFailure(named(method, url), "config", what, { help });
}

/** What is in an answer. @module */

import type { Answer, Ask } from "./client.ts";
import { type Json, parseExact } from "./exact_json.ts";
import { HttpFailure, named } from "./failure.ts";
import { type JsonPath } from "./json_path.ts";

/** The JSON of an answer; null when the status says that there is none. */
export function parseAnswer(ask: Ask, answer: Answer, shown: (text: string) => string): Json {
  if (answer.status === 204) return null;
  try {
    return parseExact(answer.text);
  } catch {
    throw noJson(ask, answer, shown);
  }
}

/** The records that a path leads to: the items of a list, an object by itself, none for null. */
export function recordsAt(path: JsonPath, document: Json): Json[] {
  return path.all(document).flatMap((found) => found === null ? [] : found as Json[]);
}

/** Refuses a web page where rows are expected: read as lines it might pass for a few records. */
export function demandNoPage({ method, url }: Ask, { headers }: Pick<Answer, "headers">): void {
  if (!/^text\/html/i.test(headers.get("content-type") ?? "")) return;
  throw new HttpFailure(named(method, url), "config", "the answer is a web page (text/html)", {
    help: WEB_PAGE,
  });
}

const WEB_PAGE = "check path and base_url: this may be a web page for people, or that of a login";

function noJson(
  { method, url }: Ask,
  { headers, text }: Answer,
  shown: (text: string) => string,
): HttpFailure {
  const type = (headers.get("content-type") ?? "").split(";")[0]!.slice(0, 80);
  const begins = text.trim() === "" ? "it is empty" : `it begins with ${shown(text)}`;
  if (/^\s*[[{]/.test(text)) {
    return new HttpFailure(named(method, url), "network", `the answer is broken JSON: ${begins}`, {
      help: "try again; a server or a proxy cut it off or spoilt it",
      transient: true,
    });
  }
  return new HttpFailure(
    named(method, url),
    "config",
    `the answer is ${type || "something else"}, not JSON: ${begins}`,
    {
      help: WEB_PAGE,
    },
  );
}

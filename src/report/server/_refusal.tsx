/** What is said in place of a page: what is wrong, and what to do. @module */

import type { StatusCode } from "hono/utils/http-status";
import type { Markup } from "../_markup.ts";
import { htmlOf, Page } from "../_page.tsx";
import type { Asked } from "./_headers.ts";

/** A page that says why there is no page. */
export function Refusal(
  { status, message, help, nonce }: {
    readonly status: number;
    readonly message: string;
    readonly help: string;
    readonly nonce: string;
  },
): Markup {
  return (
    <Page title={String(status)} nonce={nonce}>
      <h1>{message}</h1>
      <p>{help}</p>
    </Page>
  );
}

/** Answers with a page. */
export async function say(c: Asked, page: Markup, status: StatusCode = 200): Promise<Response> {
  c.status(status);
  return c.html(await htmlOf(page));
}

/** Answers that there is nothing at this address. */
export function absent(c: Asked): Promise<Response> {
  const help = "begin at the list of runs";
  return say(
    c,
    <Refusal status={404} message="There is no such page." help={help} nonce={c.get("nonce")} />,
    404,
  );
}

/** Answers that a page could not be made. */
export function failed(error: Error, c: Asked): Promise<Response> {
  const message = "The page could not be made.";
  return say(c, <Refusal status={500} message={message} help={error.message} nonce={c.get("nonce")} />, 500);
}

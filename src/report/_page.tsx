/**
 * The frame of every page: title, style, a way past the head for keyboards. A page brings what it shows; style and
 * script carry the nonce that the server's policy asks for.
 *
 * @module
 */

import { raw } from "hono/html";
import type { Child } from "hono/jsx";
import type { Markup } from "./_markup.ts";
import { STYLE } from "./_style.ts";
import { STORY_STYLE } from "./story/_style.ts";

/** What a page is made of. */
export interface PageParts {
  readonly title: string;
  /** Lets style and script run under the server's policy; absent in a file of its own. */
  readonly nonce?: string;
  /** JavaScript of the page; a text of ours, never of a session. */
  readonly script?: string;
  /** What a page without a server lets in, given its style and its script. */
  readonly policy?: (style: string, script: string | undefined) => string;
  /** Where the page stands: names and addresses from the list of runs to here. */
  readonly path?: readonly { readonly name: string; readonly href?: string }[];
  readonly children?: Child;
}

/** A whole page. */
export function Page({ title, nonce, script, policy, path = [], children }: PageParts): Markup {
  const style = STYLE + STORY_STYLE;
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        {policy === undefined
          ? null
          : <meta http-equiv="Content-Security-Policy" content={policy(style, script)} />}
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{title} · Osiris</title>
        <link rel="icon" href="data:," />
        <style nonce={nonce}>{raw(style)}</style>
      </head>
      <body>
        <a class="skip" href="#main">Skip to the content</a>
        <header class="top">
          <nav aria-label="Where you are">
            <ol>
              {path.map(({ name, href }) => (
                <li>
                  {href === undefined ? <span aria-current="page">{name}</span> : <a href={href}>{name}</a>}
                </li>
              ))}
            </ol>
          </nav>
        </header>
        <main id="main" tabindex={-1}>{children}</main>
        {script === undefined ? null : <script nonce={nonce} type="module">{raw(script)}</script>}
      </body>
    </html>
  );
}

/** The bytes of a page. */
export async function htmlOf(page: Markup): Promise<string> {
  return `<!doctype html>\n${await page}`;
}

/**
 * Who is answered: only this machine's own address is, only requests that no other site caused, only to read, and
 * only who came with the token. In this order, before any page looks at the request, for pages, streams and files
 * alike.
 *
 * @module
 */

import type { MiddlewareHandler } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import type { Markup } from "../_markup.ts";
import { type Access, same } from "./access.ts";
import type { Asked, Env } from "./_headers.ts";
import { Refusal, say } from "./_refusal.tsx";

/** What the gate knows of the server. */
export interface Gate {
  readonly access: Access;
  /** The port that was opened. */
  readonly port: () => number;
  /** What a program has to bring to read `/metrics`; without it only the browser may. */
  readonly metricsToken: string | undefined;
}

/** Why somebody is not answered. */
interface Refused {
  readonly status: 401 | 403 | 405 | 414;
  readonly message: string;
  readonly help: string;
}

/** An address longer than this is none of ours. */
const LONGEST_ADDRESS = 8192;

/** Lets a request pass, or answers in its place. */
export function gate({ access, port, metricsToken }: Gate): MiddlewareHandler<Env> {
  return async (c, next) => {
    const refuse = (refused: Refused) =>
      say(c, <Refusal {...refused} nonce={c.get("nonce")} />, refused.status);
    const url = URL.parse(c.req.url);
    const refused = url === null ? elsewhere(port()) : refusalOf(c, url, port());
    if (url === null || refused !== undefined) {
      if (refused?.status === 405) c.header("Allow", "GET");
      return refuse(refused ?? elsewhere(port()));
    }
    const name = cookieName(port());
    const token = tokenOf(url);
    const cookie = token === undefined ? undefined : access.redeem(token);
    if (cookie !== undefined) {
      setCookie(c, name, cookie, { httpOnly: true, sameSite: "Strict", path: "/" });
      return c.req.header("sec-fetch-site") === "cross-site" ? say(c, <Entered />) : c.redirect("/", 303);
    }
    if (access.admits(getCookie(c, name))) return token === undefined ? await next() : c.redirect("/", 303);
    if (url.pathname === "/metrics" && metricsToken !== undefined && brings(c, metricsToken)) {
      return await next();
    }
    return refuse(unknown(token !== undefined));
  };
}

/** Why a request is refused whoever sent it; undefined when it is not. */
function refusalOf(c: Asked, url: URL, port: number): Refused | undefined {
  const host = c.req.header("host") ?? "";
  if (![`127.0.0.1:${port}`, `localhost:${port}`].includes(host) || url.host !== host) return elsewhere(port);
  if (!isOwn(c, `http://${host}`) && !(tokenOf(url) !== undefined && isNavigation(c))) {
    return {
      status: 403,
      message: "Another site asked for this page.",
      help: "type or paste the address into the browser",
    };
  }
  if (c.req.method !== "GET") {
    return {
      status: 405,
      message: "This server is only read from: nothing here can be changed.",
      help: "ask with GET",
    };
  }
  if (c.req.url.length > LONGEST_ADDRESS) {
    return { status: 414, message: "The address is too long.", help: "begin at the list of runs" };
  }
  return undefined;
}

/** For who came by another name than this machine's, such as one that a stranger's name server gave out. */
function elsewhere(port: number): Refused {
  return {
    status: 403,
    message: "This server answers only for its own address.",
    help: `open http://127.0.0.1:${port}/`,
  };
}

function unknown(withToken: boolean): Refused {
  return {
    status: 401,
    message: withToken
      ? "This address was used before, or belongs to an earlier start."
      : "This browser was not let in.",
    help: "the address that 'osiris serve' prints lets one browser in, once: start it again for a new one",
  };
}

/** A cookie is sent to every port of a host: two servers need two names. */
function cookieName(port: number): string {
  return `osiris_${port}`;
}

/** The token of the address by which one enters. */
function tokenOf(url: URL): string | undefined {
  return url.pathname === "/" ? url.searchParams.get("token") ?? undefined : undefined;
}

/** Whether our own page, or nobody but the person, asked. Programs send neither header. */
function isOwn(c: Asked, own: string): boolean {
  const origin = c.req.header("origin");
  const site = c.req.header("sec-fetch-site");
  return (origin === undefined || origin === own) &&
    (site === undefined || ["same-origin", "none"].includes(site));
}

/** Whether a browser goes to the page to show it, as from the file by which `--open` starts it. */
function isNavigation(c: Asked): boolean {
  return c.req.header("sec-fetch-mode") === "navigate" && c.req.header("sec-fetch-dest") === "document" &&
    c.req.header("origin") === undefined;
}

/** Whether a program brings the token that its operator gave it. */
function brings(c: Asked, token: string): boolean {
  return same(c.req.header("authorization") ?? "", `Bearer ${token}`);
}

/** A strict cookie is not sent on a way that another place began, redirects included; from this page it is. */
function Entered(): Markup {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="refresh" content="0;url=/" />
        <title>Osiris</title>
      </head>
      <body>
        <a href="/">To the runs</a>
      </body>
    </html>
  );
}

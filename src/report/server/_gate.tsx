/**
 * Who is answered: only this machine's own address is, only requests that no other site caused, only to read, and
 * only who came with the token. In this order, before any page looks at the request, for pages, streams and files
 * alike.
 *
 * @module
 */

import type { MiddlewareHandler } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import type { Access } from "./access.ts";
import type { Asked, Env } from "./_headers.ts";
import { Refusal, say } from "./_refusal.tsx";

/** What the gate knows of the server. */
export interface Gate {
  readonly access: Access;
  /** The port that was opened, once it is. */
  readonly port: () => number;
}

/** An address longer than this is none of ours. */
const LONGEST_ADDRESS = 8192;

/** Lets a request pass, or answers in its place. */
export function gate({ access, port }: Gate): MiddlewareHandler<Env> {
  return async (c, next) => {
    const hosts = [`127.0.0.1:${port()}`, `localhost:${port()}`];
    const refuse = (status: 401 | 403 | 405 | 414, message: string, help: string) =>
      say(c, <Refusal status={status} message={message} help={help} nonce={c.get("nonce")} />, status);
    const url = new URL(c.req.url);
    const host = c.req.header("host") ?? "";
    if (!hosts.includes(host) || url.host !== host) {
      return refuse(403, "This server answers only for its own address.", `open http://127.0.0.1:${port()}/`);
    }
    const token = url.searchParams.get("token");
    const entering = url.pathname === "/" && token !== null;
    const own = `http://${host}`;
    if (!isOwn(c, own) && !(entering && isNavigation(c))) {
      return refuse(403, "Another site asked for this page.", "type or paste the address into the browser");
    }
    if (c.req.method !== "GET") {
      c.header("Allow", "GET");
      return refuse(405, "This server is only read from: nothing here can be changed.", "ask with GET");
    }
    if (c.req.url.length > LONGEST_ADDRESS) {
      return refuse(414, "The address is too long.", "begin at the list of runs");
    }
    const name = cookieName(port());
    if (entering) {
      const value = access.redeem(token);
      if (value !== undefined) {
        setCookie(c, name, value, { httpOnly: true, sameSite: "Strict", path: "/" });
        return c.req.header("sec-fetch-site") === "cross-site"
          ? say(c, <Entered />, 200)
          : c.redirect("/", 303);
      }
    }
    if (access.admits(getCookie(c, name))) {
      return entering ? c.redirect("/", 303) : await next();
    }
    return refuse(
      401,
      entering
        ? "This address was used before, or belongs to an earlier start."
        : "This browser was not let in.",
      "the address that 'osiris serve' prints lets one browser in, once: start it again for a new one",
    );
  };
}

/** A cookie is sent to every port of a host: two servers need two names. */
function cookieName(port: number): string {
  return `osiris_${port}`;
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

/** A strict cookie is not sent on a way that another place began, redirects included; from this page it is. */
function Entered(): ReturnType<typeof Refusal> {
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

import type { Ask } from "./client.ts";
import { HttpFailure, named } from "./failure.ts";

/** Where a redirect leads, on the same origin. A question that is posted is not asked elsewhere as another one. */
export function redirected(
  ask: Ask,
  from: URL,
  { status, headers }: Pick<Response, "status" | "headers">,
): URL {
  const location = headers.get("location");
  const fail = (what: string, help: string) =>
    new HttpFailure(named(ask.method, ask.url), "config", what, { help, status });
  if (location === null || !URL.canParse(location, from)) {
    throw fail("it redirects to no place", "check path and base_url");
  }
  const to = new URL(location, from);
  if (to.origin !== from.origin) {
    throw fail(
      `it redirects to another host, ${to.origin}, and the login is for ${from.origin} alone`,
      `if that is right, set base_url to ${to.origin}`,
    );
  }
  if (ask.method === "POST" && status !== 307 && status !== 308) {
    throw fail(`it redirects a POST to ${to.pathname}`, `set path to ${to.pathname}`);
  }
  return to;
}

/** The pages of a `logs` folder as tests ask for them: through the handler itself, or over a port of this machine. @module */

import { connect } from "node:net";
import { listenOnLoopback } from "../src/cli/_loopback.ts";
import { newAccess, reportServer, type ReportServerOptions } from "../src/report/mod.ts";

/** A server of pages, and what a browser that was let in knows. */
export interface PagesServer extends AsyncDisposable {
  readonly port: number;
  /** `http://127.0.0.1:PORT`. */
  readonly origin: string;
  readonly token: string;
  /** The `Cookie` header of the browser that came with the token. */
  readonly cookie: string;
  /** Asks the handler; with the cookie, and the host that a browser would send, unless the headers say otherwise. */
  ask(path: string, init?: RequestInit & { readonly headers?: Record<string, string> }): Promise<Response>;
}

/** The pages without a port. */
export async function pagesOf(
  logs: string,
  options: Pick<ReportServerOptions, "metricsToken"> = {},
): Promise<PagesServer> {
  const access = newAccess();
  const port = 8017;
  const server = reportServer({ ...options, logs, access, port: () => port });
  return await entered(port, access.token, (request) => server.fetch(request), () => server.close());
}

/** The pages on a port of this machine; unless `enter` is false, the token is used. */
export async function servedPagesOf(logs: string, { enter = true } = {}): Promise<PagesServer> {
  const access = newAccess();
  let port = 0;
  const pages = reportServer({ logs, access, port: () => port });
  const opened = await listenOnLoopback((request) => pages.fetch(request));
  port = opened.port;
  const close = async () => {
    await pages.close();
    await opened.close();
  };
  return await entered(port, access.token, (request) => pages.fetch(request), close, enter);
}

async function entered(
  port: number,
  token: string,
  fetch: (request: Request) => Promise<Response>,
  close: () => Promise<void>,
  enter = true,
): Promise<PagesServer> {
  const origin = `http://127.0.0.1:${port}`;
  const host = `127.0.0.1:${port}`;
  const enters = () => fetch(new Request(`${origin}/?token=${token}`, { headers: { host } }));
  const cookie = enter ? (await enters()).headers.get("set-cookie")!.split(";")[0]! : "";
  return {
    port,
    origin,
    token,
    cookie,
    ask(path, init = {}) {
      const headers = { host, cookie, ...init.headers };
      return fetch(new Request(new URL(path, origin), { redirect: "manual", ...init, headers }));
    },
    [Symbol.asyncDispose]: close,
  };
}

/** Sends bytes to a port as they are, and gives all that comes back until the other side ends, or says no more for half a minute. */
export function rawAnswer(port: number, request: string): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(request));
    socket.setTimeout(30_000, () => socket.destroy());
    socket.on("data", (bytes) => text += bytes.toString("latin1"));
    socket.on("close", () => resolve(text));
    socket.on("error", () => {}); // cut off while it still wrote; it is closed then
  });
}

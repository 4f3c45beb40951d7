/**
 * Fetches a component's package from a URL, and nothing else: one request to the address that was
 * typed, no redirect followed, no more bytes taken than a package may have.
 *
 * What must stay true: what somebody put into the address to prove who they are (user, password,
 * query) is sent to that address and shown or recorded nowhere.
 *
 * @module
 */

import { LARGEST_PACKAGE } from "../component/mod.ts";
import { OsirisError } from "../diagnostic.ts";
import { printable } from "../printable.ts";

/** How long a server may take for all of it. */
const PATIENCE_MS = 60_000;

/** Whether what was typed is an address and no path. */
export function isAddress(typed: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(typed);
}

/** An address without what may be secret in it. */
export function shownAddress(address: URL): string {
  const origin = address.origin === "null" ? `${address.protocol}//${address.host}` : address.origin;
  return printable(`${origin}${address.pathname}`);
}

/** The bytes behind an address. Throws what to do when they cannot be had. */
export async function fetchPackage(
  typed: string,
  interrupted: AbortSignal,
  patience = PATIENCE_MS,
): Promise<{ readonly bytes: Uint8Array; readonly shown: string }> {
  const address = addressOf(typed);
  const shown = shownAddress(address);
  const timeout = AbortSignal.timeout(patience);
  const signal = AbortSignal.any([timeout, interrupted]);
  try {
    const response = await fetch(withoutUser(address), {
      redirect: "manual",
      signal,
      // Packed once more on the way, the bytes would not be those whose hash somebody published.
      headers: { accept: "*/*", "accept-encoding": "identity", ...credentialsOf(address) },
    });
    demandAnswer(response, address, shown);
    return { bytes: await bodyOf(response, shown), shown };
  } catch (error) {
    if (error instanceof OsirisError) throw error;
    if (interrupted.aborted) throw interruptedError(shown);
    throw timeout.aborted
      ? unreachable(shown, `the server took longer than ${patience / 1000} seconds`)
      : unreachable(shown, reasonOf(error, address));
  }
}

function addressOf(typed: string): URL {
  const address = URL.parse(typed);
  if (address === null) throw wrongAddress("it is not a URL");
  const loopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(address.hostname);
  if (address.protocol === "https:" || (address.protocol === "http:" && loopback)) return address;
  throw wrongAddress(
    `'${shownAddress(address)}' is not https, and only this machine may be asked without it`,
  );
}

function wrongAddress(why: string): OsirisError {
  return new OsirisError("CLI804", `Cannot fetch the package: ${why}`, {
    category: "usage",
    help: "give an address that starts with https://",
  });
}

function withoutUser(address: URL): URL {
  const bare = new URL(address);
  bare.username = "";
  bare.password = "";
  bare.hash = "";
  return bare;
}

function credentialsOf({ username, password }: URL): { authorization?: string } {
  if (username === "" && password === "") return {};
  const bytes = new TextEncoder().encode(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`);
  return { authorization: `Basic ${bytes.toBase64()}` };
}

function demandAnswer(response: Response, address: URL, shown: string): void {
  if (response.status === 200) return;
  response.body?.cancel().catch(() => {}); // nobody reads it, and an unread body is no fault
  if (response.status >= 300 && response.status < 400) {
    const target = URL.parse(response.headers.get("location") ?? "", address);
    const where = target === null ? "nowhere" : `${shownAddress(target)}${target.search === "" ? "" : "?…"}`;
    throw new OsirisError(
      "DRV412",
      `Cannot fetch '${shown}': it redirects to '${where}', and a package is taken from the address that was typed`,
      { category: "usage", help: "if you trust the place it leads to, give that address instead" },
    );
  }
  throw unreachable(
    shown,
    `the server answered ${response.status} ${printable(response.statusText)}`.trimEnd(),
  );
}

async function bodyOf(response: Response, shown: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > LARGEST_PACKAGE) {
      throw new OsirisError(
        "DRV412",
        `Cannot fetch '${shown}': it is larger than ${LARGEST_PACKAGE} bytes, the most that a package may have`,
        { category: "usage", help: "is this the package you meant?" },
      );
    }
    chunks.push(chunk);
  }
  return await new Blob(chunks as Uint8Array<ArrayBuffer>[]).bytes();
}

function unreachable(shown: string, why: string): OsirisError {
  return new OsirisError("DRV412", `Cannot fetch '${shown}': ${why}`, {
    category: "connection",
    help:
      "check the address and the network; a package that was fetched by other means can be added as a file",
    retryable: true,
  });
}

function interruptedError(shown: string): OsirisError {
  return new OsirisError("DRV412", `Cannot fetch '${shown}': it was interrupted`, {
    category: "interrupted",
    help: "nothing was added; type the same again when you want to",
  });
}

/** The runtime names the whole address in what it says, secrets included. */
function reasonOf(error: unknown, address: URL): string {
  const innermost = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const said = innermost instanceof Error ? innermost.message : String(innermost);
  const bare = withoutUser(address).href;
  const safe = said.replaceAll(address.href, "…").replaceAll(bare, "…").replace(/\?\S+/g, "?…");
  return printable(safe.replace("error sending request for url (…): ", ""));
}

/**
 * The functions of the runtime that code from outside is given: they count what they are asked for, and follow
 * no link out of what was granted.
 *
 * @module
 */

import { type Account, type Asked, hostAsks, pathOf, urlAsks } from "./_account.ts";
import { OPENERS, READS, WRITES } from "./_names.ts";

type Call = (...args: unknown[]) => unknown;
type Ask = (...args: unknown[]) => readonly Asked[];
type Functions = Readonly<Record<string | symbol, unknown>>;

/** Whether a path leads through a link to what was not granted. */
export type Fence = (asked: Asked) => boolean;

/** Functions of `Deno`, by their names. */
export function countedDeno(functions: Functions, account: Account, fence: Fence): Record<string, unknown> {
  const counted: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(functions)) {
    const ask = questionOf(name);
    const call = name === "connect" ? onlyTcp(value as Call) : value as Call;
    counted[name] = ask === undefined ? value : (...args: unknown[]) => {
      for (const asked of questions(ask, args)) admitOne(asked, account, fence);
      return call(...args);
    };
  }
  return counted;
}

function admitOne(asked: Asked, account: Account, leadsOut: Fence): void {
  if (!leadsOut(asked)) return account.count(asked);
  account.deny(asked);
  throw new Deno.errors.NotCapable(`a link leads out of what was granted: '${asked.resource}'`);
}

/** Arguments that make no sense are the runtime's to refuse. */
function questions(ask: Ask, args: readonly unknown[]): readonly Asked[] {
  try {
    return ask(...args);
  } catch {
    return [];
  }
}

/** Other transports reach what no grant names, or end the program where they are not known. */
function onlyTcp(connect: Call): Call {
  return (options) => {
    const { hostname = "127.0.0.1", port, transport = "tcp" } = options as Record<string, unknown>;
    if (transport !== "tcp") throw new TypeError("a driver connects by TCP");
    return connect({ hostname, port, transport });
  };
}

function questionOf(name: string): Ask | undefined {
  const kind = name.replace(/Sync$/, "");
  if (kind === "copyFile") return (from, to) => [reads(from), writes(to)];
  if (kind === "rename") return (...paths) => paths.slice(0, 2).map(writes);
  if (READS.includes(name)) return (path) => [reads(path)];
  if (WRITES.includes(name)) return (path) => [writes(path)];
  if (OPENERS.includes(name)) return opens;
  if (name === "connect" || name === "connectTls") return connects;
  return undefined;
}

const reads = (path: unknown): Asked => ({ permission: "read", resource: pathOf(path) });
const writes = (path: unknown): Asked => ({ permission: "write", resource: pathOf(path) });

function opens(path: unknown, options: unknown): readonly Asked[] {
  const { read, ...writing } = (options ?? { read: true }) as Record<string, unknown>;
  const write = ["write", "append", "truncate", "create", "createNew"].some((name) => writing[name] === true);
  return [...(read === true ? [reads(path)] : []), ...(write ? [writes(path)] : [])];
}

function connects(options: unknown): readonly Asked[] {
  const { hostname, port } = options as { hostname?: unknown; port?: unknown };
  return [hostAsks(hostname ?? "127.0.0.1", port)];
}

/** What the web gives to reach a host. */
export function countedNet(functions: Functions, account: Account, fence: Fence): Record<string, unknown> {
  const { fetch: get, WebSocket: Socket, ...rest } = functions as Record<string, unknown>;
  const asks: Ask = (target) => urlAsks(target instanceof Request ? target.url : String(target));
  return {
    ...rest,
    fetch: async (...args: Parameters<typeof fetch>) => {
      for (const asked of questions(asks, args)) admitOne(asked, account, fence);
      const response = await (get as typeof fetch)(...args).catch((error: unknown) => {
        noteRefusal(error, account);
        throw error;
      });
      if (response.redirected) account.count(...urlAsks(response.url));
      return response;
    },
    WebSocket: new Proxy(Socket as typeof WebSocket, {
      construct(target, args, as) {
        account.count(...questions(asks, args));
        return Reflect.construct(target, args, as);
      },
    }),
  };
}

/** Where a redirect led, nobody had asked beforehand. */
function noteRefusal(error: unknown, account: Account): void {
  if (!(error instanceof Deno.errors.NotCapable)) return;
  const host = /net access to "([^"]+)"/.exec(error.message)?.[1];
  if (host !== undefined) account.deny({ permission: "net", resource: host });
}

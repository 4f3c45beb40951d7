import { type Account, type Asked, hostAsks, pathOf, urlAsks } from "./_account.ts";
import { OPENERS, READS, WRITES } from "./_names.ts";

type Functions = Readonly<Record<string | symbol, unknown>>;

/** Functions of `Deno`, counting the paths and hosts they are asked for. */
export function countedDeno(functions: Functions, account: Account): Record<string, unknown> {
  const counted: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(functions)) {
    const ask = questionOf(name);
    counted[name] = ask === undefined ? value : account.counted(value, ask);
  }
  return counted;
}

type Ask = (...args: unknown[]) => readonly Asked[];

function questionOf(name: string): Ask | undefined {
  const kind = name.replace(/Sync$/, "");
  if (kind === "copyFile") {
    return (
      from,
      to,
    ) => [{ permission: "read", resource: pathOf(from) }, { permission: "write", resource: pathOf(to) }];
  }
  if (kind === "rename") return (...paths) => paths.slice(0, 2).map((path) => writes(path));
  if (READS.includes(name)) return (path) => [reads(path)];
  if (WRITES.includes(name)) return (path) => [writes(path)];
  if (OPENERS.includes(name)) return opens;
  if (name === "connect" || name === "connectTls") return connects;
  return undefined;
}

const reads = (path: unknown): Asked => ({ permission: "read", resource: pathOf(path) });
const writes = (path: unknown): Asked => ({ permission: "write", resource: pathOf(path) });

function opens(path: unknown, options: unknown): readonly Asked[] {
  const { read = true, ...writing } = (options ?? {}) as Record<string, unknown>;
  const asked = read === true ? [reads(path)] : [];
  const write = ["write", "append", "truncate", "create", "createNew"].some((name) => writing[name] === true);
  return write ? [...asked, writes(path)] : asked;
}

function connects(options: unknown): readonly Asked[] {
  const { hostname, port } = options as { hostname?: unknown; port?: unknown };
  return [hostAsks(hostname ?? "127.0.0.1", port)];
}

/** What the web gives to reach a host, counting which. */
export function countedNet(functions: Functions, account: Account): Record<string, unknown> {
  const { fetch, WebSocket: Socket, ...rest } = functions as Record<string, unknown>;
  const asks = (target: unknown) => urlAsks(target instanceof Request ? target.url : String(target));
  const get = account.counted(fetch, asks) as typeof globalThis.fetch;
  return {
    ...rest,
    fetch: async (...args: Parameters<typeof get>) => {
      const response = await get(...args);
      if (response.redirected) account.settle(urlAsks(response.url));
      return response;
    },
    WebSocket: new Proxy(Socket as typeof WebSocket, {
      construct: (target, args, as) => {
        const open = () => Reflect.construct(target, args, as);
        return (account.counted(open, () => asks(args[0])) as () => object)();
      },
    }),
  };
}

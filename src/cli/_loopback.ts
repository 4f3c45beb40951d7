import type { Listen } from "../component/mod.ts";

/** Opens a port of this machine, for a server that only this machine reaches. */
export function listenOnLoopback(handler: Parameters<Listen>[0]): ReturnType<Listen> {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, handler);
  return Promise.resolve({ address: `127.0.0.1:${server.addr.port}`, close: () => server.shutdown() });
}

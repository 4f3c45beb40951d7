import type { Listen } from "../component/mod.ts";

/** Opens a port of this machine, for a server that only this machine reaches. */
export const listenOnLoopback: Listen = async (handler) => {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, handler);
  return {
    address: `127.0.0.1:${server.addr.port}`,
    close: () => server.shutdown(),
  };
};

import { OsirisError } from "../diagnostic.ts";
import type { Listen } from "../component/mod.ts";
import { systemReason } from "./_system_reason.ts";

/** A port of this machine that is open. */
export interface OpenPort {
  /** Host and port, as they stand in an address. */
  readonly address: string;
  readonly port: number;
  close(): Promise<void>;
}

/** Opens a port of this machine, a free one unless it is named, for a server that only this machine reaches. */
export function listenOnLoopback(handler: Parameters<Listen>[0], port = 0): Promise<OpenPort> {
  return Promise.resolve().then(() => {
    const server = open(handler, port);
    return {
      address: `127.0.0.1:${server.addr.port}`,
      port: server.addr.port,
      close: () => server.shutdown(),
    };
  });
}

function open(handler: Parameters<Listen>[0], port: number): Deno.HttpServer<Deno.NetAddr> {
  try {
    return Deno.serve({ hostname: "127.0.0.1", port, onListen: () => {} }, handler);
  } catch (error) {
    const reason = error instanceof Deno.errors.AddrInUse ? "another program has it" : systemReason(error);
    throw new OsirisError("CLI810", `Cannot open port ${port} of this machine: ${reason ?? String(error)}`, {
      help: "give another --port, or none to take a free one",
    });
  }
}

import { setTimeout as pause } from "node:timers/promises";
import type { Listen } from "../component/mod.ts";
import { OsirisError } from "../diagnostic.ts";
import { systemReason } from "./_system_reason.ts";

/** A port of this machine that is open. */
export interface OpenPort {
  /** Host and port, as they stand in an address. */
  readonly address: string;
  readonly port: number;
  close(): Promise<void>;
}

/** How often it is seen whether the port is still open, in milliseconds. */
const LOOK_MS = 1000;

/**
 * Opens a port of this machine, a free one unless it is named, for a server that only this machine reaches.
 *
 * When somebody takes all connections that the system has to give, Deno closes the port, and what it says of that
 * differs from release to release: so it is looked at, and opened again once there are connections to have.
 */
export function listenOnLoopback(handler: Parameters<Listen>[0], port = 0): Promise<OpenPort> {
  return Promise.resolve().then(() => {
    const closing = new AbortController();
    let server = open(handler, port);
    const own = server.addr.port;
    const kept = keepOpen();
    return {
      address: `127.0.0.1:${own}`,
      port: own,
      async close() {
        closing.abort();
        await kept;
        await server.shutdown();
      },
    };

    async function keepOpen(): Promise<void> {
      while (!closing.signal.aborted) {
        await pause(LOOK_MS, undefined, { signal: closing.signal }).catch(() => {});
        if (closing.signal.aborted || await isOpen(own)) continue;
        try {
          server = open(handler, own);
        } catch {
          // Not yet: everything is still taken.
        }
      }
    }
  });
}

async function isOpen(port: number): Promise<boolean> {
  try {
    using _ = await Deno.connect({ hostname: "127.0.0.1", port });
    return true;
  } catch (error) {
    return !(error instanceof Deno.errors.ConnectionRefused);
  }
}

function open(handler: Parameters<Listen>[0], port: number): Deno.HttpServer<Deno.NetAddr> {
  try {
    const server = Deno.serve({ hostname: "127.0.0.1", port, onListen: () => {} }, handler);
    server.finished.catch(() => {}); // one that has no more connections to give is opened again
    return server;
  } catch (error) {
    const reason = error instanceof Deno.errors.AddrInUse ? "another program has it" : systemReason(error);
    throw new OsirisError("CLI810", `Cannot open port ${port} of this machine: ${reason ?? String(error)}`, {
      help: "give another --port, or none to take a free one",
    });
  }
}

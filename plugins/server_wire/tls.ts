import { isIP } from "node:net";

/** Whether a server's certificate is asked for, and its name. */
export type Tls = "off" | "verify_ca" | "verify";

/** Unless something else is said, only a server on this very machine is spoken to in the clear. */
export function tlsOf({ host, tls }: { readonly host: string; readonly tls?: Tls }): Tls {
  return tls ?? (isLoopback(host) ? "off" : "verify");
}

function isLoopback(host: string): boolean {
  return ["localhost", "::1", "[::1]"].includes(host) || (isIP(host) === 4 && host.startsWith("127."));
}

import { isIP } from "node:net";
import type { ClientConfig } from "pg";

/** The values of a connection of the family `postgres`, as its spec declares them. */
export interface PostgresConnection {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password?: string;
  readonly database: string;
  readonly tls?: "off" | "verify_ca" | "verify";
  readonly ca?: string;
  readonly connect_timeout_s: number;
  readonly timeout_s: number;
}

/** Where it is, as messages name it. */
export function placeOf({ host, port }: PostgresConnection): string {
  return `${host}:${port}`;
}

/** What the client library is told. */
export function clientOptions(connection: PostgresConnection): ClientConfig {
  const { host, port, user, password, database, connect_timeout_s } = connection;
  return {
    ...{ host, port: Number(port), user, database },
    password: password ?? "",
    application_name: "osiris",
    connectionTimeoutMillis: Math.round(connect_timeout_s * 1000),
    keepAlive: true,
    ssl: tlsOptions(connection),
  };
}

/** Unless something else is said, only a server on this very machine is spoken to in the clear. */
function tlsOptions({ host, tls, ca }: PostgresConnection): NonNullable<ClientConfig["ssl"]> {
  const level = tls ?? (isLoopback(host) ? "off" : "verify");
  if (level === "off") return false;
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(level === "verify" ? {} : { checkServerIdentity: () => undefined }),
  };
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

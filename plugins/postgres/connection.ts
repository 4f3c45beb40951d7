import type { ClientConfig } from "pg";
import { type Tls, tlsOf } from "../server_wire/mod.ts";

/** The values of a connection of the family `postgres`, as its spec declares them. */
export interface PostgresConnection {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password?: string;
  readonly database: string;
  readonly tls?: Tls;
  readonly ca?: string;
  readonly connect_timeout_s: number;
  readonly timeout_s: number;
}

/** What the client library is told. The wire turns to TLS by itself; that it does is all the library has to know. */
export function clientOptions(connection: PostgresConnection): ClientConfig {
  const { host, port, user, password, database, connect_timeout_s } = connection;
  return {
    ...{ host, port: Number(port), user, database },
    password: password ?? "",
    application_name: "osiris",
    connectionTimeoutMillis: Math.round(connect_timeout_s * 1000),
    ssl: tlsOf(connection) !== "off",
  };
}

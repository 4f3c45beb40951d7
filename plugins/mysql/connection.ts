import type { ConnectionOptions } from "mysql2";
import { type Tls, tlsOf } from "../server_wire/mod.ts";

/** The values of a connection of the family `mysql`, as its spec declares them. */
export interface MysqlConnection {
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

/** What the client library is told. Nothing is converted by it: rows are read by the extractor itself. */
export function clientOptions(connection: MysqlConnection): ConnectionOptions {
  const { host, port, user, password, database, connect_timeout_s } = connection;
  return {
    ...{ host, port: Number(port), user, database },
    password: password ?? "",
    charset: "utf8mb4",
    connectTimeout: Math.round(connect_timeout_s * 1000),
    disableEval: true,
    rowsAsArray: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    dateStrings: true,
    flags: ["+LOCAL_FILES"],
    // The wire turns to TLS by itself; that it does is all the library has to know.
    ...tlsOf(connection) === "off" ? {} : { ssl: {} },
  };
}

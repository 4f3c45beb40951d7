/**
 * What went wrong at a server, in words: a category, whether it is worth another attempt, and what to do.
 *
 * No statement is ever quoted: its text may hold values. What the server says is passed on, since it names the
 * column, the key or the row.
 *
 * @module
 */

import { DriverError, type DriverErrorOptions } from "osiris/driver";

/** What kind of trouble it is, for people and for `check`. */
export type Trouble = "auth" | "network" | "permission" | "timeout" | "config" | "data" | "conflict";

const CATEGORIES: { readonly [trouble in Trouble]: NonNullable<DriverErrorOptions["category"]> } = {
  auth: "connection",
  network: "connection",
  timeout: "connection",
  permission: "permission",
  config: "run",
  data: "run",
  conflict: "run",
};

/** A request that came to nothing. */
export class MysqlFailure extends DriverError {
  constructor(
    attempt: string,
    readonly trouble: Trouble,
    what: string,
    how: { readonly help: string; readonly transient?: boolean },
  ) {
    super(`${attempt} (${trouble}): ${what}`, {
      category: CATEGORIES[trouble],
      retryable: how.transient ?? false,
      help: how.help,
    });
  }
}

/** What the client library throws. */
interface ClientError {
  readonly code?: string;
  readonly errno?: number;
  readonly name?: string;
  readonly message?: string;
  readonly sqlMessage?: string;
}

interface Meaning {
  readonly trouble: Trouble;
  readonly help: string;
  readonly transient?: boolean;
  /** Instead of what was thrown. */
  readonly says?: string;
}

const LOGIN: Meaning = { trouble: "auth", help: "check user and password of the connection" };
const RIGHTS: Meaning = {
  trouble: "permission",
  help: "ask whoever runs the server to grant the user of the connection what is missing",
};
const BUSY: Meaning = {
  trouble: "network",
  transient: true,
  help: "try again later, or allow more connections on the server",
};
const CONFLICT: Meaning = {
  trouble: "conflict",
  transient: true,
  help: "try again; another transaction held the same rows",
};
const LOST: Meaning = {
  trouble: "network",
  transient: true,
  says: "the connection was cut before the answer was whole",
  help: "try again; the server or something on the way hung up",
};
const FULL: Meaning = { trouble: "data", help: "make room on the server, then run again; nothing was kept" };
const VALUE: Meaning = {
  trouble: "data",
  help: "mend the rows in a step before, or widen the table's column",
};

/** By the server's own numbers. */
const BY_NUMBER: { readonly [errno: number]: Meaning } = {
  1045: LOGIN,
  1698: LOGIN,
  1251: LOGIN,
  3118: LOGIN,
  3159: {
    trouble: "auth",
    help: "the server wants TLS: set `tls: verify` in the connection",
  },
  1044: RIGHTS,
  1142: RIGHTS,
  1143: RIGHTS,
  1227: RIGHTS,
  1370: RIGHTS,
  1049: { trouble: "config", help: "check `database` of the connection" },
  1146: { trouble: "config", help: "check the table's name, and `database` of the connection" },
  1054: { trouble: "config", help: "check the columns' names against the table" },
  1064: { trouble: "config", help: "check `query` with the server's own client" },
  1792: { trouble: "config", help: "a `query` only reads: write with mysql.writer" },
  1412: {
    trouble: "conflict",
    transient: true,
    help: "try again; the table was changed while it was read",
  },
  1040: BUSY,
  1203: BUSY,
  1226: BUSY,
  1053: { trouble: "network", transient: true, help: "try again when the server is up" },
  1205: CONFLICT,
  1213: CONFLICT,
  1020: CONFLICT,
  1927: LOST,
  1317: {
    trouble: "conflict",
    transient: true,
    help: "try again; somebody ended the statement on the server",
  },
  1021: FULL,
  1114: FULL,
  1153: { trouble: "data", help: "raise max_allowed_packet on the server" },
};

/** By what the runtime and the client library call it. */
const BY_CODE: { readonly [code: string]: Meaning } = {
  ECONNREFUSED: {
    trouble: "network",
    transient: true,
    says: "the connection was refused",
    help: "check host and port of the connection, and whether the server runs",
  },
  ENOTFOUND: {
    trouble: "network",
    says: "the name of the host cannot be resolved",
    help: "check the host of the connection, and the network",
  },
  EAI_AGAIN: {
    trouble: "network",
    transient: true,
    says: "the name of the host cannot be resolved",
    help: "check the host of the connection, and the network",
  },
  ETIMEDOUT: {
    trouble: "timeout",
    transient: true,
    says: "the server did not answer in time",
    help: "check host and port of the connection; raise `connect_timeout_s` for a slow one",
  },
  EHOSTUNREACH: { trouble: "network", transient: true, help: "check the network" },
  ENETUNREACH: { trouble: "network", transient: true, help: "check the network" },
  ECONNRESET: LOST,
  EPIPE: LOST,
  PROTOCOL_CONNECTION_LOST: LOST,
  HANDSHAKE_NO_SSL_SUPPORT: {
    trouble: "config",
    says: "the server offers no TLS",
    help: "turn TLS on in the server, or say `tls: off` in the connection",
  },
  HANDSHAKE_SSL_ERROR: {
    trouble: "network",
    help:
      "give the certificate of the server's authority as `ca`; `tls: verify_ca` takes a certificate with another name",
  },
};

/** What an error means. `attempt` says what was tried, such as `Cannot read the table 'orders' at db:3306`. */
export function failureOf(attempt: string, thrown: unknown): DriverError {
  if (thrown instanceof DriverError) return thrown;
  const error = thrown as ClientError;
  if (error.name === "NotCapable" || error.name === "PermissionDenied") {
    return new MysqlFailure(attempt, "permission", "the step is not granted this host and port", {
      help: "a step reaches host and port of its connection only",
    });
  }
  const meaning = meaningOf(error);
  const what = meaning.says ?? plain(error.sqlMessage ?? error.message ?? String(thrown));
  return new MysqlFailure(attempt, meaning.trouble, what, meaning);
}

function meaningOf({ code, errno, message = "", sqlMessage = "" }: ClientError): Meaning {
  const known = BY_NUMBER[errno ?? 0] ?? (code === undefined ? undefined : BY_CODE[code]);
  if (known !== undefined) return known;
  if (errno === 1148 || /LOAD DATA LOCAL|infile/i.test(sqlMessage)) return RIGHTS;
  if (sqlMessage !== "") return VALUE;
  if (/resolve|getaddrinfo|lookup/i.test(message)) return BY_CODE["ENOTFOUND"]!;
  if (/certificate|handshake|tls|UnknownIssuer/i.test(message)) return BY_CODE["HANDSHAKE_SSL_ERROR"]!;
  if (/closed|reset|broken|end of file/i.test(message)) return LOST;
  return {
    trouble: "network",
    transient: true,
    help: "check host and port of the connection, and the network",
  };
}

function plain(text: string): string {
  return text.trim().replace(/\s+/g, " ").slice(0, 600);
}

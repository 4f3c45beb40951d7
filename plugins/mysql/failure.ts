/**
 * What went wrong at a server, in words: a category, whether it is worth another attempt, and what to do.
 *
 * No statement is ever quoted: its text may hold values. What the server says is passed on, since it names the
 * column, the key or the row.
 *
 * @module
 */

import { type DriverError, type Meaning, oneLine, serverFailure } from "osiris/driver";

/** What the client library throws. */
interface ClientError {
  readonly code?: string;
  readonly errno?: number;
  readonly sqlMessage?: string;
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

/** By what the client library calls it. */
const BY_CODE: { readonly [code: string]: Meaning } = {
  PROTOCOL_CONNECTION_LOST: LOST,
  HANDSHAKE_NO_SSL_SUPPORT: {
    trouble: "config",
    says: "the server offers no TLS",
    help: "turn TLS on in the server, or say `tls: off` in the connection",
  },
};

/** What an error means. `attempt` says what was tried, such as `Cannot read the table 'orders' at db:3306`. */
export function failureOf(attempt: string, thrown: unknown): DriverError {
  return serverFailure(attempt, thrown, meaningOf);
}

function meaningOf(thrown: unknown): Meaning | undefined {
  const { code = "", errno = 0, sqlMessage = "" } = Object(thrown) as ClientError;
  const known = BY_NUMBER[errno] ?? BY_CODE[code];
  if (sqlMessage === "") return known;
  const local = errno === 1148 || /LOAD DATA LOCAL|infile/i.test(sqlMessage);
  return { says: oneLine(sqlMessage), ...known ?? (local ? RIGHTS : VALUE) };
}

/**
 * What went wrong at a server, in words: a category, whether it is worth another attempt, and what to do.
 *
 * No statement is ever quoted: its text may hold values. What the server says is passed on, with the row that it
 * names.
 *
 * @module
 */

import { DriverError, type DriverErrorOptions } from "osiris/driver";

/** What kind of trouble it is, for people. */
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
export class PostgresFailure extends DriverError {
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

/** What the client library throws; `code` is the server's SQLSTATE or the system's name of the error. */
interface ClientError {
  readonly code?: string;
  readonly name?: string;
  readonly message?: string;
  readonly severity?: string;
  readonly detail?: string;
  readonly where?: string;
}

interface Meaning {
  readonly trouble: Trouble;
  readonly help: string;
  readonly transient?: boolean;
  /** Instead of what was thrown. */
  readonly says?: string;
}

const LOST: Meaning = {
  trouble: "network",
  transient: true,
  says: "the connection was cut before the answer was whole",
  help: "try again; the server or something on the way hung up",
};
const UNRESOLVED: Meaning = {
  trouble: "network",
  says: "the name of the host cannot be resolved",
  help: "check the host of the connection, and the network",
};
const LATE: Meaning = {
  trouble: "timeout",
  transient: true,
  says: "the server did not answer in time",
  help: "check host and port of the connection; raise `connect_timeout_s` for a slow one",
};
const TLS: Meaning = {
  trouble: "network",
  help:
    "give the certificate of the server's authority as `ca`; `tls: verify_ca` takes a certificate with another name",
};
const CONFLICT: Meaning = {
  trouble: "conflict",
  transient: true,
  help: "try again; another transaction held the same rows",
};
const RESTARTING: Meaning = { trouble: "network", transient: true, help: "try again when the server is up" };
const VALUE: Meaning = {
  trouble: "data",
  help: "mend the rows in a step before, or change the table; nothing was kept",
};

/** By SQLSTATE, or its class of two letters. */
const BY_STATE: { readonly [state: string]: Meaning } = {
  "28": {
    trouble: "auth",
    help: "check user and password of the connection, and whether the server lets them in",
  },
  "3D": { trouble: "config", help: "check `database` of the connection" },
  "42501": {
    trouble: "permission",
    help: "ask whoever runs the server to grant the user of the connection what is missing",
  },
  "42P01": { trouble: "config", help: "check the table's name and schema; names keep their capitals" },
  "3F000": { trouble: "config", help: "create the schema first, or check its name" },
  "42703": {
    trouble: "config",
    help: "check the columns' names against the table; names keep their capitals",
  },
  "25006": { trouble: "config", help: "a `query` only reads: write with postgres.writer" },
  "42": { trouble: "config", help: "check the step with the server's own client, psql" },
  "40": CONFLICT,
  "55P03": CONFLICT,
  "53300": {
    trouble: "network",
    transient: true,
    help: "try again later, or allow more connections on the server",
  },
  "53": { trouble: "data", help: "make room on the server, then run again; nothing was kept" },
  "57014": {
    trouble: "conflict",
    transient: true,
    help: "try again; somebody ended the statement on the server",
  },
  "57": RESTARTING,
  "08": LOST,
};

/** By what the runtime calls it. */
const BY_CODE: { readonly [code: string]: Meaning } = {
  ECONNREFUSED: {
    trouble: "network",
    transient: true,
    says: "the connection was refused",
    help: "check host and port of the connection, and whether the server runs",
  },
  ENOTFOUND: UNRESOLVED,
  EAI_AGAIN: { ...UNRESOLVED, transient: true },
  ETIMEDOUT: LATE,
  EHOSTUNREACH: { trouble: "network", transient: true, help: "check the network" },
  ENETUNREACH: { trouble: "network", transient: true, help: "check the network" },
  ECONNRESET: LOST,
  ECONNABORTED: LOST,
  EPIPE: LOST,
};

/** What an error means. `attempt` says what was tried, such as `Cannot read the table 'orders' at db:5432`. */
export function failureOf(attempt: string, thrown: unknown): DriverError {
  if (thrown instanceof DriverError) return thrown;
  const error = thrown as ClientError;
  if (error.name === "NotCapable" || error.name === "PermissionDenied") {
    return new PostgresFailure(attempt, "permission", "the step is not granted this host and port", {
      help: "a step reaches host and port of its connection only",
    });
  }
  const meaning = meaningOf(error);
  const said = [error.message ?? String(thrown), error.detail, error.where?.split("\n")[0]];
  const what = meaning.says ?? said.filter((each) => each !== undefined).map(plain).join("; ");
  return new PostgresFailure(attempt, meaning.trouble, what, meaning);
}

function meaningOf({ code = "", message = "", severity }: ClientError): Meaning {
  if (severity !== undefined) return BY_STATE[code] ?? BY_STATE[code.slice(0, 2)] ?? VALUE;
  const known = BY_CODE[code];
  if (known !== undefined) return known;
  if (/timeout expired|timed? ?out/i.test(message)) return LATE;
  if (/does not support SSL/i.test(message)) {
    return {
      trouble: "config",
      says: "the server offers no TLS",
      help: "turn TLS on in the server, or say `tls: off` in the connection",
    };
  }
  if (/resolve|getaddrinfo|lookup/i.test(message)) return UNRESOLVED;
  if (/certificate|handshake|tls|UnknownIssuer|altname/i.test(message)) return TLS;
  if (/SASL|password/i.test(message)) return BY_STATE["28"]!;
  if (/terminated|closed|reset|broken|end of file|ended/i.test(message)) return LOST;
  return {
    trouble: "network",
    transient: true,
    help: "check host and port of the connection, and the network",
  };
}

function plain(text: string): string {
  return text.trim().replace(/\s+/g, " ").slice(0, 600);
}

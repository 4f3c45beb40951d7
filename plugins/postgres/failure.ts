/**
 * What went wrong at a server, in words: a category, whether it is worth another attempt, and what to do.
 *
 * No statement is ever quoted: its text may hold values. What the server says is passed on, with the row that it
 * names.
 *
 * @module
 */

import { type DriverError, type Meaning, oneLine, serverFailure } from "osiris/driver";

/** What the client library throws; what the server itself says has a severity, and its SQLSTATE as the code. */
interface ClientError {
  readonly code?: string;
  readonly message?: string;
  readonly severity?: string;
  readonly detail?: string;
  readonly where?: string;
}

const CONFLICT: Meaning = {
  trouble: "conflict",
  transient: true,
  help: "try again; another transaction held the same rows",
};
const RESTARTING: Meaning = { trouble: "network", transient: true, help: "try again when the server is up" };
const VALUE: Meaning = {
  trouble: "data",
  help: "mend the rows, in the query or in a step before, or change the table; nothing was kept",
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
  "22021": {
    trouble: "data",
    help:
      "no text of the server's can have a zero character: take it out in a query, with replace(column, chr(0), '')",
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
  "08": {
    trouble: "network",
    transient: true,
    help: "try again; the server or something on the way hung up",
  },
};

/** What an error means. `attempt` says what was tried, such as `Cannot read the table 'orders' at db:5432`. */
export function failureOf(attempt: string, thrown: unknown): DriverError {
  return serverFailure(attempt, thrown, meaningOf);
}

function meaningOf(thrown: unknown): Meaning | undefined {
  const { code = "", message = "", severity, detail, where } = Object(thrown) as ClientError;
  if (severity !== undefined) {
    const meaning = BY_STATE[code] ?? BY_STATE[code.slice(0, 2)] ?? VALUE;
    const said = [message, detail, where?.split("\n")[0]].filter((each) => each !== undefined);
    return { ...meaning, says: said.map(oneLine).join("; ") };
  }
  if (/does not support SSL/i.test(message)) {
    return {
      trouble: "config",
      says: "the server offers no TLS",
      help: "turn TLS on in the server, or say `tls: off` in the connection",
    };
  }
  return /SASL|password/i.test(message) ? BY_STATE["28"] : undefined;
}

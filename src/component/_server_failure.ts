/**
 * What went wrong at a server, in the same words whatever the server is: a category, whether it is worth another
 * attempt, and what to do. Every driver that speaks to one says its troubles through this, so that people, retries
 * and `connections doctor` can tell a wrong password from a cable that is out.
 *
 * What must stay true: what was thrown is passed on only where nothing better is known, cut short and on one line;
 * no statement is quoted, since its text may hold values.
 *
 * @module
 */

import { DriverError, type DriverErrorOptions } from "./_driver_error.ts";

/** What kind of trouble it is. `limit`: a bound of the server or the step; `conflict`: somebody else's work in between. */
export type Trouble =
  | "auth"
  | "network"
  | "permission"
  | "timeout"
  | "config"
  | "data"
  | "conflict"
  | "limit";

/** What is said about a failure beside what happened. */
export interface FailureOptions {
  /** What to do. */
  readonly help: string;
  /** Whether the same attempt may succeed soon. */
  readonly transient?: boolean;
  /** How long the server asks to be left alone, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
}

/** What an error of a server or of the way to it means. */
export interface Meaning extends FailureOptions {
  readonly trouble: Trouble;
  /** Instead of what was thrown. */
  readonly says?: string;
}

const CATEGORIES: { readonly [trouble in Trouble]: NonNullable<DriverErrorOptions["category"]> } = {
  auth: "connection",
  network: "connection",
  timeout: "connection",
  permission: "permission",
  config: "run",
  data: "run",
  conflict: "run",
  limit: "run",
};

/**
 * A request to a server that came to nothing. Thrown by `check`, it is what `connections doctor` shows.
 *
 * @example
 * ```ts
 * throw new ServerFailure("Cannot read the orders at db:5000", "auth", "the login was refused", {
 *   help: "check user and password of the connection",
 * });
 * ```
 */
export class ServerFailure extends DriverError {
  constructor(
    readonly attempt: string,
    readonly trouble: Trouble,
    readonly what: string,
    readonly how: FailureOptions,
  ) {
    const { help, transient = false, retryAfterMs } = how;
    super(`${attempt} (${trouble}): ${what}`, {
      category: CATEGORIES[trouble],
      retryable: transient,
      help,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
  }
}

/**
 * What was thrown, as an error that says what to do. `attempt` begins it, such as `Cannot read the table 'orders' at
 * db:5432`; `meaningOf` knows the server's own errors. What it leaves open is looked up among those of the runtime:
 * hosts that refuse, are silent or have no address, TLS, lines that were cut, hosts that were not granted.
 */
export function serverFailure(
  attempt: string,
  thrown: unknown,
  meaningOf: (thrown: unknown) => Meaning | undefined = () => undefined,
): DriverError {
  if (thrown instanceof DriverError) return thrown;
  const meaning = meaningOf(thrown) ?? lineTrouble(thrown);
  return new ServerFailure(attempt, meaning.trouble, meaning.says ?? oneLine(messageOf(thrown)), meaning);
}

/** A text of a server as it may stand in an error. */
export function oneLine(text: string): string {
  return text.trim().replace(/\s+/g, " ").slice(0, 600);
}

const NOT_GRANTED: Meaning = {
  trouble: "permission",
  says: "the step is not granted this host and port",
  help: "a step reaches the hosts of its connection only",
};
const REFUSED: Meaning = {
  trouble: "network",
  transient: true,
  says: "the connection was refused",
  help: "check host and port of the connection, and whether the server runs",
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
  help: "check host and port of the connection; allow a slow server more time",
};
const CUT: Meaning = {
  trouble: "network",
  transient: true,
  says: "the connection was cut before the answer was whole",
  help: "try again; the server or something on the way hung up",
};
const TLS: Meaning = {
  trouble: "network",
  help:
    "check the server's certificate: the name in it, who signed it (`ca` of the connection, where there is one), " +
    "and whether the server speaks TLS on this port",
};
const UNREACHED: Meaning = {
  trouble: "network",
  transient: true,
  help: "check host and port of the connection, and the network",
};

/** By what the system calls it. */
const BY_CODE: { readonly [code: string]: Meaning } = {
  ECONNREFUSED: REFUSED,
  ENOTFOUND: UNRESOLVED,
  EAI_AGAIN: { ...UNRESOLVED, transient: true },
  ETIMEDOUT: LATE,
  EHOSTUNREACH: UNREACHED,
  ENETUNREACH: UNREACHED,
  ECONNRESET: CUT,
  ECONNABORTED: CUT,
  EPIPE: CUT,
};

/** By how the runtime says it, where there is no code. */
const BY_TEXT: readonly (readonly [RegExp, Meaning])[] = [
  [/close_notify|unexpected.eof/i, CUT],
  [/temporary failure in name resolution/i, { ...UNRESOLVED, transient: true }],
  [/dns error|resolve|getaddrinfo|lookup/i, UNRESOLVED],
  [/refused/i, REFUSED],
  [/certificate|\btls\b|\bssl\b|handshake|UnknownIssuer|altname|corrupt message/i, TLS],
  [/timeout expired|timed? ?out/i, LATE],
  [/reading a body|before message completed|terminated|closed|reset|broken|end of file|ended/i, CUT],
];

/** What the runtime's own errors about a connection mean. */
function lineTrouble(thrown: unknown): Meaning {
  const { name, code } = (thrown ?? {}) as { readonly name?: unknown; readonly code?: unknown };
  if (name === "NotCapable" || name === "PermissionDenied") return NOT_GRANTED;
  if (typeof code === "string" && Object.hasOwn(BY_CODE, code)) return BY_CODE[code]!;
  const text = messageOf(thrown);
  const meaning = BY_TEXT.find(([pattern]) => pattern.test(text))?.[1] ?? UNREACHED;
  return meaning === TLS ? { ...TLS, says: `TLS failed: ${oneLine(text)}` } : meaning;
}

/** What is said of it, without URLs: their queries may hold keys. */
function messageOf(thrown: unknown): string {
  const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
  const text = cause instanceof Error ? cause.message : String(cause);
  return text.replaceAll(/\(?https?:\/\/\S+/g, "").split("client error (Connect): ").at(-1)!;
}

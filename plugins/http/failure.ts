import { DriverError, type DriverErrorOptions } from "osiris/driver";

/** What kind of trouble it is, for people and for `check`. */
export type Trouble = "auth" | "network" | "permission" | "timeout" | "config" | "limit";

const CATEGORIES: { readonly [trouble in Trouble]: NonNullable<DriverErrorOptions["category"]> } = {
  auth: "connection",
  network: "connection",
  timeout: "connection",
  permission: "permission",
  config: "run",
  limit: "run",
};

/** What is said about a failure beside what happened. */
export interface FailureOptions {
  readonly help: string;
  /** Whether the same request may succeed soon. */
  readonly transient?: boolean;
  /** How long the server asks to be left alone. */
  readonly retryAfterMs?: number | undefined;
  readonly status?: number;
}

/** A request that came to nothing. */
export class HttpFailure extends DriverError {
  readonly status: number | undefined;

  constructor(
    readonly request: string,
    readonly trouble: Trouble,
    what: string,
    readonly how: FailureOptions,
  ) {
    const { help, transient = false, retryAfterMs, status } = how;
    super(`Cannot read ${request}: ${what} (${trouble}${status === undefined ? "" : `, status ${status}`})`, {
      category: CATEGORIES[trouble],
      retryable: transient,
      help,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
    this.status = status;
  }
}

/** A request as messages name it: without its query, which may hold keys and tokens. */
export function named(method: string, url: URL): string {
  return `${method} ${url.origin}${url.pathname}`;
}

/** What a refused or broken connection is called. Undefined when the sandbox refused it. */
export function brokenOff(request: string, error: unknown): HttpFailure {
  if (error instanceof Error && (error.name === "NotCapable" || error.name === "PermissionDenied")) {
    return new HttpFailure(request, "permission", "the step is not granted this host and port", {
      help: "a step reaches the hosts of its connection's base_url and login_url only",
    });
  }
  const text = deepest(error);
  const again = (what: string, help: string) =>
    new HttpFailure(request, "network", what, { help, transient: true });
  if (/dns error|failed to lookup|resolve/i.test(text)) {
    return again("the name of the host cannot be resolved", "check the host in base_url, and the network");
  }
  if (/refused/i.test(text)) {
    return again(
      "the connection was refused",
      "check host and port in base_url, and whether the server runs",
    );
  }
  if (/certificate|tls|corrupt message|handshake|UnknownIssuer/i.test(text)) {
    return new HttpFailure(request, "network", `TLS failed: ${text}`, {
      help: "check the server's certificate, its port, and whether base_url should begin with http://",
    });
  }
  if (/reading a body|end of file|before message completed|reset|broken pipe|closed/i.test(text)) {
    return again(
      "the connection was cut before the answer was whole",
      "try again; the server or a proxy hung up",
    );
  }
  return again(`the connection failed: ${text}`, "check host and port in base_url, and the network");
}

/** What the runtime says about it, without URLs, since their queries may hold keys. */
function deepest(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const text = cause instanceof Error ? cause.message : String(cause);
  return text.replaceAll(/\(?https?:\/\/\S+/g, "").split("client error (Connect): ").at(-1)!.trim().slice(
    0,
    300,
  );
}

/** What a status means. `said` is the begin of the body. */
export function refusedBy(request: string, answer: Response, said: string, login: string): HttpFailure {
  const { status } = answer;
  const retryAfterMs = waitAsked(answer.headers.get("retry-after"), Date.now());
  const body = said === "" ? "" : `: ${said}`;
  const fail = (trouble: Trouble, what: string, help: string, transient = false) =>
    new HttpFailure(request, trouble, `${what}${body}`, { help, transient, status, retryAfterMs });
  if (status === 401) return fail("auth", "the server refused the login", `check ${login} of the connection`);
  if (status === 429 || (status === 403 && retryAfterMs !== undefined)) {
    return fail(
      "limit",
      "the server was asked too often",
      "lower requests_per_second, or allow more retries",
      true,
    );
  }
  if (status === 403) {
    return fail(
      "permission",
      "the login may not read this",
      "ask for the right to read it, or check path and login",
    );
  }
  if (status === 408 || status === 504) {
    return fail("timeout", "the server took too long", "try again, or ask for smaller pages", true);
  }
  if (status >= 500) {
    const again = status !== 501 && status !== 505;
    return fail("network", "the server failed", "try again later, or ask who runs the server", again);
  }
  if (status === 404 || status === 410) return fail("config", "there is nothing", "check path and base_url");
  return fail(
    "config",
    "the server refused the request",
    "check path, params and body against its documentation",
  );
}

/** `Retry-After`, in seconds or as a date, in milliseconds from now; undefined when it says nothing. */
export function waitAsked(header: string | null, now: number): number | undefined {
  const text = header?.trim() ?? "";
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const date = /[a-z]{3}/i.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

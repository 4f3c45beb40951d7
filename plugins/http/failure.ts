import {
  type DriverError,
  type FailureOptions,
  ServerFailure,
  serverFailure,
  type Trouble,
} from "osiris/driver";

/** A request that came to nothing. */
export class HttpFailure extends ServerFailure {
  readonly status: number | undefined;

  constructor(
    request: string,
    trouble: Trouble,
    what: string,
    how: FailureOptions & { readonly status?: number },
  ) {
    const { status } = how;
    super(`Cannot read ${request}`, trouble, status === undefined ? what : `status ${status}: ${what}`, how);
    this.status = status;
  }
}

/** A request as messages name it: without its query, which may hold keys and tokens. */
export function named(method: string, url: URL): string {
  return `${method} ${url.origin}${url.pathname}`;
}

/** What a refused or broken connection is called. */
export function brokenOff(request: string, error: unknown): DriverError {
  return serverFailure(`Cannot read ${request}`, error);
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

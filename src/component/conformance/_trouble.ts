import { TOO_LONG } from "./_attempt.ts";
import type { Example } from "./_example.ts";
import { RETRY_AFTER_S, type Trouble } from "./_server.ts";
import { type Check, type Fault, firstFault, saidBy, type Subject } from "./_subject.ts";

/** What a driver makes of a server in trouble. */
export const TROUBLE: readonly Check[] = [
  check(
    "http.busy",
    "a busy server (429, 503 with Retry-After) gives an error that may be tried again",
    (subject, example) => firstFault([429, 503] as const, (kind) => busy(subject, example, kind)),
  ),
  check("http.refused", "a refused login (401) gives an error that is final", async (subject, example) => {
    const { failure } = await troubled(subject, example, { from: 0, kind: 401 });
    if (failure === undefined) return worked("the server refused its login (401)");
    if (!failure.retryable) return undefined;
    return {
      reason: "the server refused its login (401), and its error says that trying again makes sense",
      next: 'throw new DriverError("…", { category: "connection" }) for 401 and 403',
    };
  }),
  check(
    "http.broken",
    "a broken answer gives an error, and no rows",
    (subject, example) =>
      firstFault(["garbage", "cut"] as const, async (kind) => {
        // The last answer: what came before it must not pass for the whole.
        const from = example.http!.length - 1;
        const { failure, timedOut } = await troubled(subject, example, { from, kind });
        const what = kind === "cut"
          ? "an answer ended in the middle"
          : "an answer was a page of HTML with status 200";
        if (timedOut) return stuck(what);
        return failure === undefined ? worked(what) : undefined;
      }),
  ),
];

function check(
  id: string,
  title: string,
  look: (subject: Subject, example: Example) => Promise<Fault | undefined>,
): Check {
  return {
    id,
    title,
    skip: ({ bench: { entry: { spec } }, working }) => {
      if ((spec.permissions.net ?? []).length === 0) return "";
      return working.some(isAsking) ? undefined : "no example that works has 'http'";
    },
    run: (subject) => look(subject, subject.working.find(isAsking)!),
  };
}

/** Whether it asks a server for what it needs; taking back is no more than an attempt. */
function isAsking({ http, then }: Example): boolean {
  return http !== undefined && then !== "abort";
}

async function busy(subject: Subject, example: Example, kind: 429 | 503): Promise<Fault | undefined> {
  const { failure, timedOut } = await troubled(subject, example, { from: 0, kind });
  const what = `the server was busy (${kind}, Retry-After: ${RETRY_AFTER_S})`;
  if (timedOut) return stuck(what);
  if (failure === undefined) return worked(what);
  const next = 'throw new DriverError("…", { retryable: true, retryAfterMs }) and let Osiris wait';
  if (!failure.retryable) return { reason: `${what}, and its error is final: ${saidBy(failure)}`, next };
  if (failure.retryAfterMs === RETRY_AFTER_S * 1000) return undefined;
  const asked = failure.retryAfterMs === undefined
    ? "says nothing of waiting"
    : `asks to wait ${failure.retryAfterMs} ms`;
  return { reason: `${what}, and its error ${asked}`, next };
}

function troubled(subject: Subject, example: Example, trouble: Trouble) {
  return subject.attempt(example, { trouble });
}

function worked(what: string): Fault {
  return {
    reason: `${what}, and it went on as if nothing were wrong`,
    next: "look at the answer's status and shape before taking rows from it",
  };
}

function stuck(what: string): Fault {
  return {
    reason: `${what}, and ${TOO_LONG}`,
    next: "fail with a retryable DriverError instead of waiting in the driver",
  };
}

/**
 * Hands a JSON document to a receiver by HTTP: again after a while when it is busy or away, a limited number of times.
 *
 * What must stay true: nothing here throws for what a receiver does; no header's value and no answer of a
 * receiver stands in what is said about it; a redirection is not followed, since headers may be secrets.
 *
 * @module
 */

import { setTimeout } from "node:timers/promises";

/** A document on its way. */
export interface Posting {
  /** What people call it. */
  readonly what: string;
  readonly url: string;
  readonly headers: { readonly [name: string]: string };
  readonly body: string;
  /** For one attempt. */
  readonly timeoutMs: number;
}

/** How to send. */
export interface SendOptions {
  /** Aborting it gives up. */
  readonly signal: AbortSignal;
  /** Attempts at one request; 5 when absent. */
  readonly attempts?: number;
  /** The first pause between attempts, doubled after each; 500 ms when absent. */
  readonly pauseMs?: number;
  readonly fetch?: typeof fetch;
}

/** What became of it: the receiver's answer, or why it was not taken, as the end of a sentence. */
export type Posted =
  | { readonly taken: true; readonly answer: string }
  | { readonly taken: false; readonly reason: string };

/** Sends a document. */
export async function postJson(posting: Posting, options: SendOptions): Promise<Posted> {
  const { signal, attempts = 5, pauseMs = 500 } = options;
  for (let attempt = 1;; attempt++) {
    const found = await attemptOnce(posting, options);
    if (typeof found === "string") return { taken: true, answer: found };
    const { reason, again, afterMs = 0 } = found;
    if (!again || attempt >= attempts || signal.aborted) return { taken: false, reason };
    const pause = Math.max(afterMs, pauseMs * 2 ** (attempt - 1));
    if (pause > LONGEST_PAUSE_MS) {
      return { taken: false, reason: `${reason}, and asks to wait ${Math.ceil(pause / 1000)} s` };
    }
    await setTimeout(pause, undefined, { signal }).catch(() => {}); // what was asked before stands
  }
}

/** A receiver that wants more time than this is not waited for. */
const LONGEST_PAUSE_MS = 30_000;
/** Answers after which the same document may be taken later. */
const RETRYABLE: readonly number[] = [429, 502, 503, 504];

/** What became of an attempt that failed. */
interface Refusal {
  readonly reason: string;
  readonly again: boolean;
  readonly afterMs?: number;
}

async function attemptOnce(
  { what, url, headers, body, timeoutMs }: Posting,
  { signal, fetch = globalThis.fetch }: SendOptions,
): Promise<string | Refusal> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body,
      redirect: "manual",
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    if (response.ok) return await response.text();
    await response.body?.cancel();
    const again = RETRYABLE.includes(response.status);
    return { reason: `it answers ${response.status} to ${what}`, again, ...retryAfter(response.headers) };
  } catch (error) {
    if (signal.aborted) return { reason: "there was no more time", again: false };
    const late = error instanceof DOMException && error.name === "TimeoutError";
    return { reason: late ? `no answer came in ${timeoutMs} ms` : "it cannot be reached", again: true };
  }
}

function retryAfter(headers: Headers): { afterMs?: number } {
  const text = headers.get("retry-after") ?? "";
  if (/^\d{1,6}$/.test(text)) return { afterMs: Number(text) * 1000 };
  const until = Date.parse(text) - Date.now();
  return until > 0 ? { afterMs: until } : {};
}

/**
 * Sends telemetry by OTLP/HTTP (https://opentelemetry.io/docs/specs/otlp/#otlphttp): again after a while when the
 * receiver is busy or away, a limited number of times.
 *
 * What must stay true: nothing here throws for what a receiver does; no header's value and no answer of a
 * receiver stands in what is said about it; a redirection is not followed, since headers may be secrets.
 *
 * @module
 */

import { setTimeout } from "node:timers/promises";
import type { OtlpRequest } from "./otlp.ts";

/** Where telemetry goes. */
export interface OtlpTarget {
  /** The address of the receiver; `/v1/traces` and so on follow it. */
  readonly endpoint: string;
  readonly headers: { readonly [name: string]: string };
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

/** Sends one request. Undefined when it was taken; else why it was not, as the end of a sentence. */
export async function sendOtlp(
  request: OtlpRequest,
  target: OtlpTarget,
  options: SendOptions,
): Promise<string | undefined> {
  const { signal, attempts = 5, pauseMs = 500 } = options;
  for (let attempt = 1;; attempt++) {
    const found = await attemptOnce(request, target, options);
    if (found === undefined) return undefined;
    if (!found.again || attempt >= attempts || signal.aborted) return found.reason;
    const pause = Math.max(found.afterMs ?? 0, pauseMs * 2 ** (attempt - 1));
    if (pause > LONGEST_PAUSE_MS) return `${found.reason}, and asks to wait ${Math.ceil(pause / 1000)} s`;
    await setTimeout(pause, undefined, { signal }).catch(() => {}); // what was asked before stands
  }
}

/** The address that a kind of telemetry goes to. */
function addressOf(endpoint: string, signal: OtlpRequest["signal"]): string {
  return `${endpoint.replace(/\/+$/, "")}/v1/${signal}`;
}

/** A receiver that wants more time than this is not waited for. */
const LONGEST_PAUSE_MS = 30_000;
/** What the protocol calls retryable. */
const RETRYABLE: readonly number[] = [429, 502, 503, 504];

/** What became of an attempt that failed. */
interface Refusal {
  readonly reason: string;
  readonly again: boolean;
  readonly afterMs?: number;
}

async function attemptOnce(
  { signal: kind, body, records }: OtlpRequest,
  target: OtlpTarget,
  { signal, fetch = globalThis.fetch }: SendOptions,
): Promise<Refusal | undefined> {
  try {
    const response = await fetch(addressOf(target.endpoint, kind), {
      method: "POST",
      headers: { ...target.headers, "content-type": "application/json" },
      body: JSON.stringify(body),
      redirect: "manual",
      signal: AbortSignal.any([signal, AbortSignal.timeout(target.timeoutMs)]),
    });
    if (response.ok) return partlyRefused(await response.text(), records);
    await response.body?.cancel();
    const again = RETRYABLE.includes(response.status);
    return { reason: `it answers ${response.status} to ${kind}`, again, ...retryAfter(response.headers) };
  } catch (error) {
    if (signal.aborted) return { reason: "there was no more time", again: false };
    const late = error instanceof DOMException && error.name === "TimeoutError";
    return {
      reason: late ? `no answer came in ${target.timeoutMs} ms` : "it cannot be reached",
      again: true,
    };
  }
}

/** What a receiver says that it did not take of a request that it accepted. */
function partlyRefused(answer: string, records: number): Refusal | undefined {
  const [, rejected] = /"rejected(?:Spans|DataPoints|LogRecords)"\s*:\s*"?([1-9]\d*)/.exec(answer) ?? [];
  return rejected === undefined
    ? undefined
    : { reason: `it refused ${rejected} of ${records} records`, again: false };
}

function retryAfter(headers: Headers): { afterMs?: number } {
  const text = headers.get("retry-after") ?? "";
  if (/^\d{1,6}$/.test(text)) return { afterMs: Number(text) * 1000 };
  const until = Date.parse(text) - Date.now();
  return until > 0 ? { afterMs: until } : {};
}

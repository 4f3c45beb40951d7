/** Trying again what says that it may succeed later. @module */

import { OsirisError } from "../diagnostic.ts";
import type { Retry } from "../manifest.ts";

/** The delay before retry number `n` (1 is the first), in milliseconds. */
export function backoff(retry: Retry, n: number, random: () => number): number {
  const factor = retry.backoff === "exponential" ? 2 ** (n - 1) : retry.backoff === "linear" ? n : 1;
  const delay = Math.min(retry.delay_ms * factor, retry.max_delay_ms);
  return retry.jitter ? delay * (0.5 + random() / 2) : delay;
}

/**
 * Runs `attempt` until it succeeds, says it is not worth another try, or has used up its retries.
 * An error's own `retry after` wins when it is longer than the backoff; one beyond all patience is not waited for.
 */
export async function withAttempts<T>(
  retry: Retry | undefined,
  attempt: (number: number) => Promise<T>,
  options: {
    signal: AbortSignal;
    onRetry(number: number, delayMs: number, error: OsirisError): void;
    random?: () => number;
  },
): Promise<T> {
  for (let number = 1;; number++) {
    try {
      return await attempt(number);
    } catch (error) {
      const worthIt = error instanceof OsirisError && error.retryable && retry !== undefined &&
        number <= retry.max && (error.retryAfterMs ?? 0) <= Math.max(retry.max_delay_ms, MOST_ASKED_MS);
      if (!worthIt || options.signal.aborted) throw error;
      const delay = Math.max(backoff(retry, number, options.random ?? Math.random), error.retryAfterMs ?? 0);
      options.onRetry(number, delay, error);
      await sleep(delay, options.signal);
    }
  }
}

/** Nobody waits longer than this because a failure asks for it, unless the policy itself is that patient. */
const MOST_ASKED_MS = 3_600_000;

/** Of several retry policies the most patient one: a fused statement is tried as often as its most patient step. */
export function mostPatient(policies: readonly (Retry | undefined)[]): Retry | undefined {
  return policies.reduce<Retry | undefined>(
    (best, next) => (next && next.max > (best?.max ?? 0) ? next : best),
    undefined,
  );
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal.addEventListener("abort", stop, { once: true });
  });
}

/** What went wrong, as plain data that may be shown. @module */

import { type Failure, OsirisError } from "../diagnostic.ts";

/** A failure without any secret its words may have picked up. */
export function scrubbed(failure: Failure, scrub: (text: string) => string): Failure {
  return {
    ...failure,
    message: scrub(failure.message),
    ...(failure.help === undefined ? {} : { help: scrub(failure.help) }),
  };
}

/** Any thrown value as the plain data of a failure. */
export function failureOf(error: unknown): Failure {
  if (error instanceof OsirisError) return error.toFailure();
  const message = error instanceof Error ? error.message : String(error);
  return {
    code: "BUG900",
    category: "run",
    message: `Osiris failed by a fault of its own: ${message}`,
    retryable: false,
  };
}

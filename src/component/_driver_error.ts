import { type Failure, OsirisError } from "../diagnostic.ts";

/** What a driver may say about an error. */
export interface DriverErrorOptions {
  /** Whether the same attempt may succeed later. */
  readonly retryable?: boolean;
  /** How long to wait before it, in milliseconds. */
  readonly retryAfterMs?: number;
  /** `connection` for a server that cannot be reached or refuses the login, `permission` for one that refuses the act. */
  readonly category?: "run" | "connection" | "permission";
  /** What to do. */
  readonly help?: string;
}

/**
 * An error that tells the engine what to make of it. Any other error a driver throws is final.
 *
 * @example
 * ```ts
 * throw new DriverError("the server is busy", { retryable: true, retryAfterMs: 2_000 });
 * ```
 */
export class DriverError extends Error {
  override readonly name = "DriverError";

  constructor(message: string, readonly options: DriverErrorOptions = {}) {
    super(message);
  }
}

const MAX_MESSAGE = 8_192;

/** The plain data of whatever was thrown. */
export function failureOf(error: unknown, code: "DRV401" | "DRV405" = "DRV401"): Failure {
  if (error instanceof OsirisError) return { ...error.toFailure(), message: cut(error.message) };
  const { retryable = false, retryAfterMs, category = "run", help } = error instanceof DriverError
    ? error.options
    : {};
  return {
    code,
    category,
    message: cut(messageOf(error)),
    retryable,
    ...(help === undefined ? {} : { help: cut(help) }),
    ...(retryAfterMs === undefined ? {} : { retry_after_ms: Math.max(0, Math.round(retryAfterMs)) }),
  };
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) {
    return typeof error === "string" && error.trim() !== ""
      ? error
      : `it threw ${shown(error)}, which is no error`;
  }
  if (error.message.trim() === "") return `it threw ${error.name} without a message`;
  const bare = error.name === "Error" || error instanceof DriverError;
  return bare ? error.message : `${error.name}: ${error.message}`;
}

function shown(value: unknown): string {
  return value === "" ? "''" : String(value);
}

function cut(text: string): string {
  return text.length > MAX_MESSAGE ? `${text.slice(0, MAX_MESSAGE)}…` : text;
}

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
  const refused = refusalOf(error);
  const { retryable = false, retryAfterMs, category = "run", help = refused?.help } =
    error instanceof DriverError ? error.options : {};
  return {
    code,
    category,
    message: cut(refused?.message ?? messageOf(error)),
    retryable,
    ...(help === undefined ? {} : { help: cut(help) }),
    ...(retryAfterMs === undefined ? {} : { retry_after_ms: Math.max(0, Math.round(retryAfterMs)) }),
  };
}

/** What Deno says of a missing permission, in the words of a component's author. */
const NO_ACCESS = /^Requires (read|write|net) access to (?:"([^"]*)"|(\S+?))(?:,|$)/;
/** A name that is there only where a step was granted something. */
const NOT_THERE = /^(fetch|Request|Response|WebSocket) is not defined$|^(Deno\.\w+) is not a function/;

/** Tells of an error that comes from doing what the step was not granted; undefined for any other. */
function refusalOf(error: unknown): { readonly message: string; readonly help: string } | undefined {
  if (error instanceof DriverError || !(error instanceof Error)) return undefined;
  const [, access, quoted, bare] = NO_ACCESS.exec(error.message) ?? [];
  if (access !== undefined) {
    const act = { read: "read", write: "write", net: "connect to" }[access];
    return {
      message: `it may not ${act} '${quoted ?? bare}'`,
      help:
        `what a step may touch is asked for in spec.yaml, under permissions.${access}; 'osiris plan' shows what it was granted`,
    };
  }
  const [, web, deno] = NOT_THERE.exec(error.message) ?? [];
  const name = web ?? deno;
  if (name === undefined) return undefined;
  return {
    message: messageOf(error),
    help:
      `a driver has ${name} only where its spec.yaml asks for something to reach, read or write with it, under permissions`,
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

/**
 * What the tool says about what a person wrote, and about what went wrong while it ran.
 *
 * A {@linkcode Diagnostic} is data: a stable code, a place, what was attempted, what is there and
 * what should be. Finding and rendering are separate, so `validate`, `compile`, `run`, `--json` and
 * the editor all show the same findings. Checking collects; it never stops at the first.
 *
 * An {@linkcode OsirisError} is how a failure of a run travels: it carries the same code and help,
 * and tells the caller whether trying again makes sense. Any other thrown error is a bug of ours.
 *
 * This file imports nothing.
 *
 * @module
 */

/** How bad a finding is: an `error` stops what was asked for, a `warning` does not. */
export type Severity = "error" | "warning";

/** One finding about a text somebody wrote. Lines and columns count from 1, columns in UTF-16 units. */
export interface Diagnostic {
  readonly code: Code;
  readonly severity: Severity;
  /** "What was attempted: what is there, and what should be", without a full stop at the end. */
  readonly message: string;
  /** The file as the person named it. */
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  readonly end_line?: number;
  readonly end_column?: number;
  /** The command or edit that mends it. */
  readonly help?: string;
  /** The place holds a secret: whoever renders it shows the position and masks the source line. */
  readonly redact?: true;
}

/** A value that was checked, beside everything found on the way. No value where errors forbid one. */
export interface Checked<T> {
  readonly value?: T;
  readonly diagnostics: readonly Diagnostic[];
}

/** What kind of failure it is; the command line turns it into the exit code. */
export type Category = "run" | "usage" | "connection" | "permission" | "check" | "interrupted";

/** The plain data of a failure, as it crosses the wire and stands in events and `status.json`. */
export interface Failure {
  readonly code: Code;
  readonly category: Category;
  readonly message: string;
  readonly help?: string;
  readonly step?: string;
  /** Whether the same attempt may succeed later. */
  readonly retryable: boolean;
  /** How long to wait before the next attempt, in milliseconds. */
  readonly retry_after_ms?: number;
}

/**
 * A failure that a person can act on.
 *
 * @example
 * ```ts
 * throw new OsirisError("ENG501", "Cannot read step 'sales': 'data/sales.csv' does not exist", {
 *   help: "check the path; it is relative to the project folder",
 * });
 * ```
 */
export class OsirisError extends Error {
  override readonly name = "OsirisError";
  readonly code: Code;
  readonly category: Category;
  readonly help: string | undefined;
  readonly step: string | undefined;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  /** Findings in a text, when the failure is that the text is not valid. */
  readonly diagnostics: readonly Diagnostic[];

  constructor(
    code: Code,
    message: string,
    options: {
      category?: Category;
      help?: string | undefined;
      step?: string | undefined;
      retryable?: boolean;
      retryAfterMs?: number | undefined;
      diagnostics?: readonly Diagnostic[];
      cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.category = options.category ?? "run";
    this.help = options.help;
    this.step = options.step;
    this.retryable = options.retryable ?? false;
    this.retryAfterMs = options.retryAfterMs;
    this.diagnostics = options.diagnostics ?? [];
  }

  /** The failure as plain data. */
  toFailure(): Failure {
    return {
      code: this.code,
      category: this.category,
      message: this.message,
      retryable: this.retryable,
      ...(this.help === undefined ? {} : { help: this.help }),
      ...(this.step === undefined ? {} : { step: this.step }),
      ...(this.retryAfterMs === undefined ? {} : { retry_after_ms: this.retryAfterMs }),
    };
  }

  /** The same failure, said of a step. */
  ofStep(step: string): OsirisError {
    return new OsirisError(this.code, this.message, {
      category: this.category,
      help: this.help,
      step: this.step ?? step,
      retryable: this.retryable,
      retryAfterMs: this.retryAfterMs,
      diagnostics: this.diagnostics,
      cause: this.cause,
    });
  }

  /** A failure that arrived as plain data. */
  static from(failure: Failure): OsirisError {
    return new OsirisError(failure.code, failure.message, {
      category: failure.category,
      help: failure.help,
      step: failure.step,
      retryable: failure.retryable,
      retryAfterMs: failure.retry_after_ms,
    });
  }
}

/** Every code the tool can say, with what it stands for. Codes are stable: a code is never reused. */
export const CODES = {
  // OML1xx: what can be said from the pipeline text alone (src/oml/).
  OML100: "not valid YAML",
  OML101: "too large or too deep",
  OML102: "text cannot be read",
  OML103: "unknown key",
  OML104: "missing key",
  OML105: "unknown step",
  OML106: "wrong value",
  OML107: "key from another language",
  OML108: "not supported yet",
  OML109: "duplicate key",
  OML110: "step id taken",
  OML111: "steps wait for each other",
  OML112: "wrong inputs",
  OML113: "not a reference",
  OML114: "unknown parameter",
  OML115: "parameter does not fit its declaration",
  OML116: "the environment cannot be read here",
  OML117: "YAML that OML does not take",
  OML118: "number cannot be kept exactly",
  OML119: "cannot be formatted without loss",
  OML120: "hook that cannot be",
  // CMP2xx: what needs the catalog, the connections or the parameters (src/compile/, src/manifest.ts).
  CMP201: "unknown component",
  CMP202: "mode the component does not have",
  CMP203: "configuration does not fit the component",
  CMP204: "unknown parameter",
  CMP205: "parameter without a value",
  CMP206: "parameter value does not fit its declaration",
  CMP207: "reference that has no place here",
  CMP208: "profile does not fit the pipeline",
  CMP209: "parameter that cannot be bound in SQL",
  CMP210: "literal secret",
  CMP211: "two steps write the same target",
  CMP212: "path written and read without an order",
  CMP213: "not a valid manifest",
  CMP214: "manifest changed after it was compiled",
  CMP215: "target is a file that Osiris itself needs",
  CMP216: "isolation weaker than the component needs",
  CMP217: "contract that cannot be kept",
  CMP218: "increment that could be lost or doubled",
  // CON3xx: connections and secrets (src/connection/).
  CON301: "unknown connection",
  CON302: "connections file is not valid",
  CON303: "two default aliases in one family",
  CON304: "variable is not set",
  CON305: "unknown or wrong field of a connection",
  CON306: "field that a step may not set",
  CON307: "connection of another family",
  CON308: "no connection given",
  CON309: "line of .env is not valid",
  // DRV4xx: component specs, the catalog, the wire and drivers (src/component/).
  DRV400: "component spec not valid",
  DRV401: "driver failed",
  DRV402: "driver broke the protocol",
  DRV403: "driver speaks another protocol version",
  DRV404: "driver stopped without an answer",
  DRV405: "driver could not be loaded",
  DRV406: "driver was cancelled",
  DRV407: "driver cannot do what was asked",
  DRV408: "value does not fit its column",
  DRV409: "permission cannot be worked out",
  DRV410: "component from outside is not allowed",
  DRV411: "lock file is not valid",
  DRV412: "package of a component cannot be taken",
  DRV413: "name of a component is taken",
  DRV414: "driver's code is not admitted",
  DRV415: "driver was killed at its deadline",
  DRV416: "driver ran out of memory",
  DRV417: "driver could not be confined",
  DRV418: "what a driver wrote cannot be put in place",
  DRV419: "granted host is this machine",
  DRV420: "example of a component cannot be run",
  DRV421: "signature of a component does not hold",
  DRV422: "file of trusted signers is not valid",
  DRV429: "driver wrote more than it may",
  // ENG5xx: what the engine refuses or cannot do (src/engine/).
  ENG500: "engine failure",
  ENG501: "source cannot be read",
  ENG502: "source holds nothing to read",
  ENG503: "row of a source cannot be read",
  ENG504: "sources do not fit together or their options",
  ENG505: "source was not read as it was given",
  ENG510: "query is not valid SQL",
  ENG511: "query may not do this",
  ENG512: "query names what does not exist",
  ENG513: "query failed on the data",
  ENG514: "query parameter cannot be bound",
  ENG520: "memory limit reached",
  ENG521: "disk full",
  ENG522: "statement stopped",
  ENG523: "access outside what the plan granted",
  ENG530: "target cannot be written",
  ENG531: "target exists already",
  ENG532: "output does not fit the target",
  ENG533: "target is being written by another run",
  ENG540: "batch cannot be taken",
  ENG541: "value cannot be carried exactly",
  ENG542: "column cannot be followed as a cursor",
  ENG550: "database file cannot be opened",
  ENG551: "database file is held by another program",
  ENG552: "database file has no such table or column",
  ENG553: "rows do not fit the table of a database file",
  ENG590: "the engine's native library cannot be unpacked",
  ENG591: "the engine's native library is damaged",
  // RUN6xx: planning and executing (src/run/).
  RUN602: "component of the manifest is not here",
  RUN603: "component is not the one the manifest was compiled with",
  RUN604: "two steps write one target",
  RUN605: "sensitive parameter without a value",
  RUN606: "step ran longer than its timeout",
  RUN607: "run cancelled",
  RUN608: "driver answered with the wrong kind of relation",
  RUN609: "driver asked for what the plan does not grant",
  RUN610: "step writes where Osiris keeps its own files",
  RUN611: "the operating system's sandbox is required and not there",
  RUN612: "connection did not answer in time",
  RUN613: "table is not behind the connection",
  RUN614: "cursor moved meanwhile, or is about to be moved by another run",
  RUN615: "nobody can tell whether an earlier load was done",
  RUN616: "cursor does not fit the step",
  RUN617: "not a range or window of a backfill",
  RUN618: "columns are not those that the contract promises",
  // SES7xx: sessions and state (src/session/, src/state/).
  SES701: "unknown session",
  SES702: "session exists already",
  SES703: "unusable name",
  SES704: "record cannot be written",
  SES710: "state cannot be used",
  SES711: "state written by a newer version",
  SES712: "state damaged",
  SES713: "cursor lost",
  // HKS85x: hooks beside a run (src/hook/).
  HKS850: "hook failed",
  HKS851: "hook ran longer than its timeout",
  HKS852: "program of a hook is not allowed",
  HKS853: "hook cannot be set up",
  // CLI8xx: how the command was called (src/cli/).
  CLI801: "wrong usage",
  CLI802: "unknown command",
  CLI803: "unknown flag",
  CLI804: "wrong argument or value",
  CLI805: "a file named on the command line cannot be read",
  CLI806: "no such project folder",
  CLI807: "it would overwrite what is there",
  CLI808: "the file's kind is not known",
  CLI810: "the operating system refused",
  CLI811: "what was sent was not taken",
  // BUG9xx: a fault of Osiris itself.
  BUG900: "internal error",
} as const;

/** A stable code of {@linkcode CODES}. */
export type Code = keyof typeof CODES;

/** Whether any finding is an error. */
export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((d) => d.severity === "error");
}

/** The nearest of `known` to a mistyped `word`, for "did you mean"; undefined when nothing is near. */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase(), least);
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
}

/** Levenshtein distance, given up at `limit`. (A library would be this file's only import.) */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, substitution));
    }
    row = next;
  }
  return row[b.length]!;
}

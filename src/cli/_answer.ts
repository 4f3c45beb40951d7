/**
 * What a command gives back: the same facts as data for `--json` and as text for people. Printing it
 * is the business of one place, {@linkcode file://./_print.ts}.
 *
 * @module
 */

import type { Diagnostic, Failure } from "../diagnostic.ts";

export interface Answer<Key extends string = string> {
  /** What `--json` prints, beside `command`, `exit_code`, `diagnostics` and `error`. */
  readonly document: { readonly [K in Key]?: unknown };
  /** The result that was asked for; printed even when quiet. */
  readonly text?: string;
  /** What was done; not printed when quiet. */
  readonly note?: string;
  /** Findings in texts that people wrote. */
  readonly diagnostics?: readonly Diagnostic[];
  /** What went wrong beside the work and changed nothing of it. */
  readonly warnings?: readonly string[];
  /** The texts that the findings are about, by file, to show their lines. */
  readonly texts?: ReadonlyMap<string, string>;
  /** What went wrong, when something did. */
  readonly failure?: Failure;
  /** Further lines below the failure, such as the session's path. */
  readonly trail?: readonly { readonly label: string; readonly text: string }[];
  /** What to type next, after a failure. */
  readonly next?: string;
  /** The document is one line, the last of several. */
  readonly compact?: true;
  /** 0 when absent, or what the failure or the findings ask for. */
  readonly exit?: number;
}

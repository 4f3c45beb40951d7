/**
 * What a command knows about how it was called and where it may print.
 *
 * @module
 */

import type { Interruption } from "./_interruption.ts";
import type { Stream } from "./_terminal.ts";

export interface Cli {
  /** The folder the command was typed in. */
  readonly cwd: string;
  /** `--project`, as typed. */
  readonly project: string | undefined;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly debug: boolean;
  /** Standard output. A command prints here only what it shows while it works; the rest is its answer. */
  readonly out: Stream;
  /** Standard error: what goes wrong, and the log. */
  readonly err: Stream;
  readonly interruption: Interruption;
}

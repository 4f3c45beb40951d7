/**
 * The declarations as plain data, for the reference page and whoever else wants to read them.
 *
 * @module
 */

import { COMMANDS } from "./_commands.ts";
import {
  type Argument,
  type Example,
  type Flag,
  type Flags,
  GLOBAL_FLAGS,
  type Shape,
  typed,
} from "./_declare.ts";
import { EXIT_MEANING } from "./_exit.ts";
import { usageLine } from "./_help.ts";

export interface FlagDescription extends Flag {
  /** As typed, such as `--dry-run`. */
  readonly flag: string;
}

export interface CommandDescription {
  readonly name: string;
  readonly usage: string;
  readonly summary: string;
  readonly details: readonly string[];
  readonly arguments: readonly Argument[];
  readonly flags: readonly FlagDescription[];
  /** Keys of its document of `--json`, beside those that all have. */
  readonly document: Shape;
  readonly examples: readonly Example[];
}

/** The whole command line as data. */
export interface Description {
  readonly commands: readonly CommandDescription[];
  readonly global_flags: readonly FlagDescription[];
  /** Keys that every document of `--json` may have. */
  readonly document: Shape;
  readonly exit_codes: readonly { readonly code: number; readonly meaning: string }[];
}

const COMMON_KEYS: Shape = {
  command: "the command, without its flags",
  exit_code: "the exit code",
  diagnostics: "findings in texts: code, severity, message, file, line, column, end_line, end_column, help",
  error: "what went wrong, when something did: code, category, message, help, step, retryable",
};

/** All of it, in the order of the help. */
export function description(): Description {
  return {
    commands: COMMANDS.map((command) => ({
      name: command.name,
      usage: usageLine(command),
      summary: command.summary,
      details: command.details,
      arguments: Object.values(command.arguments),
      flags: described(command.flags),
      document: command.document,
      examples: command.examples,
    })),
    global_flags: described(GLOBAL_FLAGS),
    document: COMMON_KEYS,
    exit_codes: EXIT_MEANING,
  };
}

function described(flags: Flags): FlagDescription[] {
  return Object.entries(flags).map(([name, flag]) => ({ flag: typed(name), ...flag }));
}

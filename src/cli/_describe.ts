/**
 * The declarations as plain data, for the reference page and whoever else wants to read them.
 *
 * @module
 */

import { COMMANDS } from "./_commands.ts";
import { type Argument, type Example, type Flag, type Flags, GLOBAL_FLAGS, typed } from "./_declare.ts";
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
  readonly examples: readonly Example[];
}

/** The whole command line as data. */
export interface Description {
  readonly commands: readonly CommandDescription[];
  readonly global_flags: readonly FlagDescription[];
  readonly exit_codes: readonly { readonly code: number; readonly meaning: string }[];
}

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
      examples: command.examples,
    })),
    global_flags: described(GLOBAL_FLAGS),
    exit_codes: EXIT_MEANING,
  };
}

function described(flags: Flags): FlagDescription[] {
  return Object.entries(flags).map(([name, flag]) => ({ flag: typed(name), ...flag }));
}

/** Flags that several commands share. @module */

import { OsirisError } from "../diagnostic.ts";
import type { Flags } from "./_declare.ts";
import { printable } from "../printable.ts";

/** What a compilation takes beside the text. */
export const COMPILE_FLAGS = {
  profile: { value: "NAME", summary: "the profile of the pipeline to use" },
  param: { value: "K=V", summary: "a parameter's value", many: true, short: "p" },
} as const satisfies Flags;

/** What is demanded of the walls around strangers' drivers. */
export const SANDBOX_FLAG = {
  require_os_sandbox: {
    summary: "fail when a driver's process would run without the operating system's sandbox",
  },
} as const satisfies Flags;

/** Where what a command makes for others goes. */
export const OUTPUT_FLAG = {
  output: {
    value: "FILE",
    summary: "write this file, whole or not at all, instead of standard output",
    short: "o",
    kind: "file",
  },
} as const satisfies Flags;

/** Which session a command is about. */
export const SESSION_FLAG = {
  session: {
    value: "ID",
    summary: "a session's id, a unique beginning of it, or 'last' (the default)",
    short: "s",
  },
} as const satisfies Flags;

/** The number that a flag was given. */
export function wholeNumber(flag: string, value: string): number {
  if (/^\d{1,9}$/.test(value)) return Number(value);
  throw new OsirisError(
    "CLI804",
    `Cannot read '${flag}': '${printable(value)}' is not a whole number from 0`,
    {
      category: "usage",
      help: `for example: ${flag} 10`,
    },
  );
}

/** A flag of a command that cannot be used as it was. */
export function unusable(command: string, flag: string, why: string, help: string): OsirisError {
  return new OsirisError("CLI804", `Cannot use '${flag}' of 'osiris ${command}': ${why}`, {
    category: "usage",
    help,
  });
}

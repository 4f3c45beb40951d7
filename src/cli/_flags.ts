/** Flags that several commands share. @module */

import type { Flags } from "./_declare.ts";

/** What a compilation takes beside the text. */
export const COMPILE_FLAGS = {
  profile: { value: "NAME", summary: "the profile of the pipeline to use" },
  param: { value: "K=V", summary: "a parameter's value", many: true, short: "p" },
} as const satisfies Flags;

/** Which session a command is about. */
export const SESSION_FLAG = {
  session: {
    value: "ID",
    summary: "a session's id, a unique beginning of it, or 'last' (the default)",
    short: "s",
  },
} as const satisfies Flags;

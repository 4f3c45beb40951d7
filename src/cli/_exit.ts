/**
 * The exit codes, decided here and nowhere else.
 *
 * @module
 */

import type { Category, Failure } from "../diagnostic.ts";

/** What each exit code means. A signal gives 128 and its number. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  connection: 3,
  permission: 4,
  check: 5,
  interrupted: 130,
  terminated: 143,
} as const;

/** What the reference page says of each code. */
export const EXIT_MEANING: readonly { readonly code: number; readonly meaning: string }[] = [
  { code: EXIT.done, meaning: "done" },
  { code: EXIT.failed, meaning: "the run or the check failed, or Osiris itself did" },
  { code: EXIT.usage, meaning: "wrong usage, an invalid file or an invalid configuration" },
  { code: EXIT.connection, meaning: "a connection failed" },
  { code: EXIT.permission, meaning: "a permission was not granted" },
  { code: EXIT.check, meaning: "a data test failed" },
  { code: EXIT.interrupted, meaning: "interrupted (Ctrl-C)" },
  { code: EXIT.terminated, meaning: "terminated (SIGTERM)" },
];

/** What an exit code says; of one that is none of ours, only that the run failed. */
export function meaningOf(code: number): string {
  return (EXIT_MEANING.find((known) => known.code === code) ?? EXIT_MEANING[1]!).meaning;
}

const CODE_OF: { readonly [category in Category]: number } = {
  run: EXIT.failed,
  usage: EXIT.usage,
  connection: EXIT.connection,
  permission: EXIT.permission,
  check: EXIT.check,
  interrupted: EXIT.interrupted,
};

/** The exit code of a failure; of none, that of success. */
export function exitCodeOf(failure: Pick<Failure, "category"> | undefined): number {
  return failure === undefined ? EXIT.done : CODE_OF[failure.category];
}

/**
 * How a command is declared: its name, arguments, flags and examples as data. Parsing, help,
 * completions and the reference page are all made from these declarations.
 *
 * @module
 */

import type { Answer } from "./_answer.ts";
import type { Cli } from "./_cli.ts";

/** What a shell may offer for a value. */
export type ValueKind = "file" | "folder";

/** A flag. Without `value` it is a switch. */
export interface Flag {
  readonly summary: string;
  /** What stands for the value in help, such as `DIR`. */
  readonly value?: string;
  readonly many?: true;
  readonly short?: string;
  readonly choices?: readonly string[];
  readonly kind?: ValueKind;
}

/** A positional argument. */
export interface Argument {
  readonly summary: string;
  /** What stands for it in help, such as `FILE`. */
  readonly value: string;
  readonly optional?: true;
  readonly many?: true;
  readonly choices?: readonly string[];
  readonly kind?: ValueKind;
}

/** A command line that works, and what it is good for. */
export interface Example {
  readonly line: string;
  readonly about: string;
}

type FlagValue<F extends Flag> = F extends { many: true } ? readonly string[]
  : F extends { value: string } ? string | undefined
  : boolean;

type ArgumentValue<A extends Argument> = A extends { many: true } ? readonly string[]
  : A extends { optional: true } ? string | undefined
  : string;

export type Flags = { readonly [name: string]: Flag };
export type Arguments = { readonly [name: string]: Argument };

/** What was typed, by the names of the declaration. */
export type Input<A extends Arguments, F extends Flags> =
  & { readonly [K in keyof A]: ArgumentValue<A[K]> }
  & { readonly [K in keyof F]: FlagValue<F[K]> };

/** What stands in the document of `--json` beside `command`, `exit_code`, `diagnostics` and `error`: key to meaning. */
export type Shape = { readonly [key: string]: string };

export interface Declaration<A extends Arguments, F extends Flags, D extends Shape> {
  /** The words that call it, such as `logs show`. */
  readonly name: string;
  readonly summary: string;
  /** Further paragraphs of its help. */
  readonly details?: readonly string[];
  readonly arguments: A;
  readonly flags: F;
  readonly document: D;
  readonly examples: readonly Example[];
  /** Does it. Heavy folders are imported in here, so that a command pays only for what it uses. */
  run(input: Input<A, F>, cli: Cli): Promise<Answer<keyof D & string>>;
}

/** A command whose input types nobody needs any more. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  readonly details: readonly string[];
  readonly arguments: Arguments;
  readonly flags: Flags;
  readonly document: Shape;
  readonly examples: readonly Example[];
  run(input: { readonly [name: string]: unknown }, cli: Cli): Promise<Answer>;
}

/** Declares a command; the types of its input follow from the declaration. Flag names are written `dry_run` for `--dry-run`. */
export function declare<const A extends Arguments, const F extends Flags, const D extends Shape>(
  declaration: Declaration<A, F, D>,
): Command {
  return {
    ...declaration,
    details: declaration.details ?? [],
    run: (input, cli) => declaration.run(input as Input<A, F>, cli),
  };
}

/** Flags that every command takes. */
export const GLOBAL_FLAGS = {
  project: { value: "DIR", kind: "folder", summary: "the project's folder (found by itself when not given)" },
  json: { summary: "print one JSON document, and nothing else, on standard output" },
  quiet: { summary: "print results and errors only", short: "q" },
  debug: { summary: "print everything, with full stacks of internal errors" },
  help: { summary: "show the help of a command", short: "h" },
} as const satisfies Flags;

/** How a flag is typed: `dry_run` is `--dry-run`. */
export function typed(name: string): string {
  return `--${name.replaceAll("_", "-")}`;
}

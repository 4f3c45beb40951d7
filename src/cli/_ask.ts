/**
 * One question to the person at the terminal. It is written on standard error, so that it stands
 * beside no result, and read from standard input.
 *
 * What must stay true: without a terminal on both sides there is no question; anything but a clear yes
 * is a no, the end of input and Ctrl-C included.
 *
 * @module
 */

import { OsirisError } from "../diagnostic.ts";
import type { Cli } from "./_cli.ts";

/** More than this is no answer to a question. */
const LONGEST_ANSWER = 1024;

/** Whether somebody is there who can be asked. */
export function canAsk(cli: Pick<Cli, "err" | "json">): boolean {
  return !cli.json && cli.err.terminal && Deno.stdin.isTerminal();
}

/** Asks; true for yes. Ctrl-C is thrown as an interruption. */
export async function ask(cli: Pick<Cli, "err" | "interruption">, question: string): Promise<boolean> {
  const { signal } = cli.interruption;
  const interrupted = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => interrupted.resolve(), { once: true });
  cli.err.write(`${question} [y/N] `);
  const answer = await Promise.race([line(), interrupted.promise]);
  if (answer === undefined) cli.err.write("\n"); // nobody pressed Enter
  if (!signal.aborted) return ["y", "yes"].includes((answer ?? "").trim().toLowerCase());
  throw new OsirisError("DRV410", "Cannot go on: the question was interrupted, and that is a no", {
    category: "interrupted",
    help: "nothing was allowed; ask again when you want to",
  });
}

/** What was typed up to Enter; undefined when it ends without. */
async function line(): Promise<string | undefined> {
  const typed: number[] = [];
  const chunk = new Uint8Array(256);
  while (typed.length < LONGEST_ANSWER) {
    const length = await Deno.stdin.read(chunk);
    if (length === null) return undefined;
    typed.push(...chunk.subarray(0, length));
    if (typed.includes(0x0a)) return new TextDecoder().decode(new Uint8Array(typed)).split("\n")[0]!;
  }
  return undefined;
}

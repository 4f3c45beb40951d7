/**
 * The command line: commands, flags, what is printed and the exit code. It is the only folder that
 * prints, and it ends nothing: `main.ts` exits with the code that {@linkcode main} gives.
 *
 * What must stay true: help, completions and the reference page come from the declarations that the
 * parser obeys; `--json` puts one document and nothing else on standard output; text from files and
 * data is never printed raw; `--version` alone loads nothing else of the program.
 *
 * @example
 * ```ts
 * Deno.exit(await main(["run", "pipeline.oml"]));
 * ```
 *
 * @module
 */

import { VERSION } from "./_version.ts";
import type { Description } from "./_describe.ts";

export { VERSION };
export type { Description };

/** Runs one command line to its end and gives the exit code. Does not throw for anything a person typed. */
export async function main(args: readonly string[]): Promise<number> {
  if (args.length === 1 && ["--version", "-V", "version"].includes(args[0]!)) {
    if (printed(`osiris ${VERSION}\n`)) return 0;
  }
  const { runCommandLine } = await import("./_program.ts");
  return await runCommandLine(args);
}

/** Every command, flag, example and exit code as data, for the reference page. */
export async function describeCommands(): Promise<Description> {
  const { description } = await import("./_describe.ts");
  return description();
}

/** Whether standard output took it; the program says why it did not. */
function printed(text: string): boolean {
  try {
    Deno.stdout.writeSync(new TextEncoder().encode(text));
    return true;
  } catch {
    return false;
  }
}

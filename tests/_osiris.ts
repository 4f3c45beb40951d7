/** Runs the program as a user meets it: `OSIRIS_BIN` when it is set, else from this checkout. @module */

import { join } from "node:path";
import { REPO } from "./_repo.ts";

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command that starts Osiris. */
export function osirisCommand(): string[] {
  const binary = Deno.env.get("OSIRIS_BIN");
  return binary ? [binary] : fromSource();
}

/** The command that starts it from this checkout, with further flags for Deno. */
export function fromSource(...flags: readonly string[]): string[] {
  return [
    Deno.execPath(),
    "run",
    ...flags,
    "-A",
    "--no-prompt",
    "--v8-flags=--disallow-code-generation-from-strings,--enable-experimental-regexp-engine-on-excessive-backtracks",
    `--config=${join(REPO, "deno.json")}`,
    join(REPO, "main.ts"),
  ];
}

/** A command before it, after which files may grow to 1 MB only: the way of a full disk that needs no disk of its own. */
export const SMALL_DISK: readonly string[] = ["sh", "-c", 'trap "" XFSZ; ulimit -f 2048; exec "$@"', "sh"];

/** Runs `osiris ARGS` in `cwd`; `prefix` puts another command before it, such as `prlimit`. */
export async function osiris(
  args: readonly string[],
  options: {
    readonly cwd: string;
    readonly env?: Readonly<Record<string, string>>;
    readonly prefix?: readonly string[];
  },
): Promise<Ran> {
  const [program, ...rest] = [...options.prefix ?? [], ...osirisCommand(), ...args];
  const output = await new Deno.Command(program!, {
    args: rest,
    cwd: options.cwd,
    env: { NO_COLOR: "1", ...options.env },
    stdin: "null",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code: output.code, stdout: text(output.stdout), stderr: text(output.stderr) };
}

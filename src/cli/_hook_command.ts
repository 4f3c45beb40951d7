/** Starts the program of a hook: no shell, hardly any variables, nothing printed. @module */

import type { Environment } from "../connection/mod.ts";
import type { CommandStart } from "../hook/mod.ts";

/** What a program needs to find its way; everything else of the environment may be a secret. */
const PASSED_ON = ["PATH", "HOME", "LANG", "TZ", "TMPDIR", "SYSTEMROOT"];

/** Starts it, hands it its input and gives its exit code. */
export async function startCommand(
  [program, ...args]: readonly string[],
  { cwd, input, signal }: CommandStart,
  env: Environment,
): Promise<number> {
  const known = PASSED_ON.flatMap((name) => {
    const value = env.get(name);
    return value === undefined ? [] : [[name, value]];
  });
  const child = new Deno.Command(program!, {
    args,
    cwd,
    clearEnv: true,
    env: Object.fromEntries(known),
    stdin: "piped",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const end = () => {
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended by itself.
    }
  };
  signal.addEventListener("abort", end, { once: true });
  if (signal.aborted) end();
  try {
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(input)).then(() => writer.close()).catch(() => {}); // it need not read
    return (await child.status).code;
  } finally {
    signal.removeEventListener("abort", end);
  }
}

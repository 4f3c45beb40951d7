/** What every part of the build needs: where it stands, this Deno, and packages as `deno.lock` names them. @module */

import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { LockedPackages } from "./_sbom.ts";

/** The checkout. */
export const root = fileURLToPath(new URL("../", import.meta.url));

/** A package that `deno.lock` names, for whatever machine it is meant, in a folder of its own. */
export async function install(name: string): Promise<{ folder: string; remove: () => void }> {
  const locked = lockedPackages(join(root, "deno.lock"));
  const key = Object.keys(locked).find((key) => key.startsWith(`${name}@`));
  if (key === undefined) throw new Error(`deno.lock does not name ${name}`);
  const place = Deno.makeTempDirSync({ prefix: "osiris-library-" });
  const remove = () => Deno.removeSync(place, { recursive: true });
  try {
    const config = join(place, "deno.json");
    Deno.writeTextFileSync(
      config,
      JSON.stringify({ nodeModulesDir: "auto", imports: { library: `npm:${key}` } }),
    );
    await deno(["install", "--quiet", `--config=${config}`], { cwd: place });
    if (lockedPackages(join(place, "deno.lock"))[key]?.integrity !== locked[key]?.integrity) {
      throw new Error(`${key} is not the package that deno.lock names: its integrity differs`);
    }
    return { folder: join(place, "node_modules", name), remove };
  } catch (error) {
    remove();
    throw error;
  }
}

/** What a `deno.lock` says of the npm packages. */
export function lockedPackages(file: string): LockedPackages {
  return JSON.parse(Deno.readTextFileSync(file)).npm;
}

/**
 * Runs this Deno and gives what it prints; what else it says is shown only when it fails. `DENORT_BIN`, the runtime for this machine,
 * reaches it with `runtime` alone.
 */
export async function deno(args: string[], { runtime = false, cwd = root } = {}): Promise<string> {
  const { DENORT_BIN, ...env } = Deno.env.toObject();
  if (runtime && DENORT_BIN) env["DENORT_BIN"] = resolve(DENORT_BIN);
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd,
    clearEnv: true,
    env: { ...env, NO_COLOR: "1" },
    stdin: "null",
  }).output();
  if (success) return new TextDecoder().decode(stdout);
  const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  throw new Error(`'deno ${args[0]}' failed: ${said.split("\nStack backtrace:")[0]!.trim()}`);
}

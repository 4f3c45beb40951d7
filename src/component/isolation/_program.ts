/**
 * How this very program is started once more, as the host of a driver.
 *
 * What must stay true: the child gets nothing of this process's environment but what Deno itself needs to
 * find its cache and its certificates, and what tells the time of day.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { isStandalone } from "../_standalone.ts";

/** A program to start. */
export interface Program {
  readonly path: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Files and folders that it reads as long as it runs. */
  readonly reads: readonly string[];
  /** Folders that it writes to while it starts. */
  readonly caches: readonly string[];
}

/** What the binary is told as its first argument when it is to host a driver. */
export const DRIVER_HOST = "--driver-host";

/** As those that the binary has built in. */
const V8_FLAGS =
  "--disallow-code-generation-from-strings,--enable-experimental-regexp-engine-on-excessive-backtracks";

/** The program that hosts a driver. */
export function driverHost(): Program {
  return isStandalone() ? compiled() : fromSource();
}

function compiled(): Program {
  return { path: Deno.execPath(), args: [DRIVER_HOST], env: kept(), reads: [], caches: [] };
}

function fromSource(): Program {
  const checkout = fileURLToPath(new URL("../../../", import.meta.url));
  const cache = denoCache();
  return {
    path: Deno.execPath(),
    args: [
      "run",
      "--quiet",
      "--no-check",
      "--cached-only",
      "--allow-all",
      "--no-prompt",
      `--config=${checkout}deno.json`,
      "--frozen",
      `--v8-flags=${V8_FLAGS}`,
      fileURLToPath(new URL("./_child_main.ts", import.meta.url)),
    ],
    env: { ...kept(), ...(cache === undefined ? {} : { DENO_DIR: cache }), DENO_NO_UPDATE_CHECK: "1" },
    reads: [checkout, ...(cache === undefined ? [] : [cache])],
    caches: cache === undefined ? [] : [cache],
  };
}

/** Variables whose values say nothing about the user, and without which a driver would behave otherwise than in a worker. */
function kept(): Record<string, string> {
  const names = ["TZ", "DENO_TLS_CA_STORE", "DENO_CERT"];
  const pairs = names.map((name) => [name, Deno.env.get(name)] as const);
  return Object.fromEntries(pairs.filter((pair): pair is [string, string] => pair[1] !== undefined));
}

/** Where Deno keeps modules, by Deno's own rules for Unix and otherwise by what it was told. */
function denoCache(): string | undefined {
  const [own, caches, home] = ["DENO_DIR", "XDG_CACHE_HOME", "HOME"].map((name) => Deno.env.get(name));
  if (own) return own;
  if (caches) return `${caches}/deno`;
  return home && `${home}/${Deno.build.os === "darwin" ? "Library/Caches" : ".cache"}/deno`;
}

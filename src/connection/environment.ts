/** The environment of the process and the project's `.env`, read once. @module */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Diagnostic } from "../diagnostic.ts";
import { parseDotenv } from "./_dotenv.ts";

/** How much is logged. */
export type LogLevel = "TRACE" | "DEBUG" | "INFO" | "WARN" | "ERROR";

const LEVELS: readonly string[] = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR"] satisfies LogLevel[];

/** Variables by name. A variable of the process wins over the same one in `.env`. */
export interface Environment {
  get(name: string): string | undefined;
  /** The `OSIRIS_PARAM_*` variables, by what follows the prefix, as written. */
  envParams(): { readonly [name: string]: string };
  /** `OSIRIS_LOG_LEVEL`; undefined when it is not set or no level. */
  readonly logLevel: LogLevel | undefined;
  /** Whether `NO_COLOR` is set, or the terminal says it is dumb. */
  readonly noColor: boolean;
  /** Whether this is a machine that builds, and nobody watches. */
  readonly ci: boolean;
  /** The folder for what can be made again: `XDG_CACHE_HOME`, `LOCALAPPDATA`, or `.cache` at home. */
  readonly cacheFolder: string | undefined;
  /** False when `OSIRIS_OS_SANDBOX` is `off`: drivers then run without the operating system's sandbox. */
  readonly osSandbox: boolean;
  /** What was wrong with `.env` or with a variable. */
  readonly diagnostics: readonly Diagnostic[];
}

/** The environment of this process together with `.env` of the project. */
export function loadEnvironment(projectRoot: string): Environment {
  const file = join(projectRoot, ".env");
  const { text, diagnostics } = readDotenv(file);
  const parsed = parseDotenv(text, file);
  const variables = { ...Object.fromEntries(parsed.values), ...Deno.env.toObject() };
  return environmentOf(variables, [...diagnostics, ...parsed.diagnostics]);
}

/** An environment of exactly these variables. */
export function environmentOf(
  variables: { readonly [name: string]: string },
  diagnostics: readonly Diagnostic[] = [],
): Environment {
  const get = (name: string) => (Object.hasOwn(variables, name) ? variables[name] : undefined);
  const level = get("OSIRIS_LOG_LEVEL")?.toUpperCase();
  const known = level !== undefined && LEVELS.includes(level);
  const sandbox = get("OSIRIS_OS_SANDBOX") ?? "";
  return {
    get,
    envParams: () => Object.fromEntries(paramsOf(variables)),
    logLevel: known ? level as LogLevel : undefined,
    noColor: (get("NO_COLOR") ?? "") !== "" || get("TERM") === "dumb",
    ci: !["", "0", "false"].includes(get("CI") ?? ""),
    cacheFolder: get("XDG_CACHE_HOME") || get("LOCALAPPDATA") ||
      (get("HOME") ? join(get("HOME")!, ".cache") : undefined),
    osSandbox: sandbox !== "off",
    diagnostics: [
      ...diagnostics,
      ...(level === undefined || level === "" || known ? [] : [wrongLevel(get("OSIRIS_LOG_LEVEL")!)]),
      ...(["", "on", "off"].includes(sandbox) ? [] : [wrongSandbox(sandbox)]),
    ],
  };
}

const PARAM_PREFIX = "OSIRIS_PARAM_";

function paramsOf(variables: { readonly [name: string]: string }): [string, string][] {
  return Object.entries(variables)
    .filter(([name]) => name.startsWith(PARAM_PREFIX))
    .map(([name, value]) => [name.slice(PARAM_PREFIX.length), value]);
}

function wrongLevel(level: string): Diagnostic {
  return {
    code: "CLI801",
    severity: "error",
    message: `Cannot use OSIRIS_LOG_LEVEL: it is '${level}', and should be one of ${LEVELS.join(", ")}`,
    help: "set it to one of these, or unset it",
  };
}

function wrongSandbox(value: string): Diagnostic {
  return {
    code: "CLI801",
    severity: "error",
    message: `Cannot use OSIRIS_OS_SANDBOX: it is '${value}', and should be 'on' or 'off'`,
    help: "unset it, which is the same as 'on'",
  };
}

function readDotenv(file: string): { text: string; diagnostics: Diagnostic[] } {
  try {
    return { text: readFileSync(file, "utf8"), diagnostics: [] };
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return { text: "", diagnostics: [] };
    const message = `Cannot read '${file}': it is there, but it cannot be opened as a file`;
    const help = "make it a readable file, or remove it";
    return { text: "", diagnostics: [{ code: "CON309", severity: "error", message, file, help }] };
  }
}

/**
 * What `connections doctor` and `discover` ask drivers with: the project's connections, its components, and
 * what somebody allowed of them.
 *
 * @module
 */

import { join } from "node:path";
import { loadConnections, loadEnvironment } from "../connection/mod.ts";
import { type Diagnostic, hasErrors, OsirisError } from "../diagnostic.ts";
import type { AskInput } from "../run/mod.ts";
import type { Cli } from "./_cli.ts";
import { demandLock, projectCatalog } from "./_components.ts";
import type { Flags } from "./_declare.ts";
import { wholeNumber } from "./_flags.ts";
import { projectOf, shownPath } from "./_project.ts";

/** How long a driver may take, and how much is said of it. */
export const ASK_FLAGS = {
  timeout: { value: "SECONDS", summary: "how long a connection may take to answer (10 when not given)" },
  verbose: { summary: "show what each driver was granted", short: "v" },
} as const satisfies Flags;

/** What drivers are asked with, or what is wrong with the files that say it. */
export interface Askable {
  /** The connections file, as a person would name it. */
  readonly file: string;
  readonly input?: AskInput;
  readonly diagnostics: readonly Diagnostic[];
  /** Components that may have had something to say and cannot be used. */
  readonly warnings: readonly string[];
}

/** Loads what drivers are asked with. */
export async function loadAskable(cli: Cli, timeout: string | undefined): Promise<Askable> {
  const deadlineMs = 1000 * secondsOf(timeout);
  const project = projectOf(cli);
  const env = loadEnvironment(project.root);
  const file = shownPath(join(project.root, "osiris_connections.yaml"), cli.cwd);
  const { value: connections, diagnostics: found } = loadConnections(file, env);
  const diagnostics = [...env.diagnostics, ...found];
  const about = { file, diagnostics, warnings: [] };
  if (connections === undefined || hasErrors(diagnostics)) return about;
  const catalog = await projectCatalog(project);
  const lock = demandLock(cli, project);
  const { signal } = cli.interruption;
  return {
    ...about,
    input: { catalog, connections, env, project, lock, deadlineMs, signal },
    warnings: catalog.broken().map(({ error }) => error.message),
  };
}

const LONGEST_S = 3600;

function secondsOf(timeout: string | undefined): number {
  const seconds = timeout === undefined ? 10 : wholeNumber("--timeout", timeout);
  if (seconds >= 1 && seconds <= LONGEST_S) return seconds;
  throw new OsirisError(
    "CLI804",
    `Cannot use '--timeout ${seconds}': it should be between 1 and ${LONGEST_S} seconds`,
    { category: "usage", help: "for example: --timeout 30" },
  );
}

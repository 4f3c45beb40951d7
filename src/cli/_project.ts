/**
 * Where a project's files lie: the folder of `--project`, or the nearest one above the pipeline that
 * holds `osiris.yaml` or `osiris_connections.yaml`, or the current one.
 *
 * @module
 */

import { statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { OsirisError } from "../diagnostic.ts";
import type { Project } from "../run/mod.ts";
import type { Cli } from "./_cli.ts";
import { printable } from "../printable.ts";

const MARKERS = ["osiris.yaml", "osiris_connections.yaml"];

/** The project of a command; `file` is the pipeline or manifest it names, as typed. */
export function projectOf(cli: Pick<Cli, "cwd" | "project">, file?: string): Project {
  const root = cli.project === undefined ? rootAbove(cli.cwd, file) : named(cli.cwd, cli.project);
  return { root, logs: join(root, "logs"), state: join(root, ".osiris") };
}

/** Where a project keeps the components that are not part of Osiris. */
export function componentsFolder({ root }: Pick<Project, "root">): string {
  return join(root, "components");
}

/** A path as a person in `cwd` would type it. */
export function shownPath(path: string, cwd: string): string {
  const short = relative(cwd, path);
  if (short === "") return ".";
  return short.startsWith("..") ? path : short;
}

function named(cwd: string, typed: string): string {
  const root = resolve(cwd, typed);
  if (isFolder(root)) return root;
  throw new OsirisError(
    "CLI806",
    `Cannot use the project folder '${printable(typed)}': there is no such folder`,
    {
      category: "usage",
      help: "give --project the folder that holds the pipeline's data and osiris_connections.yaml",
    },
  );
}

function rootAbove(cwd: string, file: string | undefined): string {
  let folder = file === undefined ? cwd : dirname(resolve(cwd, file));
  while (true) {
    if (MARKERS.some((name) => exists(join(folder, name)))) return folder;
    const above = dirname(folder);
    if (above === folder) return cwd;
    folder = above;
  }
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

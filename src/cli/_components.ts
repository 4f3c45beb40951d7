/**
 * The components of a project: those of Osiris, and those from outside in its folder `components/`
 * with the lock that says which of them somebody allowed.
 *
 * @module
 */

import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import {
  type Catalog,
  type CatalogEntry,
  loadCatalog,
  type Lock,
  LOCK_FILE,
  lockText,
  NO_LOCK,
  parseLock,
} from "../component/mod.ts";
import { type Checked, OsirisError } from "../diagnostic.ts";
import type { Project } from "../run/mod.ts";
import type { Cli } from "./_cli.ts";
import { componentsFolder, shownPath } from "./_project.ts";
import { systemReason } from "./_system_reason.ts";
import { writeWhole } from "./_write.ts";

/** Every component that a project can name. */
export async function projectCatalog(project: Pick<Project, "root">): Promise<Catalog> {
  const folder = componentsFolder(project);
  const there = statSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false;
  return await loadCatalog(there ? { folders: [folder] } : {});
}

/** Those of a catalog that are not part of Osiris. */
export function outsiders(catalog: Catalog): readonly CatalogEntry[] {
  return catalog.entries().filter(({ origin }) => origin === "outside");
}

/** The project's lock; one that is not there allows nothing, and one that cannot be read is a finding. */
export function projectLock(cli: Pick<Cli, "cwd">, project: Pick<Project, "root">): Checked<Lock> {
  const path = join(project.root, LOCK_FILE);
  const file = shownPath(path, cli.cwd);
  try {
    return parseLock(readFileSync(path, "utf8"), file);
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return { value: NO_LOCK, diagnostics: [] };
    const why = systemReason(error) ?? (error instanceof Error ? error.message : String(error));
    const message = `Cannot read the lock: ${why}`;
    return {
      diagnostics: [{ code: "DRV411", severity: "error", message, file, help: "make it a readable file" }],
    };
  }
}

/** The project's lock; throws what is wrong with it. */
export function demandLock(cli: Pick<Cli, "cwd">, project: Pick<Project, "root">): Lock {
  const { value, diagnostics } = projectLock(cli, project);
  if (value) return value;
  throw new OsirisError("DRV411", diagnostics[0]!.message, { category: "usage", diagnostics });
}

/** Replaces the project's lock, whole. */
export async function writeLock(project: Pick<Project, "root">, lock: Lock): Promise<void> {
  await writeWhole(join(project.root, LOCK_FILE), lockText(lock));
}

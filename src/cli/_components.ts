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
  parseSigners,
  SIGNERS_FILE,
} from "../component/mod.ts";
import { type Checked, type Diagnostic, OsirisError } from "../diagnostic.ts";
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

/**
 * The project's lock, with the signers that the project trusts; one that is not there allows nothing, and one that cannot be
 * read is a finding.
 */
export function projectLock(cli: Pick<Cli, "cwd">, project: Pick<Project, "root">): Checked<Lock> {
  const lock = ownFile(cli, project, LOCK_FILE, { code: "DRV411", what: "the lock" }, parseLock);
  const signers = ownFile(
    cli,
    project,
    SIGNERS_FILE,
    { code: "DRV422", what: "whose components this project takes" },
    parseSigners,
  );
  const diagnostics = [...lock?.diagnostics ?? [], ...signers?.diagnostics ?? []];
  if (diagnostics.length > 0) return { diagnostics };
  return {
    value: { ...lock?.value ?? NO_LOCK, ...(signers?.value ? { signers: signers.value } : {}) },
    diagnostics,
  };
}

/** What one of the project's own files says; undefined when it is not there. */
function ownFile<T>(
  cli: Pick<Cli, "cwd">,
  project: Pick<Project, "root">,
  name: string,
  { code, what }: { readonly code: Diagnostic["code"]; readonly what: string },
  parse: (text: string, file: string) => Checked<T>,
): Checked<T> | undefined {
  const path = join(project.root, name);
  const file = shownPath(path, cli.cwd);
  try {
    return parse(readFileSync(path, "utf8"), file);
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return undefined;
    const why = systemReason(error) ?? (error instanceof Error ? error.message : String(error));
    const message = `Cannot read ${what}: ${why}`;
    return { diagnostics: [{ code, severity: "error", message, file, help: "make it a readable file" }] };
  }
}

/** The project's lock; throws what is wrong with it, or with the file of signers. */
export function demandLock(cli: Pick<Cli, "cwd">, project: Pick<Project, "root">): Lock {
  const { value, diagnostics } = projectLock(cli, project);
  if (value) return value;
  const [first] = diagnostics;
  throw new OsirisError(first!.code, first!.message, { category: "usage", diagnostics });
}

/** Replaces the project's lock, whole. */
export async function writeLock(project: Pick<Project, "root">, lock: Lock): Promise<void> {
  await writeWhole(join(project.root, LOCK_FILE), lockText(lock));
}

/** What the `osiris.yaml` of a project says. @module */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Checked } from "../diagnostic.ts";
import { parseProject, type ProjectSettings } from "../oml/mod.ts";
import type { Project } from "../run/mod.ts";
import type { Cli } from "./_cli.ts";
import { shownPath } from "./_project.ts";
import { systemReason } from "./_system_reason.ts";

/** Reads and checks it; a project without one has no settings. */
export function projectSettings(
  cli: Pick<Cli, "cwd">,
  { root }: Pick<Project, "root">,
): Checked<ProjectSettings> {
  const path = join(root, "osiris.yaml");
  const file = shownPath(path, cli.cwd);
  try {
    return parseProject(readFileSync(path), file);
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return { diagnostics: [] };
    const reason = systemReason(error);
    if (reason === undefined) throw error;
    const message = `Cannot read the project's settings '${file}': ${reason}`;
    const help = "make it a readable file, or remove it";
    return { diagnostics: [{ code: "CLI805", severity: "error", message, file, help }] };
  }
}

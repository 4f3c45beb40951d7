/** A path that a driver named, provided the plan granted it. @module */

import { isAbsolute, join, normalize } from "node:path";
import { realpathSync } from "node:fs";
import { OsirisError } from "../diagnostic.ts";
import type { ManifestStep } from "../manifest.ts";

/** The granted path that `path` means; throws when it means none: what a driver says is a wish, the plan is the law. */
export function grantedPath(
  path: string,
  granted: readonly string[],
  root: string,
  step: ManifestStep,
): string {
  const absolute = isAbsolute(path) ? normalize(path) : join(root, path);
  const found = granted.find((grant) => grant === absolute || grant === real(absolute));
  if (found !== undefined) return found;
  throw new OsirisError(
    "RUN609",
    `Cannot run step '${step.id}': its driver asked for '${path}', which the plan does not grant it`,
    {
      category: "permission",
      step: step.id,
      help: "'osiris plan' shows what the step may touch",
    },
  );
}

function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

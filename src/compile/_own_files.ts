/** Files that Osiris itself needs, which no step may overwrite. @module */

import type { StepDecl } from "../oml/mod.ts";
import type { Findings } from "./_findings.ts";
import { partsOf, pathOf } from "./_targets.ts";

/** Where things lie. Absolute paths. */
export interface Place {
  /** The project's folder, to which relative paths belong. */
  readonly root: string;
  /** The pipeline's own file. */
  readonly file: string;
}

/** What is Osiris' own in each project, and what it is. */
export const OWN: readonly (readonly [path: string, what: string])[] = [
  ["osiris_connections.yaml", "the project's connections"],
  ["osiris.yaml", "the project's settings"],
  [".env", "the project's variables"],
  [".osiris", "what Osiris keeps between runs"],
  ["logs", "the record of the runs"],
  ["osiris.lock", "what somebody allowed"],
  ["osiris_signers", "whose components are taken"],
  ["components", "the components from outside"],
];

/** Reports every target that is one of Osiris' own files, lies in one of its folders, or is a folder around them. */
export function refuseOwnFiles(
  all: readonly { readonly step: StepDecl; readonly write: readonly string[] }[],
  place: Place | undefined,
  findings: Findings,
): void {
  const root = place === undefined ? [] : machineParts(place.root);
  const pipeline = place === undefined ? partsOf(findings.pipeline.file) : machineParts(place.file);
  const own = [
    ...OWN.map(([path, what]) => ({ parts: [...root, path], what })),
    { parts: pipeline, what: "the pipeline itself" },
  ];
  for (const { step, write } of all) {
    for (const path of write) {
      const parts = targetParts(path, root);
      const hit = own.find((each) => startsWith(parts, each.parts) || startsWith(each.parts, parts));
      if (hit) refuse(step, path, hit.what, findings);
    }
  }
}

function targetParts(path: string, root: readonly string[]): readonly string[] {
  const absolute = path.startsWith("/") || /^[A-Za-z]:[\\/]/.test(path);
  if (absolute || root.length === 0) return machineParts(path);
  return partsOf(`${root.join("/")}/${path}`);
}

/** Parts of a path as this machine writes it, which may have a drive and backslashes. */
function machineParts(path: string): readonly string[] {
  return partsOf(/^[A-Za-z]:[\\/]/.test(path) ? path.replaceAll("\\", "/") : path);
}

function startsWith(parts: readonly string[], start: readonly string[]): boolean {
  return start.every((part, i) => part === parts[i]);
}

function refuse(step: StepDecl, path: string, what: string, findings: Findings): void {
  findings.on(
    pathOf({ step }),
    "CMP215",
    `Cannot compile step '${step.id}': it would overwrite '${path}', the place of ${what}`,
    { help: "write to another place, such as 'out/…'" },
  );
}

/** The texts that findings point into. @module */

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Diagnostic } from "../diagnostic.ts";

/** By file as the findings name it; those `known` already are not read again. What cannot be read is left out. */
export function textsIn(
  cwd: string,
  diagnostics: readonly Diagnostic[],
  known: ReadonlyMap<string, string> = new Map(),
): ReadonlyMap<string, string> {
  const texts = new Map(known);
  for (const { file } of diagnostics) {
    if (file === undefined || texts.has(file)) continue;
    try {
      texts.set(file, readFileSync(resolve(cwd, file), "utf8"));
    } catch {
      // A frame without its line is still a finding.
    }
  }
  return texts;
}

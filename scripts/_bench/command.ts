/** How the bench starts Osiris: the binary where it was built, else this checkout. @module */

import { statSync } from "node:fs";
import { join } from "node:path";
import type { Bench } from "./main.ts";

export function isBuilt(bench: Bench): boolean {
  return statSync(bench.binary, { throwIfNoEntry: false }) !== undefined;
}

export function osiris(bench: Bench, ...args: string[]): string[] {
  if (isBuilt(bench)) return [bench.binary, ...args];
  return [join(import.meta.dirname!, "..", "osiris"), ...args];
}

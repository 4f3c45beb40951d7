/**
 * Where the bytes of a write lie until it is committed: beside the target, so that one rename makes them
 * visible, under a name that says whose they are.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { basename, dirname, join } from "node:path";

/** The names that belong to one write. */
export interface Staging {
  /** The target itself, links resolved: a link keeps pointing, what it points to is replaced. */
  readonly target: string;
  readonly folder: string;
  /** The complete output. */
  readonly staged: string;
  /** What an append adds, before it is joined to what was there. */
  readonly part: string;
  /** The old folder while the new one takes its place. */
  readonly old: string;
  /** Held by the run that writes this target. */
  readonly lock: string;
  /** How staged names of this target begin, in whichever run. */
  readonly prefix: string;
}

/** The staging names of a target in the run that `token` names. */
export function stagingOf(target: string, token: string): Staging {
  const real = realPathOf(target.length > 1 ? target.replace(/\/+$/, "") : target);
  const folder = dirname(real);
  const prefix = `.${shortened(basename(real))}.osiris-`;
  const staged = join(folder, prefix + token);
  return {
    target: real,
    folder,
    staged,
    part: `${staged}.part`,
    old: `${staged}.old`,
    lock: `${join(folder, prefix)}lock`,
    prefix,
  };
}

/** The path without links, as far as it exists. */
export function realPathOf(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(realPathOf(parent), basename(path));
  }
}

/** A name may have 255 bytes, and staging adds some. */
function shortened(name: string): string {
  if (new TextEncoder().encode(name).length <= 180) return name;
  return createHash("sha256").update(name).digest("hex").slice(0, 24);
}

/**
 * Links in a granted folder: the runtime checks a path as it is written, and follows it wherever it leads.
 * Code from outside can make no links, but may find some.
 *
 * @module
 */

import type { Fence } from "./_counted.ts";

/** What the fence needs of the realm as it was before it was narrowed. */
export interface Paths {
  realPath(path: string): string;
}

/** A fence around these grants: a path inside one of them has to lead to what is inside one of them. */
export function fenceAround(grants: readonly string[], { realPath }: Paths): Fence {
  const real = new Map<string, string>();
  const resolved = (path: string): string | undefined => {
    try {
      return realPath(path);
    } catch {
      return undefined; // It is not there, or may not be asked for: the runtime says so itself.
    }
  };
  const realGrant = (grant: string): string | undefined => {
    const known = real.get(grant) ?? resolved(grant);
    if (known !== undefined) real.set(grant, known);
    return known;
  };
  return ({ permission, resource }) => {
    if (permission === "net") return false;
    const leads = resolved(resource);
    if (leads === undefined) return false;
    return !grants.map(realGrant).some((grant) =>
      grant !== undefined && (leads === grant || leads.startsWith(`${grant.replace(/\/$/, "")}/`))
    );
  };
}

/** Declarations of components from outside that past runs of a pipeline never used. @module */

import { join } from "node:path";
import type { CatalogEntry, DeclaredGrant } from "../component/mod.ts";
import { sessionUse } from "../session/mod.ts";
import { runIndex } from "./_index.ts";
import type { Project } from "./plan.ts";

/** Runs looked back at; a plan must stay quick however often a pipeline ran. */
const RUNS = 20;

/** A line of a component's declaration. */
export type Declaration = Pick<DeclaredGrant, "permission" | "template">;

/**
 * By component, what its spec declares and no recent run of the pipeline used though it was granted.
 * Built-in components are left out: their tests see to it that nothing is declared in vain.
 */
export async function unusedDeclarations(
  pipeline: string,
  entries: readonly CatalogEntry[],
  project: Project,
): Promise<ReadonlyMap<string, { readonly unused: readonly Declaration[] }>> {
  const outside = entries.filter(({ origin }) => origin !== "builtin");
  if (outside.length === 0) return new Map();
  const runs = await runIndex(project).listRuns({ pipeline, limit: RUNS });
  const seen = new Map<string, boolean>();
  for (const { session_id } of runs) {
    for (const { component, declared } of (await sessionUse(join(project.logs, session_id))).uses) {
      for (const { permission, template, used } of declared) {
        const key = keyOf(component, { permission, template });
        seen.set(key, used || seen.get(key) === true);
      }
    }
  }
  return new Map(outside.flatMap(({ spec }) => {
    const unused = (["net", "read", "write"] as const).flatMap((permission) =>
      (spec.permissions[permission] ?? []).map((template) => ({ permission, template }))
    ).filter((each) => seen.get(keyOf(spec.name, each)) === false);
    return unused.length === 0 ? [] : [[spec.name, { unused }]];
  }));
}

function keyOf(component: string, { permission, template }: Declaration): string {
  return JSON.stringify([component, permission, template]);
}

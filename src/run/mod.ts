/**
 * From a manifest to a finished run: the plan (what will be touched, in what order) and its execution
 * (drivers asked, relations fused, writes staged and committed, everything recorded).
 *
 * What must stay true: this folder never sees pipeline text; what a step may touch is in the plan
 * before anything starts; dry run and run walk the same plan; an output appears whole or not at all.
 *
 * @example
 * ```ts
 * const plan = await planRun({ manifest, catalog, connections, env, project });
 * const outcome = await runPlan(plan, { manifest, manifestText, catalog, connections, env, project, signal });
 * ```
 *
 * @module
 */

export {
  type Consent,
  type Isolation,
  type Plan,
  type PlanInput,
  planRun,
  type PlanStep,
  type Project,
  type SandboxState,
} from "./plan.ts";
export { type Companion, type Outcome, type RunInput, runPlan } from "./execute.ts";
export {
  checkConnections,
  type ConnectionHealth,
  connectionNamed,
  connectionsOf,
  type Health,
  type Verdict,
} from "./ask.ts";
export { type DiscoverRequest, discoverTables, type Discovery, type FoundTable } from "./discover.ts";
export { changesText } from "./_source.ts";
export { windowsToLoad } from "./_backfill.ts";
export { windowsOf } from "./_windows.ts";
export type { AskInput } from "./_asking.ts";

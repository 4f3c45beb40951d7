/**
 * Hooks: what is told about a run's events, or done at them, beside the run.
 *
 * A pipeline or a project says which; this folder makes them ready, shows what they reach before anything starts, and
 * carries them out while the run goes on. What must stay true: no secret stands in a hook, only in the connection that it
 * names; no text becomes a shell's; a program is started only where the project allows it; a hook writes in the
 * project and never where Osiris keeps its own; a hook that fails is recorded and changes nothing, unless it is
 * critical.
 *
 * @example
 * ```ts
 * const open = openHooks(manifest.hooks ?? [], surroundings);
 * demandAllowed(open);
 * const hooks = accompany(session, open, run, tools);
 * const failure = await hooks.settled(signal);
 * ```
 *
 * @module
 */

export type { CommandStart, HookSurroundings, HookTools, Told, Touches } from "./_opened.ts";
export { accompany, type HookRun } from "./hooks.ts";
export { demandAllowed, type OpenHook, openHooks } from "./open.ts";

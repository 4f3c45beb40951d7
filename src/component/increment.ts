/** Which reads are incremental. @module */

import type { Config } from "./protocol.ts";
import type { ComponentSpec, Mode } from "./spec.ts";

/**
 * Whether a step with this configuration reads what is new since its last run: because the step says `incremental`,
 * or because the component keeps a cursor of its own and always does.
 */
export function readsIncrement(
  spec: ComponentSpec,
  { mode, config }: { readonly mode: Mode; readonly config: Config },
): boolean {
  return mode === "read" && spec.capabilities.includes("incremental") &&
    (config["incremental"] !== undefined || keepsItsOwnCursor(spec));
}

/** Whether the driver gives a cursor of its own at the end, in place of a column that Osiris follows. */
export function keepsItsOwnCursor(spec: ComponentSpec): boolean {
  return spec.capabilities.includes("incremental") && !Object.hasOwn(spec.config.properties, "incremental");
}

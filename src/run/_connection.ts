/** A step's own connection values, resolved at the last moment and given to its driver alone. @module */

import type { ComponentSpec } from "../component/mod.ts";
import { type ConnectionIndex, type Environment, resolveConnection } from "../connection/mod.ts";
import type { ManifestStep } from "../manifest.ts";

/** The values a step's driver receives (`config` is the step's, its symbols resolved) and which of them are secret; undefined for a component without a connection. */
export function connectionOf(
  step: ManifestStep,
  config: { readonly [key: string]: unknown },
  spec: ComponentSpec,
  index: ConnectionIndex,
  env: Environment,
): { values: { readonly [field: string]: unknown }; secrets: readonly string[] } | undefined {
  if (!spec.connection) return undefined;
  return resolveConnection(index, env, {
    ...(step.connection === undefined ? {} : { ref: step.connection }),
    inline: config,
    spec: spec.connection,
  });
}

/** What a step's driver works with, resolved at the last moment and given to that driver alone. @module */

import type { ComponentSpec, Config } from "../component/mod.ts";
import { type ConnectionIndex, type Environment, resolveConnection } from "../connection/mod.ts";
import type { ManifestStep } from "../manifest.ts";
import { type RunIdentity, withSymbols } from "./_symbols.ts";

/** A step's configuration and connection, without symbols and references. */
export interface Resolved {
  readonly config: ManifestStep["config"];
  /** The connection's values, and which of them are secret; undefined for a component without a connection. */
  readonly connection: { readonly values: Config; readonly secrets: readonly string[] } | undefined;
}

/** What a driver's values come from, besides the step itself. */
export interface Surroundings {
  readonly connections: ConnectionIndex;
  readonly env: Environment;
  readonly secretParams?: { readonly [name: string]: string };
}

/** Resolves what a step's driver receives. */
export function resolved(
  step: ManifestStep,
  spec: ComponentSpec,
  run: RunIdentity,
  { connections, env, secretParams = {} }: Surroundings,
): Resolved {
  const config = withSymbols(step.config, run, secretParams);
  if (!spec.connection) return { config, connection: undefined };
  const ref = step.connection === undefined ? {} : { ref: step.connection };
  return {
    config,
    connection: resolveConnection(connections, env, { ...ref, inline: config, spec: spec.connection }),
  };
}

/**
 * Connections, secrets and the environment: what a pipeline names as `@family.alias` and never spells out.
 *
 * This folder is the only reader of environment variables and `.env`, and the only place that knows what a
 * secret looks like. What must stay true: a secret's value leaves here only in
 * {@linkcode resolveConnection}, for the one driver that needs it; no message, frame or file repeats it
 * ({@linkcode createScrubber} stands before every sink); the order of precedence is one, field by field:
 * the step > the alias > the family's default alias > `OSIRIS_<FAMILY>_<FIELD>`.
 *
 * @example
 * ```ts
 * const env = loadEnvironment(root);
 * const { value: index, diagnostics } = loadConnections(join(root, "osiris_connections.yaml"), env);
 * const { values, secrets } = resolveConnection(index!, env, { ref: "@mysql.primary", inline: {}, spec });
 * const scrub = createScrubber(secrets);
 * ```
 *
 * @module
 */

export { type Environment, environmentOf, loadEnvironment, type LogLevel } from "./environment.ts";
export {
  type ConnectionCheck,
  type ConnectionEntry,
  type ConnectionFieldSchema,
  type ConnectionIndex,
  type ConnectionNeed,
  type ConnectionUse,
  type StepFinding,
} from "./_shapes.ts";
export { emptyConnections, loadConnections, parseConnections } from "./connections.ts";
export { resolveConnection, type ResolvedConnection } from "./resolve.ts";
export { createScrubber } from "./scrubber.ts";
export { findSecrets, type SecretShape } from "./secret_shapes.ts";
export { maskSample } from "./sensitive.ts";
export { lineageReceiver, type Receiver, type TelemetrySettings, telemetrySettings } from "./telemetry.ts";

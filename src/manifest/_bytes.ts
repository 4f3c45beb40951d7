/** A manifest's bytes: what stands in it, in which order. How it is spelled is the matter of `_yaml_text.ts`. @module */

import type { Contract, Json, Manifest, ManifestHook, ManifestStep } from "../manifest.ts";
import { sortedEntries } from "./_canonical_json.ts";
import { yamlEntry } from "./_yaml_text.ts";

const HEADER = `# What 'osiris compile' made of a pipeline; 'osiris run' executes exactly this.
# Do not edit: every value is covered by a fingerprint. Edit the pipeline and compile again.
# \${run.*} and sensitive \${params.*} get their values when a run starts; no secret stands here.
`;

/**
 * The manifest as YAML: the same bytes on any machine, and readable, with SQL as block text.
 *
 * @example
 * ```ts
 * await Deno.writeTextFile("compiled/manifest.yaml", manifestBytes(manifest));
 * ```
 */
export function manifestBytes(manifest: Manifest): string {
  const ordered = {
    ...pick(manifest, ["manifest_version", "fingerprint", "compiler"]),
    pipeline: {
      ...pick(manifest.pipeline, ["name", "description", "file"]),
      ...(manifest.pipeline.metadata === undefined ? {} : { metadata: sorted(manifest.pipeline.metadata) }),
    },
    ...pick(manifest, ["profile"]),
    params: mapValues(
      manifest.params,
      (param) => ({ ...pick(param, ["type", "sensitive"]), ...withValue(param) }),
    ),
    ...(manifest.run ? { run: pick(manifest.run, ["run_id", "traceparent"]) } : {}),
    ...(manifest.hooks ? { hooks: manifest.hooks.map(orderedHook) } : {}),
    components: mapValues(manifest.components, (component) => pick(component, ["version", "spec", "driver"])),
    steps: manifest.steps.map(orderedStep),
  };
  return HEADER + Object.entries(ordered).map(([key, value]) => yamlEntry(key, value, "")).join("");
}

function orderedStep(step: ManifestStep): { [key: string]: unknown } {
  return {
    ...pick(step, [
      "id",
      "component",
      "mode",
      "fingerprint",
      "source",
      "description",
      "explanation",
      "layer",
    ]),
    ...(step.labels === undefined ? {} : { labels: sorted(step.labels) }),
    ...pick(step, ["idempotency_key", "connection"]),
    inputs: sorted(step.inputs),
    depends_on: step.depends_on,
    needs: step.needs,
    ...(step.contract ? { contract: orderedContract(step.contract) } : {}),
    ...(step.retry
      ? { retry: pick(step.retry, ["max", "backoff", "delay_ms", "max_delay_ms", "jitter"]) }
      : {}),
    ...pick(step, ["timeout_ms", "isolation"]),
    config: sorted(step.config),
    bind: mapValues(
      step.bind,
      (binding) => ({ ...pick(binding, ["type", "symbol"]), ...withValue(binding) }),
    ),
  };
}

function orderedHook(hook: ManifestHook): { [key: string]: unknown } {
  return {
    ...pick(hook, ["name", "on", "priority", "mode", "timeout_ms", "action"]),
    config: sorted(hook.config),
  };
}

function orderedContract(contract: Contract): { [key: string]: unknown } {
  return {
    ...(contract.columns ? { columns: sorted(contract.columns) } : {}),
    ...pick(contract, ["on_new", "on_missing", "on_type"]),
  };
}

function withValue({ value }: { readonly value?: Json }): { [key: string]: unknown } {
  return value === undefined ? {} : { value: sorted(value) };
}

/** The named keys that are there, in the order named. */
function pick<T extends object>(value: T, keys: readonly (keyof T & string)[]): { [key: string]: unknown } {
  return Object.fromEntries(keys.filter((key) => value[key] !== undefined).map((key) => [key, value[key]]));
}

function mapValues<V, W>(
  map: { readonly [name: string]: V },
  change: (value: V) => W,
): { [name: string]: W } {
  return Object.fromEntries(
    (sortedEntries(map) as [string, V][]).map(([name, value]) => [name, change(value)]),
  );
}

/** A free-form value with the keys of every map in it sorted. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(sortedEntries(value).map(([key, item]) => [key, sorted(item)]));
}

/** The identity of a step and of a manifest. @module */

import type { ManifestComponent, UnprintedManifest, UnprintedStep } from "../manifest.ts";
import { byFirst, fingerprintOf } from "./_canonical_json.ts";

/**
 * What a step computes, as one hash: its component's spec and driver, its configuration and bound values,
 * its contract, where it is isolated, the fingerprints of the steps before it, the compiler. Two steps that compute the same share it, whatever
 * they are called; retries, time limits and descriptions do not change it.
 */
export function stepFingerprint(
  step: UnprintedStep,
  component: ManifestComponent,
  upstream: (id: string) => string,
  compiler: string,
): string {
  return fingerprintOf({
    compiler,
    component: { name: step.component, spec: component.spec, driver: component.driver },
    mode: step.mode,
    config: step.config,
    bind: step.bind,
    connection: step.connection,
    isolation: step.isolation,
    contract: step.contract,
    inputs: Object.entries(step.inputs).map(([name, id]) => [name, upstream(id)] as const).sort(byFirst),
    needs: step.needs.map(upstream).sort(),
  });
}

/** A manifest's identity: everything it says but line numbers, the file's name and the order of independent steps. */
export function manifestFingerprint(manifest: UnprintedManifest): string {
  const { file: _file, ...pipeline } = manifest.pipeline;
  const steps = Object.fromEntries(manifest.steps.map(({ source: _source, ...step }) => [step.id, step]));
  return fingerprintOf({ ...manifest, fingerprint: undefined, pipeline, steps });
}

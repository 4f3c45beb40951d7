import type { Catalog } from "../component/mod.ts";
import type { ConnectionIndex } from "../connection/mod.ts";
import { type Checked, hasErrors, nearest } from "../diagnostic.ts";
import {
  type Json,
  type Manifest,
  manifestFingerprint,
  type ManifestHook,
  type ManifestStep,
  stepFingerprint,
  type UnprintedManifest,
  type UnprintedStep,
} from "../manifest.ts";
import type { Pipeline } from "../oml/mod.ts";
import { Findings } from "./_findings.ts";
import { checkIncrements } from "./_increments.ts";
import { inOrder } from "./_order.ts";
import { type ParamValues, paramValues, readGiven } from "./_params.ts";
import { type Place, refuseOwnFiles } from "./_own_files.ts";
import { refuseGivenShapes, refuseSensitiveDefaults, refuseShapes } from "./_secrets.ts";
import { type CompiledStep, compileStep } from "./_step.ts";
import { checkTargets } from "./_targets.ts";

/** Everything a manifest depends on. */
export interface CompileInput {
  readonly pipeline: Pipeline;
  readonly catalog: Catalog;
  readonly connections: ConnectionIndex;
  readonly profile?: string;
  /** `--param name=value`. */
  readonly params?: { readonly [name: string]: string };
  /** `OSIRIS_PARAM_*`, by what follows the prefix. */
  readonly envParams?: { readonly [name: string]: string };
  /** Name and version, such as `osiris 0.1.0`. */
  readonly compiler: string;
  /** Where the project and the pipeline lie on this machine; no manifest depends on it. */
  readonly place?: Place;
  /** False to check only: parameters without a value are then no error, and there may be no manifest. */
  readonly complete?: boolean;
}

/**
 * Compiles a pipeline: every name found, every configuration checked under the chosen profile and under each
 * other one, parameters resolved, order settled, identity computed.
 *
 * Precedence of a parameter: `params` > `envParams` > profile > default. Call it even where the text has
 * errors of its own, to have everything reported at once; the manifest is then of no use.
 */
export function compile(input: CompileInput): Checked<Manifest> {
  const { pipeline } = input;
  const findings = new Findings(pipeline);
  refuseShapes(pipeline, findings);
  refuseSensitiveDefaults(pipeline, findings);
  const given = readGiven(
    pipeline,
    { params: input.params ?? {}, envParams: input.envParams ?? {} },
    findings,
  );
  refuseGivenShapes(given, pipeline, findings);
  const chosen = checkProfile(input, findings)
    ? compileUnder(input, given, input.profile, findings, true)
    : undefined;
  for (const name of Object.keys(pipeline.profiles)) {
    if (name !== input.profile) compileUnder(input, given, name, findings, false);
  }
  const diagnostics = findings.sorted();
  const usable = chosen !== undefined && !hasErrors(diagnostics) && chosen.params.missing().length === 0;
  return usable ? { value: manifestOf(input, chosen), diagnostics } : { diagnostics };
}

/** The steps and parameters of a pipeline under one profile. */
interface Compiled {
  readonly params: ParamValues;
  /** In the order in which they may run. */
  readonly steps: readonly CompiledStep[];
}

function compileUnder(
  input: CompileInput,
  given: { readonly [name: string]: Json },
  profile: string | undefined,
  findings: Findings,
  chosen: boolean,
): Compiled {
  const { pipeline, catalog, connections } = input;
  const content = profile === undefined ? undefined : pipeline.profiles[profile];
  const params = paramValues(pipeline, given, content);
  if (chosen && input.complete !== false) refuseMissing(params, findings);
  const context = {
    catalog,
    connections,
    params,
    chosen,
    findings,
    ...(profile === undefined || content === undefined ? {} : { profile: { name: profile, content } }),
  };
  const steps = inOrder(pipeline.steps).flatMap((decl) => compileStep(decl, context) ?? []);
  refuseOwnFiles(steps.map(({ decl, write }) => ({ step: decl, write })), input.place, findings);
  checkIncrements(steps, findings);
  checkTargets(steps.map(({ decl, read, write }) => ({ step: decl, read, write })), findings);
  if (profile !== undefined && content !== undefined) {
    warnIdleConnections(profile, content.connections, steps, findings);
  }
  return { params, steps };
}

function checkProfile({ pipeline, profile }: CompileInput, findings: Findings): boolean {
  if (profile === undefined || Object.hasOwn(pipeline.profiles, profile)) return true;
  const names = Object.keys(pipeline.profiles);
  const near = nearest(profile, names);
  const known = names.length === 0 ? "the pipeline has none" : `the profiles are ${names.join(", ")}`;
  findings.call(
    "CMP208",
    `Cannot choose profile '${profile}': the pipeline has none of that name`,
    near ? `did you mean '${near}'?` : known,
  );
  return false;
}

function refuseMissing(params: ParamValues, findings: Findings): void {
  for (const name of params.missing()) {
    findings.on(
      ["params", name],
      "CMP205",
      `Cannot compile: parameter '${name}' has no default, and no value was given`,
      {
        at: "key",
        help:
          `give --param ${name}=…, set OSIRIS_PARAM_${name.toUpperCase()}, or choose a profile that sets it`,
      },
    );
  }
}

/** A profile's connection that changes nothing is likely not what was meant. */
function warnIdleConnections(
  profile: string,
  connections: { readonly [family: string]: string },
  steps: readonly CompiledStep[],
  findings: Findings,
): void {
  for (const family of Object.keys(connections)) {
    const users = steps.filter(({ entry }) => entry.spec.connection?.family === family);
    if (users.some(({ decl }) => !Object.hasOwn(decl.config, "connection"))) continue;
    const why = users.length === 0
      ? `no step uses the family '${family}'`
      : `every step of '${family}' names its connection itself`;
    findings.on(
      ["profiles", profile, "connections", family],
      "CMP208",
      `Cannot apply the connection of profile '${profile}': ${why}`,
      {
        severity: "warning",
        at: "key",
        help: users.length === 0
          ? "remove it"
          : "remove `connection` from the steps that the profile should move",
      },
    );
  }
}

function manifestOf(input: CompileInput, { params, steps }: Compiled): Manifest {
  const { pipeline, compiler } = input;
  const components = Object.fromEntries(
    steps.map(({ entry: { spec, specHash, driverHash } }) =>
      [spec.name, { version: spec.version, spec: specHash, driver: driverHash }] as const
    )
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)),
  );
  const prints = new Map<string, string>();
  const printed = steps.map((step): ManifestStep => {
    const bare = manifestStep(step, pipeline);
    const fingerprint = stepFingerprint(bare, components[bare.component]!, (id) => prints.get(id)!, compiler);
    prints.set(bare.id, fingerprint);
    return { ...bare, fingerprint };
  });
  const manifest: UnprintedManifest = {
    manifest_version: "1",
    compiler,
    pipeline: {
      name: pipeline.name,
      ...(pipeline.description === undefined ? {} : { description: pipeline.description }),
      ...(pipeline.metadata === undefined ? {} : { metadata: pipeline.metadata as Json }),
      file: pipeline.file.split(/[\\/]/).at(-1)!,
    },
    profile: input.profile ?? null,
    params: params.listed(),
    ...(pipeline.run ? { run: pipeline.run } : {}),
    ...(pipeline.hooks.length === 0 ? {} : { hooks: pipeline.hooks as ManifestHook[] }),
    steps: printed,
    components,
  };
  return { ...manifest, fingerprint: manifestFingerprint(manifest) };
}

function manifestStep(
  { decl, config, bind, connection, contract, notes }: CompiledStep,
  pipeline: Pipeline,
): UnprintedStep {
  return {
    id: decl.id,
    component: decl.component,
    mode: decl.mode,
    config,
    bind,
    inputs: decl.inputs,
    depends_on: decl.dependsOn,
    needs: needsAlone(decl),
    ...(connection === undefined ? {} : { connection }),
    ...(contract === undefined ? {} : { contract }),
    ...(decl.retry ? { retry: decl.retry } : {}),
    ...(decl.timeout_ms === undefined ? {} : { timeout_ms: decl.timeout_ms }),
    ...(decl.isolation === "process" ? { isolation: decl.isolation } : {}),
    ...(decl.layer === undefined ? {} : { layer: decl.layer }),
    ...notes,
    source: { line: pipeline.diagnostic("CMP201", ["steps", decl.index], "").line ?? 0 },
  };
}

/** Steps that are waited for without being an input. */
function needsAlone(decl: Pipeline["steps"][number]): string[] {
  const inputs = new Set(Object.values(decl.inputs));
  return [...new Set(decl.needs)].filter((id) => !inputs.has(id)).sort();
}

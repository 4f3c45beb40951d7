/**
 * From a text to a pipeline, with everything found on the way.
 *
 * @module
 */

import type { Checked, Code, Diagnostic, Severity } from "../diagnostic.ts";
import { Findings } from "./_findings.ts";
import { checkCycles, checkIds } from "./_graph.ts";
import { type HookDecl, readHooks } from "./_hooks.ts";
import { child, entriesOf, type Located, type Path, textOf } from "./_located.ts";
import { type ParamDecl, readParams, readProfileParams } from "./_params.ts";
import { decode, Lines } from "./_source.ts";
import { checkProfileSteps, readSteps, type StepDecl } from "./_steps.ts";
import { checkStructure } from "./_structure.ts";
import { checkSupported } from "./_unsupported.ts";
import { checkUses } from "./_uses.ts";
import { readYaml } from "./_yaml.ts";

/** Values of one profile. */
export interface Profile {
  /** Values of declared parameters. */
  params: Record<string, unknown>;
  /** Family to alias. */
  connections: Record<string, string>;
  /** Step id to the config fields that differ. */
  config: Record<string, Record<string, unknown>>;
}

/** What a pipeline text says. Plain data, and a way to point at the text. */
export interface Pipeline {
  /** The file as the person named it. */
  file: string;
  /** The text, without a byte order mark. */
  text: string;
  /** Its name; empty when the text has none, which is an error. */
  name: string;
  /** What it is for. */
  description?: string;
  /** Free data, a map. */
  metadata?: unknown;
  /** Declared parameters by name. */
  params: Record<string, ParamDecl>;
  /** Profiles by name. */
  profiles: Record<string, Profile>;
  /** Ids from outside that the record of a run carries. */
  run?: { run_id?: string; traceparent?: string };
  /** What is done at events of a run, in the order of the text. */
  hooks: HookDecl[];
  /** In the order of the text, with what `defaults` gives them. */
  steps: StepDecl[];
  /**
   * A diagnostic at a path such as `["steps", 1, "config", "path"]`, as far as that path exists. `at: "key"` marks
   * the key instead of the value; `within` narrows to a piece of the scalar's source text, such as a reference.
   */
  diagnostic(
    code: Code,
    path: Path,
    message: string,
    options?: { help?: string; severity?: Severity; at?: "key" | "value"; within?: string },
  ): Diagnostic;
}

/**
 * Reads a pipeline and reports everything that can be said from the text alone.
 *
 * There is a value, errors or not, whenever the steps form an order: the caller can then check the rest of the
 * same text and report all at once. It must not use the value for anything else when there are errors. Steps
 * that cannot be read, and dependencies on steps that are not there, are left out of it.
 */
export function parsePipeline(text: string | Uint8Array, file: string): Checked<Pipeline> {
  const decoded = decode(text);
  if ("refusal" in decoded) return { diagnostics: [refusalDiagnostic(decoded.refusal, file)] };
  const findings = new Findings(file, decoded.text, new Lines(decoded.text));
  const { root } = readYaml(findings);
  if (root === undefined) return { diagnostics: findings.sorted };
  const pipeline = root.kind === "map" ? readPipeline(root, findings) : refuseRoot(root, findings);
  return pipeline === undefined
    ? { diagnostics: findings.sorted }
    : { value: pipeline, diagnostics: findings.sorted };
}

/** A text that cannot be read at all, as a diagnostic. */
export function refusalDiagnostic(
  refusal: { code: Code; message: string; help?: string; line: number; column: number },
  file: string,
): Diagnostic {
  const end = { end_line: refusal.line, end_column: refusal.column };
  return { severity: "error", file, ...refusal, ...end };
}

function refuseRoot(root: Located, findings: Findings): undefined {
  const is = root.kind === "list" ? "a list" : root.value === null ? "empty" : "a single value";
  findings.on(
    root,
    [],
    "OML106",
    `Cannot read the pipeline: the file is ${is}, should be a map with 'oml_version', 'name' and 'steps'`,
    {
      help: "'osiris init' writes a working example",
    },
  );
}

function readPipeline(root: Located, findings: Findings): Pipeline | undefined {
  checkStructure(root, findings);
  checkSupported(root, findings);
  const params = readParams(root, findings);
  const profiles = readProfiles(root, params, findings);
  checkProfileSteps(root, findings);
  checkUses(root, params, findings);
  const unique = checkIds(root, findings);
  const steps = readSteps(root, findings);
  const acyclic = checkCycles(root, steps, findings);
  if (!unique || !acyclic) return undefined;
  const description = textOf(child(root, "description"));
  const metadata = child(root, "metadata");
  const run = readRun(root);
  return {
    file: findings.file,
    text: findings.text,
    name: textOf(child(root, "name")) ?? "",
    ...(description === undefined ? {} : { description }),
    ...(metadata?.kind === "map" ? { metadata: metadata.value } : {}),
    params,
    profiles,
    ...(run === undefined ? {} : { run }),
    hooks: readHooks(root, findings),
    steps: steps.map(({ decl }) => decl),
    diagnostic: (code, path, message, options) => findings.make(root, path, code, message, options),
  };
}

function readProfiles(
  root: Located,
  params: Record<string, ParamDecl>,
  findings: Findings,
): Record<string, Profile> {
  const profiles: Record<string, Profile> = {};
  for (const [name, { node }] of entriesOf(child(root, "profiles"))) {
    const profile: Profile = {
      params: readProfileParams(root, name, params, findings),
      connections: {},
      config: {},
    };
    for (const [family, { node: alias }] of entriesOf(child(node, "connections"))) {
      const text = textOf(alias);
      if (text !== undefined) profile.connections[family] = text;
    }
    for (const [id, { node: fields }] of entriesOf(child(node, "config"))) {
      if (fields.kind === "map") profile.config[id] = fields.value;
    }
    profiles[name] = profile;
  }
  return profiles;
}

function readRun(root: Located): Pipeline["run"] {
  const node = child(root, "run");
  if (node?.kind !== "map") return undefined;
  const run: { run_id?: string; traceparent?: string } = {};
  for (const key of ["run_id", "traceparent"] as const) {
    const text = textOf(child(node, key));
    if (text !== undefined) run[key] = text;
  }
  return run;
}

/**
 * The one way from a file that a command names to a manifest; `validate`, `compile`, `plan` and `run`
 * all take it, so that the same file gives the same findings everywhere.
 *
 * @module
 */

import { join, resolve } from "node:path";
import { compile, redactSecretLines } from "../compile/mod.ts";
import { type Catalog, type Lock, NO_LOCK } from "../component/mod.ts";
import {
  type ConnectionIndex,
  emptyConnections,
  type Environment,
  loadConnections,
  loadEnvironment,
} from "../connection/mod.ts";
import { type Diagnostic, hasErrors, OsirisError } from "../diagnostic.ts";
import { type Manifest, manifestBytes, parseManifest } from "../manifest.ts";
import { parsePipeline, type ProjectSettings } from "../oml/mod.ts";
import type { Project } from "../run/mod.ts";
import type { Cli } from "./_cli.ts";
import { projectCatalog, projectLock } from "./_components.ts";
import { printable } from "../printable.ts";
import { projectOf, shownPath } from "./_project.ts";
import { projectSettings } from "./_project_settings.ts";
import { readNamedFile } from "./_read.ts";
import { textsIn } from "./_texts.ts";
import { VERSION } from "./_version.ts";

/** What a person chose beside the file. */
export interface Choices {
  readonly profile: string | undefined;
  /** As typed: `name=value`. */
  readonly params: readonly string[];
}

/** What was found, and the texts it was found in. */
interface Findings {
  readonly diagnostics: readonly Diagnostic[];
  readonly texts: ReadonlyMap<string, string>;
}

/** What is around a pipeline or manifest. */
interface Surroundings {
  readonly project: Project;
  readonly env: Environment;
  readonly catalog: Catalog;
  readonly connections: ConnectionIndex;
  /** What the project's osiris.yaml says. */
  readonly settings: ProjectSettings;
}

/** Everything a plan or a run needs; no manifest where findings forbid one. */
export interface Loaded extends Findings, Surroundings {
  readonly manifest?: Manifest;
  /** The manifest's bytes as text. */
  readonly manifestText: string;
  /** The pipeline's text, when it was no manifest that was named. */
  readonly source?: string;
  /** Values of sensitive parameters, which no manifest holds. */
  readonly secretParams: { readonly [name: string]: string };
}

/** Checks a pipeline; a parameter without a default needs no value. A manifest is checked as one. */
export async function validatePipeline(cli: Cli, file: string): Promise<Findings> {
  const bytes = await readNamedFile(cli, file);
  if (isManifest(bytes)) {
    return (({ diagnostics, texts }) => ({ diagnostics, texts }))(await fromManifest(cli, file, bytes, {}));
  }
  const { diagnostics, texts } = await fromPipeline(
    cli,
    file,
    bytes,
    { profile: undefined, params: [] },
    false,
  );
  return { diagnostics, texts };
}

/** Compiles a pipeline. */
export async function compiledPipeline(cli: Cli, file: string, choices: Choices): Promise<Loaded> {
  const bytes = await readNamedFile(cli, file);
  if (isManifest(bytes)) {
    throw new OsirisError(
      "CLI808",
      `Cannot compile '${printable(file)}': it is a manifest, and should be a pipeline`,
      {
        category: "usage",
        help: `a manifest is compiled already; run it with 'osiris run ${printable(file)}'`,
      },
    );
  }
  return await fromPipeline(cli, file, bytes, choices, true);
}

/** Everything a plan or a run needs, and what somebody allowed in the project. */
export interface Runnable extends Loaded {
  readonly lock: Lock;
}

/** Loads what `plan` and `run` take: a pipeline, which is compiled, or a manifest. */
export async function loadRunnable(cli: Cli, file: string, choices: Choices): Promise<Runnable> {
  const loaded = await loadPlannable(cli, file, choices);
  const { value, diagnostics: found } = projectLock(cli, loaded.project);
  if (value) return { ...loaded, lock: value };
  const { manifest: _unusable, ...rest } = loaded;
  const diagnostics = [...loaded.diagnostics, ...found];
  return { ...rest, diagnostics, texts: textsIn(cli.cwd, diagnostics, loaded.texts), lock: NO_LOCK };
}

async function loadPlannable(cli: Cli, file: string, choices: Choices): Promise<Loaded> {
  const bytes = await readNamedFile(cli, file);
  if (!isManifest(bytes)) return await fromPipeline(cli, file, bytes, choices, true);
  if (choices.profile !== undefined) throw fixed(file, "--profile");
  return await fromManifest(cli, file, bytes, paramsOf(choices.params));
}

async function fromPipeline(
  cli: Cli,
  file: string,
  bytes: Uint8Array,
  choices: Choices,
  complete: boolean,
): Promise<Loaded> {
  const params = paramsOf(choices.params);
  const project = projectOf(cli, file);
  const parsed = parsePipeline(bytes, file);
  const { found, ...around } = await surroundings(cli, project);
  const diagnostics = [...parsed.diagnostics, ...found];
  const envParams = around.env.envParams();
  const compiled = parsed.value === undefined || hasErrors(found) ? undefined : compile({
    pipeline: parsed.value,
    catalog: around.catalog,
    connections: around.connections,
    params,
    envParams,
    compiler: `osiris ${VERSION}`,
    complete,
    place: { root: project.root, file: resolve(cli.cwd, file) },
    ...(choices.profile === undefined ? {} : { profile: choices.profile }),
  });
  const text = new TextDecoder().decode(bytes);
  const all = redactSecretLines([...diagnostics, ...compiled?.diagnostics ?? []], { file, text });
  const manifest = hasErrors(all) ? undefined : compiled?.value;
  return {
    ...around,
    diagnostics: all,
    texts: textsIn(cli.cwd, all, new Map([[file, text]])),
    ...(manifest ? { manifest } : {}),
    manifestText: manifest ? manifestBytes(manifest) : "",
    source: text,
    secretParams: manifest ? secretsOf(manifest, params, envParams) : {},
  };
}

async function fromManifest(
  cli: Cli,
  file: string,
  bytes: Uint8Array,
  params: { readonly [name: string]: string },
): Promise<Loaded> {
  const text = new TextDecoder().decode(bytes);
  const { found, ...around } = await surroundings(cli, projectOf(cli, file));
  const parsed = parseManifest(text, file);
  const diagnostics = [...parsed.diagnostics, ...found];
  const manifest = hasErrors(diagnostics) ? undefined : parsed.value;
  for (const name of Object.keys(params)) {
    if (manifest && !manifest.params[name]?.sensitive) throw fixed(file, `--param ${name}`);
  }
  return {
    ...around,
    diagnostics,
    texts: textsIn(cli.cwd, diagnostics, new Map([[file, text]])),
    ...(manifest ? { manifest } : {}),
    manifestText: text,
    secretParams: manifest ? secretsOf(manifest, params, around.env.envParams()) : {},
  };
}

async function surroundings(
  cli: Cli,
  project: Project,
): Promise<Surroundings & { found: readonly Diagnostic[] }> {
  const env = loadEnvironment(project.root);
  const file = shownPath(join(project.root, "osiris_connections.yaml"), cli.cwd);
  const connections = loadConnections(file, env);
  const catalog = await projectCatalog(project);
  const settings = projectSettings(cli, project);
  return {
    project,
    env,
    settings: settings.value ?? { hooks: [], allow_commands: [] },
    catalog,
    connections: connections.value ?? emptyConnections(env),
    found: [...env.diagnostics, ...connections.diagnostics, ...settings.diagnostics],
  };
}

/** Whether a text is a manifest: its top-level key says so. */
function isManifest(bytes: Uint8Array): boolean {
  const start = new TextDecoder().decode(bytes.subarray(0, 65_536));
  return /^(\uFEFF)?(manifest_version|"manifest_version")\s*:/m.test(start) ||
    /^\s*\{\s*"manifest_version"\s*:/.test(start);
}

/** `name=value`, as `--param` takes them. */
function paramsOf(typed: readonly string[]): { readonly [name: string]: string } {
  const params: Record<string, string> = {};
  for (const pair of typed) {
    const equals = pair.indexOf("=");
    if (equals < 1) throw badParam(pair, "it should be NAME=VALUE");
    const name = pair.slice(0, equals);
    if (Object.hasOwn(params, name)) throw badParam(pair, "the parameter is given twice");
    params[name] = pair.slice(equals + 1);
  }
  return params;
}

function badParam(pair: string, reason: string): OsirisError {
  const name = pair.split("=")[0]!;
  return new OsirisError("CLI804", `Cannot read '--param ${printable(name)}': ${reason}`, {
    category: "usage",
    help: "for example: --param since=2026-01-01",
  });
}

function fixed(file: string, flag: string): OsirisError {
  return new OsirisError(
    "CLI804",
    `Cannot use '${printable(flag)}' with '${printable(file)}': a manifest was compiled with its parameters`,
    {
      category: "usage",
      help: "give it to 'osiris compile', or run the pipeline itself",
    },
  );
}

/** Values of the sensitive parameters; a variable's name may be written in capitals, as everywhere. */
function secretsOf(
  manifest: Manifest,
  params: { readonly [name: string]: string },
  envParams: { readonly [name: string]: string },
): { readonly [name: string]: string } {
  const sensitive = Object.keys(manifest.params).filter((name) => manifest.params[name]!.sensitive);
  const given = sensitive.flatMap((name): [string, string][] => {
    const value = own(params, name) ?? own(envParams, name) ?? own(envParams, name.toUpperCase());
    return value === undefined ? [] : [[name, value]];
  });
  return Object.fromEntries(given);
}

function own(values: { readonly [name: string]: string }, name: string): string | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}

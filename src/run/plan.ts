/**
 * The plan of a run: order, grants, sources and targets as plain data, made before anything starts.
 *
 * `--dry-run` prints it and `execute` obeys it; neither works anything out again. Making a plan
 * reads the file system's metadata and changes nothing.
 *
 * @module
 */

import { isAbsolute, join, normalize, relative } from "node:path";
import { readFileSync, realpathSync, statSync } from "node:fs";
import {
  type Catalog,
  type CatalogEntry,
  type ComponentSpec,
  expandPermissions,
  type Grants,
  type Lock,
  LOCK_FILE,
  lockProblem,
  lockReason,
  NO_LOCK,
  type OsSandbox,
  osSandbox,
  readsIncrement,
} from "../component/mod.ts";
import type { ConnectionIndex, Environment } from "../connection/mod.ts";
import { OsirisError } from "../diagnostic.ts";
import type { Contract, Manifest, ManifestStep } from "../manifest.ts";
import { newSessionId } from "../session/mod.ts";
import type { BackfillWindow, State } from "../state/mod.ts";
import { type Beginning, beginningOf } from "./_beginning.ts";
import { runIndex } from "./_index.ts";
import { resolved } from "./_resolved.ts";
import { sourceOf } from "./_source.ts";
import type { RunIdentity } from "./_symbols.ts";
import { type Declaration, unusedDeclarations } from "./_unused.ts";

/** Where a project's files lie. Absolute paths. */
export interface Project {
  readonly root: string;
  /** The folder of sessions, `logs/`. */
  readonly logs: string;
  /** The folder of what outlives a run, `.osiris/`. */
  readonly state: string;
}

/** A target of a write step and what happens to what stands there. */
export interface PlanTarget {
  readonly path: string;
  /** The table that is written, where the target is a database. */
  readonly table?: string;
  readonly write_mode: string;
  readonly exists: boolean;
}

/**
 * Where a step's driver runs: in a worker of Osiris, in a process of its own, or in one that the
 * operating system walls in too.
 */
export type Isolation = "worker" | "process" | "process+os";

/** Whether a component from outside may be used. A run with a step whose consent is not given does not start. */
export interface Consent {
  readonly given: boolean;
  /** Why it is not given, as it stands in a message after a colon. */
  readonly reason?: string;
}

/** The operating system's sandbox around drivers' processes. */
export interface SandboxState {
  readonly in_force: boolean;
  /** What there is, or what is missing. */
  readonly reason: string;
}

/** One step as it will run. */
export interface PlanStep {
  readonly id: string;
  readonly component: string;
  readonly version: string;
  /** What the step is, as the manifest has it; two plans with equal ones do the same. */
  readonly fingerprint: string;
  readonly mode: "read" | "write" | "transform";
  /** What its component does, as its spec says it. */
  readonly about: string;
  readonly isolation: Isolation;
  /** Of a component from outside: whether somebody allowed it, as it is now, in this project. */
  readonly consent?: Consent;
  readonly depends_on: readonly string[];
  /** Exactly what the step may touch: `host:port`, absolute paths. */
  readonly grants: Grants;
  /** What its component from outside declares and no recent run of the pipeline used. */
  readonly unused?: readonly Declaration[];
  readonly sources: readonly string[];
  /** Of an incremental read: which rows it is asked for. */
  readonly increment?: Beginning;
  readonly targets: readonly PlanTarget[];
  readonly connection?: string;
  readonly contract?: Contract;
  readonly timeout_ms?: number;
  readonly retries?: number;
  readonly layer?: string;
}

/** How this manifest differs from the one that ran last for the same pipeline. Step ids. */
export interface PlanDifference {
  readonly session_id: string;
  readonly fingerprint: string;
  readonly changed: readonly string[];
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** What a run will do and touch, in which order, before anything starts. */
export interface Plan {
  readonly plan_version: "1";
  readonly pipeline: string;
  readonly manifest_fingerprint: string;
  readonly run: RunIdentity;
  readonly order: readonly string[];
  readonly steps: readonly PlanStep[];
  /** Present when a step's driver gets a process of its own. */
  readonly os_sandbox?: SandboxState;
  readonly previous?: PlanDifference;
}

/** What a plan is made from. */
export interface PlanInput {
  readonly manifest: Manifest;
  readonly catalog: Catalog;
  readonly connections: ConnectionIndex;
  readonly env: Environment;
  readonly project: Project;
  /** Which components from outside are allowed; none when absent. */
  readonly lock?: Lock;
  /** Refuses a plan with a driver's process that the operating system does not wall in. */
  readonly requireOsSandbox?: boolean;
  /** Values of sensitive parameters, which no manifest holds. */
  readonly secretParams?: { readonly [name: string]: string };
  /** When and by which dice the run is named; the machine's own when absent. */
  readonly clock?: { now(): Date; random(): number };
  /** The windows of a backfill that are to be loaded; absent when what is new is. */
  readonly windows?: readonly BackfillWindow[];
}

/** Works out what a run of `manifest` would do. Throws {@linkcode OsirisError} for what only this machine can tell. */
export async function planRun(input: PlanInput): Promise<Plan> {
  const { manifest, catalog, project } = input;
  const clock = input.clock ?? { now: () => new Date(), random: Math.random };
  const now = clock.now();
  const run = { id: newSessionId(now, clock.random), started_at: now.toISOString() };
  const entries = manifest.steps.map((step) => sameComponent(manifest, step, catalog));
  const apart = manifest.steps.filter((step, i) => needsProcess(step, entries[i]!));
  const sandbox = apart.length === 0 ? undefined : await sandboxFor(input.env, osSandbox);
  if (sandbox && !sandbox.in_force && input.requireOsSandbox) throw withoutSandbox(apart[0]!, sandbox);
  const state = runIndex(project);
  const surroundings = { ...input, state, ...(sandbox ? { sandbox } : {}) };
  const steps = await Promise.all(
    manifest.steps.map((step, i) => planStep(step, entries[i]!, surroundings, run)),
  );
  refuseSharedTargets(steps);
  refuseOwnFiles(steps, project);
  const previous = await differenceToLastRun(manifest, project, state);
  const unused = await unusedDeclarations(manifest.pipeline.name, entries, project);
  return {
    plan_version: "1",
    pipeline: manifest.pipeline.name,
    manifest_fingerprint: manifest.fingerprint,
    run,
    order: steps.map((step) => step.id),
    steps: steps.map((step) => ({ ...step, ...unused.get(step.component) })),
    ...(sandbox ? { os_sandbox: sandbox } : {}),
    ...(previous ? { previous } : {}),
  };
}

/** The component a step names, provided it is the one the manifest was compiled with. */
function sameComponent(manifest: Manifest, step: ManifestStep, catalog: Catalog): CatalogEntry {
  const entry = catalog.get(step.component);
  const compiled = manifest.components[step.component];
  const broken = catalog.broken().find(({ name }) => name === step.component);
  if (broken) throw broken.error.ofStep(step.id);
  if (!entry) {
    throw new OsirisError(
      "RUN602",
      `Cannot plan step '${step.id}': this Osiris has no component '${step.component}'`,
      {
        category: "usage",
        step: step.id,
        help: "run 'osiris components list' to see what there is",
      },
    );
  }
  if (compiled && (compiled.spec !== entry.specHash || compiled.driver !== entry.driverHash)) {
    throw new OsirisError(
      "RUN603",
      `Cannot plan step '${step.id}': component '${step.component}' is not the one the manifest was compiled with ` +
        `(${changeSince(compiled.version, entry.spec.version)})`,
      { category: "usage", step: step.id, help: "compile the pipeline again with 'osiris compile'" },
    );
  }
  return entry;
}

function changeSince(then: string, now: string): string {
  return then === now ? `its files changed, its version ${now} did not` : `version ${then} then, ${now} now`;
}

/** What nobody vetted runs in a process of its own, always; a text may ask for one for what is part of Osiris. */
function needsProcess(step: ManifestStep, entry: CatalogEntry): boolean {
  return entry.origin !== "builtin" || step.isolation === "process";
}

/** Whether drivers' processes get the operating system's sandbox here. */
export async function sandboxFor(
  { osSandbox: wanted }: Environment,
  probe: () => OsSandbox | Promise<OsSandbox>,
): Promise<SandboxState> {
  if (!wanted) return { in_force: false, reason: "OSIRIS_OS_SANDBOX is off" };
  const { available, reason } = await probe();
  return { in_force: available, reason };
}

function withoutSandbox(step: ManifestStep, { reason }: SandboxState): OsirisError {
  return new OsirisError(
    "RUN611",
    `Cannot plan step '${step.id}': --require-os-sandbox was given, and its driver's process would run without the ` +
      `operating system's sandbox: ${reason}`,
    {
      category: "permission",
      step: step.id,
      help: reason.startsWith("OSIRIS_OS_SANDBOX")
        ? "unset OSIRIS_OS_SANDBOX, or leave --require-os-sandbox away"
        : "run it on a Linux kernel with Landlock (5.13 or newer, with 'landlock' among the security modules it starts)",
    },
  );
}

function consentTo(entry: CatalogEntry, lock: Lock): Consent {
  const problem = lockProblem(lock, entry);
  return problem === undefined ? { given: true } : { given: false, reason: lockReason(problem) };
}

/** Throws DRV410 when a step of the plan uses a component from outside that nobody allowed as it is now. */
export function demandConsent(plan: Plan): void {
  const step = plan.steps.find(({ consent }) => consent?.given === false);
  if (step === undefined) return;
  throw new OsirisError(
    "DRV410",
    `Cannot run step '${step.id}': its component '${step.component}' comes from outside and is not allowed: ${
      step.consent!.reason
    }`,
    {
      category: "permission",
      step: step.id,
      help: "see what it may touch, and allow it, with 'osiris components lock'",
    },
  );
}

interface StepInput extends PlanInput {
  readonly sandbox?: SandboxState;
  readonly state: State;
}

async function planStep(
  step: ManifestStep,
  entry: CatalogEntry,
  input: StepInput,
  run: RunIdentity,
): Promise<PlanStep> {
  const { config, connection } = resolved(step, entry.spec, run, input);
  const grants = grantsOf(entry.spec, config, connection?.values ?? null, input.project);
  const increment = readsIncrement(entry.spec, step)
    ? await beginningOf(
      { config },
      sourceOf(step, entry.spec, connection),
      { pipeline: input.manifest.pipeline.name, profile: input.manifest.profile, step: step.id },
      input.state,
      input.windows,
    )
    : undefined;
  return {
    id: step.id,
    component: step.component,
    version: entry.spec.version,
    fingerprint: step.fingerprint,
    mode: step.mode,
    about: entry.spec.description,
    isolation: !needsProcess(step, entry) ? "worker" : input.sandbox?.in_force ? "process+os" : "process",
    ...(entry.origin === "builtin" ? {} : { consent: consentTo(entry, input.lock ?? NO_LOCK) }),
    depends_on: step.depends_on,
    grants,
    sources: step.mode === "read" ? [...grants.read, ...grants.net] : [],
    ...(increment === undefined ? {} : { increment }),
    targets: step.mode === "write" ? grants.write.map((path) => targetAt(path, config)) : [],
    ...(step.connection === undefined ? {} : { connection: step.connection }),
    ...(step.contract === undefined ? {} : { contract: step.contract }),
    ...(step.timeout_ms === undefined ? {} : { timeout_ms: step.timeout_ms }),
    ...(step.retry === undefined ? {} : { retries: step.retry.max }),
    ...(step.layer === undefined ? {} : { layer: step.layer }),
  };
}

/** Exactly what a driver may touch with this configuration and connection. */
export function grantsOf(
  spec: ComponentSpec,
  config: { readonly [key: string]: unknown },
  connection: { readonly [field: string]: unknown } | null,
  { root }: Project,
): Grants {
  const wanted = expandPermissions(spec, config, connection);
  const resolve = (path: string) => realPath(isAbsolute(path) ? normalize(path) : join(root, path));
  return { net: wanted.net, read: wanted.read.map(resolve), write: wanted.write.map(resolve) };
}

function targetAt(path: string, config: { readonly [key: string]: unknown }): PlanTarget {
  const { table, write_mode = "overwrite" } = config;
  return {
    path,
    ...(typeof table === "string" ? { table } : {}),
    write_mode: String(write_mode),
    exists: exists(path),
  };
}

/** Two paths may be spelled differently and be one file, which only the machine can tell. */
function refuseSharedTargets(steps: readonly PlanStep[]): void {
  const writers = new Map<string, { readonly id: string; readonly table: string | undefined }[]>();
  for (const step of steps) {
    for (const { path, table } of step.targets) {
      const others = writers.get(path) ?? [];
      // Tables of one database are targets of their own.
      const other = others.find((each) => table === undefined || (each.table ?? table) === table);
      if (other !== undefined) {
        const what = table === undefined ? `'${path}'` : `the table '${table}' in '${path}'`;
        throw new OsirisError(
          "RUN604",
          `Cannot plan step '${step.id}': it writes ${what}, which step '${other.id}' writes too`,
          {
            category: "usage",
            step: step.id,
            help: "give each write step a target of its own",
          },
        );
      }
      writers.set(path, [...others, { id: step.id, table }]);
    }
  }
}

/** The real path of what exists; for what does not, the real path of its nearest existing parent and the rest. */
export function realPath(path: string): string {
  let [head, tail] = [path, ""];
  while (true) {
    try {
      return tail === "" ? realpathSync(head) : join(realpathSync(head), tail);
    } catch {
      const parent = join(head, "..");
      if (parent === head) return path;
      tail = tail === ""
        ? head.slice(parent.length).replace(/^[/\\]/, "")
        : join(head.slice(parent.length).replace(/^[/\\]/, ""), tail);
      head = parent;
    }
  }
}

/** A name that no file system takes names nothing that exists; the step that uses it says what is wrong with it. */
function exists(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

/** Compiling refuses what a text names; only here is it known what a link or a hand-made manifest means. */
function refuseOwnFiles(steps: readonly PlanStep[], project: Project): void {
  const own = [
    project.logs,
    project.state,
    ...["osiris.yaml", "osiris_connections.yaml", ".env", LOCK_FILE, "components"].map((name) =>
      join(project.root, name)
    ),
  ]
    .map(realPath);
  for (const step of steps) {
    for (const { path } of step.targets) {
      const taken = own.find((place) => isWithin(place, path) || isWithin(path, place));
      if (taken === undefined) continue;
      throw new OsirisError(
        "RUN610",
        `Cannot plan step '${step.id}': it writes '${path}', where Osiris keeps '${taken}'`,
        {
          category: "usage",
          step: step.id,
          help: "write to another file or folder",
        },
      );
    }
  }
}

/** Whether `path` is `folder` or lies below it. */
function isWithin(folder: string, path: string): boolean {
  const below = relative(folder, path);
  return below === "" || (!below.startsWith("..") && !isAbsolute(below));
}

/** Reads the index and the last session's plan; a project without either has no last run. */
async function differenceToLastRun(
  manifest: Manifest,
  project: Project,
  state: State,
): Promise<PlanDifference | undefined> {
  const last = await state.lastRun(manifest.pipeline.name);
  const before = last && planOf(join(project.logs, last.session_id));
  if (!before) return undefined;
  const then = new Map(before.steps.map((step) => [step.id, step.fingerprint]));
  const now = new Map(manifest.steps.map((step) => [step.id, step.fingerprint]));
  return {
    session_id: last.session_id,
    fingerprint: last.fingerprint,
    changed: [...now].filter(([id, print]) => then.has(id) && then.get(id) !== print).map(([id]) => id),
    added: [...now.keys()].filter((id) => !then.has(id)),
    removed: [...then.keys()].filter((id) => !now.has(id)),
  };
}

/** The plan that a session ran; undefined when the session is gone, or was written by another version. */
function planOf(session: string): Plan | undefined {
  try {
    const plan: Plan = JSON.parse(readFileSync(join(session, "plan.json"), "utf8"));
    return plan.plan_version === "1" && Array.isArray(plan.steps) ? plan : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The dialogue about components from outside: what one may touch, how it differs from what was
 * allowed, and the question. All of it is written by Osiris; what a component says of itself is shown
 * with its control characters made visible.
 *
 * What must stay true: nothing is allowed without a yes of a person or `--yes`; what is asked about is
 * what is recorded, byte for byte.
 *
 * @module
 */

import {
  type Catalog,
  type CatalogEntry,
  lapsedSigner,
  type Lock,
  LOCK_FILE,
  lockedAs,
  type LockedTemplate,
  type LockProblem,
  lockProblem,
  lockReason,
  signerChange,
  SIGNERS_FILE,
  withComponent,
} from "../component/mod.ts";
import { OsirisError } from "../diagnostic.ts";
import type { PlanStep, Project } from "../run/mod.ts";
import { ask, canAsk } from "./_ask.ts";
import type { Cli } from "./_cli.ts";
import { demandLock, outsiders, projectCatalog, writeLock } from "./_components.ts";
import { printable } from "../printable.ts";
import { columnsOf, padded } from "./_wrap.ts";

/** A component about which somebody has to be asked. */
export interface Question {
  readonly entry: Pick<CatalogEntry, "spec" | "files" | "signedBy">;
  readonly problem: LockProblem;
  /** Where it came from, as the lock will say. */
  readonly source: string;
  /** The steps that would use it now. */
  readonly steps: readonly PlanStep[];
}

/** Where a component that lies in the project came from, when nobody says more. */
export function sourceInProject(name: string): string {
  return `components/${name}`;
}

/** What a person has to know before saying yes: lines without colours, safe to print. */
function questionText({ entry, problem, source, steps }: Question): string {
  const { name, version } = entry.spec;
  const head = problem.kind === "differs"
    ? `'${name}' is not as it was allowed: ${changeOf(problem)}.`
    : `'${name}' ${version} comes from outside, and nobody allowed it in this project yet.`;
  const wider = problem.kind === "differs" ? problem.difference.wider : [];
  const narrower = problem.kind === "differs" ? problem.difference.narrower : [];
  const facts: Fact[] = [
    { label: "from", text: source },
    ...(entry.signedBy === undefined ? [] : [{ label: "signed by", text: entry.signedBy }]),
    ...KINDS.flatMap(({ permission, label }) => templatesOf(entry, permission, label, wider)),
    ...narrower.map(({ permission, template }) => ({
      mark: "-" as const,
      label: labelOf(permission),
      text: template,
    })),
  ];
  return [
    head,
    ...lined(facts, "  "),
    ...(problem.kind === "differs" ? [`  ${verdictOf(problem)}`] : []),
    ...steps.flatMap((step) => [`  Here, step '${step.id}':`, ...lined(grantsOf(step), "    ")]),
  ].map(printable).join("\n") + "\n";
}

interface Fact {
  readonly mark?: "+" | "-";
  readonly label: string;
  readonly text: string;
}

const KINDS = [
  { permission: "net", label: "connects to" },
  { permission: "read", label: "reads" },
  { permission: "write", label: "writes" },
] as const;

function labelOf(permission: LockedTemplate["permission"]): string {
  return KINDS.find((kind) => kind.permission === permission)!.label;
}

function templatesOf(
  { spec }: Question["entry"],
  permission: LockedTemplate["permission"],
  label: string,
  wider: readonly LockedTemplate[],
): Fact[] {
  const templates = spec.permissions[permission] ?? [];
  if (templates.length === 0) return [{ label, text: "nothing" }];
  const isNew = (template: string) =>
    wider.some((each) => each.permission === permission && each.template === template);
  return templates.map((template) => ({
    ...(isNew(template) ? { mark: "+" as const } : {}),
    label,
    text: template,
  }));
}

function grantsOf({ grants }: PlanStep): Fact[] {
  const facts = KINDS.flatMap(({ permission, label }) =>
    grants[permission].map((text): Fact => ({ label, text }))
  );
  return facts.length > 0 ? facts : [{ label: "touches", text: "nothing" }];
}

function lined(facts: readonly Fact[], indent: string): string[] {
  const width = Math.max(...facts.map(({ label }) => columnsOf(label)));
  return facts.map(({ mark, label, text }) => `${indent}${mark ?? " "} ${padded(label, width)}  ${text}`);
}

function changeOf({ difference }: LockProblem & { kind: "differs" }): string {
  const { version: { from, to }, files, signer } = difference;
  const parts = [
    from === to ? `version ${to}` : `version ${from} then, ${to} now`,
    ...(files.length === 0 ? [] : [`${files.join(" and ")} changed`]),
    ...(signer === undefined ? [] : [signerChange(signer)]),
  ];
  return parts.join(", ");
}

function verdictOf({ difference: { wider, narrower } }: LockProblem & { kind: "differs" }): string {
  if (wider.length > 0) return "It asks for more than was allowed (+).";
  if (narrower.length > 0) return "It asks for less than was allowed (-).";
  return "It asks for what was allowed; what it does may be something else.";
}

/**
 * Asks about each component and records each yes at once, after what `granted` does. Throws when there is a no, or nobody who can
 * be asked; what had a yes before stays allowed.
 */
export async function settle(
  cli: Cli,
  project: Project,
  questions: readonly Question[],
  options: { readonly yes: boolean; readonly attempt: string; readonly command: string },
  granted: (question: Question) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const [first] = questions;
  if (first === undefined) return;
  const lock = demandLock(cli, project);
  for (const question of questions) demandSigner(lock, question, options.attempt);
  if (!options.yes && !canAsk(cli)) throw nobodyToAsk(first, options);
  for (const question of questions) {
    const { name } = question.entry.spec;
    if (!options.yes) {
      cli.err.write(questionText(question));
      if (!await ask(cli, `Allow it, and record that in ${LOCK_FILE}?`)) throw saidNo(name, options.attempt);
    } else if (!cli.quiet) cli.err.write(questionText(question));
    await granted(question);
    await allow(cli, project, question);
  }
}

/** Throws when no yes can allow a component, because of who signed it, or nobody. */
function demandSigner(lock: Lock, { entry, problem }: Question, attempt: string): void {
  const lapse = lapsedSigner(lock.signers ?? [], entry.signedBy, new Date());
  if (problem.kind !== "untrusted" && lapse === undefined) return;
  const name = `'${entry.spec.name}'`;
  const why = lapse ?? lockReason(problem);
  throw new OsirisError(
    "DRV410",
    `${attempt}: ${attempt.includes(name) ? "" : `${name} comes from outside, and `}${printable(why)}`,
    {
      category: "permission",
      help: lapse === undefined
        ? `ask its author for a signed one and for the public key, and add a line with that key to ${SIGNERS_FILE}`
        : `ask its author which key is valid now, and change the line in ${SIGNERS_FILE}`,
    },
  );
}

/** Records one component as allowed, in the lock as it is now. */
async function allow(cli: Cli, project: Project, { entry, source }: Question): Promise<void> {
  const lock = demandLock(cli, project);
  await writeLock(project, withComponent(lock, entry.spec.name, lockedAs(entry, source)));
}

/** What has to be asked before these steps may run. */
export function questionsOf(
  steps: readonly PlanStep[],
  entryOf: (name: string) => CatalogEntry | undefined,
  lock: Lock,
): Question[] {
  const names = [...new Set(steps.filter(({ consent }) => consent?.given === false).map((s) => s.component))];
  return names.flatMap((name) => {
    const entry = entryOf(name);
    const problem = entry && lockProblem(lock, entry);
    if (!entry || !problem) return [];
    const uses = steps.filter(({ component }) => component === name);
    return [{ entry, problem, source: sourceInProject(name), steps: uses }];
  });
}

/** Everything in which the lock and the folder `components/` differ, one line each. */
export function lockDifferences(catalog: Catalog, lock: Lock): string[] {
  const entries = outsiders(catalog);
  const here = new Set([
    ...entries.map(({ spec }) => spec.name),
    ...catalog.broken().map(({ name }) => name),
  ]);
  const gone = Object.keys(lock.components).filter((name) => !here.has(name));
  return [
    ...catalog.broken().map(({ name, error }) => `'${name}': ${error.message}`),
    ...entries.flatMap((entry) => {
      const problem = lockProblem(lock, entry);
      return problem ? [`'${entry.spec.name}': ${lockReason(problem)}`] : [];
    }),
    ...gone.sort().map((name) => `'${name}': ${LOCK_FILE} has it, and components/ does not`),
  ];
}

/** Throws unless the lock and the folder `components/` say the same of every component. */
export async function demandFrozen(cli: Cli, project: Project, attempt: string): Promise<void> {
  const differences = lockDifferences(await projectCatalog(project), demandLock(cli, project));
  if (differences.length === 0) return;
  throw new OsirisError(
    "DRV410",
    `${attempt}: components/ and ${LOCK_FILE} do not say the same: ${differences.join("; ")}`,
    { category: "permission", help: `look at each, and allow it, with '${lockCommand(cli)}'` },
  );
}

/** The command that settles what is not allowed yet. */
export function lockCommand(cli: Pick<Cli, "project">): string {
  return `osiris components lock${cli.project === undefined ? "" : ` --project ${printable(cli.project)}`}`;
}

function nobodyToAsk(
  { entry, problem }: Question,
  { attempt, command }: { readonly attempt: string; readonly command: string },
): OsirisError {
  const name = `'${entry.spec.name}'`;
  return new OsirisError(
    "DRV410",
    `${attempt}: ${attempt.includes(name) ? "it" : name} comes from outside and is not allowed (${
      lockReason(problem)
    }), and nobody is at a terminal to be asked`,
    {
      category: "permission",
      help:
        `see what it may touch, and allow it, with '${command}' at a terminal; in a script that means it, with '${command} --yes'`,
    },
  );
}

function saidNo(name: string, attempt: string): OsirisError {
  return new OsirisError("DRV410", `${attempt}: '${name}' was not allowed`, {
    category: "permission",
    help: "nothing was changed; look at its code, and type the same again to be asked again",
  });
}

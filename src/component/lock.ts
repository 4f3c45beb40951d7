/**
 * `osiris.lock`: which components from outside somebody allowed in a project, as they were when they
 * were allowed, byte for byte. This file reads and writes its text and says whether a component is
 * still the one that was allowed; asking a person and touching the disk are the command line's.
 *
 * What must stay true: a component is allowed only when every byte of its files and every one of its
 * permission templates is what the lock says; a lock that cannot be read in full allows nothing; the
 * same decisions give the same text.
 *
 * The lock itself is not signed: whoever may write it may allow a component. It belongs under version
 * control, where a change of it is seen.
 *
 * @module
 */

import {
  type Document,
  isMap,
  isNode,
  isScalar,
  LineCounter,
  type Node,
  parseDocument,
  stringify,
} from "yaml";
import schema from "../../schemas/lock.schema.json" with { type: "json" };
import type { Checked, Diagnostic } from "../diagnostic.ts";
import { pathOf, type SchemaError, tellingErrors, validatorOf } from "../json_schema.ts";
import type { CatalogEntry } from "./catalog.ts";
import { type Signer, SIGNERS_FILE } from "./signers.ts";
import type { ComponentSpec } from "./spec.ts";

/** The name of the file, in the project's folder. */
export const LOCK_FILE = "osiris.lock";

/** What somebody allowed. */
export interface LockedComponent {
  readonly version: string;
  /** Where it came from, for people; no rule depends on it. */
  readonly source: string;
  /** `sha256:…` of each file's bytes. */
  readonly files: Readonly<Record<string, string>>;
  readonly permissions: LockedPermissions;
  /** The fingerprint of the key that signed it; absent when it is not signed. */
  readonly signed_by?: string;
}

/** Permission templates, sorted; a kind without any is absent. */
export type LockedPermissions = { readonly [kind in PermissionKind]?: readonly string[] };

export type PermissionKind = "net" | "read" | "write";

/** The components that somebody allowed in a project, by name. */
export interface Lock {
  readonly components: Readonly<Record<string, LockedComponent>>;
  /** Whose components are taken, signed ones alone; absent when the project does not say, and any may be allowed. */
  readonly signers?: readonly Signer[];
}

/** The lock of a project that has none. */
export const NO_LOCK: Lock = { components: {} };

/** What is not as it was allowed. */
export type LockProblem =
  | { readonly kind: "missing" }
  /** Nobody can allow it: the project takes components that were signed by others than this one's key. */
  | { readonly kind: "untrusted"; readonly key: string | undefined }
  | { readonly kind: "differs"; readonly difference: LockDifference };

/** How a component differs from what was allowed. */
export interface LockDifference {
  readonly version: { readonly from: string; readonly to: string };
  /** Names of files whose bytes differ, or that only one side has. */
  readonly files: readonly string[];
  /** What it asks for beyond what was allowed. */
  readonly wider: readonly LockedTemplate[];
  /** What was allowed and it no longer asks for. */
  readonly narrower: readonly LockedTemplate[];
  /** Fingerprints of the keys that signed it, when they are not the same. */
  readonly signer?: { readonly from: string | undefined; readonly to: string | undefined };
}

/** A permission that a component asks for, as its spec has it. */
export interface LockedTemplate {
  readonly permission: PermissionKind;
  readonly template: string;
}

/** A component from outside, as far as a lock is about it. */
export type Lockable = Pick<CatalogEntry, "spec" | "files" | "signedBy">;

const KINDS: readonly PermissionKind[] = ["net", "read", "write"];

/**
 * Reads the text of a lock. Anything in it that is not understood is an error with its place, and
 * then there is no lock.
 *
 * @example
 * ```ts
 * const { value: lock, diagnostics } = parseLock(text, "osiris.lock");
 * ```
 */
export function parseLock(text: string, file: string): Checked<Lock> {
  const lines = new LineCounter();
  if (text.length > LONGEST_TEXT) return { diagnostics: [fault(file, "it is larger than 1 MB")] };
  const conflict = CONFLICT.exec(text);
  if (conflict !== null) return { diagnostics: [conflicting(file, text, conflict.index)] };
  const document = parsed(text, lines);
  if (typeof document === "string") return { diagnostics: [fault(file, document)] };
  const [first] = document.errors; // the others mostly follow from it
  if (first !== undefined) {
    const place = placeOf(lines, first.pos[0], first.pos[1]);
    return { diagnostics: [fault(file, `it is not valid YAML (${firstLine(first.message)})`, place)] };
  }
  const value: unknown = document.toJS({ maxAliasCount: 0 });
  const { errors } = validatorOf(schema).validate(value);
  if (errors.length > 0) {
    const diagnostics = tellingErrors(errors).slice(0, 20).map((error) => {
      const path = pathOf(error);
      return fault(file, explained(error, path), placeAt(document, lines, path));
    });
    return { diagnostics };
  }
  return { value: { components: (value as Lock).components }, diagnostics: [] };
}

/** The text of a lock: sorted, so that the same decisions give the same bytes. */
export function lockText({ components }: Lock): string {
  const sorted = byName(Object.entries(components)).map(([name, { files, permissions, ...rest }]) => [
    name,
    { ...rest, files: Object.fromEntries(byName(Object.entries(files))), permissions },
  ]);
  return HEADER +
    stringify({ lock_version: 1, components: Object.fromEntries(sorted) }, { lineWidth: 0, version: "1.2" });
}

/** What a lock says of a component that is allowed as it is now. */
export function lockedAs({ spec, files, signedBy }: Lockable, source: string): LockedComponent {
  return {
    version: spec.version,
    source,
    ...(signedBy === undefined ? {} : { signed_by: signedBy }),
    files: files ?? {},
    permissions: templatesOf(spec),
  };
}

/** The lock with one component allowed, or with none of that name. */
export function withComponent(lock: Lock, name: string, component: LockedComponent | undefined): Lock {
  const { [name]: _before, ...others } = lock.components;
  return { ...lock, components: component === undefined ? others : { ...others, [name]: component } };
}

/** Why a component from outside is not allowed as it is now; undefined when it is. */
export function lockProblem(lock: Lock, entry: Lockable): LockProblem | undefined {
  const { name } = entry.spec;
  const trusted = lock.signers?.some(({ key }) => key === entry.signedBy) ?? true;
  if (!trusted) return { kind: "untrusted", key: entry.signedBy };
  const locked = Object.hasOwn(lock.components, name) ? lock.components[name] : undefined;
  if (locked === undefined) return { kind: "missing" };
  const difference = differenceBetween(locked, lockedAs(entry, locked.source));
  const same = difference.version.from === difference.version.to && difference.files.length === 0 &&
    difference.wider.length === 0 && difference.narrower.length === 0 && difference.signer === undefined;
  return same ? undefined : { kind: "differs", difference };
}

/** One line on a problem, as it stands in a message after a colon. */
export function lockReason(problem: LockProblem): string {
  if (problem.kind === "missing") return `${LOCK_FILE} does not have it`;
  if (problem.kind === "untrusted") {
    return problem.key === undefined
      ? `it is not signed, and this project takes only what somebody in ${SIGNERS_FILE} signed`
      : `the key that signed it, ${problem.key}, is not in ${SIGNERS_FILE}`;
  }
  const { version, files, wider, narrower, signer } = problem.difference;
  const parts = [
    ...(version.from === version.to ? [] : [`version ${version.from} was allowed and ${version.to} is here`]),
    ...(files.length === 0 ? [] : [`${files.join(" and ")} changed`]),
    ...(wider.length === 0 ? [] : [`it asks for more: ${listed(wider)}`]),
    ...(narrower.length === 0 ? [] : [`it asks for less: no longer ${listed(narrower)}`]),
    ...(signer === undefined ? [] : [signerChange(signer)]),
  ];
  return `it is not as ${LOCK_FILE} has it (${parts.join("; ")})`;
}

/** One clause on who signed it then and now. */
export function signerChange({ from, to }: NonNullable<LockDifference["signer"]>): string {
  if (from === undefined) return `it is signed now, by ${to}`;
  return to === undefined
    ? `it is no longer signed, as it was by ${from}`
    : `${from} signed it then, ${to} now`;
}

function listed(templates: readonly LockedTemplate[]): string {
  return templates.map(({ permission, template }) => `${permission} ${template}`).join(", ");
}

function differenceBetween(before: LockedComponent, now: LockedComponent): LockDifference {
  const names = [...new Set([...Object.keys(before.files), ...Object.keys(now.files)])].sort();
  return {
    version: { from: before.version, to: now.version },
    files: names.filter((name) => before.files[name] !== now.files[name]),
    wider: beyond(now.permissions, before.permissions),
    narrower: beyond(before.permissions, now.permissions),
    ...(before.signed_by === now.signed_by ? {} : { signer: { from: before.signed_by, to: now.signed_by } }),
  };
}

/** The templates of `some` that `others` lacks. */
function beyond(some: LockedPermissions, others: LockedPermissions): LockedTemplate[] {
  return KINDS.flatMap((permission) =>
    (some[permission] ?? [])
      .filter((template) => !others[permission]?.includes(template))
      .map((template) => ({ permission, template }))
  );
}

function templatesOf({ permissions }: ComponentSpec): LockedPermissions {
  return Object.fromEntries(
    KINDS.map((kind) => [kind, [...new Set(permissions[kind])].sort()] as const)
      .filter(([, templates]) => templates.length > 0),
  );
}

function byName<T>(entries: [string, T][]): [string, T][] {
  return entries.sort(([a], [b]) => (a < b ? -1 : 1));
}

const HEADER = `# The components from outside that this project may use, as somebody allowed them.
# Written by 'osiris components add' and 'osiris components lock'. Keep it under version control.
`;

const LONGEST_TEXT = 1024 * 1024;

/** What version control leaves where two sides changed the same lines. */
const CONFLICT = /^<{7}(?= |$)/m;

function conflicting(file: string, text: string, at: number): Diagnostic {
  const line = text.slice(0, at).split("\n").length;
  const why = "it has a merge conflict that nobody resolved";
  return {
    ...fault(file, why, { line, column: 1, end_line: line, end_column: 8 }),
    help:
      "take one side of it whole, and then 'osiris components lock', which asks about what that side lacks",
  };
}

/** The document, or why there is none. */
function parsed(text: string, lineCounter: LineCounter): Document.Parsed | string {
  try {
    const document = parseDocument(text, {
      lineCounter,
      prettyErrors: false,
      uniqueKeys: true,
      version: "1.2",
      logLevel: "error", // 'silent' would take the first of several documents
    });
    if (document.errors.length === 0) document.toJS({ maxAliasCount: 0 });
    return document;
  } catch (error) {
    return error instanceof RangeError ? "it is nested too deeply" : "it has aliases, and a lock needs none";
  }
}

function explained({ keyword, error }: SchemaError, path: readonly string[]): string {
  const where = path.length === 0 ? "the document" : `'${path.join(".")}'`;
  if (keyword === "const" && path[0] === "lock_version") {
    return "its lock_version is not 1, the only one that this Osiris reads";
  }
  return keyword === "false"
    ? `${where} is no key of a lock`
    : `${where} does not have the form of a lock (${error.replace(/\.$/, "")})`;
}

function placeAt(
  document: Document.Parsed,
  lines: LineCounter,
  path: readonly string[],
): Partial<Diagnostic> {
  const node = nodeAt(document.contents, path);
  return node?.range ? placeOf(lines, node.range[0], node.range[1]) : {};
}

/** The key that a path ends with, or what the path leads to. */
function nodeAt(from: unknown, path: readonly string[]): Node | undefined {
  const [first, ...rest] = path;
  if (first === undefined || !isMap(from)) return isNode(from) ? from : undefined;
  const pair = from.items.find(({ key }) => isScalar(key) && String(key.value) === first);
  if (pair === undefined) return from;
  return rest.length === 0 && isNode(pair.key) ? pair.key : nodeAt(pair.value, rest);
}

function placeOf(lines: LineCounter, from: number, to: number): Partial<Diagnostic> {
  const [start, end] = [lines.linePos(from), lines.linePos(Math.max(from, to))];
  return { line: start.line, column: start.col, end_line: end.line, end_column: end.col };
}

function firstLine(message: string): string {
  return message.split("\n")[0]!.replace(/[.:]$/, "");
}

function fault(file: string, why: string, place: Partial<Diagnostic> = {}): Diagnostic {
  return {
    code: "DRV411",
    severity: "error",
    message: `Cannot read the lock: ${why}`,
    file,
    ...place,
    help: "bring back the last good one from version control, or remove it and run 'osiris components lock'",
  };
}

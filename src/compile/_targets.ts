/** What steps write and read, by path: no two write one target, and no read races a write. @module */

import type { StepDecl } from "../oml/mod.ts";
import type { Findings } from "./_findings.ts";

/** The paths of one step as its configuration has them. */
export interface StepPaths {
  readonly step: StepDecl;
  readonly read: readonly string[];
  readonly write: readonly string[];
}

interface Use {
  readonly step: StepDecl;
  /** As written, for messages. */
  readonly path: string;
  readonly parts: readonly string[];
}

/** Reports shared targets, and paths that are written and read without an order between the two steps. */
export function checkTargets(all: readonly StepPaths[], findings: Findings): void {
  const writes = all.flatMap(({ step, write }) =>
    write.map((path): Use => ({ step, path, parts: partsOf(path) }))
  );
  const reads = all.flatMap(({ step, read }) =>
    read.map((path): Use => ({ step, path, parts: partsOf(path) }))
  );
  const seen = newTree();
  for (const use of writes) {
    const other = usesAround(seen, use.parts).find(({ step }) => step !== use.step);
    if (other) refuseSharedTarget(use, other, findings);
    addUse(seen, use);
  }
  const upstream = new Upstream(all.map(({ step }) => step));
  for (const read of reads) {
    for (const write of writesRead(read, writes, seen)) {
      if (write.step === read.step || upstream.ordered(write.step.id, read.step.id)) continue;
      refuseRace(write, read, findings);
    }
  }
}

/** A path's parts, with `.`, `//` and `..` worked out on the text alone. */
export function partsOf(path: string): string[] {
  const parts: string[] = path.startsWith("/") ? [""] : [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    const last = parts.at(-1);
    if (part === ".." && last !== undefined && last !== ".." && last !== "" && !last.includes("${")) {
      parts.pop();
    } else if (part !== ".." || last !== "") parts.push(part);
  }
  return parts;
}

/** Whether a pattern with `*`, `?`, `[…]` and `**` names the path, a folder above it, or something inside it. */
export function globReaches(pattern: readonly string[], path: readonly string[]): boolean {
  let [p, s, star, mark] = [0, 0, -1, 0];
  while (p < pattern.length) {
    if (pattern[p] === "**") [star, mark] = [p++, s];
    else if (s === path.length) return star < 0;
    else if (partMatches(pattern[p]!, path[s]!)) [p, s] = [p + 1, s + 1];
    else if (star >= 0) [p, s] = [star + 1, ++mark];
    else return false;
  }
  return true;
}

const WILD = /[*?[]/;

/** The writes that a read would see. */
function writesRead(read: Use, writes: readonly Use[], tree: PathTree): readonly Use[] {
  if (read.parts.some((part) => WILD.test(part))) {
    return writes.filter((write) => globReaches(read.parts, write.parts));
  }
  return usesAround(tree, read.parts);
}

/** Writes by the parts of their path, so that a thousand steps compare in one walk each. */
interface PathTree {
  readonly uses: Use[];
  readonly inner: Map<string, PathTree>;
}

function newTree(): PathTree {
  return { uses: [], inner: new Map() };
}

function addUse(tree: PathTree, use: Use): void {
  let node = tree;
  for (const part of use.parts) {
    const next = node.inner.get(part) ?? newTree();
    node.inner.set(part, next);
    node = next;
  }
  node.uses.push(use);
}

/** The writes of this path, of folders around it and of what is inside it. */
function usesAround(tree: PathTree, parts: readonly string[]): readonly Use[] {
  const found: Use[] = [];
  let node = tree;
  for (const part of parts) {
    found.push(...node.uses);
    const next = node.inner.get(part);
    if (!next) return found;
    node = next;
  }
  return [...found, ...usesUnder(node)];
}

function usesUnder(node: PathTree): Use[] {
  return [...node.uses, ...[...node.inner.values()].flatMap(usesUnder)];
}

/** Which steps come before which. */
class Upstream {
  readonly #direct: ReadonlyMap<string, readonly string[]>;
  readonly #known = new Map<string, ReadonlySet<string>>();

  constructor(steps: readonly StepDecl[]) {
    this.#direct = new Map(steps.map((step) => [step.id, step.dependsOn]));
  }

  ordered(a: string, b: string): boolean {
    return this.#before(a).has(b) || this.#before(b).has(a);
  }

  #before(id: string): ReadonlySet<string> {
    const known = this.#known.get(id);
    if (known) return known;
    const before = new Set<string>();
    const open = [...this.#direct.get(id) ?? []];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (before.has(next)) continue;
      before.add(next);
      open.push(...this.#direct.get(next) ?? []);
    }
    this.#known.set(id, before);
    return before;
  }
}

/** One part of a path against one part of a pattern; `[…]` is taken as any character. */
function partMatches(pattern: string, part: string): boolean {
  const wild = pattern.replace(/\[[^\]]*\]/g, "?");
  let [p, s, star, mark] = [0, 0, -1, 0];
  while (s < part.length) {
    if (wild[p] === "*") [star, mark] = [p++, s];
    else if (p < wild.length && (wild[p] === "?" || wild[p] === part[s])) [p, s] = [p + 1, s + 1];
    else if (star >= 0) [p, s] = [star + 1, ++mark];
    else return false;
  }
  while (wild[p] === "*") p++;
  return p === wild.length;
}

function refuseSharedTarget(use: Use, other: Use, findings: Findings): void {
  const same = use.parts.join("/") === other.parts.join("/");
  const what = same
    ? `it writes '${use.path}', which step '${other.step.id}' writes too`
    : `it writes '${use.path}', and step '${other.step.id}' writes '${other.path}', one inside the other`;
  findings.on(pathOf(use), "CMP211", `Cannot compile step '${use.step.id}': ${what}`, {
    help: "give each write step a target of its own",
  });
}

function refuseRace(write: Use, read: Use, findings: Findings): void {
  const message =
    `Cannot compile step '${read.step.id}': it reads '${read.path}', which step '${write.step.id}' writes ('${write.path}'), and no order is given`;
  findings.on(pathOf(read), "CMP212", message, {
    help: `add \`needs: [${write.step.id}]\` to step '${read.step.id}', or read another path`,
  });
}

/** Where the path of a step stands in the text. */
export function pathOf({ step }: { readonly step: StepDecl }): (string | number)[] {
  return ["steps", step.index, "config", ...("path" in step.config ? ["path"] : [])];
}

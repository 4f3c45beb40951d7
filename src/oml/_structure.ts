/**
 * What the schema says against a text, as diagnostics that a person can act on.
 *
 * @module
 */

import { nearest } from "../diagnostic.ts";
import { type Findings, quote } from "./_findings.ts";
import { child, type Located, type Path, textOf } from "./_located.ts";
import { findHookMisfits, findMisfits, type Misfit } from "./_schema.ts";

/** Reports everything in the document that the schema does not allow. */
export function checkStructure(root: Located, findings: Findings): void {
  reportAll(findMisfits(root), root, findings);
}

/** Reports everything in the document's list of hooks that the schema does not allow. */
export function checkHooks(root: Located, findings: Findings): void {
  const hooks = child(root, "hooks");
  if (hooks !== undefined) reportAll(findHookMisfits(hooks, ["hooks"]), root, findings);
}

function reportAll(misfits: readonly Misfit[], root: Located, findings: Findings): void {
  const mistyped = mistypedKeys(misfits);
  for (const misfit of misfits) {
    if (misfit.kind === "missing" && mistyped.has(keyOf(misfit.path, misfit.key))) continue;
    report(misfit, root, findings);
  }
}

/** Missing keys that stand there misspelt or under another name: saying so once is enough. */
function mistypedKeys(misfits: readonly Misfit[]): Set<string> {
  const words = new Map<string, string[]>();
  const found = new Set<string>();
  for (const misfit of misfits) {
    if (misfit.kind !== "unknown") continue;
    if (misfit.meant !== undefined) found.add(keyOf(misfit.path, misfit.meant));
    const at = keyOf(misfit.path);
    const known = words.get(at);
    if (known === undefined) words.set(at, [misfit.key]);
    else known.push(misfit.key);
  }
  for (const misfit of misfits) {
    if (misfit.kind !== "missing") continue;
    const near = (words.get(keyOf(misfit.path)) ?? []).slice(0, 20);
    if (near.some((word) => nearest(word, [misfit.key]))) found.add(keyOf(misfit.path, misfit.key));
  }
  return found;
}

function keyOf(path: Path, ...more: string[]): string {
  return [...path, ...more].join("\0");
}

function report(misfit: Misfit, root: Located, findings: Findings): void {
  const { subject, rest } = subjectOf(root, misfit.path);
  const inside = rest.length === 0 ? "" : ` in ${quote(dotted(rest))}`;
  const cannot = `Cannot read ${subject}`;
  switch (misfit.kind) {
    case "unknown":
      return findings.on(
        root,
        [...misfit.path, misfit.key],
        "OML103",
        `${cannot}: unknown key ${quote(misfit.key)}${inside}`,
        {
          at: "key",
          help: misfit.meant === undefined
            ? findings.suggest(misfit.key, misfit.known, "the known keys")
            : `did you mean '${misfit.meant}'?`,
        },
      );
    case "refused":
      return findings.on(
        root,
        [...misfit.path, misfit.key],
        "OML107",
        `${cannot}: ${quote(misfit.key)} is no key of OML`,
        {
          at: "key",
          help: misfit.instead,
        },
      );
    case "missing":
      return findings.on(
        root,
        misfit.path,
        "OML104",
        `${cannot}: ${quote(misfit.key)} is missing${inside}, should be ${misfit.should}`,
        {
          help: `add '${misfit.key}'`,
        },
      );
    case "name":
      return findings.on(
        root,
        [...misfit.path, misfit.key],
        "OML106",
        `${cannot}: the name ${quote(misfit.key)}${inside} should be ${misfit.should}`,
        {
          at: "key",
        },
      );
    case "value": {
      const node = at(root, misfit.path);
      const what = rest.length === 0 ? "it" : quote(dotted(rest));
      return findings.on(
        root,
        misfit.path,
        "OML106",
        `${cannot}: ${what} is ${describe(node, misfit)}, should be ${misfit.should}`,
        {
          help: mend(node, misfit, findings),
        },
      );
    }
  }
}

/** What a message calls the thing at a path, and the rest of the path inside it. */
export function subjectOf(root: Located, path: Path): { subject: string; rest: Path } {
  const [first, second] = path;
  if (first === "steps" && typeof second === "number") {
    return { subject: stepName(child(child(root, "steps"), second), second), rest: path.slice(2) };
  }
  if (first === "params" && second !== undefined) {
    return { subject: `parameter ${quote(String(second))}`, rest: path.slice(2) };
  }
  if (first === "profiles" && second !== undefined) {
    return { subject: `profile ${quote(String(second))}`, rest: path.slice(2) };
  }
  if (first === "hooks" && typeof second === "number") {
    const name = textOf(child(child(child(root, "hooks"), second), "name"));
    return { subject: name ? `hook ${quote(name)}` : `hook ${second + 1}`, rest: path.slice(2) };
  }
  return { subject: "the pipeline", rest: path };
}

function stepName(step: Located | undefined, index: number): string {
  const id = textOf(child(step, "id"));
  return id === undefined || id === "" ? `step ${index + 1}` : `step ${quote(id)}`;
}

function at(root: Located, path: Path): Located | undefined {
  let node: Located | undefined = root;
  for (const key of path) node = child(node, key);
  return node;
}

function dotted(path: Path): string {
  return path.map((key, i) => typeof key === "number" ? `[${key}]` : i === 0 ? key : `.${key}`).join("");
}

/** What a value is. A text is repeated only where keywords stand: elsewhere it may be a secret. */
function describe(node: Located | undefined, misfit: Misfit & { kind: "value" }): string {
  if (node === undefined || node.value === null) return "empty";
  if (node.kind === "list") return node.items.length === 0 ? "an empty list" : "a list";
  if (node.kind === "map") return "a map";
  if (typeof node.value === "number") return `the number ${node.value}`;
  if (typeof node.value === "boolean") return String(node.value);
  if (node.value === "") return "an empty text";
  return misfit.type && misfit.choices.length === 0 ? "a text" : quote(String(node.value));
}

const YES_AND_NO: { readonly [word: string]: string } = {
  yes: "true",
  on: "true",
  no: "false",
  off: "false",
};

function mend(
  node: Located | undefined,
  misfit: Misfit & { kind: "value" },
  findings: Findings,
): string | undefined {
  if (node === undefined || node.value === null) return "remove the key, or give it a value";
  if (misfit.should.startsWith("a duration") && typeof node.value === "number") {
    return `write a unit: ${Math.abs(Math.trunc(node.value))}s, or ${Math.abs(Math.trunc(node.value))}ms`;
  }
  const text = textOf(node);
  if (text === undefined) {
    return node.value === false && misfit.choices.includes("off") ? "write 'off'" : undefined;
  }
  if (misfit.should === "true or false") {
    const word = YES_AND_NO[text.toLowerCase()];
    return word && `write ${word}`;
  }
  if (misfit.choices.length > 0) {
    const near = nearest(text, misfit.choices);
    return near && findings.suggest(text, [near], "");
  }
  return misfit.should.startsWith("a duration") ? mendDuration(text) : undefined;
}

/** Durations are often written as other tools want them. */
function mendDuration(text: string): string | undefined {
  const [, amount, unit] = /^(\d{1,4})\s*(s|m|h|d|ms)[a-z]*$/i.exec(text) ?? [];
  if (amount === undefined || unit === undefined) return undefined;
  return unit.toLowerCase() === "d"
    ? `write ${Number(amount) * 24}h`
    : `write ${amount}${unit.toLowerCase()}`;
}

/**
 * The references that steps make: each must be one, and name something that is there.
 *
 * @module
 */

import { type Findings, quote } from "./_findings.ts";
import { child, entriesOf, itemsOf, type Located, type Path } from "./_located.ts";
import type { ParamDecl } from "./_params.ts";
import { parseReferences, type Reference } from "./_references.ts";
import { subjectOf } from "./_structure.ts";

/** The keys of a step whose texts may hold references, beside `inputs`. */
const PLACES = ["config", "description", "explanation", "labels", "idempotency_key"];

/** Checks every reference in the steps, and in the config that profiles give them. */
export function checkUses(root: Located, params: Record<string, ParamDecl>, findings: Findings): void {
  const checker = new UseChecker(root, params, findings);
  itemsOf(child(root, "steps")).forEach((step, index) => {
    for (const key of PLACES) checker.check(child(step, key), ["steps", index, key]);
  });
  for (const [profile, { node }] of entriesOf(child(root, "profiles"))) {
    checker.check(child(node, "config"), ["profiles", profile, "config"]);
  }
}

class UseChecker {
  constructor(
    readonly root: Located,
    readonly params: Record<string, ParamDecl>,
    readonly findings: Findings,
  ) {}

  check(node: Located | undefined, path: Path): void {
    if (node?.kind === "map") {
      for (const [key, entry] of node.entries) this.check(entry.node, [...path, key]);
    } else if (node?.kind === "list") node.items.forEach((item, index) => this.check(item, [...path, index]));
    else if (typeof node?.value === "string" && node.value.includes("${")) this.#text(node.value, path);
  }

  #text(text: string, path: Path): void {
    const { segments, problems } = parseReferences(text);
    for (const { source, message, help, environment } of problems) {
      this.#refuse(
        path,
        environment ? "OML116" : "OML113",
        message,
        source,
        this.#paramMeant(source) ?? help,
      );
    }
    for (const segment of segments) {
      if (segment.kind === "ref") this.#reference(segment.ref, segment.source, path);
    }
  }

  #reference(ref: Reference, source: string, path: Path): void {
    if (ref.kind === "item") {
      this.#refuse(
        path,
        "OML113",
        `'\${item}' stands outside a 'fan_out'`,
        source,
        "write ${params.NAME} for a parameter",
      );
    } else if (ref.kind === "output") {
      const message = `the output of step ${quote(ref.step)} is a table, not text`;
      this.#refuse(path, "OML113", message, source, `name it under the step's 'inputs': { df: "${source}" }`);
    } else if (ref.kind === "param") {
      this.#param(ref, source, path);
    }
  }

  #param(ref: Reference & { kind: "param" }, source: string, path: Path): void {
    const decl = Object.hasOwn(this.params, ref.name) ? this.params[ref.name] : undefined;
    if (decl === undefined) {
      const help = this.findings.suggest(ref.name, Object.keys(this.params), "the parameters");
      this.#refuse(
        path,
        "OML114",
        `unknown parameter ${quote(ref.name)}`,
        source,
        help ?? `declare it: params: { ${ref.name}: … }`,
      );
    } else if (ref.filter === "identifier" && decl.type !== "string") {
      const message = `${quote(source)} needs the type string, the type is ${decl.type}`;
      this.#refuse(path, "OML113", message, source, `declare ${quote(ref.name)} with 'type: string'`);
    }
  }

  /** `${since}` where there is a parameter of that name. */
  #paramMeant(source: string): string | undefined {
    const name = source.slice(2, -1).trim();
    return Object.hasOwn(this.params, name) ? `write \${params.${name}}` : undefined;
  }

  #refuse(
    path: Path,
    code: "OML113" | "OML114" | "OML116",
    what: string,
    source: string,
    help?: string,
  ): void {
    const { subject, rest } = subjectOf(this.root, path);
    const where = rest.map((key, i) => typeof key === "number" ? `[${key}]` : i === 0 ? key : `.${key}`).join(
      "",
    );
    this.findings.on(this.root, path, code, `Cannot read ${quote(where)} of ${subject}: ${what}`, {
      help,
      within: source,
    });
  }
}

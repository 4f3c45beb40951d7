/**
 * From the list of steps to declarations in which everything left to be understood is spelled out:
 * defaults inherited, the implicit input filled in, dependencies named.
 *
 * @module
 */

import { type ContractDecl, readContract } from "./_contract.ts";
import { parseDuration } from "./_duration.ts";
import { type Findings, quote } from "./_findings.ts";
import { child, entriesOf, itemsOf, type Located, type Path, textOf } from "./_located.ts";
import { parseReferences } from "./_references.ts";
import { subjectOf } from "./_structure.ts";

/** One step of a pipeline. */
export interface StepDecl {
  /** Where it stands in the list `steps`, from 0. */
  index: number;
  /** Unique in the pipeline, also without regard to case. */
  id: string;
  /** `family.role`; whether there is one of that name is not known here. */
  component: string;
  /** What the component does here. */
  mode: "read" | "write" | "transform";
  /** As written; references are still in it. */
  config: Record<string, unknown>;
  /** Input name to the step whose output it is; the implicit `df` is filled in. */
  inputs: Record<string, string>;
  /** Steps that must finish first, in the order of the text, each once. */
  needs: string[];
  /** Everything it waits for: inputs, needs and references to outputs; sorted, each once. */
  dependsOn: string[];
  /** How often and when to try again; delays in milliseconds. Absent when the text says nothing. */
  retry?: {
    /** Retries after the first attempt. */
    max: number;
    backoff: "none" | "linear" | "exponential";
    delay_ms: number;
    max_delay_ms: number;
    jitter: boolean;
  };
  /** How long one attempt may take. */
  timeout_ms?: number;
  /** What becomes of columns that differ from the promised ones; types as written. */
  contract?: ContractDecl;
  /** Where its driver runs; absent when the text says nothing. */
  isolation?: "worker" | "process";
  /** A label that groups steps, such as `bronze`. */
  layer?: string;
  /** What the step does; references are still in it. */
  description?: string;
  /** Why the step is there; references are still in it. */
  explanation?: string;
  /** A map of scalars or a list of texts; references are still in it. */
  labels?: unknown;
  /** A key that makes repeating the step safe; references are still in it. */
  idempotency_key?: string;
}

/** What the graph needs to know beside the declaration: where each dependency is named. */
export interface ReadStep {
  readonly decl: StepDecl;
  readonly named: ReadonlyMap<string, Path>;
}

const MODES = ["read", "write", "transform"];

/** Reads the steps that can be read. What is wrong with dependencies is reported. */
export function readSteps(root: Located, findings: Findings): ReadStep[] {
  const items = itemsOf(child(root, "steps"));
  const ids = declaredIds(items);
  const reader = new StepReader(root, items, ids, findings);
  return items.flatMap((item, index) => reader.read(item, index) ?? []);
}

/** Every id that a step may name, those inside branches included, with the step's mode. */
function declaredIds(items: readonly Located[]): Map<string, string | undefined> {
  const ids = new Map<string, string | undefined>();
  const add = (step: Located | undefined): void => {
    const id = textOf(child(step, "id"));
    if (id !== undefined && !ids.has(id)) ids.set(id, textOf(child(step, "mode")));
    const branch = child(step, "branch");
    for (const inner of [...itemsOf(child(branch, "then")), ...itemsOf(child(branch, "else"))]) add(inner);
    const fanOut = child(step, "fan_out");
    for (const key of ["step", "fan_in"]) if (child(fanOut, key) !== undefined) add(child(fanOut, key));
  };
  items.forEach(add);
  return ids;
}

class StepReader {
  constructor(
    readonly root: Located,
    readonly items: readonly Located[],
    readonly ids: ReadonlyMap<string, string | undefined>,
    readonly findings: Findings,
  ) {}

  read(item: Located, index: number): ReadStep | undefined {
    const id = textOf(child(item, "id"));
    const component = textOf(child(item, "component"));
    const mode = textOf(child(item, "mode"));
    if (id === undefined || component === undefined || mode === undefined || !MODES.includes(mode)) {
      return undefined;
    }
    const named = new Map<string, Path>();
    const inputs = this.#inputs(item, index, mode, named);
    const needs = this.#needs(item, index, named);
    const config = child(item, "config");
    const decl: StepDecl = {
      index,
      id,
      component,
      mode: mode as StepDecl["mode"],
      config: config?.kind === "map" ? config.value : {},
      inputs,
      needs,
      dependsOn: [...new Set([...Object.values(inputs), ...needs])].sort(),
      ...this.#operation(item, index),
    };
    return { decl, named };
  }

  #inputs(item: Located, index: number, mode: string, named: Map<string, Path>): Record<string, string> {
    const written = child(item, "inputs");
    if (written === undefined) return mode === "read" ? {} : this.#implicitInput(index, mode, named);
    const path = ["steps", index, "inputs"];
    const inputs: Record<string, string> = {};
    if (written.kind !== "map") return inputs;
    if (mode === "read" && written.entries.size > 0) {
      this.#refuse(path, "it is a 'read' step with 'inputs', should have none", {
        at: "key",
        help: "remove 'inputs', or write 'mode: transform'; for order without data use 'needs'",
      });
      return inputs;
    }
    if (mode === "write" && written.entries.size !== 1) {
      this.#refuse(
        path,
        `it is a 'write' step with ${written.entries.size} inputs, should have exactly one`,
        {
          at: "key",
          help: written.entries.size === 0
            ? 'write inputs: { df: "${step_id.output.df}" }'
            : "join the inputs in a transform step first",
        },
      );
    }
    const taken = new Map<string, string>();
    for (const [name, { node }] of written.entries) {
      const other = taken.get(name.toLowerCase());
      if (other !== undefined) {
        this.#refuse([...path, name], `input ${quote(name)} differs from ${quote(other)} only by case`, {
          at: "key",
          help: "rename one: SQL does not tell them apart",
        });
      }
      taken.set(name.toLowerCase(), name);
      const source = this.#inputSource(node, [...path, name], name);
      if (source === undefined) continue;
      inputs[name] = source;
      if (!named.has(source)) named.set(source, [...path, name]);
    }
    return inputs;
  }

  /** A transform or write step without `inputs` reads the step listed just before it, as `df`. */
  #implicitInput(index: number, mode: string, named: Map<string, Path>): Record<string, string> {
    const path = ["steps", index];
    if (index === 0) {
      if (mode === "write") {
        this.#refuse(
          [...path, "mode"],
          "it is a 'write' step without an input, and no step stands before it",
          {
            help: 'write inputs: { df: "${step_id.output.df}" }',
          },
        );
      }
      return {};
    }
    const before = this.items[index - 1];
    const id = textOf(child(before, "id"));
    if (id === undefined || textOf(child(before, "component")) === undefined) return {};
    if (textOf(child(before, "mode")) === "write") {
      this.#refuse(
        [...path, "mode"],
        `it reads the step just before it, and ${quote(id)} is a 'write' step without an output`,
        {
          help: `write inputs: { df: "\${step_id.output.df}" }${
            mode === "transform" ? ", or inputs: {} for none" : ""
          }`,
        },
      );
      return {};
    }
    named.set(id, [...path, "mode"]);
    return { df: id };
  }

  #inputSource(node: Located, path: Path, name: string): string | undefined {
    const text = textOf(node);
    if (text === undefined) return undefined;
    const { step, problem } = outputNamed(text);
    const cannot = `input ${quote(name)}`;
    if (problem !== undefined) {
      this.#refuse(path, `${cannot}: ${problem.message}`, {
        code: "OML113",
        help: problem.help,
        within: text,
      });
    } else if (step === undefined) {
      const should = `should be "\${step_id.output.df}" or a step id`;
      this.#refuse(path, `${cannot} names no step's output, ${should}`, { within: text });
    } else if (!this.ids.has(step)) {
      this.#unknown(path, `${cannot} names the unknown step ${quote(step)}`, step, text);
    } else if (this.ids.get(step) === "write") {
      this.#refuse(path, `${cannot} names ${quote(step)}, a 'write' step without an output`, {
        help: `name the step that ${quote(step)} writes; for order without data use 'needs'`,
        within: text,
      });
    } else {
      return step;
    }
    return undefined;
  }

  #needs(item: Located, index: number, named: Map<string, Path>): string[] {
    const needs = new Set<string>();
    itemsOf(child(item, "needs")).forEach((need, i) => {
      const step = textOf(need);
      if (step === undefined) return;
      const path = ["steps", index, "needs", i];
      if (!this.ids.has(step)) {
        return this.#unknown(path, `'needs' names the unknown step ${quote(step)}`, step, step);
      }
      needs.add(step);
      if (!named.has(step)) named.set(step, path);
    });
    return [...needs];
  }

  #unknown(path: Path, what: string, step: string, within: string): void {
    const help = this.findings.suggest(step, this.ids.keys(), "the steps");
    this.#refuse(path, what, { code: "OML105", help, within });
  }

  #operation(item: Located, index: number): Partial<StepDecl> {
    const defaults = child(this.root, "defaults");
    const own: Partial<StepDecl> = {};
    const retry = this.#retry(...this.#inherited(item, index, defaults, "retry"));
    if (retry !== undefined) own.retry = retry;
    const timeout = this.#duration(...this.#inherited(item, index, defaults, "timeout"), 1);
    if (timeout !== undefined) own.timeout_ms = timeout;
    const isolation = textOf(this.#inherited(item, index, defaults, "isolation")[0]);
    if (isolation === "worker" || isolation === "process") own.isolation = isolation;
    const contract = readContract(child(item, "contract"));
    if (contract !== undefined) own.contract = contract;
    for (const key of ["layer", "description", "explanation", "idempotency_key"] as const) {
      const text = textOf(child(item, key));
      if (text !== undefined) own[key] = text;
    }
    const labels = child(item, "labels");
    if (labels !== undefined) own.labels = labels.value;
    return own;
  }

  #inherited(
    item: Located,
    index: number,
    defaults: Located | undefined,
    key: string,
  ): [Located | undefined, Path] {
    const own = child(item, key);
    return own === undefined ? [child(defaults, key), ["defaults", key]] : [own, ["steps", index, key]];
  }

  #retry(node: Located | undefined, path: Path): StepDecl["retry"] {
    const max = child(node, "max")?.value;
    if (typeof max !== "number") return undefined;
    const backoff = textOf(child(node, "backoff")) ?? "exponential";
    const delay = this.#duration(child(node, "delay"), [...path, "delay"], 0);
    const longest = this.#duration(child(node, "max_delay"), [...path, "max_delay"], 0);
    if (delay !== undefined && longest !== undefined && delay > longest) {
      this.#refuse([...path, "delay"], "'delay' is longer than 'max_delay', should be at most as long", {
        code: "OML106",
      });
    }
    return {
      max,
      backoff: backoff as "none" | "linear" | "exponential",
      delay_ms: delay ?? Math.min(1000, longest ?? 1000),
      max_delay_ms: longest ?? Math.max(60_000, delay ?? 0),
      jitter: child(node, "jitter")?.value !== false,
    };
  }

  /** A duration that the schema let through may still be none: too long to wait for, or none at all. */
  #duration(node: Located | undefined, path: Path, least: number): number | undefined {
    const text = textOf(node);
    if (text === undefined || !/^[0-9]{1,12}(ms|s|m|h)$/.test(text)) return undefined;
    const ms = parseDuration(text);
    const where = quote(path.slice(path[0] === "steps" ? 2 : 0).join("."));
    if (ms === undefined) {
      this.#refuse(path, `${where} is ${quote(text)}, should be at most 24 days`, { code: "OML106" });
    } else if (ms < least) {
      this.#refuse(path, `${where} is ${quote(text)}, should be longer`, { code: "OML106" });
    }
    return ms;
  }

  #refuse(
    path: Path,
    what: string,
    options: {
      code?: "OML105" | "OML106" | "OML112" | "OML113";
      help?: string | undefined;
      at?: "key";
      within?: string;
    },
  ): void {
    const { subject } = subjectOf(this.root, path);
    const { code = "OML112", ...rest } = options;
    this.findings.on(this.root, path, code, `Cannot read ${subject}: ${what}`, rest);
  }
}

/** The step whose output a text of `inputs` names: a single reference, or the id alone. */
function outputNamed(text: string): { step?: string; problem?: { message: string; help?: string } } {
  if (!text.includes("${")) return /^[A-Za-z][A-Za-z0-9_-]*$/.test(text) ? { step: text } : {};
  const { segments, problems } = parseReferences(text);
  const [problem] = problems;
  if (problem !== undefined) return { problem };
  const [only, ...more] = segments;
  return only?.kind === "ref" && only.ref.kind === "output" && more.length === 0
    ? { step: only.ref.step }
    : {};
}

/** The config overrides of profiles name steps that exist. */
export function checkProfileSteps(root: Located, findings: Findings): void {
  const ids = declaredIds(itemsOf(child(root, "steps")));
  for (const [profile, { node }] of entriesOf(child(root, "profiles"))) {
    for (const [id] of entriesOf(child(node, "config"))) {
      if (ids.has(id)) continue;
      const message = `Cannot read profile ${quote(profile)}: 'config' names the unknown step ${quote(id)}`;
      const help = findings.suggest(id, ids.keys(), "the steps");
      findings.on(root, ["profiles", profile, "config", id], "OML105", message, { at: "key", help });
    }
  }
}

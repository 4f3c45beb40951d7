/** The values of parameters: which one wins, whether it fits, and how it is named in SQL. @module */

import { nearest } from "../diagnostic.ts";
import type { Binding, Json, Manifest } from "../manifest.ts";
import { fitParam, type ParamDecl, type Pipeline, type Profile } from "../oml/mod.ts";
import { type Findings } from "./_findings.ts";

/** What was given from outside the text, as text. */
export interface GivenParams {
  /** `--param`. */
  readonly params: { readonly [name: string]: string };
  /** `OSIRIS_PARAM_*`, by what follows the prefix. */
  readonly envParams: { readonly [name: string]: string };
}

/** The parameters of one pipeline under one profile. */
export class ParamValues {
  readonly #decls: { readonly [name: string]: ParamDecl };
  readonly #values: ReadonlyMap<string, Json>;
  readonly #runNames: { readonly [field: string]: string };

  constructor(decls: { readonly [name: string]: ParamDecl }, values: ReadonlyMap<string, Json>) {
    this.#decls = decls;
    this.#values = values;
    const taken = new Set(Object.keys(decls).map((name) => name.toLowerCase()));
    this.#runNames = Object.fromEntries(
      ["id", "started_at", "date"].map((field) => [field, freeName(`run_${field}`, taken)]),
    );
  }

  /** The declaration, when there is one of that name. */
  decl(name: string): ParamDecl | undefined {
    return Object.hasOwn(this.#decls, name) ? this.#decls[name] : undefined;
  }

  /** The value; undefined for a sensitive parameter and for one that was not given. */
  value(name: string): Json | undefined {
    return this.decl(name)?.sensitive ? undefined : this.#values.get(name);
  }

  /** How SQL binds it; undefined while it has no value. */
  binding(name: string): Binding & { readonly name: string } | undefined {
    const decl = this.decl(name);
    if (!decl) return undefined;
    if (decl.sensitive) return { name, type: decl.type, symbol: `params.${name}` };
    const value = this.#values.get(name);
    return value === undefined ? undefined : { name, type: decl.type, value };
  }

  /** The name under which SQL binds a fact of the run; never that of a parameter. */
  runName(field: "id" | "started_at" | "date"): string {
    return this.#runNames[field]!;
  }

  /** As the manifest lists them. */
  listed(): Manifest["params"] {
    return Object.fromEntries(
      Object.entries(this.#decls).map(([name, { type, sensitive }]) => {
        const value = this.#values.get(name);
        if (sensitive) return [name, { type, sensitive: true as const }];
        return [name, value === undefined ? { type } : { type, value }];
      }),
    );
  }

  /** Names that have no value and need one. */
  missing(): string[] {
    return Object.entries(this.#decls).filter(([name, decl]) => !decl.sensitive && !this.#values.has(name))
      .map(([name]) => name);
  }
}

/** One order everywhere: `--param`, then `OSIRIS_PARAM_X`, then the profile, then the default. */
export function paramValues(
  pipeline: Pipeline,
  given: { readonly [name: string]: Json },
  profile: Profile | undefined,
): ParamValues {
  const values = new Map<string, Json>();
  for (const [name, decl] of Object.entries(pipeline.params)) {
    const sources = [given, profile?.params ?? {}];
    const source = sources.find((each) => Object.hasOwn(each, name));
    const value = source ? source[name] as Json : decl.default as Json | undefined;
    if (value !== undefined) values.set(name, value);
  }
  return new ParamValues(pipeline.params, values);
}

/** Reads the values given from outside and reports those that do not fit. No message repeats a value. */
export function readGiven(
  pipeline: Pipeline,
  given: GivenParams,
  findings: Findings,
): { [name: string]: Json } {
  const names = Object.keys(pipeline.params);
  for (const name of Object.keys(given.params).filter((each) => !Object.hasOwn(pipeline.params, each))) {
    const near = nearest(name, names);
    const known = names.length > 0 ? `the parameters are ${names.join(", ")}` : "the pipeline declares none";
    findings.call(
      "CMP204",
      `Cannot set parameter '${name}': the pipeline declares none of that name`,
      near ? `did you mean '${near}'?` : known,
    );
  }
  const entries = Object.entries(pipeline.params).flatMap(([name, decl]): [string, Json][] => {
    const source = sourceOf(name, given);
    if (!source) return [];
    const fit = fitParam(decl, typedText(decl, source.text));
    if ("value" in fit) return [[name, fit.value as Json]];
    findings.call(
      "CMP206",
      `Cannot set parameter '${name}': ${source.flag} should be ${fit.should}, and is not`,
      `give another value: ${source.example}`,
    );
    return [];
  });
  return Object.fromEntries(entries);
}

function sourceOf(
  name: string,
  given: GivenParams,
): { text: string; flag: string; example: string } | undefined {
  if (Object.hasOwn(given.params, name)) {
    return { text: given.params[name]!, flag: `--param ${name}`, example: `--param ${name}=…` };
  }
  const variable = [name, name.toUpperCase()].find((each) => Object.hasOwn(given.envParams, each));
  if (variable === undefined) return undefined;
  const flag = `OSIRIS_PARAM_${variable}`;
  return { text: given.envParams[variable]!, flag, example: `${flag}=…` };
}

/** A text as a value of the declared type; the text itself where it is none, which then does not fit. */
function typedText(decl: ParamDecl, text: string): unknown {
  switch (decl.type) {
    case "int":
      return text.replace(/^\+/, "");
    case "number":
      return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text) ? Number(text) : text;
    case "bool":
      return text === "true" ? true : text === "false" ? false : text;
    case "list":
      return text.trim().startsWith("[")
        ? parsedJson(text)
        : text === ""
        ? []
        : text.split(",").map((item) => listItem(decl, item));
    case "map":
      return parsedJson(text);
    default:
      return text;
  }
}

/** An item of `a,b,c`: of the kind the choices have, otherwise text. */
function listItem(decl: ParamDecl, text: string): unknown {
  const sample = decl.enum?.[0] ?? (Array.isArray(decl.default) ? decl.default[0] : undefined);
  if (typeof sample === "number" && text.trim() !== "" && Number.isFinite(Number(text))) return Number(text);
  return text;
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  return taken.has(name) ? freeName(`${name}_`, taken) : name;
}

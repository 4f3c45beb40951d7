/**
 * Walks a located value along a JSON Schema and says what does not fit, in terms a message can be made
 * of: an unknown key with the known ones, a missing key, a value and what it should be.
 *
 * The schema document stays the one source; a general validator reports every branch it tried, from
 * which no message for people can be made. This walk knows the keywords that the schema of OML uses and
 * refuses any other (tests hold it against a general validator).
 *
 * @module
 */

import type { Located, Path } from "./_located.ts";
import document from "../../schemas/oml.schema.json" with { type: "json" };

/** The part of JSON Schema 2020-12 that the schema of OML uses. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: { readonly [key: string]: Schema };
  readonly patternProperties?: { readonly [pattern: string]: Schema | true };
  readonly additionalProperties?: Schema | false;
  readonly propertyNames?: Schema;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly minItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly anyOf?: readonly Schema[];
  readonly if?: Schema;
  readonly else?: Schema;
  readonly not?: Schema;
  /** What a text should be, where `pattern` would not tell a person. Editors show it too. */
  readonly patternErrorMessage?: string;
  /** What to write instead of a key that is refused. */
  readonly errorMessage?: string;
  /** What other tools call a key; for "did you mean". */
  readonly "x-also-called"?: readonly string[];
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly doNotSuggest?: boolean;
}

/** The JSON Schema of OML (2020-12): the document itself, for editors and for those who check with it. */
export const omlSchema: { readonly [keyword: string]: unknown } = document;

/** What does not fit, and where. */
export type Misfit =
  | {
    readonly kind: "unknown";
    readonly path: Path;
    readonly key: string;
    readonly known: readonly string[];
    /** The key that other tools call so. */
    readonly meant: string | undefined;
  }
  | { readonly kind: "refused"; readonly path: Path; readonly key: string; readonly instead: string }
  | { readonly kind: "missing"; readonly path: Path; readonly key: string; readonly should: string }
  | { readonly kind: "name"; readonly path: Path; readonly key: string; readonly should: string }
  | {
    readonly kind: "value";
    readonly path: Path;
    readonly should: string;
    /** The value is of another type altogether. */
    readonly type: boolean;
    readonly choices: readonly string[];
  };

const root = document as unknown as Schema & { readonly $defs: { readonly [name: string]: Schema } };

/** The schema of OML. */
export const schema: Schema = root;

/** Everything in `node` that does not fit the schema of OML. */
export function findMisfits(node: Located): Misfit[] {
  return misfitsWith(schema, node, []);
}

/** Everything in a list of hooks that does not fit; `path` is where it stands. */
export function findHookMisfits(node: Located, path: Path): Misfit[] {
  return misfitsWith(schema.properties!["hooks"]!, node, path);
}

function misfitsWith(schema: Schema, node: Located, path: Path): Misfit[] {
  const misfits: Misfit[] = [];
  walk(schema, node, path, misfits);
  return misfits;
}

/** The schema that a `$ref` names, or the schema itself. */
export function resolve(given: Schema): Schema {
  let schema = given;
  while (schema.$ref !== undefined) schema = root.$defs[schema.$ref.slice("#/$defs/".length)]!;
  return schema;
}

function walk(given: Schema, node: Located, path: Path, misfits: Misfit[]): void {
  const schema = resolve(given);
  if (schema.anyOf !== undefined) return walkAny(schema, node, path, misfits);
  if (schema.type !== undefined && !typesOf(schema).some((type) => isOfType(node.value, type))) {
    misfits.push({
      kind: "value",
      path,
      should: expectation(schema),
      type: true,
      choices: choicesOf(schema),
    });
  } else if (node.kind === "map") {
    walkMap(schema, node, path, misfits);
  } else if (node.kind === "list") {
    walkList(schema, node, path, misfits);
  } else if (!scalarFits(schema, node.value)) {
    misfits.push({
      kind: "value",
      path,
      should: expectation(schema),
      type: false,
      choices: choicesOf(schema),
    });
  }
}

/** Of several shapes, the one that comes nearest is the one that was meant. */
function walkAny(schema: Schema, node: Located, path: Path, misfits: Misfit[]): void {
  const tries = schema.anyOf!.map((branch) => {
    const found: Misfit[] = [];
    walk(branch, node, path, found);
    return found;
  });
  if (tries.some((found) => found.length === 0)) return;
  const near = tries.filter((found) => !found.some((m) => m.kind === "value" && m.type && m.path === path));
  const best = near.sort((a, b) => a.length - b.length)[0];
  if (best !== undefined) return void misfits.push(...best);
  const choices = schema.anyOf!.flatMap((branch) => choicesOf(resolve(branch)));
  misfits.push({ kind: "value", path, should: expectation(schema), type: true, choices });
}

function walkMap(schema: Schema, node: Located & { kind: "map" }, path: Path, misfits: Misfit[]): void {
  for (const [key, entry] of node.entries) {
    const held = schemaOfKey(schema, key);
    if (held === false) {
      misfits.push({
        kind: "unknown",
        path,
        key,
        known: suggestible(schema),
        meant: meantBy(schema, node, key),
      });
    } else if (held?.not !== undefined) {
      misfits.push({ kind: "refused", path, key, instead: held.errorMessage ?? "remove it" });
    } else {
      const names = schema.propertyNames && resolve(schema.propertyNames);
      if (names !== undefined && !scalarFits(names, key)) {
        misfits.push({ kind: "name", path, key, should: expectation(names) });
      }
      if (held !== undefined) walk(held, entry.node, [...path, key], misfits);
    }
  }
  for (const key of requiredOf(schema, node)) {
    if (node.entries.has(key)) continue;
    const held = schemaOfKey(schema, key);
    misfits.push({ kind: "missing", path, key, should: held ? expectation(resolve(held)) : "there" });
  }
}

function walkList(schema: Schema, node: Located & { kind: "list" }, path: Path, misfits: Misfit[]): void {
  if (node.items.length < (schema.minItems ?? 0)) {
    misfits.push({ kind: "value", path, should: "a list with at least one item", type: false, choices: [] });
  }
  const { items } = schema;
  if (items === undefined) return;
  node.items.forEach((item, index) => walk(items, item, [...path, index], misfits));
}

/** The schema of a key; false when the key is not allowed, undefined when anything is. */
function schemaOfKey(schema: Schema, key: string): Schema | false | undefined {
  if (schema.properties !== undefined && Object.hasOwn(schema.properties, key)) {
    return schema.properties[key]!;
  }
  if (schema.patternProperties !== undefined && key.startsWith("x-")) return undefined;
  return schema.additionalProperties;
}

function requiredOf(schema: Schema, node: Located & { kind: "map" }): readonly string[] {
  const required = schema.required ?? [];
  if (schema.if === undefined) return required;
  const holds = schema.if.anyOf!.some((one) => one.required!.every((key) => node.entries.has(key)));
  return holds ? required : [...required, ...schema.else!.required!];
}

function suggestible(schema: Schema): string[] {
  return Object.entries(schema.properties ?? {}).filter(([, held]) => !held.doNotSuggest).map(([key]) => key);
}

/** The key that another tool's word stands for, unless that key is there as well. */
function meantBy(schema: Schema, node: Located & { kind: "map" }, word: string): string | undefined {
  const found = Object.entries(schema.properties ?? {}).find(([key, held]) =>
    (held["x-also-called"] ?? resolve(held)["x-also-called"])?.includes(word) && !node.entries.has(key)
  );
  return found?.[0];
}

function typesOf(schema: Schema): readonly string[] {
  return typeof schema.type === "string" ? [schema.type] : schema.type ?? [];
}

function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case "array":
      return Array.isArray(value);
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value);
    case "integer":
      return Number.isInteger(value);
    case "string":
      return typeof value === "string";
    case "number":
      return typeof value === "number";
    default:
      return typeof value === "boolean";
  }
}

const PATTERNS = new Map<string, RegExp>();

function matches(pattern: string, text: string): boolean {
  let compiled = PATTERNS.get(pattern);
  if (compiled === undefined) PATTERNS.set(pattern, compiled = new RegExp(pattern, "u"));
  return compiled.test(text);
}

function scalarFits(schema: Schema, value: unknown): boolean {
  if (schema.const !== undefined && value !== schema.const) return false;
  if (schema.enum !== undefined && !schema.enum.includes(value)) return false;
  if (typeof value === "number") {
    return value >= (schema.minimum ?? -Infinity) && value <= (schema.maximum ?? Infinity);
  }
  if (typeof value !== "string") return true;
  return value.length >= (schema.minLength ?? 0) && value.length <= (schema.maxLength ?? Infinity) &&
    (schema.pattern === undefined || matches(schema.pattern, value));
}

function choicesOf(schema: Schema): string[] {
  return (schema.enum ?? []).map(String);
}

const TYPE_WORDS: { readonly [type: string]: string } = {
  string: "a text",
  number: "a number",
  integer: "an integer",
  boolean: "true or false",
  array: "a list",
  object: "a map",
};

/** What a value should be, in words. */
function expectation(schema: Schema): string {
  if (schema.anyOf !== undefined) return either(schema.anyOf.map((branch) => expectation(resolve(branch))));
  if (schema.patternErrorMessage !== undefined) return schema.patternErrorMessage;
  if (schema.const !== undefined) return `the text "${schema.const}"`;
  if (schema.enum !== undefined) return `one of ${schema.enum.map((value) => `'${value}'`).join(", ")}`;
  if (schema.type === "integer" && schema.minimum !== undefined) {
    return `an integer ${
      schema.maximum === undefined
        ? `of at least ${schema.minimum}`
        : `from ${schema.minimum} to ${schema.maximum}`
    }`;
  }
  if (schema.type === "string" && schema.maxLength !== undefined) {
    return `a text of 1 to ${schema.maxLength} characters`;
  }
  if (schema.type === "string" && schema.minLength !== undefined) return "a text that is not empty";
  return either(typesOf(schema).map((type) => TYPE_WORDS[type]!));
}

function either(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

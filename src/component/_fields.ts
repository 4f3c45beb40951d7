/**
 * Checks a value against the part of JSON Schema a spec may use, and says what is wrong in the words
 * of a person's text rather than in a validator's.
 *
 * A text that contains `${` stands for a value that is known later; only texts are asked of it.
 *
 * @module
 */

import { nearest } from "../diagnostic.ts";
import { pathProblems } from "./_path_text.ts";
import { patternProblems } from "./_time_pattern.ts";
import { parseType, TYPE_NAMES } from "./_types.ts";
import type { FieldSchema } from "./spec.ts";

/** Something wrong with one value or key; `path` leads to it from the checked value. */
export interface Problem {
  readonly path: readonly (string | number)[];
  /** Whether the key at the end of the path is meant, or the value there. */
  readonly at: "key" | "value";
  readonly message: string;
  readonly help?: string;
}

type Path = readonly (string | number)[];
type Fields = Readonly<Record<string, FieldSchema>>;

/** Everything wrong with a value, outermost first. */
export function checkField(schema: FieldSchema, value: unknown, path: Path = []): Problem[] {
  const wrongType = typeProblem(schema, value);
  if (wrongType !== undefined) return [{ path, at: "value", ...wrongType }];
  const found = [...plainProblems(schema, value)].map((problem): Problem => ({
    path,
    at: "value",
    ...problem,
  }));
  if (schema.anyOf !== undefined) found.push(...anyOfProblems(schema.anyOf, value, path));
  if (Array.isArray(value)) found.push(...itemProblems(schema, value, path));
  else if (isObject(value)) found.push(...objectProblems(schema, value, path));
  return found;
}

/** Whether a value fits, known for certain; a symbolic one does only where any text would. */
export function fits(schema: FieldSchema, value: unknown): boolean {
  const { enum: choices, const: only, pattern } = schema;
  const unknown = isSymbolic(value) && [choices, only, pattern].some((asked) => asked !== undefined);
  return !unknown && checkField(schema, value).length === 0;
}

/** What is wrong with the keys of an object: unknown ones, with the nearest known. */
export function unknownKeys(value: object, known: readonly string[], path: Path): Problem[] {
  return Object.keys(value).filter((key) => !known.includes(key)).map((key) => {
    const near = nearest(key, known);
    return {
      path: [...path, key],
      at: "key",
      message: `there is no field '${key}'`,
      help: near === undefined ? `the fields are ${words(known)}` : `did you mean '${near}'?`,
    };
  });
}

/** Whether a value stands for another that is known later. */
function isSymbolic(value: unknown): value is string {
  return typeof value === "string" && /(^|[^$])\$\{/.test(value);
}

/** Whether a value is an object with keys. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What is wrong, and what to do, of a value whose place is known. */
export interface Said {
  readonly message: string;
  readonly help?: string;
}

function typeProblem(schema: FieldSchema, value: unknown): Said | undefined {
  if (schema.type === undefined || isSymbolic(value) || typeFits(schema.type, value)) return undefined;
  if (schema.type === "integer" && typeof value === "number" && Number.isInteger(value)) {
    return { message: `it is ${show(value)}, which is too large to be exact, and should be an integer` };
  }
  const help = quoteHelp(schema.type, value);
  return { message: `it is ${show(value)}, and should be ${article(schema.type)}`, ...help };
}

function typeFits(type: NonNullable<FieldSchema["type"]>, value: unknown): boolean {
  switch (type) {
    case "integer":
      return Number.isSafeInteger(value);
    case "number":
      return typeof value === "number" && Number.isFinite(value);
    case "array":
      return Array.isArray(value);
    case "object":
      return isObject(value);
    case "null":
      return value === null;
    case "boolean":
      return typeof value === "boolean";
    case "string":
      return typeof value === "string";
  }
}

function quoteHelp(type: string, value: unknown): { help?: string } {
  if (type === "string" && (typeof value === "number" || typeof value === "boolean")) {
    return { help: `write it as text: "${value}"` };
  }
  if (type === "string" && value === null) {
    return { help: 'an empty value and a bare NULL are nothing; write "" or "NULL"' };
  }
  if (type === "array" && typeof value === "string") return { help: `write it as a list: [${value}]` };
  return {};
}

function* plainProblems(schema: FieldSchema, value: unknown): Iterable<Said> {
  if (schema.format === "path" && typeof value === "string") yield* pathProblems(value);
  if (isSymbolic(value)) return;
  if (schema.enum !== undefined && !schema.enum.some((each) => same(each, value))) {
    const near = typeof value === "string" ? nearest(value, schema.enum.map(String)) : undefined;
    yield {
      message: `it is ${show(value)}, and should be ${words(schema.enum.map(show), "or")}`,
      ...(near === undefined ? {} : { help: `did you mean '${near}'?` }),
    };
  }
  if (schema.const !== undefined && !same(schema.const, value)) {
    yield { message: `it is ${show(value)}, and should be ${show(schema.const)}` };
  }
  if (typeof value === "string") yield* textProblems(schema, value);
  if (typeof value === "number") yield* numberProblems(schema, value);
}

function* textProblems(schema: FieldSchema, value: string): Iterable<Said> {
  const length = [...value].length;
  if (schema.minLength !== undefined && length < schema.minLength) {
    yield {
      message: `it is ${length === 0 ? "empty" : show(value)}, and should have at least ${
        count(schema.minLength, "character")
      }`,
    };
  }
  if (schema.maxLength !== undefined && length > schema.maxLength) {
    yield {
      message: `it is ${show(value)}, and should have at most ${count(schema.maxLength, "character")}`,
    };
  }
  if (schema.pattern !== undefined && !new RegExp(schema.pattern, "u").test(value)) {
    yield { message: `it is ${show(value)}, and should match ${schema.pattern}` };
  }
  if (schema.format !== undefined && value.includes("\0")) {
    yield { message: "it contains a NUL character, and should not" };
  } else if (schema.format === "type") yield* sqlTypeProblems(value);
  else if (schema.format === "strftime") yield* patternProblems(value);
}

function* sqlTypeProblems(value: string): Iterable<Said> {
  try {
    parseType(value);
  } catch (error) {
    const near = nearest(value, TYPE_NAMES);
    yield {
      message: `it is ${show(value)}, and should be the name of a SQL type: ${(error as Error).message}`,
      help: near === undefined
        ? "such as BIGINT, DECIMAL(18,2), VARCHAR, DATE or TIMESTAMP"
        : `did you mean ${near}?`,
    };
  }
}

function* numberProblems(schema: FieldSchema, value: number): Iterable<Said> {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema;
  const should = (what: string) => ({ message: `it is ${value}, and should be ${what}` });
  if (minimum !== undefined && value < minimum) yield should(`${minimum} or more`);
  if (maximum !== undefined && value > maximum) yield should(`${maximum} or less`);
  if (exclusiveMinimum !== undefined && value <= exclusiveMinimum) {
    yield should(`more than ${exclusiveMinimum}`);
  }
  if (exclusiveMaximum !== undefined && value >= exclusiveMaximum) {
    yield should(`less than ${exclusiveMaximum}`);
  }
}

/** The problems of the alternative that is meant: the one of the value's type, when there is one. */
function anyOfProblems(alternatives: readonly FieldSchema[], value: unknown, path: Path): Problem[] {
  if (isSymbolic(value)) return [];
  const results = alternatives.map((each) => checkField(each, value, path));
  if (results.some((found) => found.length === 0)) return [];
  const meant = alternatives.findIndex((each) => each.type !== undefined && typeFits(each.type, value));
  if (meant >= 0) return results[meant]!;
  const message = `it is ${show(value)}, and should be ${words(alternatives.map(describe), "or")}`;
  return [{ path, at: "value", message }];
}

function describe(schema: FieldSchema): string {
  if (schema.const !== undefined) return show(schema.const);
  if (schema.enum !== undefined) return words(schema.enum.map(show), "or");
  return article(schema.type ?? "object");
}

function itemProblems(schema: FieldSchema, value: readonly unknown[], path: Path): Problem[] {
  const found: Problem[] = [];
  const say = (message: string, at: Path = path) => found.push({ path: at, at: "value", message });
  if (schema.minItems !== undefined && value.length < schema.minItems) {
    say(`it has ${count(value.length, "item")}, and should have at least ${schema.minItems}`);
  }
  if (schema.maxItems !== undefined && value.length > schema.maxItems) {
    say(`it has ${count(value.length, "item")}, and should have at most ${schema.maxItems}`);
  }
  if (schema.uniqueItems === true) {
    const seen = new Set<string>();
    value.forEach((item, i) => {
      const key = JSON.stringify(item);
      if (seen.has(key)) say(`it is ${show(item)} once more, and each should be there once`, [...path, i]);
      seen.add(key);
    });
  }
  const { items } = schema;
  if (items !== undefined) value.forEach((item, i) => found.push(...checkField(items, item, [...path, i])));
  return found;
}

function objectProblems(schema: FieldSchema, value: Record<string, unknown>, path: Path): Problem[] {
  const properties: Fields = schema.properties ?? {};
  const found = missingKeys(schema.required ?? [], value, path);
  if (schema.additionalProperties === false) found.push(...unknownKeys(value, Object.keys(properties), path));
  for (const [key, child] of Object.entries(value)) {
    const childSchema = Object.hasOwn(properties, key) ? properties[key] : schema.additionalProperties;
    if (typeof childSchema === "object") found.push(...checkField(childSchema, child, [...path, key]));
  }
  return found;
}

function missingKeys(required: readonly string[], value: object, path: Path): Problem[] {
  return required.filter((key) => !Object.hasOwn(value, key)).map((key) => ({
    path,
    at: "value",
    message: `'${key}' is missing`,
  }));
}

function same(a: unknown, b: unknown): boolean {
  return a === b || (typeof a === "object" && JSON.stringify(a) === JSON.stringify(b));
}

/** A value as a message shows it: short, on one line. */
export function show(value: unknown): string {
  if (typeof value === "bigint") return String(value);
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (isObject(value)) return "a map";
  const text = JSON.stringify(value) ?? String(value);
  const quoted = typeof value === "string" ? `'${text.slice(1, -1).replaceAll('\\"', '"')}'` : text;
  return quoted.length > 60 ? `${quoted.slice(0, 57)}…'` : quoted;
}

function article(type: string): string {
  const names: Record<string, string> = {
    string: "text",
    integer: "an integer",
    number: "a number",
    boolean: "true or false",
    array: "a list",
    object: "a map",
  };
  return names[type] ?? type;
}

/** "a, b or c". */
function words(items: readonly string[], last = "and"): string {
  if (items.length < 2) return items.join("");
  return `${items.slice(0, -1).join(", ")} ${last} ${items.at(-1)}`;
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}

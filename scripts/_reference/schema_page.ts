/** The page of one document's JSON Schema: a table of its keys, and one for each part it names. */

import { cell, code, heading, plain, table } from "./markdown.ts";

/** The part of JSON Schema that the project's schemas use. */
interface Schema {
  readonly title?: string;
  readonly description?: string;
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly patternErrorMessage?: string;
  readonly errorMessage?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly not?: object;
  readonly required?: readonly string[];
  readonly else?: Schema;
  readonly properties?: { readonly [key: string]: Schema };
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly $defs?: { readonly [name: string]: Schema };
}

type Parts = { readonly [name: string]: Schema };

/** More values than this are not listed in a cell. */
const MANY = 20;

const HEAD = ["key", "", "value", "meaning"];

/** The page of the schema in `schemas/<name>.schema.json`. */
export function schemaPage(name: string, json: string): string {
  const read: Schema = JSON.parse(json);
  const schema = withSmallParts(read, read.$defs ?? {});
  const file = `${name}.schema.json`;
  const parts = Object.entries(schema.$defs ?? {}).filter(([, part]) => hasKeys(part));
  return [
    heading(1, schema.title ?? name),
    sentence(schema.description),
    `The schema itself: [schemas/${file}](../../schemas/${file}).`,
    keys(schema),
    refusals(schema),
    ...parts.flatMap(([part, of]) => [heading(2, part), sentence(of.description), keys(of), refusals(of)]),
  ].filter((text) => text !== "").join("\n\n") + "\n";
}

/** The schema with every reference to a kind of text or number replaced by what it refers to; tables stay references. */
function withSmallParts(schema: Schema, parts: Parts): Schema {
  const replace = (_key: string, value: Schema) =>
    typeof value?.$ref === "string" ? replaced(value, parts) : value;
  return JSON.parse(JSON.stringify(schema), replace);
}

function replaced(schema: Schema, parts: Parts): Schema {
  const { $ref = "", ...own } = schema;
  const part = parts[$ref.split("/").at(-1)!];
  if (part === undefined) return schema;
  if (hasKeys(part)) return { ...described(part), ...schema };
  const whole = withSmallParts({ ...part, ...own }, parts);
  return whole.$ref === undefined ? whole : replaced(whole, parts);
}

function described({ description }: Schema): Schema {
  return description === undefined ? {} : { description };
}

/** Whether a part is an object of its own, and not a kind of text or number. */
function hasKeys(schema: Schema): boolean {
  return rows(schema, "").length > 0;
}

function keys(schema: Schema): string {
  return table(HEAD, rows(schema, ""));
}

/** One row for each key, those of objects inside it below it. */
function rows(schema: Schema, prefix: string): string[][] {
  const own = Object.entries(schema.properties ?? {}).filter(([, property]) => property.not === undefined);
  const found = own.flatMap(([key, property]) => {
    const path = `${prefix}${key}`;
    const required = (schema.required ?? []).concat(schema.else?.required ?? []).includes(key)
      ? "required"
      : "";
    return [[code(path), required, valueOf(property), meaningOf(key, property)], ...inside(property, path)];
  });
  return [...found, ...(schema.anyOf ?? []).flatMap((option) => rows(option, prefix))];
}

/** The keys of what a value is made of. A named part has a table of its own. */
function inside(schema: Schema, path: string): string[][] {
  if (schema.$ref !== undefined) return [];
  const members = typeof schema.additionalProperties === "object"
    ? [
      ...rows(schema.additionalProperties, `${path}.*.`),
      ...inside(schema.additionalProperties, `${path}.*`),
    ]
    : [];
  const items = schema.items
    ? [...rows(schema.items, `${path}[].`), ...inside(schema.items, `${path}[]`)]
    : [];
  return distinct([...rows(schema, `${path}.`), ...members, ...items]);
}

function distinct(found: string[][]): string[][] {
  const seen = new Map(found.map((row) => [row.join("\0"), row]));
  return [...seen.values()];
}

function valueOf(schema: Schema): string {
  if (schema.$ref !== undefined) return linked(schema.$ref);
  if (schema.const !== undefined) return code(JSON.stringify(schema.const));
  if (schema.enum && schema.enum.length > MANY) return `one of ${schema.enum.length} names`;
  if (schema.enum) return schema.enum.map((value) => code(plain(value))).join(", ");
  const options = schema.type === undefined ? schema.anyOf ?? schema.oneOf : undefined;
  if (options) return [...new Set(options.map(valueOf))].join(", or ");
  if (schema.items) return `list of ${valueOf(schema.items)}`;
  if (typeof schema.additionalProperties === "object") {
    return `map to ${valueOf(schema.additionalProperties)}`;
  }
  const type = typeof schema.type === "string" ? schema.type : schema.type?.join(" or ");
  return [schema.format ?? type ?? "any", range(schema)].filter((text) => text !== "").join(" ");
}

function range({ minimum, maximum, exclusiveMinimum }: Schema): string {
  if (minimum !== undefined && maximum !== undefined) return `${minimum} to ${maximum}`;
  if (minimum !== undefined) return `from ${minimum}`;
  if (maximum !== undefined) return `to ${maximum}`;
  return exclusiveMinimum === undefined ? "" : `above ${exclusiveMinimum}`;
}

function meaningOf(key: string, schema: Schema): string {
  const title = schema.title?.toLowerCase() === key.replaceAll("_", " ") ? undefined : schema.title;
  return cell([
    sentence(schema.description ?? title),
    schema.patternErrorMessage ? `Must be ${schema.patternErrorMessage}.` : "",
    schema.default === undefined ? "" : `Default: ${code(plain(schema.default))}.`,
  ]);
}

/** The keys that are refused, and what to write instead. */
function refusals(schema: Schema): string {
  const refused = Object.entries(schema.properties ?? {}).filter(([, property]) =>
    property.not !== undefined
  );
  return table(
    ["refused", "instead"],
    refused.map(([key, property]) => [code(key), cell([property.errorMessage])]),
  );
}

function linked(ref: string): string {
  const name = ref.split("/").at(-1)!;
  return `[${name}](#${name.toLowerCase().replaceAll(/[^a-z0-9_-]/g, "")})`;
}

function sentence(text: string | undefined): string {
  return text === undefined || /[.!?]$/.test(text) ? text ?? "" : `${text}.`;
}

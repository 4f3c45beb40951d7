import type { Validator } from "@cfworker/json-schema";
import { type Document, LineCounter, parseDocument } from "yaml";
import type { Checked, Diagnostic } from "../diagnostic.ts";
import { pathOf, type SchemaError, validatorOf } from "../json_schema.ts";
import schema from "../../schemas/component.schema.json" with { type: "json" };
import { checkConfig } from "./_config.ts";
import { checkField } from "./_fields.ts";
import { templateFields } from "./_permissions.ts";
import type { ComponentSpec, FieldSchema } from "./spec.ts";

let made: Validator | undefined;

/** Made when the first spec is checked: those in the binary were checked when it was built. */
function validator(): Validator {
  return made ??= validatorOf(schema);
}

/** Reads and checks the text of a `spec.yaml`. */
export function readSpec(text: string, file: string): Checked<ComponentSpec> {
  const lines = new LineCounter();
  const document = parsed(text, lines);
  if (typeof document === "string") return { diagnostics: [diagnostic(document, file)] };
  const [fault] = document.errors;
  if (fault !== undefined) {
    const { line, col } = lines.linePos(fault.pos[0]);
    const message = `Cannot read component spec: ${fault.message.split(" at line")[0]}`;
    return { diagnostics: [{ code: "DRV400", severity: "error", message, file, line, column: col }] };
  }
  return checkSpec(document.toJS({ maxAliasCount: 100 }), file);
}

const LONGEST_TEXT = 1024 * 1024;

/** The document, or why there is none: a stranger's text may be made to be too much. */
function parsed(text: string, lineCounter: LineCounter): Document.Parsed | string {
  if (text.length > LONGEST_TEXT) return "it is larger than 1 MB";
  try {
    const document = parseDocument(text, { lineCounter, uniqueKeys: true, merge: false, logLevel: "error" });
    if (document.errors.length === 0) document.toJS({ maxAliasCount: 100 });
    return document;
  } catch (error) {
    return error instanceof RangeError ? "it is nested too deeply" : "it uses too many aliases";
  }
}

/**
 * Checks what a component declares: against `schemas/component.schema.json`, and what a schema cannot
 * say: that defaults, examples and permission templates agree with the fields.
 */
export function checkSpec(doc: unknown, file: string): Checked<ComponentSpec> {
  const shape = validator().validate(doc);
  if (!shape.valid) return { diagnostics: deepest(shape.errors).map((error) => said(error, file)) };
  const spec = {
    carries: "driver",
    capabilities: [],
    rules: [],
    hints: [],
    ...(doc as object),
  } as unknown as ComponentSpec;
  const diagnostics = [...contradictions(spec)].map((message) => diagnostic(message, file));
  return diagnostics.length > 0 ? { diagnostics } : { value: spec, diagnostics };
}

/** The errors that say something: those of the leaves, not of every schema around them. */
function deepest(errors: readonly SchemaError[]): SchemaError[] {
  const leaves = errors.filter((error) =>
    !errors.some((other) => other !== error && other.keywordLocation.startsWith(`${error.keywordLocation}/`))
  );
  const telling = leaves.filter((error) => !isEcho(error, leaves));
  return telling.length > 0 ? telling : [...errors];
}

/** A key whose value is wrong counts as unknown too, and the object around it as one with an unknown key. */
function isEcho({ keyword, instanceLocation: at }: SchemaError, all: readonly SchemaError[]): boolean {
  const vague = ["additionalProperties", "false"].slice(0, keyword === "false" ? 2 : 1);
  return vague.includes(keyword) && all.some((other) =>
    !vague.includes(other.keyword) &&
    (other.instanceLocation === at || other.instanceLocation.startsWith(`${at}/`))
  );
}

function said(error: SchemaError, file: string): Diagnostic {
  const where = pathOf(error).join(".") || "the document";
  const what = error.keyword === "false" ? "there is no such key" : error.error.replace(/\.$/, "");
  return diagnostic(`${where}: ${what}`, file);
}

function diagnostic(message: string, file: string): Diagnostic {
  return { code: "DRV400", severity: "error", message: `Cannot accept component spec: ${message}`, file };
}

function* contradictions(spec: ComponentSpec): Iterable<string> {
  const fields = { ...spec.config.properties, ...spec.connection?.fields };
  for (const [name, field] of Object.entries(fields)) yield* fieldContradictions(name, field);
  yield* nameContradictions(spec);
  yield* templateContradictions(spec);
  yield* modeContradictions(spec);
  yield* incrementContradictions(spec);
  for (const example of spec.examples) {
    if (!spec.modes.includes(example.mode)) {
      yield `example '${example.title}' has a mode that is not among modes`;
    }
    for (const { path, message } of checkConfig(spec, example.config).problems) {
      yield `example '${example.title}': ${path.join(".")}: ${message}`;
    }
  }
}

function* fieldContradictions(name: string, field: FieldSchema): Iterable<string> {
  const samples = [...(field.examples ?? []), ...(field.default === undefined ? [] : [field.default])];
  for (const sample of samples) {
    for (const { message } of checkField(field, sample)) yield `default or example of '${name}': ${message}`;
  }
  if (field.secret === true && samples.length > 0) {
    yield `'${name}' is secret, so it has no default and no examples`;
  }
  if (field.pattern !== undefined) {
    try {
      new RegExp(field.pattern, "u");
    } catch {
      yield `pattern of '${name}' is not a regular expression`;
    }
  }
}

function* nameContradictions(spec: ComponentSpec): Iterable<string> {
  const config = spec.config.properties;
  const connection = spec.connection?.fields ?? {};
  for (const name of spec.config.required ?? []) {
    if (!Object.hasOwn(config, name)) yield `required names '${name}', which is not a field`;
  }
  for (const name of spec.connection?.required ?? []) {
    if (!Object.hasOwn(connection, name)) yield `connection.required names '${name}', which is not a field`;
  }
  for (const name of Object.keys(connection)) {
    if (Object.hasOwn(config, name)) yield `'${name}' is a field of both config and connection`;
  }
  if (spec.connection !== undefined && Object.hasOwn(config, "connection")) {
    yield "config has a field 'connection', which names the connection itself";
  }
  for (const rule of spec.rules) {
    const named = [
      ...Object.keys(rule.when),
      ...Object.keys(rule.then ?? {}),
      ...rule.require ?? [],
      ...rule.forbid ?? [],
      ...rule.differ ?? [],
    ];
    for (const name of named) {
      if (!Object.hasOwn(config, name) && !Object.hasOwn(connection, name)) {
        yield `a rule names '${name}', which is not a field`;
      }
    }
  }
}

function* templateContradictions(spec: ComponentSpec): Iterable<string> {
  const fields = { config: spec.config.properties, connection: spec.connection?.fields ?? {} };
  for (const [kind, templates] of Object.entries(spec.permissions)) {
    for (const template of templates) {
      const named = templateFields(template);
      if (named === undefined) {
        yield `permissions.${kind}: '${template}' refers to neither config nor connection`;
      }
      for (const { of, name } of named ?? []) {
        if (!Object.hasOwn(fields[of], name)) {
          yield `permissions.${kind}: '${template}' names '${name}', which is not a field`;
        } else if (fields[of][name]!.secret === true) {
          yield `permissions.${kind}: '${template}' names a secret`;
        }
      }
    }
  }
}

function* incrementContradictions({ capabilities, config }: ComponentSpec): Iterable<string> {
  const field = config.properties["incremental"];
  if (!capabilities.includes("incremental") || field === undefined) return;
  if (field.type !== "object" || !field.required?.includes("cursor")) {
    yield "the field 'incremental' is no object that requires a 'cursor', as the capability of that name has it";
  }
}

function* modeContradictions(spec: ComponentSpec): Iterable<string> {
  const choices = spec.config.properties["write_mode"]?.enum;
  if (JSON.stringify(choices) !== JSON.stringify(spec.write_modes)) {
    yield "write_modes and the enum of the field 'write_mode' differ";
  }
  if (spec.write_modes !== undefined && !spec.modes.includes("write")) {
    yield "write_modes without the mode 'write'";
  }
}

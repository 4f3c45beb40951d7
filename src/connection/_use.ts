/** One use of a connection: where each field comes from, and what is wrong with it. @module */

import { type Diagnostic, nearest } from "../diagnostic.ts";
import type { Environment } from "./environment.ts";
import { fillVariables } from "./_variables.ts";
import {
  type ConnectionCheck,
  type ConnectionEntry,
  type ConnectionField,
  type ConnectionFieldSchema,
  type ConnectionIndex,
  type ConnectionUse,
  type Place,
  type StepFinding,
  variableOf,
} from "./_shapes.ts";

/** A field's value and what gave it. */
export interface FieldSource {
  readonly name: string;
  readonly schema: ConnectionFieldSchema;
  readonly value: unknown;
  readonly unset: readonly string[];
  /** Absent when the step, a variable or the spec's default gives it. */
  readonly entry?: ConnectionEntry;
  readonly field?: ConnectionField;
}

/** Each field that has a value, by the one order of precedence. */
export function fieldSources(index: ConnectionIndex, env: Environment, use: ConnectionUse): FieldSource[] {
  const { family, fields } = use.spec;
  const entries = [index.find(use.ref ?? `@${family}`), index.find(`@${family}`)];
  return Object.entries(fields).flatMap(([name, schema]): FieldSource[] => {
    if (Object.hasOwn(use.inline, name)) return [{ name, schema, value: use.inline[name], unset: [] }];
    for (const entry of entries) {
      const field = entry?.fields.get(name);
      if (entry && field) {
        return [{
          name,
          schema,
          ...fillVariables(field.raw, (variable) => env.get(variable)),
          entry,
          field,
        }];
      }
    }
    const value = env.get(variableOf(family, name)) ?? schema.default;
    return value === undefined ? [] : [{ name, schema, value, unset: [] }];
  });
}

/** Everything wrong with a use, without repeating any value. */
export function checkUse(index: ConnectionIndex, env: Environment, use: ConnectionUse): ConnectionCheck {
  const named = nameProblem(index, use);
  const inline = inlineProblems(use);
  if (named) return { diagnostics: [], step: [named, ...inline] };
  const entry = index.find(use.ref ?? `@${use.spec.family}`);
  const sources = fieldSources(index, env, use);
  const reference = entry ? `@${entry.family}.${entry.alias}` : `@${use.spec.family}`;
  const { inFile, inStep } = missingProblems(index, use, entry, sources);
  return {
    reference,
    diagnostics: [
      ...unknownFields(index, use, entry),
      ...sources.flatMap((source) => sourceProblems(index, source)),
      ...inFile,
    ],
    step: [...inline, ...inStep],
  };
}

/** The text of `value` as the field's type; undefined when it is none. */
export function coerced(value: unknown, schema: ConnectionFieldSchema): unknown {
  if (typeof value !== "string") {
    return schema.type === "string" && typeof value === "number" ? String(value) : value;
  }
  if (schema.type === "integer") return /^[+-]?\d{1,15}$/.test(value.trim()) ? Number(value) : undefined;
  if (schema.type === "number") {
    return value.trim() !== "" && Number.isFinite(Number(value)) ? Number(value) : undefined;
  }
  if (schema.type === "boolean") {
    return ({ true: true, false: false } as { [text: string]: boolean })[value.trim().toLowerCase()];
  }
  return value;
}

const REFERENCE = /^@([a-z][a-z0-9_-]*)(?:\.([A-Za-z][A-Za-z0-9_-]*))?$/;

function nameProblem(index: ConnectionIndex, use: ConnectionUse): StepFinding | undefined {
  const { family } = use.spec;
  const say = (code: StepFinding["code"], message: string, help: string) => ({
    code,
    field: "connection",
    message,
    help,
  });
  if (use.ref === undefined) {
    return index.find(`@${family}`) || isGivenElsewhere(index, use)
      ? undefined
      : say("CON308", ...noneGiven(index, family));
  }
  const match = REFERENCE.exec(use.ref);
  if (!match) {
    return say(
      "CON301",
      `'${use.ref}' is no connection, and should be of the form '@${family}.alias'`,
      aliasHelp(index, family),
    );
  }
  if (match[1] !== family) {
    return say(
      "CON307",
      `'${use.ref}' is of the family '${match[1]}', and should be of '${family}'`,
      aliasHelp(index, family),
    );
  }
  if (index.find(use.ref)) return undefined;
  if (match[2] === undefined) {
    return isGivenElsewhere(index, use) ? undefined : say("CON308", ...noneGiven(index, family));
  }
  const near = nearest(match[2], index.aliases(family));
  const help = near ? `did you mean '@${family}.${near}'?` : aliasHelp(index, family);
  return say("CON301", `'${use.ref}' does not stand in '${index.file}'`, help);
}

function noneGiven(index: ConnectionIndex, family: string): [message: string, help: string] {
  const aliases = index.aliases(family);
  if (aliases.length === 0) {
    return [`the family '${family}' has no connection in '${index.file}'`, aliasHelp(index, family)];
  }
  return [
    `no connection is named, and no alias of '${family}' is the default`,
    `add \`connection: "@${family}.${aliases[0]}"\`, or \`default: true\` to one of its aliases`,
  ];
}

function aliasHelp(index: ConnectionIndex, family: string): string {
  const aliases = index.aliases(family).map((alias) => `@${family}.${alias}`);
  return aliases.length > 0
    ? `there is ${aliases.join(", ")}`
    : `add the alias to '${index.file}' under connections: ${family}:, or set ${
      variableOf(family, "<FIELD>")
    }`;
}

/** Whether the step and the environment give what an alias would. */
function isGivenElsewhere(index: ConnectionIndex, use: ConnectionUse): boolean {
  const given = Object.keys(use.spec.fields).filter((name) =>
    Object.hasOwn(use.inline, name) || index.hasVariable(use.spec.family, name)
  );
  return given.length > 0 || Object.keys(use.spec.fields).length === 0;
}

function inlineProblems(use: ConnectionUse): StepFinding[] {
  return Object.entries(use.spec.fields)
    .filter(([name, schema]) =>
      Object.hasOwn(use.inline, name) && !(schema.override ?? schema.secret !== true)
    )
    .map(([name]) => ({
      code: "CON306",
      field: name,
      message: `a step may not set '${name}' of its connection`,
      help: `set it in the alias: \`${name}: \${${
        use.spec.family.toUpperCase().replaceAll("-", "_")
      }_${name.toUpperCase()}}\``,
    }));
}

function unknownFields(
  index: ConnectionIndex,
  use: ConnectionUse,
  entry: ConnectionEntry | undefined,
): Diagnostic[] {
  const known = Object.keys(use.spec.fields);
  return [...entry?.fields ?? []].filter(([name]) => !known.includes(name)).map(([name, field]) => {
    const near = nearest(name, known);
    const message = `Cannot use connection '@${entry!.family}.${entry!.alias}': there is no field '${name}'`;
    return inFile(
      index,
      "CON305",
      message,
      field.keyPlace,
      field,
      near ? `did you mean '${near}'?` : `the fields are ${known.join(", ")}`,
    );
  });
}

function sourceProblems(index: ConnectionIndex, source: FieldSource): Diagnostic[] {
  const { name, entry, field } = source;
  if (!entry || !field) return [];
  const subject = `Cannot use connection '@${entry.family}.${entry.alias}': field '${name}'`;
  if (source.unset.length > 0) {
    return source.unset.map((variable) =>
      inFile(
        index,
        "CON304",
        `${subject} needs the variable ${variable}, which is not set`,
        field.valuePlace,
        field,
        `set ${variable} in the environment or in .env, or write \${${variable}:-default}`,
      )
    );
  }
  const value = coerced(source.value, source.schema);
  const { type } = source.schema;
  if (value === undefined || (type !== undefined && !typeFits(type, value))) {
    return [
      inFile(
        index,
        "CON305",
        `${subject} should be ${TYPE_WORDS[type ?? "string"] ?? type}, and is not`,
        field.valuePlace,
        field,
        "correct the value, or the variable it comes from",
      ),
    ];
  }
  const allowed = source.schema.enum;
  if (allowed && !allowed.includes(value)) {
    return [
      inFile(
        index,
        "CON305",
        `${subject} should be one of ${allowed.join(", ")}, and is not`,
        field.valuePlace,
        field,
        "write one of these",
      ),
    ];
  }
  return [];
}

const TYPE_WORDS: { readonly [type: string]: string } = {
  string: "text",
  integer: "an integer",
  number: "a number",
  boolean: "true or false",
  array: "a list",
  object: "a map",
};

function typeFits(type: string, value: unknown): boolean {
  switch (type) {
    case "integer":
      return Number.isSafeInteger(value);
    case "array":
      return Array.isArray(value);
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value);
    default:
      return (typeof value as string) === type;
  }
}

function missingProblems(
  index: ConnectionIndex,
  use: ConnectionUse,
  entry: ConnectionEntry | undefined,
  sources: readonly FieldSource[],
): { inFile: Diagnostic[]; inStep: StepFinding[] } {
  const given = new Set(sources.map((source) => source.name));
  const missing = (use.spec.required ?? []).filter((name) => !given.has(name));
  if (!entry) {
    const help = (name: string) =>
      `set ${variableOf(use.spec.family, name)}, or add an alias to '${index.file}'`;
    return {
      inFile: [],
      inStep: missing.map((name) => ({
        code: "CON305",
        field: "connection",
        message: `the connection lacks '${name}'`,
        help: help(name),
      })),
    };
  }
  return {
    inFile: missing.map((name) => {
      const message = `Cannot use connection '@${entry.family}.${entry.alias}': field '${name}' is missing`;
      return inFile(
        index,
        "CON305",
        message,
        entry.place,
        entry,
        `add \`${name}:\` to the alias, or set ${variableOf(entry.family, name)}`,
      );
    }),
    inStep: [],
  };
}

/** A finding in the connections file. */
function inFile(
  index: ConnectionIndex,
  code: Diagnostic["code"],
  message: string,
  place: Place,
  on: { readonly hides: boolean },
  help: string,
): Diagnostic {
  return {
    code,
    severity: "error",
    message,
    file: index.file,
    ...place,
    ...(on.hides ? { redact: true } : {}),
    help,
  };
}

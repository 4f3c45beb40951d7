/** The page of one component, from its spec. */

import { stringify } from "yaml";
import type { ComponentSpec, FieldSchema } from "../../src/component/mod.ts";
import { block, cell, code, heading, plain, table } from "./markdown.ts";

export function componentPage(spec: ComponentSpec): string {
  return [
    heading(1, spec.name),
    `${spec.title}. ${spec.description}`,
    table(["", ""], facts(spec)),
    heading(2, "Configuration"),
    table(["field", "", "value", "meaning"], fields(spec.config)),
    ...(spec.connection === undefined ? [] : connectionSection(spec, spec.connection)),
    ...(spec.rules.length === 0 ? [] : [heading(2, "Rules"), spec.rules.map(rule).join("\n")]),
    heading(2, "Examples"),
    ...spec.examples.flatMap((example) => [`${example.title}:`, block("yaml", steps(spec, example))]),
    ...(spec.hints.length === 0
      ? []
      : [heading(2, "Good to know"), spec.hints.map((hint) => `- ${hint}`).join("\n")]),
  ].join("\n\n") + "\n";
}

function facts(spec: ComponentSpec): string[][] {
  const may = Object.entries(spec.permissions).map(([kind, templates]) =>
    `${kind} ${templates.map(code).join(", ")}`
  );
  return [
    ["version", spec.version],
    ["status", spec.status],
    ["modes", spec.modes.map(code).join(", ")],
    ["rows are moved by", spec.carries === "engine" ? "the engine" : "the driver"],
    ["may touch", may.join("; ") || "its inputs only"],
  ];
}

type Connection = NonNullable<ComponentSpec["connection"]>;

function connectionSection(spec: ComponentSpec, connection: Connection): string[] {
  const { family, fields: properties, required } = connection;
  return [
    heading(2, "Connection"),
    `A step names it as \`connection: "@${family}.alias"\`; without that it is the default of the family.`,
    table(["field", "", "value", "meaning"], fields({ properties, required: required ?? [] })),
    block("yaml", `# osiris_connections.yaml\n${stringify(connectionsOf(spec, connection))}`),
  ];
}

/** A connections file with the alias that the examples name, and what a connection cannot do without. */
function connectionsOf(spec: ComponentSpec, { family, fields: properties, required = [] }: Connection) {
  const named = spec.examples.map(({ config }) => String(config["connection"] ?? "").split(".")[1]);
  const alias = named.find((name) => name !== undefined) ?? "main";
  const values = required.map((name) => {
    const { default: usual, examples = [usual], secret } = properties[name]!;
    return [
      name,
      secret === true ? `\${${family.toUpperCase()}_${name.toUpperCase()}:-}` : examples[0] ?? "",
    ];
  });
  return {
    version: 1,
    connections: { [family]: { [alias]: { default: true, ...Object.fromEntries(values) } } },
  };
}

function fields(
  { properties, required }: {
    readonly properties: { readonly [name: string]: FieldSchema };
    readonly required?: readonly string[];
  },
): string[][] {
  return Object.entries(properties).map(([name, field]) => [
    code(name),
    required?.includes(name) ? "required" : "",
    valueOf(field),
    cell([
      field.description && `${field.description}.`,
      field.secret === true ? "Secret." : undefined,
      field.default === undefined ? "" : `Default: ${code(plain(field.default))}.`,
      field.examples &&
      `Example: ${field.examples.map((example) => code(JSON.stringify(example))).join(", ")}.`,
    ]),
  ]);
}

function valueOf(field: FieldSchema): string {
  if (field.const !== undefined) return code(plain(field.const));
  if (field.enum) return field.enum.map((value) => code(plain(value))).join(", ");
  if (field.anyOf) return field.anyOf.map(valueOf).join(", or ");
  if (field.items) return `list of ${valueOf(field.items)}`;
  if (typeof field.additionalProperties === "object") return `map to ${valueOf(field.additionalProperties)}`;
  return field.format === "sql" ? "SQL" : field.format ?? field.type ?? "any";
}

function rule({ message, help }: ComponentSpec["rules"][number]): string {
  return `- Refused: ${message}.${help ? ` Instead: ${help}.` : ""}`;
}

/** The example as steps that a pipeline may hold, with something to read for those that need it. */
function steps(spec: ComponentSpec, { mode, config }: ComponentSpec["examples"][number]): string {
  const step = {
    id: mode === "read" ? "extract" : mode === "write" ? "save" : "transform",
    component: spec.name,
    mode,
  };
  return stringify([{ ...step, config }], { lineWidth: 0 });
}

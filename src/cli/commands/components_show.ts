/** `osiris components show NAME`. */

import type { CatalogEntry, ComponentSpec, FieldSchema, Lock } from "../../component/mod.ts";
import { nearest, OsirisError } from "../../diagnostic.ts";
import type { Cli } from "../_cli.ts";
import { declare } from "../_declare.ts";
import { printable, printableText } from "../../printable.ts";
import { projectOf } from "../_project.ts";
import { wrapped } from "../_wrap.ts";

export const componentsShow = declare({
  name: "components show",
  summary: "show what a component takes, touches and is good for",
  arguments: { name: { value: "NAME", summary: "the component's name" } },
  flags: {},
  document: {
    component:
      "the spec with spec_hash, driver_hash and origin; of one from outside also whether it is allowed",
  },
  examples: [{
    line: "osiris components show filesystem.csv_extractor",
    about: "Every field of a CSV reader, with its default.",
  }],
  async run({ name }, cli) {
    const { demandLock, projectCatalog } = await import("../_components.ts");
    const project = projectOf(cli);
    const catalog = await projectCatalog(project);
    const entry = catalog.get(name);
    if (!entry) {
      throw catalog.broken().find((each) => each.name === name)?.error ??
        unknownComponent(name, catalog.names());
    }
    const consent = entry.origin === "outside" ? await consentTo(entry, demandLock(cli, project)) : undefined;
    return {
      document: {
        component: {
          ...entry.spec,
          spec_hash: entry.specHash,
          driver_hash: entry.driverHash,
          origin: entry.origin,
          ...(consent ? { allowed: consent.allowed } : {}),
          ...(entry.signedBy === undefined ? {} : { signed_by: entry.signedBy }),
        },
      },
      text: page(entry.spec, consent?.text, cli),
    };
  },
});

async function consentTo(entry: CatalogEntry, lock: Lock): Promise<{ allowed: boolean; text: string }> {
  const { lockProblem, lockReason } = await import("../../component/mod.ts");
  const problem = lockProblem(lock, entry);
  const signed = entry.signedBy === undefined ? "" : `, signed by ${entry.signedBy}`;
  return problem === undefined
    ? { allowed: true, text: `from outside, allowed in this project${signed}` }
    : { allowed: false, text: `from outside${signed}, not allowed in this project: ${lockReason(problem)}` };
}

/** No component is called so; says which one may be meant. */
export function unknownComponent(name: string, names: readonly string[]): OsirisError {
  const near = nearest(name, names) ?? names.find((n) => n.split(".")[1] === name);
  return new OsirisError("CLI804", `Cannot show '${printable(name)}': there is no such component`, {
    category: "usage",
    help: near ? `did you mean '${near}'?` : "type 'osiris components list' to see them all",
  });
}

/** The page of a component. What somebody else wrote may hold anything, so every text is made safe first. */
function page(raw: ComponentSpec, consent: string | undefined, { out }: Cli): string {
  const spec = printableSpec(raw);
  const { style, width } = out;
  const field = ([name, schema]: readonly [string, FieldSchema], required: boolean) =>
    `  ${style.bold(name)} ${style.dim(kindOf(schema, required))}` +
    (schema.description ? `\n      ${wrapped(schema.description, width, "      ")}` : "");
  const required = new Set(spec.config.required ?? []);
  const fields = Object.entries(spec.config.properties);
  const section = (title: string, lines: readonly string[]) =>
    lines.length > 0 ? [`${style.bold(title)}\n${lines.join("\n")}`] : [];
  return [
    `${style.bold(spec.name)} ${spec.version} (${spec.status}): ${spec.title}\n${
      wrapped(spec.description, width)
    }`,
    ...section("Origin", consent === undefined ? [] : [`  ${wrapped(printable(consent), width, "  ")}`]),
    ...section("Modes", [`  ${spec.modes.join(", ")}`]),
    ...section("Write modes", spec.write_modes ? [`  ${spec.write_modes.join(", ")}`] : []),
    ...section("Config", fields.map((f) => field(f, required.has(f[0])))),
    ...section(
      spec.connection ? `Connection (${spec.connection.family})` : "",
      Object.entries(spec.connection?.fields ?? {}).map((f) =>
        field(f, spec.connection?.required?.includes(f[0]) ?? false)
      ),
    ),
    ...section("Touches", permissionLines(spec)),
    ...section("Hints", spec.hints.map((hint) => `  - ${wrapped(hint, width, "    ")}`)),
    ...section("Examples", spec.examples.map((e) => `  # ${e.title}\n${stepText(spec.name, e)}`)),
  ].join("\n\n") + "\n";
}

function printableSpec<T>(value: T): T {
  if (typeof value === "string") return printableText(value) as T;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(printableSpec) as T;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [printable(key), printableSpec(item)]),
  ) as T;
}

/** The type of a field as a person reads it: `text, default ","`. */
function kindOf(schema: FieldSchema, required: boolean): string {
  const type = schema.enum
    ? schema.enum.map(String).join(" | ")
    : schema.anyOf
    ? schema.anyOf.map((s) => s.type ?? (s.enum ? choices(s.enum) : s.const ?? "any")).join(" or ")
    : schema.format ?? schema.type ?? "any";
  const fallback = schema.default === undefined ? "" : `, default ${JSON.stringify(schema.default)}`;
  return `${type}${required ? ", required" : ""}${schema.secret ? ", secret" : ""}${fallback}`;
}

/** Values beside each other; those that are no words are quoted. */
function choices(values: readonly unknown[]): string {
  return values.map((v) => /^[\w-]+$/.test(String(v)) ? String(v) : JSON.stringify(v)).join(" | ");
}

function permissionLines({ permissions }: ComponentSpec): string[] {
  const line = (what: string, of: readonly string[] | undefined) =>
    of?.length ? [`  ${what} ${of.join(", ")}`] : [];
  return [
    ...line("connects to", permissions.net),
    ...line("reads", permissions.read),
    ...line("writes", permissions.write),
  ];
}

/** An example as the step one would write. */
function stepText(component: string, example: ComponentSpec["examples"][number]): string {
  const config = Object.entries(example.config)
    .map(([key, value]) =>
      typeof value === "string" && value.includes("\n")
        ? `      ${key}: |\n${value.trimEnd().split("\n").map((line) => `        ${line}`).join("\n")}`
        : `      ${key}: ${JSON.stringify(value)}`
    );
  return [
    `  - id: example`,
    `    component: ${component}`,
    `    mode: ${example.mode}`,
    "    config:",
    ...config,
  ].join("\n");
}

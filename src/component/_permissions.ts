import { OsirisError } from "../diagnostic.ts";
import type { ComponentSpec } from "./spec.ts";

/** What one step may touch, before paths are resolved. */
export interface Permissions {
  /** host:port */
  readonly net: string[];
  /** Paths as the configuration has them, relative to the project. */
  readonly read: string[];
  readonly write: string[];
}

const REFERENCE = /\$\{(config|connection)\.([a-z][a-z0-9_]*)\}/g;
const HOST_AND_PORT = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?):([0-9]{1,5})$/;

/** A field that a permission template names. */
export interface TemplateField {
  readonly of: "config" | "connection";
  readonly name: string;
}

/** The fields a permission template names; undefined when it contains anything else in `${…}`. */
export function templateFields(template: string): readonly TemplateField[] | undefined {
  const fields = [...template.matchAll(REFERENCE)].map(([, of, name]) => ({ of, name }) as TemplateField);
  return template.replaceAll(REFERENCE, "").includes("${") ? undefined : fields;
}

/**
 * Expands a spec's permission templates for one step: exact hosts with their ports, and paths as they
 * stand. A template over a list gives one entry for each item; one whose field is not given gives none.
 */
export function expandPermissions(
  spec: ComponentSpec,
  config: Readonly<Record<string, unknown>>,
  connection: Readonly<Record<string, unknown>> | null,
): Permissions {
  const values = { config, connection: connection ?? {} };
  const expandAll = (templates: readonly string[] | undefined) =>
    [...new Set((templates ?? []).flatMap((template) => expand(template, values)))].sort();
  const net = expandAll(spec.permissions.net);
  for (const host of net) demandHostAndPort(spec, host);
  return { net, read: expandAll(spec.permissions.read), write: expandAll(spec.permissions.write) };
}

type Values = Readonly<Record<"config" | "connection", Readonly<Record<string, unknown>>>>;

function expand(template: string, values: Values): string[] {
  const [first] = templateFields(template) ?? [];
  if (first === undefined) return [template];
  const value = Object.hasOwn(values[first.of], first.name) ? values[first.of][first.name] : undefined;
  return texts(value).flatMap((text) => {
    const [before, ...after] = template.split(`\${${first.of}.${first.name}}`);
    return expandRest(after.join(`\${${first.of}.${first.name}}`), values).map((rest) =>
      before + text + rest
    );
  });
}

/** What follows a reference; nothing follows the last. */
function expandRest(template: string, values: Values): string[] {
  return template === "" ? [""] : expand(template, values);
}

function texts(value: unknown): string[] {
  if (typeof value === "string") return value === "" ? [] : [value];
  if (typeof value === "number" || typeof value === "bigint") return [String(value)];
  return Array.isArray(value) ? value.flatMap(texts) : [];
}

function demandHostAndPort(spec: ComponentSpec, host: string): void {
  const port = Number(HOST_AND_PORT.exec(host)?.[3]);
  if (port >= 1 && port <= 65535) return;
  throw new OsirisError(
    "DRV409",
    `Cannot work out what ${spec.name} may reach: '${host}' should be a host and a port such as db.local:5432`,
    { category: "permission", help: "check host and port of the connection" },
  );
}

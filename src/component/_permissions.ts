import { isIP } from "node:net";
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

/** `${config.path}`; with `| host`, host and port of the field's URL. */
const REFERENCE = /\$\{(config|connection)\.([a-z][a-z0-9_]*)( \| host)?\}/g;
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

/** One permission template of a spec, and what it grants one step. */
export interface DeclaredGrant {
  readonly permission: "net" | "read" | "write";
  readonly template: string;
  /** As in {@linkcode Permissions}; none where a field of the template is not given. */
  readonly grants: readonly string[];
}

/** Each of a spec's permission templates with what it grants one step. */
export function declaredGrants(
  spec: ComponentSpec,
  config: Readonly<Record<string, unknown>>,
  connection: Readonly<Record<string, unknown>> | null,
): readonly DeclaredGrant[] {
  const values = { config, connection: connection ?? {} };
  const hosts = { config: bracketed(values.config), connection: bracketed(values.connection) };
  return (["net", "read", "write"] as const).flatMap((permission) =>
    (spec.permissions[permission] ?? []).map((template) => ({
      permission,
      template,
      grants: expand(template, permission === "net" ? hosts : values, spec),
    }))
  );
}

/** The values with each address of IPv6 in brackets, as it stands before a port. */
function bracketed(values: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const asHost = (value: unknown) => typeof value === "string" && isIP(value) === 6 ? `[${value}]` : value;
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.map(asHost) : asHost(value),
    ]),
  );
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
  const declared = declaredGrants(spec, config, connection);
  const granted = (permission: DeclaredGrant["permission"]) =>
    [...new Set(declared.flatMap((each) => each.permission === permission ? each.grants : []))].sort();
  const net = granted("net");
  for (const host of net) demandHostAndPort(spec, host);
  return { net, read: granted("read"), write: granted("write") };
}

type Values = Readonly<Record<"config" | "connection", Readonly<Record<string, unknown>>>>;

function expand(template: string, values: Values, spec: ComponentSpec): string[] {
  const [reference] = template.matchAll(REFERENCE);
  if (reference === undefined) return [template];
  const [written, of, name, filter] = reference as unknown as [string, TemplateField["of"], string, string?];
  const before = template.slice(0, reference.index);
  const after = template.slice(reference.index + written.length);
  const value = Object.hasOwn(values[of], name) ? values[of][name] : undefined;
  return texts(value).flatMap((text) => {
    const filled = before + (filter === undefined ? text : hostOf(spec, name, text));
    return expandRest(after, values, spec).map((rest) => filled + rest);
  });
}

/** What follows a reference; nothing follows the last. */
function expandRest(template: string, values: Values, spec: ComponentSpec): string[] {
  return template === "" ? [""] : expand(template, values, spec);
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { "http:": 80, "https:": 443 };

/** Host and port of a URL. The message leaves the URL out: it may hold a password. */
function hostOf(spec: ComponentSpec, field: string, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const port = url?.port || DEFAULT_PORTS[url?.protocol ?? ""];
  if (url !== undefined && port !== undefined) return `${url.hostname}:${port}`;
  throw new OsirisError(
    "DRV409",
    `Cannot work out what ${spec.name} may reach: '${field}' should be a URL such as https://api.example.com/v1`,
    { category: "permission", help: `write '${field}' with https:// (or http://) and the name of the host` },
  );
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

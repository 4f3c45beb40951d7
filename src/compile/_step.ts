/** One step under one profile: found in the catalog, its configuration resolved and checked. @module */

import {
  checkConfig,
  type ComponentSpec,
  expandPermissions,
  type FieldSchema,
  overridable,
} from "../component/mod.ts";
import type { Catalog, CatalogEntry, Problem } from "../component/mod.ts";
import { type ConnectionIndex, type ConnectionUse, findSecrets } from "../connection/mod.ts";
import { nearest } from "../diagnostic.ts";
import type { Binding, Contract, Json, ManifestStep } from "../manifest.ts";
import type { Path, Profile, StepDecl } from "../oml/mod.ts";
import { bindSql } from "./_bind_sql.ts";
import { compileContract } from "./_contract.ts";
import type { Findings } from "./_findings.ts";
import type { ParamValues } from "./_params.ts";
import { literalSecrets } from "./_secrets.ts";
import { literal, resolveTexts, type TextProblem } from "./_texts.ts";

/** Everything a step is compiled against. */
export interface StepContext {
  readonly catalog: Catalog;
  readonly connections: ConnectionIndex;
  readonly params: ParamValues;
  readonly profile?: { readonly name: string; readonly content: Profile };
  /** Whether the manifest is made of it; otherwise it is checked only, and variables of this machine do not matter. */
  readonly chosen: boolean;
  readonly findings: Findings;
}

/** A step with its configuration settled. */
export interface CompiledStep {
  readonly decl: StepDecl;
  readonly entry: CatalogEntry;
  readonly config: { readonly [key: string]: Json };
  readonly bind: { readonly [name: string]: Binding };
  readonly connection?: string;
  readonly contract?: Contract;
  readonly notes: Pick<ManifestStep, "description" | "explanation" | "labels" | "idempotency_key">;
  readonly read: readonly string[];
  readonly write: readonly string[];
}

/** Compiles one step and reports what does not fit; undefined when its component is not known. */
export function compileStep(decl: StepDecl, context: StepContext): CompiledStep | undefined {
  const entry = findComponent(decl, context);
  return entry ? new StepCompiler(decl, entry, context).run() : undefined;
}

function findComponent(decl: StepDecl, { catalog, findings }: StepContext): CatalogEntry | undefined {
  const entry = catalog.get(decl.component);
  if (entry) return entry;
  const broken = catalog.broken().find(({ name }) => name === decl.component)?.error;
  if (broken) {
    const why = broken.message.replace(/^[^:]*: /, "");
    const message = `Cannot compile step '${decl.id}': its component '${
      shown(decl.component)
    }' cannot be used: ${why}`;
    findings.on(["steps", decl.index, "component"], "CMP201", message, { help: broken.help });
    return undefined;
  }
  const near = nearest(decl.component, catalog.names());
  const message = `Cannot compile step '${decl.id}': there is no component '${shown(decl.component)}'`;
  const help = near ? `did you mean '${near}'?` : "run 'osiris components list' to see what there is";
  findings.on(["steps", decl.index, "component"], "CMP201", message, { help });
  return undefined;
}

class StepCompiler {
  readonly #spec: ComponentSpec;
  readonly #raw: { readonly [key: string]: unknown };
  readonly #overrides: { readonly [key: string]: unknown };
  readonly #schema: FieldSchema;
  readonly #bind = new Map<string, Binding>();

  constructor(readonly decl: StepDecl, readonly entry: CatalogEntry, readonly context: StepContext) {
    const overrides = context.profile?.content.config ?? {};
    this.#spec = entry.spec;
    this.#overrides = Object.hasOwn(overrides, decl.id) ? overrides[decl.id]! : {};
    this.#raw = { ...decl.config, ...this.#overrides };
    this.#schema = { properties: { ...this.#spec.connection?.fields, ...this.#spec.config.properties } };
  }

  run(): CompiledStep {
    this.#checkMode();
    this.#checkIsolation();
    const secrets = this.#refuseSecrets();
    const resolved = Object.fromEntries(
      Object.keys(this.#raw).sort().map((
        key,
      ) => [key, this.#resolve(this.#raw[key], this.#schema.properties?.[key], [key])]),
    );
    const { value, problems } = checkConfig(this.#spec, resolved);
    for (const problem of problems) this.#report(problem, secrets, resolved);
    const connection = this.#connection(resolved, secrets);
    const contract = compileContract(this.decl, this.#spec, this.context.findings);
    const { connection: _reference, ...rest } = value as { [key: string]: Json };
    const config = this.#spec.connection ? rest : value as { [key: string]: Json };
    return {
      decl: this.decl,
      entry: this.entry,
      config,
      bind: Object.fromEntries([...this.#bind].sort(([a], [b]) => (a < b ? -1 : 1))),
      ...(connection === undefined ? {} : { connection }),
      ...(contract === undefined ? {} : { contract }),
      notes: this.#notes(),
      ...this.#paths(config),
    };
  }

  #checkMode(): void {
    const { modes, name } = this.#spec;
    const { mode, id, index } = this.decl;
    if (modes.includes(mode)) return;
    const message = `Cannot compile step '${id}': its mode is '${mode}', and ${name} has ${
      modes.map((each) => `'${each}'`).join(" and ")
    }`;
    this.context.findings.on(["steps", index, "mode"], "CMP202", message, {
      help: `write \`mode: ${modes[0]}\`, or use another component`,
    });
  }

  /** Code that is not part of Osiris gets a process, whatever a text asks for. */
  #checkIsolation(): void {
    const { id, index, isolation } = this.decl;
    if (isolation !== "worker" || this.entry.origin === "builtin") return;
    const message =
      `Cannot compile step '${id}': its isolation is 'worker', and '${this.#spec.name}' comes from outside ` +
      "and always gets a process of its own";
    this.context.findings.on(["steps", index, "isolation"], "CMP216", message, {
      help: "remove `isolation: worker` from the step, or from `defaults`",
    });
  }

  /** Reports what is secret and stands literally; gives the paths, whose values no other message may touch. */
  #refuseSecrets(): Path[] {
    const paths = literalSecrets(this.#schema, this.#raw, this.context.params);
    for (const path of paths) {
      const field = path.join(".");
      const message =
        `Cannot compile step '${this.decl.id}': field '${field}' is secret, and its value must not come from the text ` +
        "or from a parameter that is not sensitive";
      this.context.findings.on(this.#place(path), "CMP210", message, {
        redact: true,
        help: this.#secretHelp(field),
      });
    }
    return paths;
  }

  #secretHelp(field: string): string {
    const family = this.#spec.connection?.family;
    if (family === undefined || !Object.hasOwn(this.#spec.connection!.fields, field)) {
      return `declare a parameter with \`sensitive: true\` and write \`${field}: \${params.${
        field.replace(/\W/g, "_")
      }}\``;
    }
    const variable = `${family}_${field}`.toUpperCase().replaceAll("-", "_");
    return `remove it here, and write \`${field}: \${${variable}}\` in osiris_connections.yaml under the alias of '${family}'`;
  }

  /** A value with its references resolved: bound in SQL texts, inserted as values elsewhere. */
  #resolve(value: unknown, schema: FieldSchema | undefined, path: Path): Json {
    if (schema?.format === "sql" && typeof value === "string") return this.#sql(value, path);
    if (Array.isArray(value) && schema?.items) {
      return value.map((item, i) => this.#resolve(item, schema.items, [...path, i]));
    }
    if (
      value !== null && typeof value === "object" && !Array.isArray(value) &&
      (schema?.properties || typeof schema?.additionalProperties === "object")
    ) {
      const other = typeof schema.additionalProperties === "object" ? schema.additionalProperties : undefined;
      return Object.fromEntries(
        Object.entries(value).map((
          [key, item],
        ) => [key, this.#resolve(item, schema.properties?.[key] ?? other, [...path, key])]),
      );
    }
    const problems: TextProblem[] = [];
    const resolved = resolveTexts(value, path, this.context.params, problems);
    for (const { path, source, message, help } of problems) {
      this.context.findings.on(this.#place(path), "CMP207", `Cannot use ${this.#named(path)}: ${message}`, {
        help,
        within: source,
      });
    }
    return resolved;
  }

  #sql(text: string, path: Path): Json {
    if (text.includes("\0")) return literal(text);
    const bound = bindSql(text, this.context.params);
    for (const [name, binding] of bound.bind) this.#bind.set(name, binding);
    for (const { source, message, help } of bound.problems) {
      this.context.findings.on(
        this.#place(path),
        "CMP209",
        `Cannot bind the SQL in ${this.#named(path)}: ${message}`,
        { help, within: source },
      );
    }
    return literal(bound.text);
  }

  #report(
    { path, at, message, help }: Problem,
    secrets: readonly Path[],
    resolved: { readonly [key: string]: Json },
  ): void {
    const [field] = path;
    if (secrets.some((secret) => secret.every((part, i) => part === path[i]))) return;
    if (at === "key" && this.#isForbiddenField(field)) return;
    if (findSecrets(JSON.stringify(valueAt(resolved, path)) ?? "").length > 0) return;
    const where = at === "key" || path.length === 0
      ? `the config of step '${this.decl.id}'`
      : this.#named(path);
    this.context.findings.on(this.#place(path), "CMP203", `Cannot use ${where}: ${message}`, { at, help });
  }

  /** A field of the connection that a step may not give; the connection's own check says so better. */
  #isForbiddenField(field: unknown): boolean {
    const { connection } = this.#spec;
    return connection !== undefined && typeof field === "string" && Object.hasOwn(connection.fields, field) &&
      !overridable(connection).includes(field);
  }

  #connection(resolved: { readonly [key: string]: Json }, secrets: readonly Path[]): string | undefined {
    const { connection } = this.#spec;
    if (!connection) return undefined;
    const { ref, path } = this.#reference(connection.family, resolved);
    if (ref !== undefined && (typeof ref !== "string" || ref.includes("${"))) {
      return this.#unresolvedReference(ref, path);
    }
    const use: ConnectionUse = { ...(ref === undefined ? {} : { ref }), inline: resolved, spec: connection };
    const { reference, diagnostics, step } = this.context.connections.check(use);
    for (const { code, field, message, help } of step) {
      if (
        secrets.some(([first]) => first === field) ||
        (!this.context.chosen && ["CON305", "CON308"].includes(code))
      ) continue;
      const place = field === "connection" ? path : this.#place([field]);
      this.context.findings.on(
        place,
        code,
        `Cannot use the connection of step '${this.decl.id}': ${message}`,
        { help },
      );
    }
    if (this.context.chosen) diagnostics.forEach((diagnostic) => this.context.findings.add(diagnostic));
    return reference;
  }

  /** The connection the step names, or the one its profile puts in place of the family's default. */
  #reference(family: string, resolved: { readonly [key: string]: Json }): { ref?: Json; path: Path } {
    if (Object.hasOwn(resolved, "connection")) {
      return { ref: resolved["connection"]!, path: this.#place(["connection"]) };
    }
    const { profile } = this.context;
    const aliases = profile?.content.connections ?? {};
    if (!profile || !Object.hasOwn(aliases, family)) return { path: ["steps", this.decl.index, "config"] };
    const alias = aliases[family]!;
    return {
      ref: alias.startsWith("@") ? alias : `@${family}.${alias}`,
      path: ["profiles", profile.name, "connections", family],
    };
  }

  /** A connection that only the run knows is refused; one whose parameter has no value yet is not. */
  #unresolvedReference(ref: Json, path: Path): undefined {
    if (typeof ref !== "string") return;
    const waits = [...ref.matchAll(/\$\{params\.(\w+)\}/g)].some(([, name]) =>
      this.context.params.decl(name!)?.sensitive !== true
    );
    if (waits) return;
    const message =
      `Cannot use the connection of step '${this.decl.id}': only the run would know it, and compiling has to`;
    this.context.findings.on(path, "CMP207", message, {
      help: "name the connection, or use a parameter that is not sensitive",
    });
  }

  #notes(): CompiledStep["notes"] {
    const { description, explanation, labels, idempotency_key } = this.decl;
    const given = { description, explanation, labels, idempotency_key };
    return Object.fromEntries(
      Object.entries(given).filter(([, value]) => value !== undefined).map(([key, value]) => {
        const resolved = resolveTexts(value, ["steps", this.decl.index, key], this.context.params, []);
        return [key, key === "labels" || typeof resolved === "string" ? resolved : JSON.stringify(resolved)];
      }),
    );
  }

  #paths(config: { readonly [key: string]: Json }): { read: readonly string[]; write: readonly string[] } {
    const { read = [], write = [] } = this.#spec.permissions;
    return expandPermissions({ ...this.#spec, permissions: { read, write } }, config, null);
  }

  /** Where a path of the configuration stands in the text: in the profile when it comes from there. */
  #place(path: Path): Path {
    const [first] = path;
    const overridden = typeof first === "string" && Object.hasOwn(this.#overrides, first);
    const from = overridden
      ? ["profiles", this.context.profile!.name, "config", this.decl.id]
      : ["steps", this.decl.index, "config"];
    return [...from, ...path];
  }

  #named(path: Path): string {
    const overridden = typeof path[0] === "string" && Object.hasOwn(this.#overrides, path[0]);
    return `'${path.join(".")}' of step '${this.decl.id}'${
      overridden ? ` in profile '${this.context.profile!.name}'` : ""
    }`;
  }
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((inner, key) => {
    const holds = inner !== null && typeof inner === "object" && Object.hasOwn(inner, key);
    return holds ? (inner as { [key: string]: unknown })[key] : undefined;
  }, value);
}

/** A name from the text, fit for one line of a message. */
function shown(text: string): string {
  return (text.length > 80 ? `${text.slice(0, 79)}…` : text).replace(/\p{Cc}/gu, " ");
}

/** A small catalog and ways to compile a text against it, for this folder's tests. @module */

import type { Catalog, CatalogEntry, ComponentSpec } from "../component/mod.ts";
import { emptyConnections, environmentOf, parseConnections } from "../connection/mod.ts";
import type { Checked, Diagnostic } from "../diagnostic.ts";
import { type Manifest } from "../manifest.ts";
import { parsePipeline } from "../oml/mod.ts";
import { compile, type CompileInput } from "./mod.ts";

const BASE = {
  version: "1.0.0",
  title: "t",
  description: "d",
  status: "beta",
  carries: "engine",
  capabilities: [],
  rules: [],
  examples: [],
  hints: [],
} as const;

const PATH = { type: "string", format: "path", minLength: 1 } as const;

export const SPECS: readonly ComponentSpec[] = [
  {
    ...BASE,
    name: "files.reader",
    modes: ["read"],
    permissions: { read: ["${config.path}"] },
    config: {
      type: "object",
      required: ["path"],
      properties: {
        path: PATH,
        limit: { type: "integer", minimum: 1 },
        ratio: { type: "number" },
        header: { type: "boolean", default: true },
        columns: { type: "array", items: { type: "string" } },
        types: { type: "object", additionalProperties: { type: "string" } },
        note: { type: "string" },
        delimiter: { type: "string", maxLength: 4 },
      },
    },
  },
  {
    ...BASE,
    name: "files.writer",
    modes: ["write"],
    permissions: { write: ["${config.path}"] },
    config: {
      type: "object",
      required: ["path"],
      properties: {
        path: PATH,
        write_mode: { type: "string", enum: ["overwrite", "append"], default: "overwrite" },
      },
    },
  },
  {
    ...BASE,
    name: "test.sql",
    modes: ["transform"],
    permissions: {},
    config: {
      type: "object",
      required: ["query"],
      properties: { query: { type: "string", format: "sql", minLength: 1 } },
    },
  },
  {
    ...BASE,
    name: "db.reader",
    modes: ["read"],
    permissions: { net: ["${connection.host}:${connection.port}"] },
    config: {
      type: "object",
      required: ["query"],
      properties: { query: { type: "string", format: "sql" }, api_key: { type: "string", secret: true } },
    },
    connection: {
      family: "mysql",
      required: ["host"],
      fields: {
        host: { type: "string" },
        port: { type: "integer", default: 3306 },
        database: { type: "string" },
        ssl: { type: "string", override: false },
        password: { type: "string", secret: true },
      },
    },
  },
];

/** A catalog of these specs; their hashes are their names'. */
export function catalogOf(
  specs: readonly ComponentSpec[] = SPECS,
  driver = "d",
  origin: CatalogEntry["origin"] = "builtin",
): Catalog {
  const entries = specs.map((spec): CatalogEntry => ({
    spec,
    specHash: `spec of ${spec.name}`,
    driverHash: `${driver} of ${spec.name}`,
    origin,
    code: () => Promise.reject(new Error("no driver runs here")),
  }));
  const byName = new Map(entries.map((entry) => [entry.spec.name, entry]));
  return {
    get: (name) => byName.get(name),
    names: () => [...byName.keys()],
    entries: () => entries,
    broken: () => [],
  };
}

/** How a test compiles: as `compile`, with the connections as text and variables. */
export type Given = Partial<Omit<CompileInput, "pipeline" | "connections">> & {
  readonly connections?: string;
  readonly variables?: { readonly [name: string]: string };
};

/** Compiles a text as a command does: the language's findings and the compiler's together. */
export function compileText(text: string, given: Given = {}): Checked<Manifest> {
  const parsed = parsePipeline(text, "pipeline.oml");
  if (!parsed.value) return { diagnostics: parsed.diagnostics };
  const env = environmentOf(given.variables ?? {});
  const { connections, variables: _variables, ...rest } = given;
  const index = connections === undefined
    ? emptyConnections(env)
    : parseConnections(connections, "osiris_connections.yaml", env).value!;
  const { value, diagnostics } = compile({
    catalog: catalogOf(),
    compiler: "osiris 0.1.0",
    ...rest,
    pipeline: parsed.value,
    connections: index,
  });
  const all = [...parsed.diagnostics, ...diagnostics];
  return value && parsed.diagnostics.length === 0 ? { value, diagnostics: all } : { diagnostics: all };
}

/** The manifest of a text that must compile. */
export function manifestOf(text: string, given: Given = {}): Manifest {
  const { value, diagnostics } = compileText(text, given);
  if (!value) throw new Error(JSON.stringify(diagnostics, null, 1));
  return value;
}

/** Compiles one text, parsed once, with many values for its parameters. */
export function compileMany(text: string): (params: { [name: string]: string }) => Manifest {
  const pipeline = parsePipeline(text, "pipeline.oml").value!;
  const fixed = {
    pipeline,
    catalog: catalogOf(),
    connections: emptyConnections(environmentOf({})),
    compiler: "osiris 0.1.0",
  };
  return (params) => compile({ ...fixed, params }).value!;
}

/** `CODE line: message help`, one line for each finding. */
export function said(found: { readonly diagnostics: readonly Diagnostic[] }): string {
  return found.diagnostics.map(({ code, line, message, help }) => `${code} ${line}: ${message} (${help})`)
    .join("\n");
}

/** A pipeline around steps given as YAML. */
export function pipelineText(steps: string, head = ""): string {
  return `oml_version: "0.1.0"\nname: test\n${head}${
    head === "" || head.endsWith("\n") ? "" : "\n"
  }steps:\n${steps}`;
}

/** A pipeline whose second step is this SQL. */
export function sqlText(query: string, head = ""): string {
  return pipelineText(
    `  - { id: a, component: files.reader, mode: read, config: { path: a.csv } }\n` +
      `  - { id: b, component: test.sql, mode: transform, config: { query: ${JSON.stringify(query)} } }\n`,
    head,
  );
}

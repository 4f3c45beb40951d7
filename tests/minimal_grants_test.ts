/**
 * What a step is granted is a function of its component's declaration and its configuration, nothing
 * more; and nothing less would do: every example of every built-in component fails as soon as any one
 * of its grants is taken away.
 *
 * @module
 */

import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { parse, stringify } from "yaml";
import {
  type CatalogEntry,
  type ComponentSpec,
  declaredGrants,
  expandPermissions,
  type FieldSchema,
  loadCatalog,
} from "../src/component/mod.ts";
import type { Exchange } from "../src/component/conformance/_example.ts";
import { FixtureServer } from "../src/component/conformance/_server.ts";
import { OsirisError } from "../src/diagnostic.ts";
import { readSession } from "../src/session/mod.ts";
import { TestProject } from "./_project.ts";
import { REPO } from "./_repo.ts";

type Example = ComponentSpec["examples"][number] & {
  readonly connection?: Readonly<Record<string, unknown>>;
  readonly http?: readonly Exchange[];
  readonly gives?: unknown;
  readonly fails?: unknown;
};
type Permission = "net" | "read" | "write";

const CATALOG = await loadCatalog();

/** What the examples read and write. */
const ROW = { id: 1, zip: "01234", day: "2026-01-31", year: 2026, amount: 10, customer_id: 1, name: "Ann" };

for (const entry of CATALOG.entries()) {
  for (const example of examplesOf(entry)) {
    Deno.test(`${entry.spec.name} needs every grant of its example '${example.title}'`, async () => {
      await using project = await TestProject.create();
      await using server = new FixtureServer(example.http ?? []);
      const text = await laidOut(project, entry, example, server);
      const { plan } = await project.plan(text);
      const { grants } = plan.steps.find((step) => step.id === "example")!;
      const each = (["net", "read", "write"] as const).flatMap((permission) =>
        grants[permission].map((grant): [Permission, string] => [permission, grant])
      );
      assert.equal(each.length > 0, Object.values(entry.spec.permissions).flat().length > 0);

      for (const [permission, grant] of each) {
        const outcome = await project.runWithout(text, "example", permission, grant);
        assert.equal(outcome.state, "failed", `without ${permission} ${grant}`);
        assert.equal(outcome.failure?.category, "permission", String(outcome.failure?.message));
        assert.equal(outcome.failure?.step, "example");
      }

      const outcome = await project.succeed(text);
      assert.deepEqual(await unusedOf(outcome.folder), [], "every declaration was used");
    });
  }
}

for (const { spec } of CATALOG.entries()) {
  Deno.test(`${spec.name} is granted what its templates say of its fields, whatever they hold`, () => {
    const named = templatesOf(spec).flatMap(([, template]) => fieldsOf(template));
    const fields = Object.keys({ ...spec.config.properties, ...spec.connection?.fields });
    const config = fc.record(
      Object.fromEntries([...fields, "stray"].map((name) => [name, value()])),
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(config, value(), (config, other) => {
        const granted = grantsOf(spec, config);
        for (const [permission, grant] of granted) {
          const allowed = templatesOf(spec).some(([kind, template]) =>
            kind === permission && expansions(template, config).has(grant)
          );
          assert.ok(allowed, `${permission} ${grant} is more than the spec declares`);
        }
        for (const field of Object.keys(config).filter((name) => !named.includes(name))) {
          assert.deepEqual(
            grantsOf(spec, { ...config, [field]: other }),
            granted,
            `${field} grants something`,
          );
        }
      }),
      { numRuns: 300 },
    );
  });
}

Deno.test("a plan grants exactly what the spec declares, made absolute, whatever the path is called", async () => {
  await using project = await TestProject.create();
  const name = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }).filter((text) =>
    !/[\0/\\$*?[\]{}"'\p{C}]/u.test(text) && text.trim() === text && text !== "." && text !== ".."
  );
  const writers = CATALOG.entries().filter(({ spec }) => spec.permissions.write !== undefined);
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...writers), fc.array(name, { minLength: 1, maxLength: 3 }), async (
      { spec },
      parts,
    ) => {
      const config = { path: join("out", ...parts) };
      const text = pipeline([making("rows", ROW), writing(spec.name, config.path, "example")]);
      const compiled = await project.compile(text);
      if (!compiled.manifest) return; // a name that a target may not have
      const { plan } = await project.plan(text);
      const declared = declaredGrants(spec, config, null).flatMap(({ permission, grants }) =>
        grants.map((path) => [permission, project.path(path)])
      );
      const granted = (["net", "read", "write"] as const).flatMap((permission) =>
        plan.steps[1]!.grants[permission].map((grant) => [permission, grant])
      );
      assert.deepEqual(granted, declared);
      assert.deepEqual(plan.steps[0]!.grants, { net: [], read: [], write: [] });
    }),
    { numRuns: 60 },
  );
});

/** The examples that a component's spec shows and those of its folder that are to work. Of who asks a server, those that say what it answers. */
function examplesOf({ spec }: CatalogEntry): Example[] {
  const folder = join(REPO, "plugins", spec.name, "examples");
  const files = [...Deno.readDirSync(folder)].map((file) => file.name).sort();
  const kept = files.filter((name) => !name.startsWith("must_fail_")).map((name) =>
    parse(Deno.readTextFileSync(join(folder, name))) as Example
  );
  if (spec.permissions.net !== undefined) return kept.filter(({ gives }) => gives !== undefined);
  const works = ({ fails, config }: Example) =>
    fails === undefined && config["connection"] === undefined && config["incremental"] === undefined;
  return [...spec.examples, ...kept].filter(works);
}

/** A pipeline around an example, with the files that it reads. */
async function laidOut(
  project: TestProject,
  { spec: { name: component, connection } }: CatalogEntry,
  { mode, config, ...given }: Example,
  server: FixtureServer,
): Promise<string> {
  const example = { id: "example", component, mode, config };
  const save = writing("filesystem.json_writer", "rows.json");
  if (isDatabaseFile(connection?.family)) return await onDatabaseFile(project, example, given.connection);
  if (mode === "write") return pipeline([making("rows", ROW), example]);
  if (mode === "transform") {
    const [first, ...others] = tablesOf(String(config["query"]));
    const { name: _, ...nameless } = ROW; // else a join of two tables would have two columns of one name
    const sources = [
      making(first!, others.length > 0 ? nameless : ROW),
      ...others.map((id) => making(id, ROW)),
    ];
    const inputs = Object.fromEntries(sources.map(({ id }) => [id, id]));
    return pipeline([...sources, { ...example, inputs }, { ...save, inputs: { df: "example" } }]);
  }
  if (connection !== undefined) {
    await server.listen((handler) => {
      const { addr, shutdown } = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, handler);
      return Promise.resolve({ address: `127.0.0.1:${addr.port}`, close: shutdown });
    });
    const alias = { default: true, ...given.connection };
    const connections = stringify({ version: 1, connections: { [connection.family]: { only: alias } } });
    await project.write("osiris_connections.yaml", connections.replaceAll("${server}", server.address));
    return pipeline([example, save]);
  }
  const path = String(config["path"]).replace("**", "day=2026-01-31").replace("*", "1");
  await project.write(path, await fileOf(project, component, config));
  return pipeline([example, save]);
}

function isDatabaseFile(family: string | undefined): family is "sqlite" | "duckdb" {
  return family === "sqlite" || family === "duckdb";
}

/** A pipeline around an example of a database in a file; a file that is read is written first. */
async function onDatabaseFile(
  project: TestProject,
  example: { readonly component: string; readonly mode: string; readonly config: Example["config"] },
  connection: Example["connection"],
): Promise<string> {
  const step = { ...example, config: { ...connection, ...example.config } };
  const { path, query } = step.config;
  await Deno.mkdir(dirname(project.path(String(path))), { recursive: true });
  if (example.mode === "write") return pipeline([making("rows", ROW), step]);
  const family = example.component.split(".")[0]!;
  const table = step.config["table"] ?? tablesOf(String(query))[0]!;
  const put = { id: "put", component: `${family}.writer`, mode: "write", config: { path, table } };
  const made = await project.run(pipeline([making("rows", { ...ROW, status: "paid", total: 10 }), put]));
  assert.equal(made.state, "succeeded", String(made.failure?.message));
  return pipeline([step, writing("filesystem.json_writer", "rows.json")]);
}

/** A step that makes one row. */
function making(id: string, row: Readonly<Record<string, string | number>>) {
  const columns = Object.entries(row).map(([name, value]) => `${sqlValue(value)} AS ${name}`);
  const config = { query: `SELECT ${columns.join(", ")}` };
  return { id, component: "duckdb.processor", mode: "transform", inputs: {}, config };
}

/** A step that writes what the one before it gives. */
function writing(component: string, path: string, id = "save") {
  return { id, component, mode: "write", config: { path } };
}

/** A file of one row, as the example's fields say. */
async function fileOf(
  project: TestProject,
  component: string,
  config: Example["config"],
): Promise<Uint8Array> {
  if (component === "filesystem.parquet_extractor") {
    const text = pipeline([making("rows", ROW), writing("filesystem.parquet_writer", "made.parquet")]);
    const made = await project.run(text);
    assert.equal(made.state, "succeeded", String(made.failure?.message));
    return await Deno.readFile(project.path("made.parquet"));
  }
  const columns = (config["columns"] ?? Object.keys(ROW)) as (keyof typeof ROW)[];
  const delimiter = String(config["delimiter"] ?? ",");
  const header = config["header"] === false ? [] : [columns.join(delimiter)];
  const text = component === "filesystem.csv_extractor"
    ? [...header, columns.map((name) => ROW[name] ?? ROW.amount).join(delimiter)].join("\n") + "\n"
    : JSON.stringify(ROW) + "\n";
  const gzip = config["compression"] === "gzip" || String(config["path"]).endsWith(".gz");
  const plain = new Blob([text]).stream();
  return await new Response(gzip ? plain.pipeThrough(new CompressionStream("gzip")) : plain).bytes();
}

function pipeline(steps: readonly unknown[]): string {
  return stringify({ oml_version: "0.1.0", name: "minimal", steps });
}

function sqlValue(value: string | number): string {
  return typeof value === "number" ? String(value) : `'${value}'`;
}

/** The tables that a query names. */
function tablesOf(query: string): string[] {
  return [...query.matchAll(/\b(?:FROM|JOIN)\s+(\w+)/gi)].map((match) => match[1]!);
}

/** The declarations that granted something that was not used, by the session's own record. */
async function unusedOf(folder: string): Promise<unknown[]> {
  const { events } = await readSession(folder);
  return events.flatMap((event) =>
    event.event_type === "driver.used" ? event.data.declared.filter(({ used }) => !used) : []
  );
}

function templatesOf(spec: ComponentSpec): [Permission, string][] {
  return (["net", "read", "write"] as const).flatMap((kind) =>
    (spec.permissions[kind] ?? []).map((template): [Permission, string] => [kind, template])
  );
}

function grantsOf(spec: ComponentSpec, config: Record<string, unknown>): [Permission, string][] {
  const granted = grantedOrRefused(spec, config);
  return (["net", "read", "write"] as const).flatMap((kind) =>
    granted[kind].map((grant): [Permission, string] => [kind, grant])
  );
}

/** Nothing for values that no host can be made of. */
function grantedOrRefused(spec: ComponentSpec, config: Record<string, unknown>) {
  try {
    return expandPermissions(spec, config, config);
  } catch (error) {
    if (error instanceof OsirisError && error.code === "DRV409") return { net: [], read: [], write: [] };
    throw error;
  }
}

const REFERENCE = /\$\{(?:config|connection)\.(\w+)(?: \| host)?\}/g;

function fieldsOf(template: string): string[] {
  return [...template.matchAll(REFERENCE)].map((match) => match[1]!);
}

/** Every text that a template may stand for, worked out the plain way: each field replaced by each of its values. */
function expansions(template: string, config: Record<string, unknown>): Set<string> {
  const pieces = template.split(/(\$\{(?:config|connection)\.\w+(?: \| host)?\})/);
  let texts = [""];
  for (const piece of pieces) {
    const [field] = fieldsOf(piece);
    const leaf = piece.endsWith(" | host}") ? hosts : leaves;
    const values = field === undefined ? [piece] : leaf(config[field]);
    texts = texts.flatMap((text) => values.map((value) => text + value));
  }
  return new Set(texts);
}

function leaves(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(leaves);
  return (typeof value === "string" && value !== "") || typeof value === "number" ? [String(value)] : [];
}

/** Host and port of each URL. */
function hosts(value: unknown): string[] {
  return leaves(value).filter((text) => /^https?:/.test(text) && URL.canParse(text)).map((text) => {
    const { hostname, port, protocol } = new URL(text);
    return `${hostname}:${port || (protocol === "https:" ? 443 : 80)}`;
  });
}

/** A field's value as a stranger may write it. */
function value(): fc.Arbitrary<FieldSchema["default"]> {
  const text = fc.oneof(
    fc.string(),
    fc.constantFrom("", "..", "/etc/passwd", "${config.path}", "${connection.host}", "a\0b", "*", "$&"),
    fc.constantFrom("https://api.example.com/v1", "http://u:p@127.0.0.1:81", "https://[::1]", "http://a b"),
  );
  return fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null), fc.array(text), fc.object());
}

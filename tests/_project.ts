/** A throw-away project for tests: files in a temporary folder, compiled and run in this process. @module */

import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { compile } from "../src/compile/mod.ts";
import { loadBuiltins, loadPlugins } from "../src/component/_builtins.ts";
import { type Catalog, catalogOf } from "../src/component/mod.ts";
import { loadConnections, loadEnvironment } from "../src/connection/mod.ts";
import type { Diagnostic } from "../src/diagnostic.ts";
import { type Manifest, manifestBytes } from "../src/manifest.ts";
import { parsePipeline } from "../src/oml/mod.ts";
import { REPO } from "./_repo.ts";
import { type Outcome, type Plan, type PlanInput, planRun, type RunInput, runPlan } from "../src/run/mod.ts";

let known: Promise<Catalog> | undefined;

/** The built-in components and the ones under `tests/drivers`, as built-in ones: a worker starts sooner than a process. */
export function testCatalog(): Promise<Catalog> {
  return known ??=
    (async () => catalogOf([...await loadBuiltins(), ...await loadPlugins(join(REPO, "tests/drivers"))]))();
}

/** An `osiris_connections.yaml` of one connection, the default of its family. */
export function connectionText(
  family: string,
  fields: Readonly<Record<string, unknown>>,
  alias = "main",
): string {
  return `version: 1\nconnections:\n  ${family}:\n    ${alias}: ${
    JSON.stringify({ default: true, ...fields })
  }\n`;
}

export class TestProject implements AsyncDisposable {
  private constructor(readonly root: string) {}

  static async create(files: { readonly [path: string]: string | Uint8Array } = {}): Promise<TestProject> {
    const project = new TestProject(await Deno.realPath(await Deno.makeTempDir({ prefix: "osiris-test-" })));
    for (const [path, content] of Object.entries(files)) await project.write(path, content);
    return project;
  }

  path(name: string): string {
    return join(this.root, name);
  }

  async write(name: string, content: string | Uint8Array): Promise<void> {
    await Deno.mkdir(dirname(this.path(name)), { recursive: true });
    await Deno.writeFile(
      this.path(name),
      typeof content === "string" ? new TextEncoder().encode(content) : content,
    );
  }

  read(name: string): Promise<string> {
    return Deno.readTextFile(this.path(name));
  }

  /** Every path below the project, sorted. */
  async list(folder = ""): Promise<string[]> {
    const paths: string[] = [];
    for await (const entry of Deno.readDir(this.path(folder))) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      paths.push(path);
      if (entry.isDirectory) paths.push(...await this.list(path));
    }
    return paths.sort();
  }

  /** Compiles `oml`; `diagnostics` are all there were. */
  async compile(
    oml: string,
    options: { profile?: string; params?: Record<string, string> } = {},
  ): Promise<{ manifest?: Manifest; diagnostics: readonly Diagnostic[] }> {
    const parsed = parsePipeline(oml, "pipeline.oml");
    if (!parsed.value) return { diagnostics: parsed.diagnostics };
    const checked = compile({
      ...await this.#surroundings(),
      pipeline: parsed.value,
      compiler: "osiris test",
      ...options,
    });
    return {
      ...(checked.value ? { manifest: checked.value } : {}),
      diagnostics: [...parsed.diagnostics, ...checked.diagnostics],
    };
  }

  /** Compiles and plans; throws when the text has errors. */
  async plan(
    oml: string,
    options: Partial<PlanInput> & { params?: Record<string, string> } = {},
  ): Promise<{ plan: Plan; manifest: Manifest }> {
    const { manifest, diagnostics } = await this.compile(oml, options);
    if (!manifest) throw new Error(diagnostics.map((d) => `${d.code}: ${d.message}`).join("\n"));
    return { manifest, plan: await planRun({ ...await this.#surroundings(), manifest, ...options }) };
  }

  /** Compiles, plans and runs. */
  async run(
    oml: string,
    options: Partial<RunInput> & { params?: Record<string, string> } = {},
  ): Promise<Outcome> {
    return await this.runManifest((await this.plan(oml, options)).manifest, options);
  }

  /** Runs a pipeline, `pipeline.oml` when no text is given, and demands that it succeeds. */
  async succeed(oml?: string): Promise<Outcome> {
    const outcome = await this.run(oml ?? await this.read("pipeline.oml"));
    assert.equal(outcome.state, "succeeded", String(outcome.failure?.message));
    return outcome;
  }

  /** Plans and runs what was compiled before. */
  async runManifest(manifest: Manifest, options: Partial<RunInput> = {}): Promise<Outcome> {
    const surroundings = { ...await this.#surroundings(), manifest, ...options };
    return await runPlan(await planRun(surroundings), {
      ...surroundings,
      manifestText: manifestBytes(manifest),
      signal: options.signal ?? new AbortController().signal,
      exitCodeOf: (_, state) => state === "succeeded" ? 0 : 1,
    });
  }

  /** Compiles, plans, takes one grant of a step away and runs. */
  async runWithout(
    oml: string,
    step: string,
    permission: "net" | "read" | "write",
    grant: string,
  ): Promise<Outcome> {
    const { plan, manifest } = await this.plan(oml);
    const less = plan.steps.map((each) => {
      if (each.id !== step) return each;
      const left = each.grants[permission].filter((other) => other !== grant);
      return { ...each, grants: { ...each.grants, [permission]: left } };
    });
    return await runPlan({ ...plan, steps: less }, {
      ...await this.#surroundings(),
      manifest,
      manifestText: manifestBytes(manifest),
      signal: new AbortController().signal,
      exitCodeOf: (_, state) => state === "succeeded" ? 0 : 1,
    });
  }

  async #surroundings(): Promise<Pick<RunInput, "catalog" | "connections" | "env" | "project">> {
    const env = loadEnvironment(this.root);
    const connections = loadConnections(this.path("osiris_connections.yaml"), env);
    return {
      catalog: await testCatalog(),
      connections: connections.value!,
      env,
      project: { root: this.root, logs: this.path("logs"), state: this.path(".osiris") },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.root, { recursive: true });
  }
}

/** Projects whose connections are asked about, by a test driver that does what an alias is called. @module */

import assert from "node:assert/strict";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { loadConnections, loadEnvironment } from "../src/connection/mod.ts";
import type { AskInput } from "../src/run/mod.ts";
import { osiris } from "./_osiris.ts";
import { testCatalog, TestProject } from "./_project.ts";
import { REPO } from "./_repo.ts";

/** The password of every connection; it may be seen nowhere. */
export const PASSWORD = "canary-7d1f0a";

/** A connection of each alias; the test driver does what the alias is called. */
export function connectionsText(aliases: readonly string[], port = 9, more = ""): string {
  const lines = aliases.map((alias) =>
    `    ${alias}: { host: 127.0.0.1, port: ${port}, password: "\${CHECKED_PASSWORD}", does: ${alias} }\n`
  );
  return `version: 1\nconnections:\n  checked:\n${lines.join("")}${more}`;
}

/** What drivers are asked with, in a project of these files. */
export async function asking(
  files: { readonly [path: string]: string },
  options: Partial<AskInput> = {},
): Promise<{ project: TestProject; input: AskInput } & AsyncDisposable> {
  const project = await TestProject.create({ ".env": `CHECKED_PASSWORD=${PASSWORD}\n`, ...files });
  const env = loadEnvironment(project.root);
  const { value, diagnostics } = loadConnections(project.path("osiris_connections.yaml"), env);
  assert.deepEqual(diagnostics, []);
  return {
    project,
    input: {
      catalog: await testCatalog(),
      connections: value!,
      env,
      project: { root: project.root, logs: project.path("logs"), state: project.path(".osiris") },
      deadlineMs: 20_000,
      signal: new AbortController().signal,
      ...options,
    },
    [Symbol.asyncDispose]: () => project[Symbol.asyncDispose](),
  };
}

/** A project in which the test driver is somebody else's, and allowed. */
export async function withOutsider(files: { readonly [path: string]: string }): Promise<TestProject> {
  const project = await TestProject.create({ ".env": `CHECKED_PASSWORD=${PASSWORD}\n`, ...files });
  const name = "test.checked_extractor";
  await Deno.mkdir(project.path("components"));
  cpSync(join(REPO, "tests/drivers", name), project.path(`components/${name}`), { recursive: true });
  return project;
}

/** Allows every component of a project. */
export async function allow(project: TestProject): Promise<void> {
  const { code, stderr } = await osiris(["components", "lock", "--yes"], { cwd: project.root });
  assert.equal(code, 0, stderr);
}

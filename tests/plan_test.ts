/** What the plan says of how drivers are confined, and of those that nobody allowed. */

import assert from "node:assert/strict";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { loadBuiltins } from "../src/component/_builtins.ts";
import { loadOutside } from "../src/component/_outside.ts";
import {
  type Catalog,
  catalogOf,
  type Lock,
  lockedAs,
  NO_LOCK,
  osSandbox,
  withComponent,
} from "../src/component/mod.ts";
import { emptyConnections, environmentOf } from "../src/connection/mod.ts";
import { manifestBytes } from "../src/manifest.ts";
import { type PlanInput, runPlan } from "../src/run/mod.ts";
import { osiris } from "./_osiris.ts";
import { REPO } from "./_repo.ts";
import { TestProject } from "./_project.ts";

const PIPELINE = (more = "") =>
  `oml_version: "0.1.0"
name: test
steps:
  - id: make
    component: test.rows_extractor
    mode: read
    config: { rows: 3 }
  - id: save
    component: filesystem.csv_writer
    mode: write
    config: { path: out.csv }
${more}`;

/** A project with `test.rows_extractor` as somebody else's component. */
async function withOutsider(
  tell: (at: { project: TestProject; catalog: Catalog; lock: Lock }) => Promise<void>,
): Promise<void> {
  await using project = await TestProject.create();
  const name = "test.rows_extractor";
  await Deno.mkdir(project.path("components"));
  cpSync(join(REPO, "tests/drivers", name), project.path(`components/${name}`), { recursive: true });
  const { entries } = await loadOutside(project.path("components"));
  const lock = withComponent(NO_LOCK, name, lockedAs(entries[0]!, "components"));
  await tell({ project, catalog: catalogOf([...await loadBuiltins(), ...entries]), lock });
}

const OFF = environmentOf({ OSIRIS_OS_SANDBOX: "off" });

Deno.test("planRun gives a process to what comes from outside, and a worker to what is part of Osiris", () =>
  withOutsider(async ({ project, catalog, lock }) => {
    const { available, reason } = await osSandbox();
    const { plan } = await project.plan(PIPELINE(), { catalog, lock });
    const level = available ? "process+os" : "process";
    assert.deepEqual(plan.steps.map(({ isolation }) => isolation), [level, "worker"]);
    assert.deepEqual(plan.steps.map(({ consent }) => consent), [{ given: true }, undefined]);
    assert.deepEqual(plan.os_sandbox, { in_force: available, reason });
  }));

Deno.test("planRun gives a process to what is part of Osiris when the text asks for it", async () => {
  await using project = await TestProject.create();
  const { plan } = await project.plan(PIPELINE("    isolation: process\n"), { env: OFF });
  assert.deepEqual(plan.steps.map(({ isolation }) => isolation), ["worker", "process"]);
  assert.deepEqual(plan.os_sandbox, { in_force: false, reason: "OSIRIS_OS_SANDBOX is off" });
  assert.equal((await project.plan(PIPELINE(), { env: OFF })).plan.os_sandbox, undefined);
});

Deno.test("planRun fails closed where the operating system's sandbox is required and switched off", () =>
  withOutsider(async ({ project, catalog, lock }) => {
    const required = { env: OFF, requireOsSandbox: true };
    await assert.rejects(project.plan(PIPELINE(), { catalog, lock, ...required }), {
      code: "RUN611",
      category: "permission",
      step: "make",
      message: /without the operating system's sandbox: OSIRIS_OS_SANDBOX is off/,
    });
    await project.plan(PIPELINE(), required); // everything runs in workers
  }));

Deno.test("runPlan starts nothing and writes nothing when a component is not allowed, whoever made the plan", () =>
  withOutsider(async ({ project, catalog, lock }) => {
    const other = withComponent(lock, "test.rows_extractor", {
      ...lock.components["test.rows_extractor"]!,
      version: "9.9.9",
    });
    for (
      const [given, reason] of [[undefined, /does not have it/], [
        other,
        /version 9\.9\.9 was allowed/,
      ]] as const
    ) {
      const { plan, manifest } = await project.plan(PIPELINE(), {
        catalog,
        ...(given ? { lock: given } : {}),
      });
      assert.equal(plan.steps[0]!.consent?.given, false);
      const before = await project.list();
      const env = environmentOf({});
      const started = runPlan(plan, {
        manifest,
        manifestText: manifestBytes(manifest),
        catalog,
        env,
        connections: emptyConnections(env),
        project: { root: project.root, logs: project.path("logs"), state: project.path(".osiris") },
        signal: new AbortController().signal,
        exitCodeOf: () => 4,
      });
      await assert.rejects(started, {
        code: "DRV410",
        category: "permission",
        step: "make",
        message: reason,
      });
      assert.deepEqual(await project.list(), before);
    }
  }));

Deno.test("planRun refuses a manifest whose component is another one now, allowed or not", () =>
  withOutsider(async ({ project, catalog, lock }) => {
    const { manifest } = await project.plan(PIPELINE(), { catalog, lock });
    const driver = `components/test.rows_extractor/driver.ts`;
    await project.write(driver, `${await project.read(driver)}\n// another one`);
    const { entries } = await loadOutside(project.path("components"));
    const now = catalogOf([...await loadBuiltins(), ...entries]);
    const allowed = withComponent(lock, "test.rows_extractor", lockedAs(entries[0]!, "components"));
    const input: Partial<PlanInput> = { catalog: now, lock: allowed };
    await assert.rejects(project.runManifest(manifest, input), {
      code: "RUN603",
      category: "usage",
      message: /\(its files changed, its version 0\.1\.0 did not\)/,
    });
  }));

Deno.test("run says on standard error and in its record that the operating system's sandbox is off, and runs", async () => {
  const pipeline = `oml_version: "0.1.0"
name: test
steps:
  - id: count
    component: duckdb.processor
    mode: transform
    isolation: process
    config: { query: "SELECT * FROM range(3)" }
  - id: save
    component: filesystem.csv_writer
    mode: write
    config: { path: out.csv }
`;
  await using project = await TestProject.create({ "p.oml": pipeline });
  const { code, stderr } = await osiris(["run", "p.oml", "--frozen", "--quiet"], {
    cwd: project.root,
    env: { OSIRIS_OS_SANDBOX: "off" },
  });
  assert.equal(code, 0, stderr);
  assert.equal(
    stderr,
    "warning: drivers of 'count' run without the operating system's sandbox: OSIRIS_OS_SANDBOX is off\n",
  );
  const [session] = [...Deno.readDirSync(project.path("logs"))];
  const plan = JSON.parse(await project.read(`logs/${session!.name}/plan.json`));
  assert.deepEqual(plan.os_sandbox, { in_force: false, reason: "OSIRIS_OS_SANDBOX is off" });
  assert.deepEqual(plan.steps.map((step: { isolation: string }) => step.isolation), ["process", "worker"]);
  assert.match(
    await project.read(`logs/${session!.name}/events.jsonl`),
    /"driver\.start".*"isolation":"process"/,
  );
});

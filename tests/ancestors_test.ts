/**
 * Faults that the systems before this one had, each as a test that must pass. What a fault belongs to
 * that does not exist yet (checkpoints, caches, schedules, remote runs) waits for it.
 *
 * @module
 */

import assert from "node:assert/strict";
import { COPY } from "./_copy_pipeline.ts";
import { osiris } from "./_osiris.ts";
import { environmentOf, parseConnections } from "../src/connection/mod.ts";
import { checkConnections } from "../src/run/mod.ts";
import { testCatalog, TestProject } from "./_project.ts";

const INPUT = { "in.csv": "zulu,alpha,mike\n3,1,2\n6,4,5\n9,7,8\n" };

const codes = async (project: TestProject, oml: string) =>
  (await project.compile(oml)).diagnostics.filter((d) => d.severity === "error").map((d) => d.code);

Deno.test("osiris run --dry-run changes nothing on disk", async () => {
  await using project = await TestProject.create({ ...INPUT, "pipeline.oml": COPY });
  const before = await project.list();
  const ran = await osiris(["run", "pipeline.oml", "--dry-run"], { cwd: project.root });
  assert.equal(ran.code, 0, ran.stderr);
  assert.match(ran.stdout, /result\.csv/);
  assert.deepEqual(await project.list(), before);
});

Deno.test("osiris validate, compile and run give one verdict on one file", async () => {
  const cyclic = COPY.replace("mode: read", "mode: transform").replace(
    "filesystem.csv_extractor",
    "duckdb.processor",
  )
    .replace("config: { path: in.csv }", 'config: { query: "SELECT * FROM df" }\n    inputs: { df: save }');
  await using project = await TestProject.create({ ...INPUT, "pipeline.oml": cyclic });
  const errors: string[][] = [];
  for (const command of [["oml", "validate"], ["compile"], ["run"]]) {
    const ran = await osiris([...command, "pipeline.oml"], { cwd: project.root });
    assert.equal(ran.code, 2, ran.stderr);
    errors.push([...(ran.stderr + ran.stdout).matchAll(/error\[(\w+)\]/g)].map((match) => match[1]!));
  }
  assert(errors[0]!.length > 0);
  assert.deepEqual(errors[1], errors[0]);
  assert.deepEqual(errors[2], errors[0]);
  assert(!(await project.list()).some((path) => path.startsWith("out")), "a cyclic pipeline wrote something");
});

Deno.test("a step id never becomes a path outside the run's folder", async () => {
  await using project = await TestProject.create(INPUT);
  for (const id of ["../evil", "/tmp/evil", "a/b", "..", "con\\x", "-x", "a".repeat(65), ""]) {
    assert.notDeepEqual(
      await codes(
        project,
        COPY.replaceAll("extract", JSON.stringify(id)).replace(
          "filesystem.csv_" + JSON.stringify(id) + "or",
          "filesystem.csv_extractor",
        ),
      ),
      [],
      id,
    );
  }
});

Deno.test("a writer with two inputs is refused, not halved", async () => {
  await using project = await TestProject.create(INPUT);
  const two = COPY.replace(
    "  - id: save",
    `  - id: other
    component: filesystem.csv_extractor
    mode: read
    config: { path: in.csv }
  - id: save`,
  ) + "    inputs: { a: extract, b: other }\n";
  assert.notDeepEqual(await codes(project, two), []);
});

Deno.test("declared types, limits and modes are enforced", async () => {
  await using project = await TestProject.create(INPUT);
  assert.notDeepEqual(await codes(project, COPY.replace("path: in.csv", "path: in.csv, header: 3")), []);
  assert.notDeepEqual(await codes(project, COPY.replace("path: in.csv", "path: in.csv, sample: -1")), []);
  assert.notDeepEqual(await codes(project, COPY.replace("path: in.csv", "path: in.csv, surprise: 1")), []);
  assert.notDeepEqual(await codes(project, COPY.replace("mode: read", "mode: transform")), []);
});

Deno.test("a component that does not exist is an error and not a step that does nothing", async () => {
  await using project = await TestProject.create(INPUT);
  assert.deepEqual(await codes(project, COPY.replace("csv_extractor", "csv_extractr")), ["CMP201"]);
});

Deno.test("a parameter's sources have one order: --param, environment, --profile, default", async () => {
  const oml = COPY.replace(
    "steps:",
    `params:\n  name: from_default\nprofiles:\n  p: { params: { name: from_profile } }\nsteps:`,
  )
    .replace("out/result.csv", '"out/${params.name}.csv"');
  await using project = await TestProject.create({ ...INPUT, "pipeline.oml": oml });
  const written = async (args: string[], env: Record<string, string> = {}) => {
    const ran = await osiris(["run", "pipeline.oml", ...args], { cwd: project.root, env });
    assert.equal(ran.code, 0, ran.stderr);
    const [file] = await project.list("out");
    await Deno.remove(project.path(file!));
    return file;
  };
  const env = { OSIRIS_PARAM_NAME: "from_env" };
  assert.equal(await written([]), "out/from_default.csv");
  assert.equal(await written(["--profile", "p"]), "out/from_profile.csv");
  assert.equal(await written(["--profile", "p"], env), "out/from_env.csv");
  assert.equal(await written(["--profile", "p", "--param", "name=from_flag"], env), "out/from_flag.csv");
});

Deno.test("a literal secret is refused wherever it stands, and never repeated", async () => {
  await using project = await TestProject.create(INPUT);
  const secret = "hunter2SuperSecret";
  const oml = COPY.replace(
    "name: copy",
    `name: copy\ndescription: "see postgres://etl:${secret}@db.local/shop"`,
  );
  await project.write("pipeline.oml", oml);
  const ran = await osiris(["run", "pipeline.oml"], { cwd: project.root });
  assert.equal(ran.code, 2);
  assert(!(ran.stderr + ran.stdout).includes(secret));
  assert.deepEqual(
    (await project.list()).filter((path) => path.startsWith("logs") || path.startsWith("compiled")),
    [],
  );
});

Deno.test("a line that holds a secret is not shown, whatever else is wrong with it", async () => {
  const secret = "hunter2SuperSecret";
  const oml = COPY.replace("name: copy", `name: copy\nsurprise: "postgres://etl:${secret}@db.local/shop"`);
  await using project = await TestProject.create({ ...INPUT, "pipeline.oml": oml });
  const ran = await osiris(["oml", "validate", "pipeline.oml"], { cwd: project.root });
  assert.equal(ran.code, 2);
  assert.match(ran.stderr + ran.stdout, /surprise/);
  assert(!(ran.stderr + ran.stdout).includes(secret));
});

Deno.test("a run has one id, one verdict and one count in every place", async () => {
  await using project = await TestProject.create({ ...INPUT, "pipeline.oml": COPY });
  const ran = await osiris(["run", "pipeline.oml"], { cwd: project.root });
  assert.equal(ran.code, 0, ran.stderr);
  const [id] = (await project.list("logs")).map((path) => path.split("/")[1]!);
  const status = JSON.parse(await project.read(`logs/${id}/status.json`));
  assert.equal(status.session_id, id);
  assert.equal(status.state, "succeeded");
  assert.deepEqual(status.steps.map((s: { rows_out: number }) => s.rows_out), [3, 3]);
  const events = (await project.read(`logs/${id}/events.jsonl`)).trim().split("\n").map((line) =>
    JSON.parse(line)
  );
  assert(events.every((event) => event.session_id === id));
  assert.equal(events.at(-1).event_type, "run.complete");
  assert.equal(events.at(-1).data.rows_written, 3);
  const listed = JSON.parse((await osiris(["logs", "list", "--json"], { cwd: project.root })).stdout);
  assert.deepEqual(
    listed.sessions.map((s: { session_id: string; state: string }) => [s.session_id, s.state]),
    [[id, "succeeded"]],
  );
  assert.match(ran.stdout + ran.stderr, new RegExp(id!));
});

Deno.test("a failed run is indexed and shown like any other", async () => {
  await using project = await TestProject.create({ "pipeline.oml": COPY });
  assert.equal((await osiris(["run", "pipeline.oml"], { cwd: project.root })).code, 1);
  const listed = JSON.parse((await osiris(["logs", "list", "--json"], { cwd: project.root })).stdout);
  assert.deepEqual(listed.sessions.map((s: { state: string }) => s.state), ["failed"]);
  const shown = await osiris(["logs", "show"], { cwd: project.root });
  assert.match(shown.stdout, /extract/);
  assert.match(shown.stdout, /in\.csv/);
});

Deno.test("osiris logs gc shows first what it would remove, and removes by session", async () => {
  await using project = await TestProject.create({ ...INPUT, "pipeline.oml": COPY });
  for (let i = 0; i < 3; i++) {
    assert.equal((await osiris(["run", "pipeline.oml"], { cwd: project.root })).code, 0);
  }
  const sessions = async () =>
    (await project.list("logs")).filter((path) => path.split("/").length === 2).length;
  await osiris(["logs", "gc", "--keep", "1"], { cwd: project.root });
  assert.equal(await sessions(), 3, "gc without consent removed something");
});

Deno.test("a CSV writer keeps the query's column order", async () => {
  await using project = await TestProject.create(INPUT);
  assert.equal((await project.run(COPY)).state, "succeeded");
  assert.equal((await project.read("out/result.csv")).split("\n")[0], "zulu,alpha,mike");
});

Deno.test("after a failure nothing new starts", async () => {
  await using project = await TestProject.create(INPUT);
  const outcome = await project.run(
    COPY.replace(
      "steps:",
      `steps:
  - id: broken
    component: filesystem.csv_extractor
    mode: read
    config: { path: missing.csv }`,
    ).replace(
      "  - id: save",
      `  - id: late
    component: duckdb.processor
    mode: transform
    config: { query: "SELECT * FROM df" }
    inputs: { df: broken }
  - id: save`,
    ) + "    inputs: { df: extract }\n    needs: [late]\n",
  );
  assert.equal(outcome.state, "failed");
  assert.equal(outcome.failure?.step, "broken");
  const states = Object.fromEntries(outcome.status.steps.map((step) => [step.id, step.state]));
  assert.equal(states.late, "skipped");
  assert.equal(states.save, "skipped");
  assert(!(await project.list()).includes("out"), "a step ran on after the failure");
});

Deno.test("the record's every line is whole, whatever runs side by side", async () => {
  const readers = Array.from({ length: 40 }, (_, i) =>
    `  - id: sql_${i}
    component: duckdb.processor
    mode: transform
    inputs: {}
    config: { query: "SELECT ${i} AS n FROM range(${i + 1})" }
`).join("");
  await using project = await TestProject.create();
  const outcome = await project.succeed(`oml_version: "0.1.0"\nname: many\nsteps:\n${readers}`);
  assert.deepEqual(
    outcome.status.steps.map((step) => step.rows_out),
    Array.from({ length: 40 }, (_, i) => i + 1),
  );
  const events = (await Deno.readTextFile(`${outcome.folder}/events.jsonl`)).trim().split("\n").map((line) =>
    JSON.parse(line)
  );
  assert.equal(events.filter((event) => event.event_type === "execution.step.complete").length, 40);
});

Deno.test("osiris connections doctor exits with 3 when every connection failed", async () => {
  const text = `version: 1
connections:
  http:
    gone: { base_url: "http://127.0.0.1:2" }
    unset: { base_url: "\${NOT_SET_ANYWHERE}" }
`;
  await using project = await TestProject.create({ "osiris_connections.yaml": text });
  const ran = await osiris(["connections", "doctor", "--json"], { cwd: project.root });
  assert.equal(ran.code, 3, ran.stderr);
  const { exit_code, healthy, connections } = JSON.parse(ran.stdout);
  assert.deepEqual([exit_code, healthy], [3, false]);
  assert.deepEqual(connections.map(({ status }: { status: string }) => status), ["failed", "failed"]);
});

Deno.test("checkConnections asks every component with 'check', whatever its family", async () => {
  const able = (await testCatalog()).entries().filter(({ spec }) =>
    spec.connection !== undefined && spec.capabilities.includes("check")
  );
  const families = [...new Set(able.map(({ spec }) => spec.connection!.family))].sort();
  assert.ok(families.length > 2);
  const aliases = families.map((family) => `  ${family}:\n    one: { host: "\${NOT_SET_ANYWHERE}" }\n`);
  await using project = await TestProject.create();
  const env = environmentOf({});
  const text = `version: 1\nconnections:\n${aliases.join("")}`;
  const found = await checkConnections({
    catalog: await testCatalog(),
    connections: parseConnections(text, "osiris_connections.yaml", env).value!,
    env,
    project: { root: project.root, logs: project.path("logs"), state: project.path(".osiris") },
    deadlineMs: 10_000,
    signal: new AbortController().signal,
  }, families.map((family) => `@${family}.one`));
  assert.deepEqual(
    found.flatMap(({ verdicts }) => verdicts.map(({ component }) => component)).sort(),
    able.map(({ spec }) => spec.name),
  );
  assert.ok(found.every(({ status }) => status === "failed"));
});

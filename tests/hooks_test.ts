/** Hooks as a user meets them: shown by the plan, refused where the project does not allow them, recorded by the run. */

import assert from "node:assert/strict";
import { readSession } from "../src/session/mod.ts";
import { COPY } from "./_copy_pipeline.ts";
import { osiris } from "./_osiris.ts";
import { TestProject } from "./_project.ts";

const CANARY = "canary-4711";
const PIPELINE = `${COPY}hooks:
  - { name: tell, on: [pipeline_start, run.error], webhook: { connection: "@webhook.team" }, priority: high }
  - { name: shout, on: run.complete, alert: { message: "{pipeline}: {state}" } }
  - { name: refuse, on: node_complete, command: ["false"], priority: critical }
`;

/** What a plan shows of a hook. */
interface Shown {
  readonly name: string;
  readonly hosts: readonly string[];
  readonly commands: readonly (readonly string[])[];
  readonly files: readonly string[];
  readonly allowed: boolean;
}

Deno.test("hooks of pipeline and project are shown, allowed, told and recorded", async () => {
  const got: { event: { event_type: string } }[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    got.push(await request.json());
    return new Response("ok");
  });
  await using project = await TestProject.create({
    "pipeline.oml": PIPELINE,
    "in.csv": "id\n1\n2\n",
    "osiris_connections.yaml": 'version: 1\nconnections: { webhook: { team: { url: "${HOOK_URL}" } } }\n',
    "osiris.yaml": "version: 1\nhooks: [{ name: keep, on: node_complete, file: { path: kept.jsonl } }]\n",
  });
  const env = { HOOK_URL: `http://127.0.0.1:${server.addr.port}/${CANARY}` };
  const at = (...args: string[]) => osiris(args, { cwd: project.root, env });

  const plan = JSON.parse((await at("plan", "pipeline.oml", "--json")).stdout);
  assert.deepEqual(
    plan.hooks.map((hook: Shown) => [hook.name, hook.hosts, hook.commands, hook.files, hook.allowed]),
    [
      ["refuse", [], [["false"]], [], false],
      ["tell", [`127.0.0.1:${server.addr.port}`], [], [], true],
      ["shout", [], [], [], true],
      ["keep", [], [], [project.path("kept.jsonl")], true],
    ],
  );

  const refused = await at("run", "pipeline.oml");
  assert.equal(refused.code, 4);
  assert.match(refused.stderr, /^error\[HKS852\]: Cannot run: hook 'refuse' starts 'false'/);
  assert.deepEqual([got, (await project.list()).includes("logs")], [[], false]);

  await project.write("osiris.yaml", `${await project.read("osiris.yaml")}allow_commands: ["false"]\n`);
  const ran = await at("run", "pipeline.oml");
  await server.shutdown();
  assert.equal(ran.code, 1);
  assert.match(ran.stderr, /^warning: copy: succeeded$/m);
  assert.match(
    ran.stderr,
    /error\[HKS850\]: Hook 'refuse': Cannot run 'false': it ended with exit code 1 \(critical\)/,
  );
  assert.deepEqual(got.map(({ event }) => event.event_type), ["run.start", "run.error"]);
  const kept = (await project.read("kept.jsonl")).trimEnd().split("\n").map((line) =>
    JSON.parse(line).event.data.step_id
  );
  assert.deepEqual(kept, ["extract", "save"]);
  assert.equal(await project.read("out/result.csv"), "id\n1\n2\n");

  const [session] = (await project.list("logs")).filter((name) =>
    /^run_\w+$/.test(name.replace("logs/", ""))
  );
  const record = await readSession(project.path(session!));
  assert.deepEqual([record.status.state, record.status.exit_code], ["failed", 1]);
  const failed = record.events.filter(({ event_type }) => event_type === "hook.error");
  assert.equal(failed.length, 2, "once for each step");
  assert.ok(!(JSON.stringify([plan, record]) + ran.stdout + ran.stderr).includes(CANARY));
});

import assert from "node:assert/strict";
import { parse } from "yaml";
import projectSchema from "../../schemas/project.schema.json" with { type: "json" };
import { validatorOf } from "../json_schema.ts";
import { parsePipeline, parseProject } from "./mod.ts";

const HEAD = 'oml_version: "0.1.0"\nname: n\nsteps: [{ id: r, component: f.r, mode: read }]\nhooks:\n';

Deno.test("parsePipeline spells a hook out, with events under the names of the record", () => {
  const { value, diagnostics } = parsePipeline(
    HEAD + "  - name: tell\n    on: [pipeline_start, node_error, run.start, check.fail]\n" +
      "    webhook: { connection: '@webhook.team', template: slack }\n" +
      "  - { name: run-it, on: pipeline_complete, command: [notify, done], priority: critical, mode: async, timeout: 2s }\n",
    "p.oml",
  );
  assert.deepEqual(diagnostics, []);
  assert.deepEqual(value?.hooks, [
    {
      name: "tell",
      on: ["run.start", "execution.step.error", "check.fail"],
      priority: "medium",
      mode: "sync",
      timeout_ms: 10_000,
      action: "webhook",
      config: { connection: "@webhook.team", template: "slack" },
    },
    {
      name: "run-it",
      on: ["run.complete"],
      priority: "critical",
      mode: "async",
      timeout_ms: 2000,
      action: "command",
      config: { command: ["notify", "done"] },
    },
  ]);
});

/** A hook, and what is said of it: code, place and words. */
const WRONG: readonly (readonly [hook: string, ...said: string[]])[] = [
  ["{ name: a, on: run.eror, alert: {} }", "OML120 5:20 'run.eror' is no event"],
  ["{ name: a, on: [run.error, hook.error], alert: {} }", "OML120 5:32 'hook.error' is no event"],
  ["{ name: a, on: run.error }", "OML120 5:5 it does nothing"],
  ["{ name: a, on: run.error, alert: {}, file: { path: f } }", "OML120 5:5 it has 'file' and 'alert'"],
  ["{ name: a, on: run.error, webhook: {} }", "OML120 5:40 either 'url' or 'connection'"],
  ["{ name: a, on: run.error, webhook: { url: 'http://u:p@h' } }", "OML106 5:47 without user and password"],
  ["{ name: a, on: run.error, webhook: { connection: '@mysql.a' } }", "OML106 5:54 of family webhook"],
  ["{ name: a, on: run.error, file: { path: ../x } }", "OML120 5:45 '../x' is not inside the project"],
  ["{ name: a, on: run.error, summary: { path: /etc/x } }", "OML120 5:48 '/etc/x' is not inside the project"],
  ["{ name: a, on: run.error, file: { path: 'C:\\x' } }", "OML120 5:45 is not inside the project"],
  ["{ name: a, on: run.error, file: { path: out/ } }", "OML120 5:45 is not inside the project"],
  ["{ name: a, on: run.error, alert: { message: '${HOME}' } }", "OML120 5:49 takes no references"],
  ["{ name: a, on: run.error, command: 'rm -rf x' }", "OML106 5:40 should be a list"],
  ["{ name: a, on: run.error, log_rotation: {} }", "OML104 5:45 'keep' is missing"],
  ["{ name: a, on: run.error, alert: {}, prio: low }", "OML103 5:42 unknown key 'prio'"],
  ["{ on: run.error, alert: {} }", "OML104 5:5 'name' is missing"],
];

for (const [hook, ...said] of WRONG) {
  Deno.test(`parsePipeline refuses the hook ${hook}`, () => {
    const { diagnostics } = parsePipeline(`${HEAD}  - ${hook}\n`, "p.oml");
    assert.equal(diagnostics.length, said.length, JSON.stringify(diagnostics));
    for (const [i, expected] of said.entries()) {
      const { code, line, column, message } = diagnostics[i]!;
      const [, place, words] = /^(\S+ \S+) (.*)$/.exec(expected)!;
      assert.deepEqual([`${code} ${line}:${column}`, message.includes(words!)], [place, true], message);
    }
  });
}

Deno.test("parsePipeline refuses two hooks of one name", () => {
  const { diagnostics } = parsePipeline(
    HEAD + "  - { name: a, on: run.error, alert: {} }\n  - { name: a, on: run.start, alert: {} }\n",
    "p.oml",
  );
  assert.deepEqual(diagnostics.map(({ code, line }) => [code, line]), [["OML120", 6]]);
});

Deno.test("parseProject reads hooks and programs, and an empty file as nothing", () => {
  const text =
    "version: 1\nallow_commands: [notify]\nhooks: [{ name: a, on: node_start, alert: {} }]\nx-own: 1\n";
  const { value, diagnostics } = parseProject(text, "osiris.yaml");
  assert.deepEqual(diagnostics, []);
  assert.deepEqual([value?.allow_commands, value?.hooks[0]?.on], [["notify"], ["execution.step.start"]]);
  for (const empty of ["", "\n# later\n"]) {
    assert.deepEqual(parseProject(empty, "f"), { value: { hooks: [], allow_commands: [] }, diagnostics: [] });
  }
});

Deno.test("parseProject reports what is not known or not right", () => {
  const said = (text: string) =>
    parseProject(text, "osiris.yaml").diagnostics.map((d) => `${d.code} ${d.line}`);
  assert.deepEqual(said("version: 1\nhook: []\n"), ["OML103 2"]);
  assert.deepEqual(said("hooks: []\n"), ["OML106 1"]);
  assert.deepEqual(said("[1]\n"), ["OML106 1"]);
  assert.deepEqual(said("version: 1\nallow_commands: notify\n"), ["OML106 2"]);
  assert.deepEqual(said("version: 1\nhooks: [{ name: a, on: run.error, file: 3 }]\n"), ["OML106 2"]);
});

Deno.test("parseProject agrees with the published schema about which settings fit", () => {
  const validator = validatorOf(projectSchema);
  const texts = [
    "version: 1\n",
    "version: 1\nallow_commands: [a]\nx-own: {}\n",
    "version: 1\nhooks: [{ name: a, on: run.error, alert: {} }]\n",
    "version: 2\n",
    "hooks: []\n",
    "version: 1\nhooks: {}\n",
    "version: 1\nhooks: [{ on: run.error, alert: {} }]\n",
    "version: 1\nhook: []\n",
    "version: 1\nallow_commands: a\n",
    "version: 1\nallow_commands: [1]\n",
    "[]\n",
  ];
  for (const text of texts) {
    const fits = validator.validate(parse(text)).valid;
    assert.equal(parseProject(text, "osiris.yaml").diagnostics.length === 0, fits, text);
  }
});

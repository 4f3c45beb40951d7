import assert from "node:assert/strict";
import { manifestBytes } from "../manifest.ts";
import { renderDiagnostic } from "../oml/mod.ts";
import { redactSecretLines } from "./mod.ts";
import { compileText, manifestOf, pipelineText, said } from "./_fixture.ts";

const CONNECTIONS =
  "version: 1\nconnections: { mysql: { main: { default: true, host: h, password: '${PW}' } } }\n";
const DB = (config: string) =>
  pipelineText(
    `  - { id: d, component: db.reader, mode: read, config: { query: select 1, ${config} } }\n`,
    "params: { pw: { type: string, sensitive: true }, open: abc }",
  );
const given = { connections: CONNECTIONS, variables: { PW: "x" } };

function assertHidden(text: string, secret: string, code = "CMP210"): void {
  const found = compileText(text, given);
  assert.equal(found.value, undefined);
  assert.ok(found.diagnostics.some((d) => d.code === code), said(found));
  assert.doesNotMatch(JSON.stringify(found.diagnostics), new RegExp(secret));
  for (const d of found.diagnostics) assert.doesNotMatch(renderDiagnostic(d, text), new RegExp(secret));
}

Deno.test("compile refuses a literal in a secret field and says what to write", () => {
  assertHidden(DB("password: hunter2"), "hunter2");
  assertHidden(DB("password: 12345678"), "12345678");
  assertHidden(DB("api_key: hunter2"), "hunter2");
  assertHidden(DB("api_key: hunter2, limitt: 3"), "hunter2", "CMP203");
  assert.match(said(compileText(DB("password: hunter2"), given)), /password: \$\{MYSQL_PASSWORD\}/);
  assert.match(said(compileText(DB('api_key: "${params.open}"'), given)), /sensitive: true/);
});

Deno.test("compile keeps a sensitive parameter symbolic everywhere", () => {
  const text = DB('api_key: "${params.pw}"').replace(
    "select 1",
    "\"select '${params.pw}', '${params.open}'\"",
  );
  const manifest = manifestOf(text, { ...given, params: { pw: "hunter2" } });
  assert.equal(manifest.steps[0]!.config["api_key"], "${params.pw}");
  assert.deepEqual(manifest.steps[0]!.bind["pw"], { type: "string", symbol: "params.pw" });
  assert.deepEqual(manifest.params["pw"], { type: "string", sensitive: true });
  assert.doesNotMatch(manifestBytes(manifest), /hunter2/);
});

Deno.test("compile refuses a sensitive parameter whose value stands in the text", () => {
  const step = "  - { id: a, component: files.reader, mode: read, config: { path: a.csv } }\n";
  assertHidden(
    pipelineText(step, "params: { pw: { type: string, sensitive: true, default: hunter2 } }"),
    "hunter2",
  );
  assertHidden(
    pipelineText(
      step,
      "params: { pw: { type: string, sensitive: true } }\nprofiles: { p: { params: { pw: hunter2 } } }",
    ),
    "hunter2",
  );
});

Deno.test("compile refuses the shape of a secret wherever it stands", () => {
  const read = (note: string) =>
    pipelineText(
      `  - { id: a, component: files.reader, mode: read, config: { path: a.csv, note: ${note} } }\n`,
    );
  const key = "AKIA" + "QWERTYUIOP123456";
  assertHidden(read(`"postgres://etl:hunter2@db/x"`), "hunter2");
  assertHidden(read(key), key);
  assertHidden(read(`"\\x41KIA${key.slice(4)}"`), key.slice(4));
  assertHidden(read("x") + `# ${key}\n`, key);
  assertHidden(read("x").replace("a.csv", `a.csv, delimiter: ${key}`), key);
  assertHidden(
    pipelineText(
      `  - { id: a, component: files.reader, mode: read, config: { path: a.csv, delimiter: ${key}, limit: no } }\n`,
    ),
    key,
    "CMP203",
  );
});

Deno.test("compile refuses a given value with the shape of a secret unless it is sensitive", () => {
  const text = (more: string) =>
    pipelineText(
      "  - { id: a, component: files.reader, mode: read, config: { path: '${params.p}' } }\n",
      `params: { p: { type: string${more} } }`,
    );
  const found = compileText(text(""), { params: { p: "postgres://u:hunter2@h/d" } });
  assert.equal(found.diagnostics[0]?.code, "CMP210");
  assert.doesNotMatch(JSON.stringify(found), /hunter2/);
  manifestOf(text(", sensitive: true"), { params: { p: "postgres://u:hunter2@h/d" } });
});

Deno.test("redactSecretLines hides what another finding on the line, or the line itself, holds", () => {
  const at = (line: number, redact?: true) => ({
    code: "OML106" as const,
    severity: "error" as const,
    message: "m",
    file: "f",
    line,
    end_line: line,
    ...(redact ? { redact } : {}),
  });
  assert.deepEqual(redactSecretLines([at(1), at(1, true), at(2)]).map((d) => d.redact), [
    true,
    true,
    undefined,
  ]);
  const text = `a: 1\nb: ${"AKIA" + "QWERTYUIOP123456"}\n`;
  assert.deepEqual(redactSecretLines([at(1), at(2)], { file: "f", text }).map((d) => d.redact), [
    undefined,
    true,
  ]);
});

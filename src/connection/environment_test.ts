import assert from "node:assert/strict";
import { join } from "node:path";
import { environmentOf, loadEnvironment } from "./mod.ts";
import { parseDotenv } from "./_dotenv.ts";

Deno.test("loadEnvironment lets a variable of the process win over .env", () => {
  const folder = Deno.makeTempDirSync();
  try {
    Deno.writeTextFileSync(join(folder, ".env"), "OSIRIS_TEST_ONLY_A=file\nOSIRIS_TEST_ONLY_B=file\n");
    Deno.env.set("OSIRIS_TEST_ONLY_A", "process");
    const env = loadEnvironment(folder);
    assert.equal(env.get("OSIRIS_TEST_ONLY_A"), "process");
    assert.equal(env.get("OSIRIS_TEST_ONLY_B"), "file");
    assert.equal(Deno.env.get("OSIRIS_TEST_ONLY_B"), undefined);
  } finally {
    Deno.env.delete("OSIRIS_TEST_ONLY_A");
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("environmentOf knows parameters, level, colour and continuous integration", () => {
  const env = environmentOf({
    OSIRIS_PARAM_since: "1",
    OSIRIS_PARAM_UNTIL: "2",
    OSIRIS_LOG_LEVEL: "debug",
    NO_COLOR: "1",
    CI: "true",
  });
  assert.deepEqual(env.envParams(), { since: "1", UNTIL: "2" });
  assert.deepEqual([env.logLevel, env.noColor, env.ci], ["DEBUG", true, true]);
  const bare = environmentOf({ OSIRIS_LOG_LEVEL: "LOUD", CI: "false" });
  assert.deepEqual([bare.logLevel, bare.noColor, bare.ci, bare.diagnostics.length], [
    undefined,
    false,
    false,
    1,
  ]);
  assert.match(environmentOf({ OSIRIS_LOG_LEVEL: "Loud" }).diagnostics[0]!.message, /it is 'Loud'/);
  assert.equal(environmentOf({}).get("__proto__"), undefined);
});

Deno.test("environmentOf takes the sandbox away only when it is told so exactly", () => {
  for (const on of [{}, { OSIRIS_OS_SANDBOX: "" }, { OSIRIS_OS_SANDBOX: "on" }]) {
    const { osSandbox, diagnostics } = environmentOf(on);
    assert.deepEqual([osSandbox, diagnostics], [true, []]);
  }
  assert.equal(environmentOf({ OSIRIS_OS_SANDBOX: "off" }).osSandbox, false);
  for (const wrong of ["Off", "0", "false", "no"]) {
    const { osSandbox, diagnostics } = environmentOf({ OSIRIS_OS_SANDBOX: wrong });
    assert.equal(osSandbox, true);
    assert.match(diagnostics[0]!.message, new RegExp(`it is '${wrong}'`));
  }
});

Deno.test("parseDotenv reads quotes, comments, escapes and several lines", () => {
  const text = `# comment
A=plain value # comment
export B='single # $X \\n'
C="double \\"q\\" \\n line
two"   # after
D=
E=a#b

F="x"`;
  const { values, diagnostics } = parseDotenv(text, ".env");
  assert.deepEqual(diagnostics, []);
  assert.deepEqual(Object.fromEntries(values), {
    A: "plain value",
    B: "single # $X \\n",
    C: 'double "q" \n line\ntwo',
    D: "",
    E: "a#b",
    F: "x",
  });
});

Deno.test("parseDotenv reports a bad line by number and never its content", () => {
  const { values, diagnostics } = parseDotenv('A=1\nhunter2 secret\nB="2\n', ".env");
  assert.deepEqual(diagnostics.map((d) => d.line), [2, 3]);
  assert.doesNotMatch(JSON.stringify(diagnostics), /hunter2/);
  assert.equal(values.get("A"), "1");
});

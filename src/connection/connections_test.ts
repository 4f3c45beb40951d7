import assert from "node:assert/strict";
import { OsirisError } from "../diagnostic.ts";
import {
  type ConnectionNeed,
  emptyConnections,
  environmentOf,
  loadConnections,
  parseConnections,
  resolveConnection,
} from "./mod.ts";

const FILE = "osiris_connections.yaml";

const SPEC: ConnectionNeed = {
  family: "mysql",
  required: ["host"],
  fields: {
    host: { type: "string" },
    port: { type: "integer", default: 3306 },
    database: { type: "string" },
    ssl: { type: "string", enum: ["off", "on"], override: false },
    password: { type: "string", secret: true },
  },
};

const TEXT = `version: 1
connections:
  mysql:
    primary:
      default: true
      host: db.local
      port: \${DB_PORT:-3307}
      password: \${MYSQL_PASSWORD}
    reports:
      host: \${REPORTS_HOST}
`;

function indexOf(text: string, variables: { [name: string]: string } = {}) {
  const { value, diagnostics } = parseConnections(text, FILE, environmentOf(variables));
  assert.deepEqual(diagnostics, []);
  return value!;
}

function findings(text: string) {
  return parseConnections(text, FILE, environmentOf({})).diagnostics;
}

Deno.test("loadConnections takes a missing file as an index without connections", () => {
  const { value, diagnostics } = loadConnections("/nowhere/at/all.yaml", environmentOf({}));
  assert.deepEqual(diagnostics, []);
  assert.deepEqual(value!.families(), []);
});

Deno.test("loadConnections reports a folder where the file should be", () => {
  const folder = Deno.makeTempDirSync();
  try {
    assert.equal(loadConnections(folder, environmentOf({})).diagnostics[0]?.code, "CON302");
  } finally {
    Deno.removeSync(folder);
  }
});

Deno.test("parseConnections finds families, aliases and the default", () => {
  const index = indexOf(TEXT);
  assert.deepEqual(index.families(), ["mysql"]);
  assert.deepEqual(index.aliases("mysql"), ["primary", "reports"]);
  assert.equal(index.find("@mysql")!.alias, "primary");
  assert.equal(index.find("@mysql.reports")!.fields.get("host")!.raw, "${REPORTS_HOST}");
  assert.equal(index.find("@mysql.other"), undefined);
});

Deno.test("parseConnections reports two defaults at the second", () => {
  const [first, ...rest] = findings(TEXT.replace("reports:\n", "reports:\n      default: true\n"));
  assert.equal(first!.code, "CON303");
  assert.equal(first!.line, 9);
  assert.match(first!.message, /'primary' and 'reports'/);
  assert.deepEqual(rest, []);
});

Deno.test("parseConnections reports wrong keys, names and forms with their places", () => {
  const cases: [text: string, message: RegExp, line: number][] = [
    ["versoin: 1\nversion: 1\nconnections: {}", /'versoin' is no key/, 1],
    ["version: 2\nconnections: {}", /'version' is not 1/, 1],
    ["connections: {}", /'version' is missing/, 1],
    ["version: 1", /'connections' is missing/, 1],
    ["version: 1\nconnections:\n  My-SQL: {}", /'My-SQL' is no name of a family/, 3],
    ["version: 1\nconnections:\n  mysql:\n    1st: {}", /'1st' is no name of an alias/, 4],
    ["version: 1\nconnections:\n  mysql:\n    a: text", /alias 'mysql.a' should be a map/, 4],
    ["version: 1\nconnections:\n  mysql: 3", /family 'mysql' should be a map/, 3],
    ["version: 1\nconnections:\n  mysql:\n    a: { default: maybe }", /'default' should be true or false/, 4],
    ['version: 1\nconnections:\n  mysql:\n    a: { host: "${A.B}" }', /names no variable/, 4],
    ["version: 1\nversion: 1\nconnections: {}", /as YAML/, 2],
    ["version: 1\nconnections: [", /as YAML/, 2],
    ["version: 1\nconnections: {}\n---\nversion: 1\nconnections: {}", /as YAML/, 3],
    ["- 1", /the document should be a map/, 1],
    ["", /the document should be a map/, 1],
  ];
  for (const [text, message, line] of cases) {
    const found = findings(text);
    assert.ok(
      found.some((d) => message.test(d.message) && d.line === line),
      `${text}\n${JSON.stringify(found)}`,
    );
    for (const each of found) assert.ok(each.help, each.message);
  }
});

Deno.test("parseConnections refuses a text that would exhaust a parser", () => {
  const started = performance.now();
  for (
    const text of [
      "[".repeat(100_000),
      "- ".repeat(100_000),
      "a: &a [1]\n" + "b: *a\n".repeat(10),
      "x".repeat(2_000_000),
    ]
  ) {
    assert.notDeepEqual(findings(text), []);
  }
  assert.ok(performance.now() - started < 10_000);
});

Deno.test("parseConnections masks the frame of a line that spells a secret out", () => {
  const [found] = findings(
    "version: 1\nconnections:\n  mysql:\n    a: { default: maybe, password: hunter2 }",
  );
  assert.equal(found!.redact, true);
  assert.doesNotMatch(JSON.stringify(found), /hunter2/);
});

Deno.test("ConnectionIndex.check names the variable that is not set, with its line", () => {
  const index = indexOf(TEXT);
  const { diagnostics, step, reference } = index.check({ inline: {}, spec: SPEC });
  assert.equal(reference, "@mysql.primary");
  assert.deepEqual(step, []);
  assert.deepEqual(diagnostics.map((d) => [d.code, d.file, d.line, d.column]), [["CON304", FILE, 8, 17]]);
  assert.match(diagnostics[0]!.message, /needs the variable MYSQL_PASSWORD/);
});

Deno.test("ConnectionIndex.check looks at variables of the used alias only", () => {
  const index = indexOf(TEXT, { MYSQL_PASSWORD: "x" });
  assert.deepEqual(index.check({ inline: {}, spec: SPEC }).diagnostics, []);
  assert.match(
    index.check({ ref: "@mysql.reports", inline: {}, spec: SPEC }).diagnostics[0]!.message,
    /REPORTS_HOST/,
  );
});

Deno.test("ConnectionIndex.check needs no variable that the step's own value replaces", () => {
  const index = indexOf(TEXT, { MYSQL_PASSWORD: "x" });
  assert.deepEqual(
    index.check({ ref: "@mysql.reports", inline: { host: "other" }, spec: SPEC }).diagnostics,
    [],
  );
});

Deno.test("ConnectionIndex.check reports unknown aliases, families, forms and forbidden fields in the step", () => {
  const index = indexOf(TEXT, { MYSQL_PASSWORD: "x" });
  const cases: [ref: string, inline: { [key: string]: unknown }, code: string, text: RegExp][] = [
    ["@mysql.primry", {}, "CON301", /did you mean '@mysql.primary'/],
    ["mysql.primary", {}, "CON301", /form '@mysql.alias'/],
    ["@postgres.primary", {}, "CON307", /of the family 'postgres'/],
    ["@mysql.primary", { password: "p" }, "CON306", /may not set 'password'/],
    ["@mysql.primary", { ssl: "on" }, "CON306", /may not set 'ssl'/],
  ];
  for (const [ref, inline, code, text] of cases) {
    const { step } = index.check({ ref, inline, spec: SPEC });
    assert.equal(step[0]?.code, code, ref);
    assert.match(`${step[0]!.message} ${step[0]!.help}`, text);
  }
});

Deno.test("ConnectionIndex.check reports unknown, missing and ill-typed fields of the alias", () => {
  const text =
    "version: 1\nconnections:\n  mysql:\n    a:\n      hots: x\n      port: many\n      ssl: maybe";
  const { diagnostics } = indexOf(text).check({ ref: "@mysql.a", inline: {}, spec: SPEC });
  assert.deepEqual(diagnostics.map((d) => [d.code, d.line]), [["CON305", 5], ["CON305", 6], ["CON305", 7], [
    "CON305",
    4,
  ]]);
  assert.match(diagnostics[0]!.help!, /'host'/);
});

Deno.test("ConnectionIndex.check without a default says what to write", () => {
  const index = indexOf(TEXT.replace("      default: true\n", ""));
  const [found] = index.check({ inline: {}, spec: SPEC }).step;
  assert.equal(found!.code, "CON308");
  assert.match(found!.help!, /@mysql.primary/);
  assert.equal(emptyConnections(environmentOf({})).check({ inline: {}, spec: SPEC }).step[0]!.code, "CON308");
});

Deno.test("resolveConnection: the step wins over the alias, the alias over the default, the default over variables", () => {
  const variables: { [name: string]: string } = {
    OSIRIS_MYSQL_HOST: "from-variable",
    OSIRIS_MYSQL_DATABASE: "from-variable",
    MYSQL_PASSWORD: "hunter2",
    REPORTS_HOST: "from-alias",
  };
  const env = environmentOf(variables);
  const index = indexOf(TEXT, variables);
  const of = (ref: string | undefined, inline = {}) =>
    resolveConnection(index, env, { ...(ref ? { ref } : {}), inline, spec: SPEC }).values;
  assert.equal(of("@mysql.reports", { host: "from-step" })["host"], "from-step");
  assert.equal(of("@mysql.reports")["host"], "from-alias");
  assert.equal(of("@mysql.reports")["port"], 3307);
  assert.equal(of("@mysql.reports")["database"], "from-variable");
  assert.equal(of(undefined)["host"], "db.local");
  const bare = resolveConnection(emptyConnections(env), env, { inline: {}, spec: SPEC });
  assert.deepEqual(bare.values, { host: "from-variable", port: 3306, database: "from-variable" });
});

Deno.test("resolveConnection types the text of a variable and lists what is secret", () => {
  const variables = { DB_PORT: "3333", MYSQL_PASSWORD: "hunter2" };
  const { values, secrets } = resolveConnection(indexOf(TEXT, variables), environmentOf(variables), {
    inline: {},
    spec: SPEC,
  });
  assert.equal(values["port"], 3333);
  assert.deepEqual(secrets, ["hunter2"]);
});

Deno.test("resolveConnection finds a password inside a URL and fields that a spec forgot to call secret", () => {
  const spec = { family: "pg", fields: { url: { type: "string" }, api_token: { type: "string" } } };
  const text = "version: 1\nconnections: { pg: { a: { url: 'postgres://u:p4ss@h/db', api_token: abcd } } }";
  const { secrets } = resolveConnection(indexOf(text), environmentOf({}), { ref: "@pg.a", inline: {}, spec });
  assert.deepEqual(secrets, ["p4ss", "abcd"]);
});

Deno.test("resolveConnection throws what check finds, without the value", () => {
  const variables = { DB_PORT: "hunter2", MYSQL_PASSWORD: "hunter2" };
  assert.throws(
    () => resolveConnection(indexOf(TEXT, variables), environmentOf(variables), { inline: {}, spec: SPEC }),
    (error: unknown) => {
      assert.ok(error instanceof OsirisError);
      assert.equal(error.code, "CON305");
      assert.equal(error.category, "usage");
      assert.doesNotMatch(JSON.stringify([error.message, error.help, error.diagnostics]), /hunter2/);
      return true;
    },
  );
});

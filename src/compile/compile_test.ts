import assert from "node:assert/strict";
import fc from "fast-check";
import { canonicalJson, manifestBytes, parseManifest } from "../manifest.ts";
import {
  catalogOf,
  compileText,
  type Given,
  manifestOf,
  pipelineText,
  said,
  SPECS,
  sqlText,
} from "./_fixture.ts";

const READ = (config: string, id = "a") =>
  `  - { id: ${id}, component: files.reader, mode: read, config: { ${config} } }\n`;

function codes(text: string, given: Given = {}): string[] {
  return compileText(text, given).diagnostics.map((d) => d.code);
}

Deno.test("compile names the nearest component, mode and field, each at its place", () => {
  const text = pipelineText(
    "  - id: a\n    component: files.readr\n    mode: read\n    config: { path: a.csv }\n" +
      "  - id: b\n    component: files.reader\n    mode: transform\n    config:\n      pth: x\n      limit: 0\n      header: maybe\n",
  );
  const found = compileText(text).diagnostics;
  assert.deepEqual(
    found.map((d) => [d.code, d.line]),
    [["CMP201", 5], ["CMP202", 10], ["CMP203", 12], ["CMP203", 12], ["CMP203", 13], ["CMP203", 14]].map((
      [code, line],
    ) => [code, line]),
  );
  assert.match(said({ diagnostics: found }), /did you mean 'files.reader'.*\n.*`mode: read`/);
});

Deno.test("compile keeps the type of a whole reference and formats one inside a text", () => {
  const head =
    "params: { n: 3, r: 0.5, b: false, l: { type: list, default: [x, y] }, m: { type: map, default: { k: BIGINT } }, d: { type: date, default: '2026-01-31' }, big: { type: int, default: '9007199254740993' } }";
  const config =
    'path: "in/${params.d}/${params.n}-${params.r}-${params.b}.csv", limit: "${params.n}", ratio: "${params.r}", header: "${params.b}", columns: "${params.l}", types: "${params.m}", note: "${params.big}"';
  assert.deepEqual(manifestOf(pipelineText(READ(config), head)).steps[0]!.config, {
    path: "in/2026-01-31/3-0.5-false.csv",
    limit: 3,
    ratio: 0.5,
    header: false,
    columns: ["x", "y"],
    types: { k: "BIGINT" },
    note: "9007199254740993",
  });
});

Deno.test("compile checks a parameter's value against the field it stands in", () => {
  assert.match(
    said(compileText(pipelineText(READ('path: a, limit: "${params.n}"'), "params: { n: 0 }"))),
    /CMP203 5: .*'limit'.*1 or more/,
  );
  assert.match(
    said(
      compileText(
        pipelineText(READ('path: a, note: "x ${params.l}"'), "params: { l: { type: list, default: [1] } }"),
      ),
    ),
    /CMP207 5: .*is a list/,
  );
  assert.match(
    said(compileText(pipelineText(READ('path: "${params.p | identifier}"'), "params: { p: x }"))),
    /CMP207 5: .*outside a SQL text/,
  );
});

Deno.test("compile leaves a literal ${ literal, wherever it came from", () => {
  const step = manifestOf(
    pipelineText(
      READ('path: "$${run.id}", note: "${params.p}${run.id}", delimiter: "${params.q}{"'),
      "params: { p: '', q: $ }",
    ),
    { params: { p: "${run.date}" } },
  ).steps[0]!;
  assert.deepEqual(step.config, {
    path: "$${run.id}",
    note: "$${run.date}${run.id}",
    delimiter: "$${",
    header: true,
  });
  assert.match(
    said(compileText(pipelineText(READ('path: "${params.q}${run.id}"'), "params: { q: $ }"))),
    /CMP207 5: .*right after a '\$'/,
  );
});

Deno.test("compile: --param wins over OSIRIS_PARAM_X, that over the profile, that over the default", () => {
  const text = pipelineText(
    READ('path: "${params.p}"'),
    "params: { p: default }\nprofiles: { prod: { params: { p: profile } } }",
  );
  const path = (given: Given) => manifestOf(text, given).steps[0]!.config["path"];
  const all = { params: { p: "flag" }, envParams: { P: "env" }, profile: "prod" };
  assert.equal(path(all), "flag");
  assert.equal(path({ ...all, params: {} }), "env");
  assert.equal(path({ envParams: { p: "env as written" } }), "env as written");
  assert.equal(path({ profile: "prod" }), "profile");
  assert.equal(path({}), "default");
});

Deno.test("compile reads given values by type and refuses those that do not fit, without repeating them", () => {
  const declared =
    "params: { n: { type: int, default: 1, min: 1, max: 9 }, b: true, r: 1.5, l: { type: list, default: [a] }, m: { type: map, default: {} }, e: { type: string, default: x, enum: [x, y] }, p: { type: string, default: ab, pattern: '^a' }, d: { type: date, default: '2026-01-01' } }";
  const text = pipelineText(READ("path: a.csv"), declared);
  const { params } = manifestOf(text, {
    params: { n: "7", b: "false", r: "2e3", l: "x,y", m: '{"k":1}', e: "y", p: "abc", d: "2026-02-28" },
  });
  assert.deepEqual(Object.values(params).map((param) => param.value), [
    7,
    false,
    2000,
    ["x", "y"],
    { k: 1 },
    "y",
    "abc",
    "2026-02-28",
  ]);
  for (
    const [name, value] of Object.entries({
      n: "70011",
      b: "yesss",
      r: "1,5",
      m: "[1]",
      e: "zzz",
      p: "zzz",
      d: "2026-02-30",
    })
  ) {
    const found = compileText(text, { params: { [name]: value } });
    assert.deepEqual(found.diagnostics.map((d) => d.code), ["CMP206"], name);
    assert.ok(!JSON.stringify(found.diagnostics).includes(value), name);
    assert.deepEqual(codes(text, { envParams: { [name.toUpperCase()]: value } }), ["CMP206"]);
  }
});

Deno.test("compile refuses an unknown --param and ignores an unknown OSIRIS_PARAM_X", () => {
  const text = pipelineText(READ("path: a.csv"), "params: { since: x }");
  assert.match(said(compileText(text, { params: { sinse: "1" } })), /CMP204 .*'sinse'.*did you mean 'since'/);
  assert.deepEqual(codes(text, { envParams: { OTHER: "1" } }), []);
});

Deno.test("compile needs a value for each parameter; checking only does not", () => {
  const text = pipelineText(
    READ('path: "x/${params.p}", limit: "${params.n}"'),
    "params: { p: { type: string }, n: { type: int } }",
  );
  const found = compileText(text);
  assert.deepEqual(found.diagnostics.map((d) => [d.code, d.line]), [["CMP205", 3], ["CMP205", 3]]);
  assert.match(said(found), /--param p=.*OSIRIS_PARAM_P/);
  assert.deepEqual(compileText(text, { complete: false }), { diagnostics: [] });
  assert.equal(
    manifestOf(text, { complete: false, params: { p: "a", n: "1" } }).steps[0]!.config["path"],
    "x/a",
  );
});

Deno.test("compile checks every profile, not only the chosen one, and places findings in it", () => {
  const text = pipelineText(
    READ('path: a.csv, limit: "${params.n}"'),
    "params: { n: 1 }\nprofiles:\n  good: { params: { n: 2 } }\n  bad:\n    params: { n: 0 }\n    config:\n      a: { headr: true }",
  );
  const found = compileText(text, { profile: "good" });
  assert.deepEqual(found.diagnostics.map((d) => [d.code, d.line]), [["CMP203", 9], ["CMP203", 11]]);
  assert.match(said(found), /'headr'/);
  assert.deepEqual(codes(pipelineText(READ("path: a"), "profiles: { prod: {} }"), { profile: "prd" }), [
    "CMP208",
  ]);
});

Deno.test("compile merges a profile's config over the step's", () => {
  const text = pipelineText(
    READ("path: a.csv, limit: 5"),
    "profiles: { prod: { config: { a: { path: big.csv } } } }",
  );
  assert.deepEqual(manifestOf(text, { profile: "prod" }).steps[0]!.config, {
    path: "big.csv",
    limit: 5,
    header: true,
  });
  assert.equal(manifestOf(text, { profile: "prod" }).profile, "prod");
});

const CONNECTIONS = `version: 1
connections:
  mysql:
    main: { default: true, host: h, password: "\${MAIN_PW}" }
    other: { host: o, password: "\${OTHER_PW}" }
`;
const DB = (config: string, head = "") =>
  pipelineText(
    `  - { id: d, component: db.reader, mode: read, config: { query: select 1${config} } }\n`,
    head,
  );
const VARIABLES = { MAIN_PW: "main-secret", OTHER_PW: "other-secret" };

Deno.test("compile puts the connection's name into the manifest and no value of it", () => {
  const given = { connections: CONNECTIONS, variables: VARIABLES };
  assert.equal(manifestOf(DB(""), given).steps[0]!.connection, "@mysql.main");
  const step = manifestOf(DB(', connection: "@mysql.other", database: shop'), given).steps[0]!;
  assert.equal(step.connection, "@mysql.other");
  assert.deepEqual(step.config, { query: "select 1", database: "shop" });
  assert.doesNotMatch(manifestBytes(manifestOf(DB(""), given)), /main-secret|host: h/);
});

Deno.test("compile reports unknown connections, families, forbidden fields and unset variables", () => {
  const given = { connections: CONNECTIONS, variables: VARIABLES };
  const cases: [config: string, says: RegExp][] = [
    [', connection: "@mysql.othr"', /^CON301 4: .*step 'd'.*did you mean '@mysql.other'/],
    [', connection: "@pg.main"', /^CON307 4: /],
    [", ssl: on", /^CON306 4: .*'ssl'/],
    [', connection: "@mysql.${run.id}"', /^CMP207 4: /],
  ];
  for (const [config, says] of cases) assert.match(said(compileText(DB(config), given)), says);
  const unset = compileText(DB(', connection: "@mysql.other"'), { connections: CONNECTIONS }).diagnostics;
  assert.deepEqual(unset.map((d) => [d.code, d.file, d.line]), [["CON304", "osiris_connections.yaml", 5]]);
  assert.match(unset[0]!.message, /OTHER_PW/);
  assert.deepEqual(codes(DB("")), ["CON308"]);
});

Deno.test("compile puts a profile's alias in place of the default and says when it changes nothing", () => {
  const given = { connections: CONNECTIONS, variables: VARIABLES, profile: "prod" };
  const head = "profiles: { prod: { connections: { mysql: other } } }";
  assert.equal(manifestOf(DB("", head), given).steps[0]!.connection, "@mysql.other");
  const named = compileText(DB(', connection: "@mysql.main"', head), given);
  assert.equal(named.value!.steps[0]!.connection, "@mysql.main");
  assert.deepEqual(named.diagnostics.map((d) => [d.code, d.severity]), [["CMP208", "warning"]]);
});

Deno.test("compile asks no variables of profiles that were not chosen", () => {
  const head = "profiles: { prod: { connections: { mysql: other } } }";
  assert.deepEqual(codes(DB("", head), { connections: CONNECTIONS, variables: { MAIN_PW: "x" } }), []);
  assert.deepEqual(
    codes(DB("", head.replace("other", "nowhere")), { connections: CONNECTIONS, variables: VARIABLES }),
    ["CON301"],
  );
});

Deno.test("compile takes a connection from variables alone", () => {
  assert.equal(manifestOf(DB(""), { variables: { OSIRIS_MYSQL_HOST: "h" } }).steps[0]!.connection, "@mysql");
});

Deno.test("compile refuses a writer with two upstreams", () => {
  const text = pipelineText(
    READ("path: a") + READ("path: b", "b") +
      "  - { id: w, component: files.writer, mode: write, inputs: { x: a, y: b }, config: { path: o } }\n",
  );
  const found = compileText(text);
  assert.equal(found.value, undefined);
  assert.match(said(found), /'write' step with 2 inputs/);
});

Deno.test("compile orders steps after what they depend on, ties as in the text", () => {
  const text = pipelineText(
    READ("path: z", "z") +
      "  - { id: late, component: test.sql, mode: transform, inputs: { df: end }, config: { query: select 1 } }\n" +
      READ("path: b", "b") +
      "  - { id: end, component: test.sql, mode: transform, inputs: { df: z }, needs: [b], config: { query: select 1 } }\n" +
      READ("path: c", "c"),
  );
  const { steps } = manifestOf(text);
  assert.deepEqual(steps.map((step) => step.id), ["z", "b", "end", "late", "c"]);
  const end = steps.find((step) => step.id === "end")!;
  assert.deepEqual([end.depends_on, end.needs, end.inputs], [["b", "z"], ["b"], { df: "z" }]);
});

Deno.test("compile resolves references in descriptions and labels", () => {
  const step = manifestOf(
    pipelineText(
      '  - { id: a, component: files.reader, mode: read, description: "since ${params.s}", labels: { n: "${params.n}" }, config: { path: a } }\n',
      "params: { s: x, n: 3 }",
    ),
  ).steps[0]!;
  assert.deepEqual([step.description, step.labels], ["since x", { n: 3 }]);
});

Deno.test("compile fingerprints the meaning: layout, comments and key order do not count", () => {
  const one = manifestOf(sqlText("SELECT ${params.n}", "params: { n: 1, m: 2 }"));
  const two = manifestOf(
    "# a comment\nsteps:\n  - config:\n      path:   'a.csv'\n    mode: read\n    component: files.reader\n    id: a\n\n  - component: test.sql\n    id: b\n    mode: transform\n    config: {query: \"SELECT ${params.n}\"}\nname: test\nparams:\n  m: 2\n  n: 1\noml_version: '0.1.0'\n",
  );
  assert.equal(two.fingerprint, one.fingerprint);
  assert.deepEqual(two.steps.map((step) => step.fingerprint), one.steps.map((step) => step.fingerprint));
});

Deno.test("compile fingerprints the meaning: each value counts", () => {
  const text = sqlText("SELECT ${params.n}", "params: { n: 1 }");
  const base = manifestOf(text);
  const others = [
    manifestOf(text, { params: { n: "2" } }),
    manifestOf(text.replace("a.csv", "b.csv")),
    manifestOf(text.replace("SELECT", "SELECT ")),
    manifestOf(text.replace("name: test", "name: other")),
    manifestOf(text.replace("name: test", "name: test\ndescription: x")),
    manifestOf(text.replace("mode: read,", "mode: read, timeout: 1s,")),
    manifestOf(text, { compiler: "osiris 0.2.0" }),
    manifestOf(text, { catalog: catalogOf(SPECS, "other driver") }),
    manifestOf(text.replace("id: a,", "id: c,")),
  ];
  assert.equal(new Set([base, ...others].map((manifest) => manifest.fingerprint)).size, others.length + 1);
});

Deno.test("compile carries a change downstream in the step fingerprints and nowhere else", () => {
  const text = pipelineText(
    READ("path: a") + "  - { id: b, component: test.sql, mode: transform, config: { query: select 1 } }\n" +
      READ("path: c", "c"),
  );
  const print = (source: string) =>
    Object.fromEntries(manifestOf(source).steps.map((step) => [step.id, step.fingerprint]));
  const [before, after] = [print(text), print(text.replace("path: a", "path: x"))];
  assert.deepEqual(["a", "b", "c"].map((id) => before[id] === after[id]), [false, false, true]);
});

Deno.test("compile, manifestBytes and parseManifest give the same manifest back", () => {
  const word = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(word, word, fc.dictionary(word, word), fc.array(word), (path, note, types, columns) => {
      const text = pipelineText(
        READ('path: "${params.p}", note: "x${params.q}", types: "${params.t}", columns: "${params.c}"'),
        "params: { p: x, q: x, t: { type: map, default: {} }, c: { type: list, default: [] } }",
      );
      const compiled = compileText(text, {
        params: { p: path, q: note, t: JSON.stringify(types), c: JSON.stringify(columns) },
      });
      if (!compiled.value) return;
      const parsed = parseManifest(manifestBytes(compiled.value), "m.yaml");
      assert.deepEqual(parsed.diagnostics, []);
      assert.equal(canonicalJson(parsed.value), canonicalJson(compiled.value));
    }),
    { numRuns: 200 },
  );
});

/** Prints a manifest that uses text, dates and SQL; it runs in processes that may read nothing but their sources. */
const SAMPLE = `
import { manifestBytes } from ${JSON.stringify(new URL("../manifest.ts", import.meta.url).href)};
import { manifestOf, pipelineText } from ${JSON.stringify(new URL("./_fixture.ts", import.meta.url).href)};
const text = pipelineText(
  "  - { id: i, component: files.reader, mode: read, config: { path: 'in/\${params.day}/ı.csv', types: { b: BIGINT, a: DATE } } }\\n" +
    "  - { id: q, component: test.sql, mode: transform, config: { query: 'SELECT * FROM df WHERE day >= \${params.day} AND run = \${run.id}' } }\\n" +
    "  - { id: o, component: files.writer, mode: write, config: { path: out/x.csv } }\\n",
  "params: { day: { type: date, default: '2026-01-31' }, at: { type: timestamp, default: '2026-01-31T23:59:59Z' } }",
);
console.log(manifestBytes(manifestOf(text)));
`;

async function sampleManifest(variables: { [name: string]: string }, cwd: string): Promise<string> {
  const { DENO_DIR, DENO_TLS_CA_STORE = "system", XDG_CACHE_HOME, HOME } = Deno.env.toObject();
  const cache = DENO_DIR ?? `${XDG_CACHE_HOME ?? `${HOME}/.cache`}/deno`;
  const config = new URL("../../deno.json", import.meta.url).pathname;
  // The YAML parser looks at two variables of its own; nothing else may be read.
  const allowed = "--allow-env=LOG_TOKENS,LOG_STREAM";
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", "--cached-only", "--frozen", allowed, "--config", config, "-"],
    env: { ...variables, DENO_DIR: cache, DENO_TLS_CA_STORE },
    clearEnv: true,
    cwd,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const [{ code, stdout, stderr }] = await Promise.all([
    child.output(),
    new Blob([SAMPLE]).stream().pipeTo(child.stdin),
  ]);
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

Deno.test("compile gives the same bytes whatever the machine's language, time zone, folder and home", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const [here, there] = await Promise.all([
      sampleManifest({ LANG: "C", TZ: "UTC", HOME: "/" }, "/"),
      sampleManifest(
        { LANG: "tr_TR.UTF-8", LC_ALL: "tr_TR.UTF-8", TZ: "Pacific/Kiritimati", HOME: folder },
        folder,
      ),
    ]);
    assert.equal(there, here);
    assert.deepEqual(parseManifest(here!, "m.yaml").diagnostics, []);
    assert.match(here!, /WHERE day >= \$day AND run = \$run_id/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("compile handles a thousand steps quickly", () => {
  const steps = Array.from(
    { length: 500 },
    (_, i) =>
      READ(`path: in/${i}.csv`, `r${i}`) +
      `  - { id: t${i}, component: test.sql, mode: transform, inputs: { df: r${i} }, config: { query: "select * from df where x > ${i}" } }\n`,
  ).join("");
  const text = pipelineText(steps);
  const started = performance.now();
  assert.equal(manifestOf(text).steps.length, 1000);
  assert.ok(performance.now() - started < 10_000);
});

Deno.test("compile puts a step's isolation into the manifest and its fingerprint, from the step or from the defaults", () => {
  const isolated = (more: string, head = "") =>
    manifestOf(pipelineText(
      `  - { id: a, component: files.reader, mode: read${more}, config: { path: a.csv } }\n`,
      head,
    )).steps[0]!;
  const plain = isolated("");
  assert.equal(plain.isolation, undefined);
  const apart = isolated(", isolation: process");
  assert.equal(apart.isolation, "process");
  assert.notEqual(apart.fingerprint, plain.fingerprint);
  assert.deepEqual(isolated("", "defaults: { isolation: process }").fingerprint, apart.fingerprint);
  const back = isolated(", isolation: worker", "defaults: { isolation: process }");
  assert.deepEqual([back.isolation, back.fingerprint], [undefined, plain.fingerprint]);
  const { value, diagnostics } = parseManifest(
    manifestBytes(manifestOf(pipelineText(READ("path: a.csv"), "defaults: { isolation: process }"))),
    "manifest.yaml",
  );
  assert.deepEqual([value?.steps[0]?.isolation, diagnostics], ["process", []]);
});

Deno.test("compile refuses to isolate a component from outside any less than it must be", () => {
  const outside = catalogOf(SPECS, "d", "outside");
  const found = compileText(
    pipelineText(
      "  - id: a\n    component: files.reader\n    mode: read\n    isolation: worker\n    config: { path: a.csv }\n",
    ),
    { catalog: outside },
  );
  assert.deepEqual(found.diagnostics.map(({ code, line }) => [code, line]), [["CMP216", 7]]);
  assert.match(said(found), /'files.reader' comes from outside and always gets a process of its own/);
  manifestOf(pipelineText(READ("path: a.csv")), { catalog: outside });
});

Deno.test("compile keeps hooks in the manifest, which reads back, and refuses a secret in one", () => {
  const hooks = (url: string) => `hooks: [{ name: tell, on: node_error, webhook: { url: "${url}" } }]\n`;
  const manifest = manifestOf(pipelineText(READ("path: a.csv"), hooks("https://example.com/x")));
  const [hook] = manifest.hooks!;
  assert.deepEqual([hook?.on, hook?.action], [["execution.step.error"], "webhook"]);
  assert.deepEqual(parseManifest(manifestBytes(manifest), "manifest.yaml").value?.hooks, manifest.hooks);
  const plain = manifestOf(pipelineText(READ("path: a.csv")));
  assert.deepEqual([plain.hooks, plain.fingerprint === manifest.fingerprint], [undefined, false]);
  const token = "ghp_" + "a1B2".repeat(9);
  const found = compileText(pipelineText(READ("path: a.csv"), hooks(`https://example.com/${token}`)));
  assert.deepEqual(found.diagnostics.map(({ code }) => code), ["CMP210"]);
});

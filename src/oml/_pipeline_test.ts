import assert from "node:assert/strict";
import { parsePipeline } from "./_pipeline.ts";

const HEAD = 'oml_version: "0.1.0"\nname: x\n';
const READ = "steps:\n  - { id: a, component: f.r, mode: read }\n";

/** Each text is wrong in exactly the ways listed: code, line and column, and a piece of what is said. */
const BAD: [name: string, text: string, expected: string[]][] = [
  // Structure.
  ["an empty file", "", ["OML106 1:1 the file is empty"]],
  ["only comments", "# nothing\n", ["OML106 1:1 the file is empty"]],
  ["a list at the top", "- a\n", ["OML106 1:1 the file is a list"]],
  ["a text at the top", "hello\n", ["OML106 1:1 the file is a single value"]],
  ["nothing required", "description: d\n", [
    "OML104 1:1 'name' is missing",
    "OML104 1:1 'oml_version' is missing, should be the text \"0.1.0\"",
    "OML104 1:1 'steps' is missing, should be a list",
  ]],
  ["no steps", HEAD + "steps: []\n", [
    "OML106 3:8 'steps' is an empty list, should be a list with at least one item",
  ]],
  ["steps as a map", HEAD + "steps: { a: 1 }\n", ["OML106 3:8 'steps' is a map, should be a list"]],
  ["empty steps", HEAD + "steps:\n", ["OML106 3:1 'steps' is empty, should be a list"]],
  ["another version", "oml_version: 0.1\nname: x\n" + READ, [
    'OML106 1:14 is the number 0.1, should be the text "0.1.0"',
  ]],
  ["a name that is none", 'oml_version: "0.1.0"\nname: 1st\n' + READ, [
    "OML106 2:7 'name' is '1st', should be a name",
  ]],
  ["an unknown key", HEAD + "descripton: d\n" + READ, [
    "OML103 3:1 unknown key 'descripton' => did you mean 'description'?",
  ]],
  ["a misspelt required key", 'oml_version: "0.1.0"\nnmae: x\n' + READ, [
    "OML103 2:1 'nmae' => did you mean 'name'?",
  ]],
  ["another tool's words", HEAD + "steps:\n  - { name: a, uses: f.r, mode: read, retries: 1 }\n", [
    "OML103 4:7 unknown key 'name' => did you mean 'id'?",
    "OML103 4:16 unknown key 'uses' => did you mean 'component'?",
    "OML103 4:39 unknown key 'retries' => did you mean 'retry'?",
  ]],
  ["another tool's word beside ours", HEAD + "steps:\n  - { id: a, name: a, component: f.r, mode: read }\n", [
    "OML103 4:14 unknown key 'name' => the known keys are 'id'",
  ]],
  ["version", HEAD + "version: 1\n" + READ, ["OML107 3:1 'version' is no key of OML => oml_version"]],
  ["connectors", HEAD + "connectors: {}\n" + READ, ["OML107 3:1 'connectors' => osiris_connections.yaml"]],
  ["tasks", HEAD + "tasks: []\n" + READ, ["OML107 3:1 'tasks' => write 'steps'"]],
  ["outputs", HEAD + "outputs: {}\n" + READ, ["OML107 3:1 'outputs' => mode: write"]],
  ["a step that is a text", HEAD + "steps: [a]\n", ["OML106 3:9 step 1: it is a text, should be a map"]],
  ["a step without keys", HEAD + "steps: [{}]\n", [
    "OML104 3:9 'component' is missing",
    "OML104 3:9 'id' is missing",
    "OML104 3:9 'mode' is missing, should be one of 'read', 'write', 'transform'",
  ]],
  ["an id with a path", HEAD + "steps:\n  - { id: ../a, component: f.r, mode: read }\n", [
    "OML106 4:11 '../a', should be a name",
  ]],
  ["an id that is too long", HEAD + `steps:\n  - { id: ${"a".repeat(65)}, component: f.r, mode: read }\n`, [
    "OML106 4:11 at most 64",
  ]],
  ["a component without role", HEAD + "steps:\n  - { id: a, component: csv, mode: read }\n", [
    "OML106 4:25 'csv', should be a component as family.role",
  ]],
  ["a wrong mode", HEAD + "steps:\n  - { id: a, component: f.r, mode: reed }\n", [
    "OML106 4:36 'reed', should be one of => did you mean 'read'?",
  ]],
  ["a config that is a text", HEAD + "steps:\n  - { id: a, component: f.r, mode: read, config: hunter2 }\n", [
    "OML106 4:50 'config' is a text, should be a map",
  ]],
  ["an empty config", HEAD + "steps:\n  - id: a\n    component: f.r\n    mode: read\n    config:\n", [
    "OML106 7:5 'config' is empty",
  ]],
  ["a bare number as timeout", HEAD + READ + "    timeout: 30\n".replace("    ", "defaults:\n  "), [
    "OML106 6:12 'defaults.timeout' is the number 30, should be a duration => write a unit: 30s",
  ]],
  ["days", HEAD + READ + "defaults: { timeout: 1d }\n", [
    "OML106 5:22 '1d', should be a duration => write 24h",
  ]],
  ["a duration in words", HEAD + READ + "defaults: { timeout: 5 minutes }\n", ["OML106 5:22 => write 5m"]],
  ["no time at all", HEAD + "steps:\n  - { id: a, component: f.r, mode: read, timeout: 0s }\n", [
    "OML106 4:51 'timeout' is '0s', should be longer",
  ]],
  [
    "more time than a timer has",
    HEAD + "steps:\n  - { id: a, component: f.r, mode: read, timeout: 600h }\n",
    ["OML106 4:51 at most 24 days"],
  ],
  ["retry without max", HEAD + READ + "defaults: { retry: { delay: 1s } }\n", [
    "OML104 5:20 'max' is missing in 'defaults.retry', should be an integer from 0 to 100",
  ]],
  ["retry with half a try", HEAD + READ + "defaults: { retry: { max: 1.5 } }\n", [
    "OML106 5:27 the number 1.5, should be an integer",
  ]],
  ["retry with an unknown key", HEAD + READ + "defaults: { retry: { max: 1, backof: none } }\n", [
    "OML103 5:30 'backof' in 'defaults.retry' => did you mean 'backoff'?",
  ]],
  ["jitter as YAML 1.1 wrote it", HEAD + READ + "defaults: { retry: { max: 1, jitter: yes } }\n", [
    "OML106 5:38 => write true",
  ]],
  [
    "delay beyond max_delay",
    HEAD + "steps:\n  - { id: a, component: f.r, mode: read, retry: { max: 1, delay: 2m, max_delay: 1m } }\n",
    ["OML106 4:66 'delay' is longer than 'max_delay'"],
  ],
  ["a traceparent that is none", HEAD + READ + "run: { traceparent: abc }\n", [
    "OML106 5:21 W3C traceparent",
  ]],
  ["an unknown default", HEAD + READ + "defaults: { config: {} }\n", [
    "OML103 5:13 unknown key 'config' in 'defaults'",
  ]],
  [
    "a table name with a dash",
    HEAD +
    "steps:\n  - { id: a, component: f.r, mode: read }\n  - { id: b, component: f.t, mode: transform, inputs: { a-b: a } }\n",
    ["OML106 5:57 the name 'a-b' in 'inputs' should be a table name"],
  ],
  // YAML.
  ["an unclosed quote", HEAD + 'description: "d\n' + READ, ["OML100 3:14 missing closing"]],
  ["a tab for indentation", HEAD + "steps:\n\t- a\n", ["OML100 4:1 => indent with spaces"]],
  ["an at sign without quotes", HEAD + "description: @mysql.a\n" + READ, [
    "OML100 3:14 => put the text into quotes",
  ]],
  ["a colon without quotes", HEAD + "description: a: b\n" + READ, [
    "OML100 3:14 => put text that holds ': ' into quotes",
  ]],
  ["a key given twice", HEAD + "name: y\n" + READ, [
    "OML109 3:1 'name' is given twice, the first time on line 2",
  ]],
  [
    "a config key given twice",
    HEAD + "steps:\n  - { id: a, component: f.r, mode: read, config: { p: 1, p: 2 } }\n",
    ["OML109 4:58 'p'"],
  ],
  ["a merge key", HEAD + "x-a: &a { b: 1 }\nmetadata: { <<: *a }\n" + READ, ["OML117 4:13 '<<'"]],
  ["a custom tag", HEAD + "description: !secret a\n" + READ, ["OML117 3:14 a YAML tag"]],
  ["a second document", HEAD + READ + "---\na: 1\n", ["OML117 5:1 a second YAML document"]],
  ["a second document, empty", HEAD + READ + "---\n", ["OML117 5:1 a second YAML document"]],
  ["another YAML", "%YAML 1.1\n---\n" + HEAD + READ, ["OML117 1:1 another YAML"]],
  ["a map as a key", HEAD + "metadata: { {a: 1}: 2 }\n" + READ, ["OML117 3:13 a key is not a text"]],
  ["a prototype as a key", HEAD + "metadata: { __proto__: { a: 1 } }\n" + READ, [
    "OML117 3:13 '__proto__' is reserved",
  ]],
  ["an unknown alias", HEAD + "metadata: { a: *b }\n" + READ, ["OML100 3:16"]],
  ["an alias to itself", HEAD + "metadata: &a { b: *a }\n" + READ, ["OML100 3:19 inside its own anchor"]],
  ["an integer beyond 2^53", HEAD + "metadata: { a: 9007199254740993 }\n" + READ, [
    "OML118 3:16 beyond 2^53",
  ]],
  ["an integer beyond 2^53 as a fraction", HEAD + "metadata: { a: 9007199254740993.0 }\n" + READ, [
    "OML118 3:16 beyond 2^53",
  ]],
  ["a number that is infinite", HEAD + "metadata: { a: .inf, b: 1e999 }\n" + READ, [
    "OML118 3:16 not finite",
    "OML118 3:25 not finite",
  ]],
  ["NUL", HEAD + "description: a\0b\n" + READ, ["OML102 3:15 U+0000"]],
  ["an escape character", HEAD + "description: \x1b[31m\n" + READ, ["OML102 3:14 U+001B"]],
  ["a lone carriage return", "name: x\rb: 1\n", ["OML102 1:8 lone carriage return"]],
  ["half a surrogate pair", "name: x\ud800\n", ["OML102 1:8 U+D800"]],
  // Identity and order.
  ["an id taken", HEAD + READ + "  - { id: a, component: f.r, mode: read }\n", [
    "OML110 5:11 the id is taken, first used on line 4",
  ]],
  ["an id taken but for case", HEAD + READ + "  - { id: A, component: f.r, mode: read }\n", [
    "OML110 5:11 differs from 'a' only by case",
  ]],
  ["an id that is a word", HEAD + "steps:\n  - { id: params, component: f.r, mode: read }\n", [
    "OML110 4:11 a word of the language",
  ]],
  ["an id that is a device", HEAD + "steps:\n  - { id: Nul, component: f.r, mode: read }\n", [
    "OML110 4:11 the id is a device on Windows",
  ]],
  [
    "an input that names nobody",
    HEAD + READ + '  - { id: b, component: f.w, mode: write, inputs: { df: "${aa.output.df}" } }\n',
    ["OML105 5:58 input 'df' names the unknown step 'aa' => 'a'"],
  ],
  [
    "an input by a bare unknown id",
    HEAD + READ + "  - { id: b, component: f.w, mode: write, inputs: { df: extract } }\n",
    ["OML105 5:57 'extract' => the steps are 'a', 'b'"],
  ],
  ["needs of nobody", HEAD + "steps:\n  - { id: abc, component: f.r, mode: read, needs: [abd] }\n", [
    "OML105 4:52 'needs' names the unknown step 'abd' => did you mean 'abc'?",
  ]],
  ["a step that needs itself", HEAD + "steps:\n  - { id: a, component: f.r, mode: read, needs: [a] }\n", [
    "OML111 4:50 waits for itself",
  ]],
  [
    "a step that reads itself",
    HEAD + "steps:\n  - { id: a, component: f.t, mode: transform, inputs: { df: a } }\n",
    ["OML111 4:61 waits for itself"],
  ],
  [
    "two steps that wait for each other",
    HEAD +
    "steps:\n  - { id: a, component: f.r, mode: read, needs: [b] }\n  - { id: b, component: f.t, mode: transform }\n",
    ["OML111 5:36 steps wait for each other: a → b → a"],
  ],
  [
    "three in a circle",
    HEAD + "steps:\n" +
    ["ab", "bc", "ca"].map(([x, y]) => `  - { id: ${x}, component: f.r, mode: read, needs: [${y}] }\n`).join(
      "",
    ),
    ["OML111 6:50 steps wait for each other: a → b → c → a"],
  ],
  // Inputs.
  ["a write step that stands first", HEAD + "steps:\n  - { id: a, component: f.w, mode: write }\n", [
    "OML112 4:36 without an input",
  ]],
  ["a write step with no input", HEAD + READ + "  - { id: b, component: f.w, mode: write, inputs: {} }\n", [
    "OML112 5:43 0 inputs",
  ]],
  [
    "a write step with two inputs",
    HEAD + READ + "  - { id: b, component: f.w, mode: write, inputs: { x: a, y: a } }\n",
    ["OML112 5:43 2 inputs, should have exactly one"],
  ],
  ["a read step with inputs", HEAD + READ + "  - { id: b, component: f.r, mode: read, inputs: { x: a } }\n", [
    "OML112 5:42 a 'read' step with 'inputs'",
  ]],
  [
    "a write step after a write step",
    HEAD + READ + "  - { id: b, component: f.w, mode: write }\n  - { id: c, component: f.w, mode: write }\n",
    ["OML112 6:36 'b' is a 'write' step without an output"],
  ],
  [
    "the output of a write step",
    HEAD + READ +
    "  - { id: b, component: f.w, mode: write }\n  - { id: c, component: f.t, mode: transform, inputs: { x: b } }\n",
    ["OML112 6:60 'b', a 'write' step"],
  ],
  [
    "another output",
    HEAD + READ + '  - { id: b, component: f.t, mode: transform, inputs: { x: "${a.output.rows}" } }\n',
    ["OML113 5:61 'rows' => write ${a.output.df}"],
  ],
  [
    "text around an output",
    HEAD + READ + '  - { id: b, component: f.t, mode: transform, inputs: { x: "a ${a.output.df}" } }\n',
    ["OML112 5:61 names no step's output"],
  ],
  [
    "a parameter as an input",
    HEAD + "params: { p: 1 }\n" + READ +
    '  - { id: b, component: f.t, mode: transform, inputs: { x: "${params.p}" } }\n',
    ["OML112 6:61 names no step's output"],
  ],
  [
    "input names that SQL takes for one",
    HEAD + READ + "  - { id: b, component: f.t, mode: transform, inputs: { x: a, X: a } }\n",
    ["OML112 5:63 only by case"],
  ],
  // References.
  [
    "an unknown parameter",
    HEAD +
    'params: { since: 1 }\nsteps:\n  - id: a\n    component: f.r\n    mode: read\n    config:\n      path: "é ${params.sinse}"\n',
    ["OML114 9:16 unknown parameter 'sinse' => did you mean 'since'?"],
  ],
  [
    "a parameter with an inherited name",
    HEAD + "steps:\n  - { id: a, component: f.r, mode: read, config: { p: '${params.constructor}' } }\n",
    ["OML114 4:56 'constructor' => declare it"],
  ],
  [
    "an environment variable",
    HEAD + "steps:\n  - { id: a, component: f.r, mode: read, config: { p: '${MYSQL_PASSWORD}' } }\n",
    ["OML116 4:56 '${MYSQL_PASSWORD}' => osiris_connections.yaml"],
  ],
  [
    "a parameter without params",
    HEAD +
    "params: { since: 1 }\nsteps:\n  - { id: a, component: f.r, mode: read, config: { p: '${since}' } }\n",
    ["OML113 5:56 => write ${params.since}"],
  ],
  [
    "a reference that does not end",
    HEAD + "steps:\n  - { id: a, component: f.r, mode: read, config: { p: 'x${params.y' } }\n",
    ["OML113 4:57 no '}' ends"],
  ],
  ["code", HEAD + "steps:\n  - { id: a, component: f.r, mode: read, config: { p: ['${1 + 1}'] } }\n", [
    "OML113 4:57 'config.p[0]'",
  ]],
  [
    "an item outside fan_out",
    HEAD + "steps:\n  - { id: a, component: f.r, mode: read, config: { p: '${item}' } }\n",
    ["OML113 4:56 outside a 'fan_out'"],
  ],
  [
    "an output in config",
    HEAD + READ + "  - { id: b, component: f.t, mode: transform, config: { p: '${a.output.df}' } }\n",
    ["OML113 5:61 a table, not text"],
  ],
  [
    "an unknown fact of the run",
    HEAD + "steps:\n  - { id: a, component: f.r, mode: read, config: { p: '${run.day}' } }\n",
    ["OML113 4:56 unknown fact"],
  ],
  [
    "an unknown filter",
    HEAD +
    "params: { t: x }\nsteps:\n  - { id: a, component: f.r, mode: read, config: { p: '${params.t | upper}' } }\n",
    ["OML113 5:56 unknown filter"],
  ],
  [
    "an identifier made of a number",
    HEAD +
    "params: { t: 1 }\nsteps:\n  - { id: a, component: f.r, mode: read, config: { p: '${params.t | identifier}' } }\n",
    ["OML113 5:56 needs the type string, the type is int"],
  ],
  [
    "a reference in a description",
    HEAD + "steps:\n  - { id: a, component: f.r, mode: read, description: '${x}' }\n",
    ["OML113 4:56"],
  ],
  [
    "a reference in a block text",
    HEAD +
    "steps:\n  - id: a\n    component: f.r\n    mode: read\n    config:\n      query: |\n        SELECT *\n        FROM ${params.t}\n",
    ["OML114 10:14 't'"],
  ],
  // Parameters and profiles.
  ["a type that is none", HEAD + "params: { p: { type: text } }\n" + READ, [
    "OML106 3:22 parameter 'p': 'type' is 'text', should be one of",
  ]],
  ["an empty parameter", HEAD + "params:\n  p:\n" + READ, ["OML106 4:3 parameter 'p': it is empty"]],
  ["a list as a bare default", HEAD + "params: { p: [1] }\n" + READ, [
    "OML106 3:14 parameter 'p': it is a list, should be a text, a number or true or false or a map",
  ]],
  ["a default of another type", HEAD + "params: { p: { type: int, default: many } }\n" + READ, [
    "OML115 3:36 'default' should be an integer",
  ]],
  ["a day that is none", HEAD + "params: { p: { type: date, default: 2023-02-29 } }\n" + READ, [
    "OML115 3:37 should be a date",
  ]],
  [
    "a time that is none",
    HEAD + "params: { p: { type: timestamp, default: '2023-02-28T25:00:00Z' } }\n" + READ,
    ["OML115 3:42 should be a timestamp"],
  ],
  ["a default outside the enum", HEAD + "params: { p: { enum: [a, b], default: c } }\n" + READ, [
    "OML115 3:39 one of 'a', 'b'",
  ]],
  ["a default below min", HEAD + "params: { p: { type: int, min: 2, default: 1 } }\n" + READ, [
    "OML115 3:44 at least 2",
  ]],
  [
    "a default above max",
    HEAD + "params: { p: { type: date, max: 2024-01-01, default: 2024-01-02 } }\n" + READ,
    ["OML115 3:54 at most 2024-01-01"],
  ],
  ["a default off the pattern", HEAD + "params: { p: { pattern: '^a$', default: b } }\n" + READ, [
    "OML115 3:41 matches '^a$'",
  ]],
  ["min above max", HEAD + "params: { p: { type: int, min: 3, max: 2 } }\n" + READ, [
    "OML115 3:32 'min' is 3, should be at most",
  ]],
  ["bounds of a text", HEAD + "params: { p: { type: string, min: 3 } }\n" + READ, [
    "OML115 3:35 'min' needs the type int, number, date or timestamp, the type is string",
  ]],
  ["a pattern that is none", HEAD + "params: { p: { pattern: '(' } }\n" + READ, [
    "OML115 3:25 no regular expression",
  ]],
  ["a pattern that looks back", HEAD + "params: { p: { pattern: '(a)\\1' } }\n" + READ, [
    "OML115 3:25 plain regular expression",
  ]],
  ["a pattern of a number", HEAD + "params: { p: { type: int, pattern: a } }\n" + READ, [
    "OML115 3:36 'pattern' needs the type string, the type is int",
  ]],
  ["parameters that the environment takes for one", HEAD + "params: { p: 1, P: 2 }\n" + READ, [
    "OML115 3:17 only by case",
  ]],
  ["a reference as a default", HEAD + "params: { p: '${run.date}' }\n" + READ, [
    "OML115 3:14 holds a reference",
  ]],
  [
    "an integer beyond 64 bits",
    HEAD + "params: { p: { type: int, default: '9223372036854775808' } }\n" + READ,
    ["OML115 3:36 at most 64 bits"],
  ],
  [
    "a profile's unknown parameter",
    HEAD + "params: { since: 1 }\nprofiles: { dev: { params: { sinse: 2 } } }\n" + READ,
    ["OML114 4:30 'sinse' => did you mean 'since'?"],
  ],
  ["a profile's wrong value", HEAD + "params: { p: 1 }\nprofiles: { dev: { params: { p: x } } }\n" + READ, [
    "OML115 4:33 profile 'dev': parameter 'p' should be an integer",
  ]],
  ["a profile's unknown step", HEAD + "profiles: { dev: { config: { wxyz: {} } } }\n" + READ, [
    "OML105 3:30 'wxyz' => the steps",
  ]],
  ["a profile's unknown key", HEAD + "profiles: { dev: { parms: {} } }\n" + READ, [
    "OML103 3:20 profile 'dev': unknown key 'parms' => did you mean 'params'?",
  ]],
  [
    "a profile's bad reference",
    HEAD + "profiles: { dev: { config: { a: { p: '${params.x}' } } } }\n" + READ,
    ["OML114 3:39 'config.a.p' of profile 'dev'"],
  ],
  // Not supported yet.
  ...[
    "when: 'true'",
    "checks: [unique]",
    "resources: {}",
    "privacy: pii",
    "approval_required: true",
    "engine: spark",
    "cache: true",
    "cache: { ttl: 1h }",
    "checkpoint: true",
  ]
    .map((key): [string, string, string[]] => [
      `${key} in a step`,
      `${HEAD}steps:\n  - id: a\n    component: f.r\n    mode: read\n    ${key}\n`,
      ["OML108 7:5 is not supported yet"],
    ]),
  ...["checkpoint: auto", "checkpoint: { interval: 2 }", "schedule: '@daily'", "stream: {}"]
    .map((
      key,
    ): [string, string, string[]] => [key, `${HEAD}${key}\n${READ}`, ["OML108 3:1 is not supported yet"]]),
  ...["engine: spark", "cache: true"].map((key): [string, string, string[]] => [
    `${key} in defaults`,
    `${HEAD}defaults: { ${key} }\n${READ}`,
    ["OML108 3:13 in 'defaults' is not supported yet"],
  ]),
  [
    "a branch, without more ado",
    HEAD +
    "steps:\n  - id: a\n    branch: { when: 'true', then: [{ id: b, component: f.r, mode: read }] }\n  - { id: c, component: f.t, mode: transform, inputs: { x: b } }\n",
    ["OML108 5:5 'branch' is not supported yet"],
  ],
  [
    "a fan_out, without more ado",
    HEAD + "steps:\n  - id: a\n    fan_out: { over: [1], step: { id: b, component: f.r, mode: read } }\n",
    ["OML108 5:5 'fan_out' is not supported yet"],
  ],
];

for (const [name, text, expected] of BAD) {
  Deno.test(`parsePipeline reports ${name}`, () => {
    const { diagnostics } = parsePipeline(text, "p.oml");
    const found = diagnostics.map((d) => ({
      place: `${d.code} ${d.line}:${d.column}`,
      said: `${d.message}${d.help === undefined ? "" : ` => ${d.help}`}`,
    })).sort((a, b) => diagnosticsOrder(a, b));
    const shown = found.map(({ place, said }) => `${place} ${said}`).join("\n");
    assert.equal(found.length, expected.length, shown);
    expected.forEach((line, i) => {
      const [code, place, ...words] = line.split(" ");
      assert.equal(found[i]!.place, `${code} ${place}`, shown);
      for (const part of words.join(" ").split(" => ")) {
        assert.ok(found[i]!.said.includes(part), `${shown}\n  lacks: ${part}`);
      }
    });
  });
}

/** Findings at one place are compared in the order of their words. */
function diagnosticsOrder(a: { place: string; said: string }, b: { place: string; said: string }): number {
  return a.place === b.place ? (a.said < b.said ? -1 : 1) : 0;
}

const WHOLE = `
oml_version: "0.1.0"
name: whole
description: All of it
params:
  since: { type: date, default: 2024-01-01 }
  limit: 10
  big: { type: int, default: "9007199254740993" }
  dollar: "$\${x}"
  must: { type: string, sensitive: true }
profiles:
  prod:
    params: { limit: 20 }
    connections: { mysql: primary }
    config: { save: { path: out/prod.csv } }
defaults:
  retry: { max: 2, delay: 2s }
  timeout: 15m
  engine: duckdb
  isolation: process
  cache: false
checkpoint: off
metadata: { owner: us }
run: { run_id: r1 }
x-mine: anything
steps:
  - id: extract
    component: filesystem.csv_extractor
    mode: read
    config: { path: "data/\${params.since}/\${run.id}.csv" }
    x-note: mine
  - id: other
    component: filesystem.csv_extractor
    mode: read
    needs: [extract]
    retry: { max: 0, backoff: none }
    timeout: 500ms
    isolation: worker
    cache: false
  - id: join
    component: duckdb.processor
    mode: transform
    inputs: { a: "\${extract.output.df}", b: other }
    config: { query: "SELECT 1 AS \\"$\${x}\\"" }
    layer: silver
    labels: { team: x }
  - id: numbers
    component: duckdb.processor
    mode: transform
    inputs: {}
  - id: save
    component: filesystem.csv_writer
    mode: write
    config: { path: out.csv }
`;

Deno.test("parsePipeline spells out everything a pipeline leaves to be understood", () => {
  const { value, diagnostics } = parsePipeline(WHOLE, "whole.oml");
  assert.deepEqual(diagnostics, []);
  assert.ok(value);
  assert.deepEqual(value.params, {
    since: { type: "date", default: "2024-01-01" },
    limit: { type: "int", default: 10 },
    big: { type: "int", default: "9007199254740993" },
    dollar: { type: "string", default: "${x}" },
    must: { type: "string", sensitive: true },
  });
  assert.deepEqual(value.profiles, {
    prod: {
      params: { limit: 20 },
      connections: { mysql: "primary" },
      config: { save: { path: "out/prod.csv" } },
    },
  });
  assert.deepEqual(value.run, { run_id: "r1" });
  assert.deepEqual(value.metadata, { owner: "us" });
  const retry = { max: 2, backoff: "exponential", delay_ms: 2000, max_delay_ms: 60_000, jitter: true };
  const [extract, other, join, numbers, save] = value.steps;
  assert.deepEqual(extract, {
    index: 0,
    id: "extract",
    component: "filesystem.csv_extractor",
    mode: "read",
    config: { path: "data/${params.since}/${run.id}.csv" },
    inputs: {},
    needs: [],
    dependsOn: [],
    retry,
    timeout_ms: 900_000,
    isolation: "process",
  });
  assert.deepEqual([other!.needs, other!.dependsOn, other!.timeout_ms], [["extract"], ["extract"], 500]);
  assert.equal(other!.isolation, "worker");
  assert.deepEqual(other!.retry, {
    max: 0,
    backoff: "none",
    delay_ms: 1000,
    max_delay_ms: 60_000,
    jitter: true,
  });
  assert.deepEqual([join!.inputs, join!.dependsOn], [{ a: "extract", b: "other" }, ["extract", "other"]]);
  assert.deepEqual([join!.layer, join!.labels], ["silver", { team: "x" }]);
  assert.deepEqual([numbers!.inputs, save!.inputs], [{}, { df: "numbers" }]);
});

Deno.test("parsePipeline keeps positions right behind a byte order mark and CRLF", () => {
  const text = `\uFEFF${HEAD}bad: 1\n${READ}`.replaceAll("\n", "\r\n");
  for (const source of [text, new TextEncoder().encode(text)]) {
    const [found] = parsePipeline(source, "p.oml").diagnostics;
    assert.deepEqual([found?.code, found?.line, found?.column, found?.end_column], ["OML103", 3, 1, 4]);
  }
  const atTheStart = parsePipeline("\uFEFFbad: 1\n" + HEAD + READ, "p.oml").diagnostics[0];
  assert.deepEqual([atTheStart?.line, atTheStart?.column], [1, 1]);
});

Deno.test("parsePipeline takes anchors and aliases", () => {
  const text = `${HEAD}x-retry: &again { max: 2 }\n${READ}    retry: *again\n`.replace(
    " }\n    retry",
    ", retry",
  ).replace("*again\n", "*again }\n");
  const { value, diagnostics } = parsePipeline(text, "p.oml");
  assert.deepEqual(diagnostics, []);
  assert.equal(value?.steps[0]?.retry?.max, 2);
});

Deno.test("parsePipeline gives a value beside errors that leave an order, and none otherwise", () => {
  assert.equal(parsePipeline(`${HEAD}bad: 1\n${READ}`, "p.oml").value?.steps.length, 1);
  assert.equal(
    parsePipeline(`${HEAD}${READ}  - { id: a, component: f.r, mode: read }\n`, "p.oml").value,
    undefined,
  );
});

Deno.test("Pipeline.diagnostic points at values, keys, pieces, and as far as a path exists", () => {
  const { value } = parsePipeline(WHOLE, "whole.oml");
  assert.ok(value);
  const at = (path: (string | number)[], options = {}) => {
    const d = value.diagnostic("CMP201", path, "Cannot", options);
    return [d.line, d.column, d.end_line, d.end_column];
  };
  assert.deepEqual(at(["steps", 0, "component"]), [28, 16, 28, 40]);
  assert.deepEqual(at(["steps", 0, "component"], { at: "key" }), [28, 5, 28, 14]);
  assert.deepEqual(at(["steps", 0, "config", "path"], { within: "${run.id}" }), [30, 43, 30, 52]);
  assert.deepEqual(at(["steps", 0, "config", "nothing"]), [30, 5, 30, 11]);
  const d = value.diagnostic("CMP201", ["name"], "Cannot", { severity: "warning", help: "h" });
  assert.deepEqual([d.severity, d.help, d.file, d.code], ["warning", "h", "whole.oml", "CMP201"]);
});

/**
 * Drivers that do not end well: they hang, run out of memory, crash, leave, throw what nobody expects, or flood. Each
 * is a component of its own; the step has to fail (where it should), the host has to live, and other steps' outputs
 * have to be what they are.
 *
 * @module
 */

import type { Row } from "./_attempt.ts";

export interface End {
  readonly id: string;
  readonly row: Row;
  /** The whole of `driver.js`, where it is not made from the parts below. */
  readonly driver?: string;
  /** The codes of which its failure has to have one. */
  readonly codes?: readonly string[];
  /** What the step does; a read where it is not said. */
  readonly mode?: "read" | "transform";
  /** What stands before the driver's definition. */
  readonly module: string;
  /** The body of the driver's async `read` of `context`, in which `emit` and `sql` are. */
  readonly read: string;
  /** `fails`: the step fails with a code of a driver's. `either`: it may also succeed, such as a flood that is withstood. */
  readonly ends: "fails" | "either";
  /** What the step may take. */
  readonly timeout: string;
  /** How many of its kind may run side by side. */
  readonly together: number;
}

function ends(
  row: Row,
  reads: Readonly<Record<string, string>>,
  told: Partial<Pick<End, "ends" | "timeout" | "module" | "together">> = {},
): End[] {
  return Object.entries(reads).map(([name, read]) => ({
    id: `${row} ${name}`,
    row,
    read,
    module: "",
    ends: "fails",
    timeout: "30s",
    together: 4,
    ...told,
  }));
}

const ONE = `emit({ a: "INTEGER" }, [[{ a: 1 }]])`;
/** A module whose exported function never returns. */
const WASM_LOOP =
  "Uint8Array.of(0,97,115,109,1,0,0,0,1,4,1,96,0,0,3,2,1,0,7,5,1,1,102,0,0,10,9,1,7,0,3,64,12,0,11,11)";
/** A module with a memory of one page that may grow to 4 GB. */
const WASM_MEMORY = "new WebAssembly.Memory({ initial: 1, maximum: 65536 })";

/** Each may take a second. */
export const HANGS: readonly End[] = [
  ...ends("B1", {
    "a busy loop": "for (;;);",
    "a regular expression":
      "/^(?:(a+)+\\1)+$/.test('a'.repeat(60) + 'b'); for (;;) /^(a|a?)+\\1$/.test('a'.repeat(40) + 'b');",
    "WebAssembly": `(await WebAssembly.instantiate(${WASM_LOOP})).instance.exports.f();`,
    "Atomics.wait": "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);",
    "microtasks":
      "const again = () => { Promise.resolve().then(again) }; again(); await new Promise(() => {});",
    "a promise that never settles": "await new Promise(() => {});",
    "a stop in the middle of its rows":
      'return emit({ a: "INTEGER" }, async function* () { yield [{ a: 1 }]; await new Promise(() => {}) });',
    "a loop in the middle of its rows":
      'return emit({ a: "INTEGER" }, function* () { yield [{ a: 1 }]; for (;;); });',
    "a sort without end":
      "const list = Array.from({ length: 1e6 }, Math.random); for (;;) list.sort(() => Math.random() - 0.5);",
    "big integers": "let n = 3n; for (;;) n = n ** 3n % (1n << 20000000n);",
  }, { timeout: "1s" }),
  ...ends("B1", { "a loop while it loads": `return ${ONE};` }, { timeout: "1s", module: "for (;;);" }),
  ...ends(
    "B1",
    { "a wait while it loads": `return ${ONE};` },
    { timeout: "1s", module: "await new Promise(() => {});" },
  ),
];

const MEMORY: readonly End[] = [
  ...ends("B2", {
    "a heap of arrays": "const all = []; for (;;) all.push(new Array(10_000_000).fill(0.5));",
    "a heap of texts":
      "const all = []; for (let i = 0;; i++) all.push(new TextDecoder().decode(new Uint8Array(20_000_000).fill(65 + i % 26)));",
    "a heap of objects": "const all = new Map(); for (let i = 0;; i++) all.set({ i }, { text: 'x' + i });",
    "a heap of closures":
      "const all = []; for (;;) { const kept = new Array(10_000_000).fill({}); all.push(() => kept); }",
  }),
  ...ends("B3", {
    "array buffers":
      "const all = []; for (;;) { const bytes = new Uint8Array(1 << 26); bytes.fill(1); all.push(bytes); }",
    "memory of WebAssembly":
      `const memory = ${WASM_MEMORY}; for (;;) { memory.grow(1024); new Uint8Array(memory.buffer).fill(1); }`,
    "buffers of Node's": "const all = []; for (;;) all.push(Buffer.alloc(1 << 26, 1));",
    "a shared buffer that grows":
      "const all = []; for (;;) { const bytes = new Uint8Array(new SharedArrayBuffer(1 << 26)); bytes.fill(1); all.push(bytes); }",
  }),
];

const CRASHES: readonly End[] = ends("B4", {
  "a recursion": "const f = () => f() + 1; return f();",
  "a recursion of JSON":
    "let deep = []; for (let i = 0; i < 100000; i++) deep = [deep]; context.event('deep', { deep }); return " +
    ONE,
  "a recursion of getters": "const o = { get a() { return this.a } }; return o.a;",
  "rows of 100,000 levels":
    'let deep = 1; for (let i = 0; i < 100000; i++) deep = [deep]; return emit({ a: "INTEGER[]" }, [[{ a: deep }]]);',
  "a type of 100,000 levels": 'return emit({ a: "INTEGER" + "[]".repeat(100000) }, [[{ a: null }]]);',
});

const LEAVES: readonly End[] = [
  ...ends("B6", {
    "exit(0)": "Deno.exit(0);",
    "exit(1)": "Deno.exit(1);",
    "exit(0) of process": "process.exit(0);",
    "close()": "self.close(); await new Promise(() => {});",
    "exit(0) in the middle of its rows":
      'return emit({ a: "INTEGER" }, function* () { yield Array.from({ length: 70000 }, () => ({ a: 1 })); Deno.exit(0); });',
    "a failure in the middle of its rows":
      'return emit({ a: "INTEGER" }, function* () { yield Array.from({ length: 70000 }, () => ({ a: 1 })); throw new Error("half way"); });',
    "no answer": "return undefined;",
    "an answer that is no answer": "return { kind: 'rows', rows: [1] };",
    "an answer of a writer's":
      "return { kind: 'copy', format: 'csv', path: '/tmp/x.csv', write_mode: 'overwrite', partition_by: [], options: {} };",
    "rows of other columns": 'return emit({ a: "INTEGER" }, [[{ b: 1 }]]);',
    "a column twice": 'return emit({ a: "INTEGER", A: "INTEGER" }, [[{ a: 1, A: 2 }]]);',
    "a column without a name": 'return emit({ "": "INTEGER" }, [[{ "": 1 }]]);',
    "a type that is none": 'return emit({ a: "INTEGER); DROP TABLE x; --" }, [[{ a: 1 }]]);',
  }, { timeout: "20s" }),
  ...ends("B6", { "no driver": `return ${ONE};` }, { module: "throw new Error('it does not load');" }),
  ...ends("B7", {
    "a rejection nobody awaits":
      "Promise.reject(new Error('nobody')); await new Promise((done) => setTimeout(done, 2000)); return " +
      ONE,
    "an error nobody catches":
      "setTimeout(() => { throw new Error('nobody') }, 0); await new Promise((done) => setTimeout(done, 2000)); return " +
      ONE,
    "an error that is reported":
      "reportError(new Error('\\nFORGED ✓ all done\\n')); await new Promise((done) => setTimeout(done, 2000)); return " +
      ONE,
    "throw null": "throw null;",
    "throw undefined": "throw undefined;",
    "throw a text": "throw 'a text';",
    "throw a symbol": "throw Symbol('x');",
    "throw 10 MB": "throw new Error('x'.repeat(10_000_000));",
    "throw what cannot be read":
      "throw { get message() { throw new Error('inner') }, toString() { throw new Error('inner') } };",
    "throw a proxy": "throw new Proxy(new Error('x'), { get() { throw new Error('inner') } });",
    "throw control characters":
      "throw new Error('\\x1b[2J\\x1b]0;owned\\x07\\nFORGED ✓ all done\\r\\u2028\\u202e');",
    "throw a code of somebody else":
      "throw Object.assign(new Error('x'), { code: 'CLI801', category: 'interrupted', retryable: true });",
    "an error with a cause without end": "const error = new Error('x'); error.cause = error; throw error;",
  }, { timeout: "20s" }),
];

/** What may end the driver, and does nothing else. */
const ODD: readonly End[] = [
  ...ends("A12", {
    "a deprecation's warning":
      "util.deprecate(() => {}, '\\nFORGED ✓ all done\\n\\x1b[2J')(); await new Promise((done) => setTimeout(done, 50)); return " +
      ONE,
  }, { ends: "either", timeout: "20s", module: 'import * as util from "node:util";' }),
  ...ends("A6", {
    "a virtual socket": "await Deno.connect({ transport: 'vsock', cid: 2, port: 22 }); return " + ONE,
  }, { timeout: "20s" }),
];

/** Messages of the host's, forged: the driver may end itself with them, and nothing else. */
const FORGED: readonly End[] = ends("A20", {
  "a second beginning":
    "for (const type of ['load', 'start', 'boot', 'loaded', 'code']) EventTarget.prototype.dispatchEvent.call(globalThis, new MessageEvent('message', { data: { type, component: 'x', code: 'globalThis.__again = true; export default {}', grants: { net: ['0.0.0.0:1'], read: ['/'], write: ['/'] }, permissions: 'inherit' } })); await new Promise((done) => setTimeout(done, 50)); const got = Deno.readTextFileSync(context.config.secret); return emit({ got: 'VARCHAR' }, [[{ got }]])",
  "a read before its time":
    "EventTarget.prototype.dispatchEvent.call(globalThis, new MessageEvent('message', { data: { type: 'read', cursor: null, columns: null, limit: null } })); return " +
    ONE,
  "credit without end":
    "EventTarget.prototype.dispatchEvent.call(globalThis, new MessageEvent('message', { data: { type: 'credit', batches: 1e9 } })); return emit({ a: 'INTEGER' }, function* () { for (let i = 0; i < 100; i++) yield Array.from({ length: 70000 }, () => ({ a: 1 })) })",
  "a cancel of its own":
    "EventTarget.prototype.dispatchEvent.call(globalThis, new MessageEvent('message', { data: { type: 'cancel' } })); return " +
    ONE,
}, { ends: "either", timeout: "20s", together: 1 });

const FLOODS: readonly End[] = ends("B8", {
  "200,000 lines of log": `for (let i = 0; i < 200000; i++) context.log('line ' + i); return ${ONE};`,
  "lines of log without end": "for (;;) context.log('x'.repeat(10000));",
  "events without end": "for (let i = 0;; i++) context.event('flood', { i, text: 'x'.repeat(1000) });",
  "metrics without end": "for (let i = 0;; i++) context.metric('flood', i, 'rows');",
  "progress without end": "for (let i = 0;; i++) context.progress(i);",
  "prints without end": "for (;;) { console.log('x'.repeat(10000)); console.error('x'.repeat(10000)) }",
  "rows without end":
    'return emit({ a: "VARCHAR" }, function* () { for (;;) yield Array.from({ length: 10000 }, () => ({ a: "x".repeat(1000) })); });',
  "a row of 300 MB": 'return emit({ a: "VARCHAR" }, [[{ a: "x".repeat(300_000_000) }]]);',
  "an event of 100 MB": `context.event('big', { text: 'x'.repeat(100_000_000) }); return ${ONE};`,
  "an event of a million keys":
    `context.event('big', Object.fromEntries(Array.from({ length: 1_000_000 }, (_, i) => ['k' + i, i]))); return ${ONE};`,
  "100,000 columns":
    'return emit(Object.fromEntries(Array.from({ length: 100_001 }, (_, i) => ["c" + i, "INTEGER"])), []);',
}, { ends: "either", timeout: "1s", together: 2 });

/** Queries that a driver answers with: the engine computes them behind its fence. */
const QUERIES: readonly End[] = [
  "SELECT * FROM read_text('SECRET')",
  "SELECT * FROM read_blob('SECRET')",
  "SELECT * FROM read_csv('SECRET', columns = {'a': 'VARCHAR'})",
  "SELECT * FROM read_json('SECRET_JSON')",
  "SELECT * FROM read_ndjson_objects('SECRET_JSON')",
  "SELECT * FROM 'SECRET_JSON'",
  "SELECT * FROM sniff_csv('SECRET')",
  "SELECT * FROM glob('/etc/*')",
  "SELECT * FROM read_text('http://127.0.0.1:1/x')",
  "SELECT * FROM parquet_metadata('SECRET')",
  "SELECT getenv('OSIRIS_CANARY') AS a",
  "SELECT (SELECT content FROM read_text('SECRET')) AS a",
  "WITH x AS (SELECT content FROM read_text('/proc/self/environ')) SELECT * FROM x",
  "SELECT * FROM query('SELECT * FROM read_text(''SECRET'')')",
  "SELECT * FROM query_table('SECRET_JSON')",
  "COPY (SELECT 1) TO 'OUTSIDE/copied.csv'",
  "SELECT 1 AS a; COPY (SELECT 1) TO 'OUTSIDE/copied.csv'",
  "ATTACH 'OUTSIDE/attached.db'",
  "SELECT 1 AS a; ATTACH 'OUTSIDE/attached.db'",
  "EXPORT DATABASE 'OUTSIDE/exported'",
  "INSTALL httpfs",
  "LOAD 'OUTSIDE/x.duckdb_extension'",
  "SET enable_external_access = true",
  "SET allowed_directories = ['/']",
  "RESET lock_configuration",
  "PRAGMA database_list",
  "CREATE SECRET s (TYPE http, BEARER_TOKEN 'x')",
  "CALL pragma_version()",
  "CREATE TABLE t AS SELECT * FROM read_text('SECRET')",
  "SELECT 1 AS a) TO 'OUTSIDE/copied.csv'; --",
].map((query) => ({
  id: `A16 ${query}`,
  row: "A16",
  mode: "transform",
  module: "",
  read: `return sql(${
    JSON.stringify(query)
  }.replaceAll("SECRET_JSON", context.config.secret.replace(/txt$/, "json")).replaceAll("SECRET", context.config.secret).replaceAll("OUTSIDE", context.config.secret.replace(/\\/[^/]*$/, "")))`,
  ends: "fails",
  timeout: "20s",
  together: 4,
}));

/** Files that the engine is asked to read or write, and that nobody granted. */
const RELATIONS: readonly End[] = ends("A16", {
  "a scan of what is not granted":
    "return { kind: 'scan', format: 'csv', path: context.config.secret, options: { columns: ['a'] } }",
  "a scan of what a pattern finds": "return { kind: 'scan', format: 'csv', path: '/etc/*', options: {} }",
  "a scan by way of ..":
    "return { kind: 'scan', format: 'csv', path: 'x/../' + context.config.secret, options: {} }",
  "a scan of an address":
    "return { kind: 'scan', format: 'csv', path: 'https://127.0.0.1:1/x.csv', options: {} }",
  "a scan of a list":
    "return { kind: 'scan', format: 'csv', path: \"a.csv', '\" + context.config.secret, options: {} }",
  "a scan with a statement for a delimiter":
    "return { kind: 'scan', format: 'csv', path: 'a.csv', options: { delimiter: \"'); SELECT 1; --\" } }",
});

/** Few in a run. */
export const ENDS: readonly End[] = [
  ...MEMORY,
  ...CRASHES,
  ...LEAVES,
  ...QUERIES,
  ...RELATIONS,
  ...ODD,
  ...FORGED,
  ...FLOODS,
];

/** `driver.js` of an end. */
export function driverOfEnd({ module, read, driver }: End): string {
  return driver ?? `import { defineDriver, emit, sql } from "osiris/driver";
${module}
async function answer(context) {
  ${read}
}
export default defineDriver({
  read: answer,
  transform: answer,
});
`;
}

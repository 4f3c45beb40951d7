import assert from "node:assert/strict";
import { mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { DriverMessage } from "../protocol.ts";
import { admit } from "./admit.ts";
import { guestGlue } from "./glue.ts";
import type { Doors } from "./realm.ts";

const CONFIG = fileURLToPath(new URL("../../../deno.json", import.meta.url));
const DEADLINE_MS = 60_000;
const FINAL = new Set(["end", "relation", "error"]);
const NONE: Doors = { net: [], read: [], write: [] };

/** Everything that code from outside says to a `read`, up to its final answer. */
async function readOutside(code: string, grants = NONE, file = "driver.js"): Promise<DriverMessage[]> {
  const rights = { net: grants.net.length > 0 };
  const { value, diagnostics } = await admit(new TextEncoder().encode(code), file, rights);
  assert.ok(value !== undefined, diagnostics.map(({ message }) => message).join("; "));
  const worker = new Worker(`data:application/javascript,${encodeURIComponent(guestGlue())}`, {
    type: "module",
    deno: { permissions: permissionsOf(grants) },
  });
  const said: DriverMessage[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => reject(new Error("the driver said nothing final")), DEADLINE_MS);
  worker.onerror = (event) => {
    event.preventDefault();
    reject(new Error(`the worker failed: ${event.message}`));
  };
  worker.onmessage = ({ data }) => {
    if (data.type === "loaded") return begin(worker, value, grants);
    said.push(data);
    if (FINAL.has(data.type)) resolve();
  };
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    worker.terminate();
  }
  return said;
}

function begin(worker: Worker, code: string, grants: Doors): void {
  const component = "test.outside";
  worker.postMessage({ type: "load", component, code, promised: ["read"], grants });
  const start = { type: "start", protocol: 1, component, step: "s", config: {}, connection: null, grants };
  const read = { type: "read", cursor: null, columns: null, limit: null };
  for (const message of [start, read, { type: "credit", batches: 64 }]) worker.postMessage(message);
}

function permissionsOf({ net, read, write }: Doors): Deno.PermissionOptionsObject {
  const list = (items: readonly string[]) => (items.length === 0 ? false : [...items]);
  const none = { env: false, run: false, sys: false, ffi: false, import: false } as const;
  return { net: list(net), read: list(read), write: list(write), ...none };
}

/** What each expression gave, or `refused` where it threw or nothing came; the first `giving` ones may take their time. */
async function attempts(
  expressions: readonly string[],
  giving: number,
  grants = NONE,
  imports = "",
): Promise<{ results: Record<string, string>; said: DriverMessage[] }> {
  const tries = expressions.map((each, i) =>
    `[${JSON.stringify(each)}, () => (${each}), ${i < giving ? 20_000 : 300}],`
  ).join("\n");
  const said = await readOutside(
    `${imports}
    import { defineDriver, sql } from "osiris/driver";
    const late = (ms) => new Promise((_, reject) => setTimeout(() => reject(new Error("nothing came")), ms));
    export default defineDriver({ read: async () => {
      const results = {};
      for (const [text, attempt, ms] of [${tries}]) {
        try { results[text] = "got " + String(await Promise.race([attempt(), late(ms)])); }
        catch (error) { results[text] = "refused"; }
      }
      return sql(JSON.stringify(results));
    } });`,
    grants,
  );
  const last = said.at(-1)!;
  assert.ok(last.type === "relation" && last.relation.kind === "sql", JSON.stringify(last));
  return { results: JSON.parse(last.relation.query), said };
}

/** None of them may give anything. */
async function assertRefused(expressions: readonly string[], grants = NONE, imports = ""): Promise<void> {
  const { results } = await attempts(expressions, 0, grants, imports);
  for (const expression of expressions) assert.equal(results[expression], "refused", expression);
}

Deno.test("narrow takes from Deno all that is not granted", () =>
  assertRefused([
    "Deno.readTextFileSync('/etc/passwd')",
    "Deno.openSync('/etc/passwd')",
    "Deno.writeTextFileSync('/tmp/x', 'x')",
    "Deno.statSync('/').isDirectory",
    "Deno.kill(1, 'SIGTERM')",
    "Deno.addSignalListener('SIGINT', () => {})",
    "Deno.stdout.writeSync(new Uint8Array([46]))",
    "Deno.stdin.readSync(new Uint8Array(1))",
    "new Deno.Command('id').outputSync()",
    "Deno.dlopen('libc.so.6', {})",
    "Deno.permissions.requestSync({ name: 'read' })",
    "Deno.createHttpClient({})",
    "Deno.listen({ port: 0 })",
    "Deno.serve(() => new Response())",
    "Deno.connect({ port: 1 })",
    "Deno.resolveDns('localhost', 'A')",
    "Deno.execPath()",
    "Deno.cwd()",
    "Deno.umask(0)",
    "Deno.pid.toFixed()",
    "Deno.symlinkSync('/etc/passwd', '/tmp/x')",
    "Deno.env.set('A', 'b')",
    "Deno.env.get('PATH').length",
    "Deno[Symbol.for('Deno.internal')].core",
    "Object.getOwnPropertySymbols(Deno)[0].description",
    "(Deno.readTextFileSync = () => 1, Deno.readTextFileSync())",
    "(globalThis.Deno = { open: 1 }, Deno.open.toFixed())",
  ]));

Deno.test("narrow takes from the scope what reaches beyond it", () =>
  assertRefused([
    "new Worker('data:,')",
    "new SharedWorker('data:,')",
    "new BroadcastChannel('x')",
    "new MessageChannel()",
    "new EventSource('http://127.0.0.1:1')",
    "new WebSocket('ws://127.0.0.1:1')",
    "fetch('file:///etc/passwd')",
    "caches.open('x')",
    "CacheStorage",
    "navigator.locks.query()",
    "navigator.gpu.requestAdapter()",
    "localStorage.setItem('a', 'b')",
    "indexedDB.open('x')",
    "prompt('password?')",
    "confirm('yes?')",
    "alert('hello')",
    "postMessage({ type: 'x' })",
    "self.postMessage({ type: 'x' })",
    "globalThis.constructor.prototype.postMessage.call(globalThis, 1)",
    "importScripts('data:,')",
    "require('fs')",
    "location.href",
    "new ShadowRealm()",
    "(EventTarget.prototype.dispatchEvent = 1)",
    "(() => { 'use strict'; MessageEvent.prototype.data = 1; })()",
  ]));

Deno.test("narrow lets no text become code", () =>
  assertRefused(
    [
      "eval('1')",
      "(0, eval)('1')",
      "new Function('return 1')()",
      "Function('return 1')()",
      "(() => {}).constructor('return 1')()",
      "(async () => {}).constructor('return 1')()",
      "(function* () {}).constructor('yield 1')().next()",
      "(async function* () {}).constructor('yield 1')().next()",
      "Reflect.construct(Function, ['return 1'])()",
      "new (class extends Function {})('return 1')()",
      "Object.getPrototypeOf(function () {}).constructor('return 1')()",
      "({}).toString.constructor('return 1')()",
      "(class {}).constructor('return 1')()",
      "new Proxy(function () {}, {}).constructor('return 1')()",
      "setTimeout('globalThis.pwned = 1', 0)",
      "setInterval('globalThis.pwned = 1', 1)",
      "setImmediate('globalThis.pwned = 1')",
      "timers.setTimeout('globalThis.pwned = 1', 0)",
      "globalThis.pwned.toFixed()",
      "(() => {}).constructor = 1, (() => {}).constructor('return 1')()",
    ],
    NONE,
    `import timers from "node:timers";`,
  ));

Deno.test("narrow empties the process that Node's modules share, wherever code finds it", () =>
  assertRefused(
    [
      "process.kill(1, 0)",
      "process.binding('fs')",
      "process.getBuiltinModule('fs').readFileSync",
      "process.stdout.write('.')",
      "process.stdin.fd.toFixed()",
      "process.dlopen({}, 'x')",
      "process.mainModule.require",
      "process.report.writeReport()",
      "process.chdir('/')",
      "process.env.PATH.length",
      `new Promise((found) => {
        const emit = EventEmitter.prototype.emit;
        EventEmitter.prototype.emit = function (...args) {
          if (this.binding ?? this.kill ?? this.getBuiltinModule ?? this.stdout) found(args[0]);
          return Reflect.apply(emit, this, args);
        };
        const many = new EventEmitter().setMaxListeners(1);
        for (let i = 0; i < 5; i++) many.on("x", () => {});
        util.deprecate(() => {}, "old", "DEP0")();
      })`,
      `(() => {
        const found = [];
        const prepare = (error, calls) => {
          for (const call of calls) found.push(call.getThis?.(), call.getFunction?.());
          return "";
        };
        for (const fail of [() => new TextDecoder("none"), () => structuredClone(() => {}), () => null.x]) {
          Error.prepareStackTrace = prepare;
          try { fail(); } catch (error) { error.stack; }
          Error.prepareStackTrace = undefined;
        }
        return found.find((each) => each !== undefined).name;
      })()`,
    ],
    NONE,
    `import EventEmitter from "node:events"; import * as util from "node:util";`,
  ));

Deno.test("narrow keeps what honest code computes with", async () => {
  const expressions = [
    "new URL('a', 'http://b/').href",
    "crypto.randomUUID().length",
    "new TextDecoder().decode(new TextEncoder().encode('é'))",
    "structuredClone({ a: [1n] }).a[0]",
    "Buffer.from('a').toString('hex')",
    "process.platform.length > 0 && typeof process.nextTick",
    "new Promise((done) => setTimeout(done, 1, 'later'))",
    "new Promise((done) => process.nextTick(done, 'next'))",
    "(() => {}) instanceof Function",
    "new Response === undefined",
    "zlib.gunzipSync(zlib.gzipSync('packed')).toString()",
    "createHash('sha256').update('a').digest('hex').slice(0, 8)",
    "stream.Readable.from(['a', 'b']).toArray().then(String)",
    "new AsyncLocalStorage().run('kept', () => 'ran')",
    "path.join('a', 'b') + util.format('%d', 1)",
    "new Intl.NumberFormat('de').format(1.5)",
    "new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])) instanceof WebAssembly.Module",
  ];
  const { results } = await attempts(
    expressions,
    expressions.length,
    NONE,
    `import zlib from "node:zlib"; import { createHash } from "node:crypto"; import stream from "node:stream";
     import { AsyncLocalStorage } from "node:async_hooks"; import path from "node:path"; import util from "node:util";`,
  );
  assert.deepEqual(Object.values(results), [
    "got http://b/a",
    "got 36",
    "got é",
    "got 1",
    "got 61",
    "got function",
    "got later",
    "got next",
    "got true",
    "refused",
    "got packed",
    "got ca978112",
    "got a,b",
    "got ran",
    "got a/b1",
    "got 1,5",
    "got true",
  ]);
});

Deno.test("narrow gives back files that were granted, counts them, and follows no link out of them", async () => {
  const folder = await Deno.makeTempDir({ prefix: "osiris-realm-test-" });
  const [own, other] = [join(folder, "own"), join(folder, "other.txt")];
  try {
    await mkdir(own);
    await writeFile(join(own, "a.txt"), "mine");
    await writeFile(other, "CANARY");
    await symlink(other, join(own, "link"));
    await symlink(folder, join(own, "up"));
    const at = (path: string) => JSON.stringify(join(own, path));
    const { results, said } = await attempts(
      [
        `Deno.readTextFileSync(${at("a.txt")})`,
        `Deno.readTextFile(${at("a.txt")})`,
        `fetch ? 1 : 0`,
        `Deno.writeTextFileSync(${at("b.txt")}, "new")`,
        `Deno.readTextFileSync(${at("link")})`,
        `Deno.openSync(${at("link")})`,
        `Deno.readTextFileSync(${at("up/other.txt")})`,
        `Deno.writeTextFileSync(${at("link")}, "spoilt")`,
        `Deno.copyFileSync(${at("link")}, ${at("c.txt")})`,
        `Deno.readTextFileSync(${JSON.stringify(other)})`,
        `Deno.readTextFileSync(${at("../other.txt")})`,
        `Deno.readTextFileSync("/proc/self/root${other}")`,
        `Deno.renameSync(${at("b.txt")}, ${JSON.stringify(join(folder, "b.txt"))})`,
        `new (Deno.openSync(${at("a.txt")}).constructor)(0).readSync(new Uint8Array(1))`,
      ],
      4,
      { net: [], read: [own], write: [own] },
    );
    const [first, second, , fourth, ...rest] = Object.values(results);
    assert.deepEqual([first, second, fourth], ["got mine", "got mine", "got undefined"]);
    assert.deepEqual(new Set(rest), new Set(["refused"]));
    assert.equal(await readFile(other, "utf8"), "CANARY");
    const used = said.findLast((message) => message.type === "used")!;
    assert.deepEqual([used.read, used.write], [[join(own, "a.txt")], [join(own, "b.txt")]]);
    assert.ok(used.denied.some(({ permission, resource }) => permission === "read" && resource === other));
    assert.ok(used.denied.some(({ resource }) => resource === join(own, "link")));
  } finally {
    await rm(folder, { recursive: true });
  }
});

Deno.test("narrow gives back a host that was granted, counts it, and lets nothing else of the network through", async () => {
  let strangers = 0;
  const other = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => {
    strangers++;
    return new Response("CANARY");
  });
  const aside = `http://127.0.0.1:${other.addr.port}/`;
  const own = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    ({ url }) => url.endsWith("/aside") ? Response.redirect(aside) : new Response("mine"),
  );
  const { port } = own.addr;
  const tcp = (port: number, host: string) =>
    `new Promise((done, fail) => net.connect({ port: ${port}, host: "${host}" }).on("connect", () => done("in")).on("error", fail))`;
  try {
    const { results, said } = await attempts(
      [
        `fetch("http://127.0.0.1:${port}/").then((answer) => answer.text())`,
        tcp(port, "127.0.0.1"),
        `Deno.connect({ hostname: "127.0.0.1", port: ${port} }).then((wire) => (wire.close(), "in"))`,
        `fetch("http://127.0.0.1:${port}/aside").then((answer) => answer.text())`,
        `fetch("${aside}").then((answer) => answer.text())`,
        `fetch("http://localhost:${port}/").then((answer) => answer.text())`,
        tcp(other.addr.port, "127.0.0.1"),
        `Deno.connect({ hostname: "127.0.0.1", port: ${other.addr.port} })`,
        `Deno.connect({ transport: "unix", path: "/tmp/x.sock" })`,
        `Deno.connect({ transport: "vsock", cid: 1, port: 1 })`,
        `new Promise((done, fail) => { const s = new WebSocket("ws://127.0.0.1:${other.addr.port}/"); s.onopen = done; s.onerror = fail; })`,
        `net._createServerHandle("127.0.0.1", ${port}, 4, null, 0).listen(1)`,
        `handle((it) => new it.constructor(1).bind("127.0.0.1", ${port}))`,
        `handle((it) => it.listen(1))`,
        `handle((it) => (it.openFromRid ?? it.open).call(it, 0))`,
        `Deno.connect({ hostname: "127.0.0.1", port: ${port} }).then((wire) => new wire.constructor(1, null, null).write(new Uint8Array([46])))`,
        `Deno.connect({ hostname: "127.0.0.1", port: ${port} }).then((wire) => new wire.constructor(0, null, null).read(new Uint8Array(1)))`,
        `Deno.listen({ port: 0 })`,
      ],
      3,
      { net: [`127.0.0.1:${port}`], read: [], write: [] },
      `import * as net from "node:net";
       const handle = (use) => {
         const socket = new net.Socket().on("error", () => {});
         socket.connect(${port}, "127.0.0.1");
         return use(socket._handle);
       };`,
    );
    const [answer, socket, wire, ...rest] = Object.values(results);
    assert.deepEqual([answer, socket, wire], ["got mine", "got in", "got in"]);
    assert.deepEqual(rest.filter((each) => each !== "refused"), []);
    assert.equal(strangers, 0);
    const used = said.findLast((message) => message.type === "used")!;
    assert.deepEqual(used.net.map(({ host }) => host), [`127.0.0.1:${port}`]);
    assert.ok(used.net[0]!.count >= 3);
    const denied = used.denied.map(({ resource }) => resource);
    assert.ok(denied.includes(`127.0.0.1:${other.addr.port}`) && denied.includes(`localhost:${port}`));
  } finally {
    await Promise.all([own.shutdown(), other.shutdown()]);
  }
});

Deno.test("narrow leaves reports: printing, leaving and failing late are told to the host", async () => {
  const code = (body: string) =>
    `import { defineDriver, emit } from "osiris/driver";
     export default defineDriver({ read: () => emit({ a: "BIGINT" }, async function* () { ${body} }) });`;
  const printed = await readOutside(
    code(`console.warn("watch", { out: 1 }); console.table?.([1]); yield [{ a: 1n }];`),
  );
  assert.deepEqual(
    printed.filter((message) => message.type === "log").map(({ level, text }) => [level, text])[0],
    ["warn", "watch { out: 1 }"],
  );
  assert.equal(printed.at(-1)!.type, "end");
  for (
    const [leave, says] of [
      ["close()", /left by close\(\)/],
      ["Deno.exit(3)", /left by exit\(\)/],
      ["process.exit(3)", /left by exit\(\)/],
      ["setTimeout(() => { throw new Error('late') }); await new Promise(() => {})", /late/],
      ["Promise.reject(new Error('lost')); await new Promise(() => {})", /lost/],
    ] as const
  ) {
    const last = (await readOutside(code(leave))).at(-1)!;
    assert.ok(last.type === "error");
    assert.match(last.failure.message, says);
  }
});

/** A driver whose author uses libraries, bundled as the help says. */
async function bundled(text: string): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "osiris-realm-test-" });
  try {
    const [main, output] = [join(folder, "main.js"), join(folder, "driver.js")];
    await writeFile(main, text);
    const how = ["--quiet", "--platform", "browser", "--external", "osiris/driver", "--config", CONFIG];
    const args = ["bundle", ...how, "--output", output, main];
    const { code, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    return await readFile(output, "utf8");
  } finally {
    await rm(folder, { recursive: true });
  }
}

Deno.test("a driver from outside runs with libraries in its bundle that know nothing of it", async () => {
  const said = await readOutside(
    await bundled(`
      import { Validator } from "@cfworker/json-schema";
      import { transform } from "sucrase";
      import { parse as lex } from "es-module-lexer/js";
      import { parse, stringify } from "yaml";
      import path from "node:path";
      import { defineDriver, sql } from "osiris/driver";
      export default defineDriver({ read: () => sql(JSON.stringify([
        parse("a: [1, 2]"),
        stringify({ b: { c: "d" } }),
        new Validator({ type: "string" }).validate(1).valid,
        transform("let a: number = 1", { transforms: ["typescript"] }).code,
        lex("import 'x'; import('y')")[0].length,
        path.join("a", "..", "b"),
      ])) });`),
  );
  const last = said.at(-1)!;
  assert.ok(last.type === "relation" && last.relation.kind === "sql", JSON.stringify(last));
  assert.deepEqual(
    JSON.parse(last.relation.query),
    [{ a: [1, 2] }, "b:\n  c: d\n", false, "let a = 1", 2, "b"],
  );
});

Deno.test("a driver from outside that does not load says what and where in the author's lines", async () => {
  for (
    const [code, file, says] of [
      ["\n\nexport default {};\nconst x = ;", "driver.js", /^SyntaxError: .*\(line 4, column \d+\)$/],
      [
        "interface A {}\n\nthrow new Error('no luck');\nexport default {} as A;",
        "driver.ts",
        /^no luck \(line 3, column 7\)$/,
      ],
      [
        "export default { write() {} };",
        "driver.js",
        /^its spec says that it has 'read', and its driver has not$/,
      ],
      ["export default 7;", "driver.js", /should export `defineDriver\(\{…\}\)` by default/],
    ] as const
  ) {
    const last = (await readOutside(code, NONE, file)).at(-1)!;
    assert.ok(last.type === "error");
    assert.equal(last.failure.code, code.includes("write") ? "DRV407" : "DRV405");
    assert.match(last.failure.message, says);
  }
});

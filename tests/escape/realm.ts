/**
 * The realm: code from text, workers, native code, what lies beneath `Deno`, channels to other drivers, and stores.
 *
 * @module
 */

import { type Attempt, attempts } from "./_attempt.ts";

const JSON_IMPORT = "(await import('file://' + at.secretJson, { with: { type: 'json' } })).default.canary";
const worker = (options: string, body: string) =>
  "const source = `self.postMessage((() => { try { return " + body +
  " } catch (error) { return null } })())`; " +
  `const worker = new Worker('data:application/javascript,' + encodeURIComponent(source.replaceAll('SECRET', at.secret)), ${options}); ` +
  "const got = await new Promise((done) => { worker.onmessage = (event) => done(event.data); worker.onerror = (event) => { event.preventDefault(); done(null) } }); worker.terminate(); return got";

const CODE = attempts("A14", {
  "eval": `return await (0, eval)("(async (at) => ${JSON_IMPORT.replaceAll('"', '\\"')})")(at)`,
  "globalThis.eval": "return globalThis.eval('1 + 1')",
  "Function": `return await new Function('at', "return (async () => ${JSON_IMPORT})()")(at)`,
  "a function's constructor": "return (() => {}).constructor('return 1')()",
  "AsyncFunction": "return await (async () => {}).constructor('return 1')()",
  "GeneratorFunction": "return (function* () {}).constructor('yield 1')().next().value",
  "AsyncGeneratorFunction": "return (await (async function* () {}).constructor('yield 1')().next()).value",
  "Reflect.construct of Function": "return Reflect.construct(Function, ['return 1'])()",
  "a class that extends Function": "return new (class extends Function {})('return 1')()",
  "a function of Deno's": "return Deno.inspect.constructor('return 1')()",
  "setTimeout of a text":
    "globalThis.__ran = 0; setTimeout('globalThis.__ran = 1', 0); await new Promise((done) => setTimeout(done, 20)); return globalThis.__ran",
  "ShadowRealm": "return new ShadowRealm().evaluate('1 + 1')",
  "a worker": worker("{ type: 'module' }", "Deno.readTextFileSync('SECRET')"),
  "a worker with inherited rights": worker(
    "{ type: 'module', deno: { permissions: 'inherit' } }",
    "Deno.readTextFileSync('SECRET')",
  ),
  "a worker that asks for more": worker(
    "{ type: 'module', deno: { permissions: { read: true, run: true } } }",
    "Deno.readTextFileSync('SECRET')",
  ),
  "a worker with nothing": worker("{ type: 'module', deno: { permissions: 'none' } }", "1"),
  "a worker of a blob":
    "const worker = new Worker(URL.createObjectURL(new Blob(['self.postMessage(1)'], { type: 'application/javascript' })), { type: 'module' }); const got = await new Promise((done) => worker.onmessage = (event) => done(event.data)); worker.terminate(); return got",
  "a worker of a file":
    "const worker = new Worker('file://' + at.secretTs, { type: 'module' }); const got = await new Promise((done) => { worker.onmessage = () => done(true); worker.onerror = (event) => { event.preventDefault(); done(null) } }); worker.terminate(); return got",
  "Worker behind another name":
    "return Object.getOwnPropertyDescriptors(globalThis).Worker?.value !== undefined",
  "a worker of process.getBuiltinModule":
    "const { Worker } = process.getBuiltinModule('node:worker_threads'); return typeof Worker",
  "vm": "return process.getBuiltinModule('node:vm').runInThisContext('1 + 1')",
  "module": "return typeof process.getBuiltinModule('node:module').createRequire(at.secret)",
  "the stack's functions":
    "const old = Error.prepareStackTrace; try { Error.prepareStackTrace = (_, sites) => sites.map((site) => site.getFunction?.() ?? site.getThis?.()).filter((each) => each !== undefined && each !== null); const found = new Error().stack; return Array.isArray(found) && found.length > 0 && found.some((each) => typeof each === 'function' || each === globalThis) } finally { Error.prepareStackTrace = old }",
  "a caller": "return (function f() { return f.caller })()",
  "wasm that calls out":
    "const bytes = Uint8Array.of(0,97,115,109,1,0,0,0,1,4,1,96,0,0,2,7,1,1,97,1,98,0,0,8,1,0); let called = false; await WebAssembly.instantiate(bytes, { a: { b: () => { called = true; try { (0, eval)('globalThis.__wasm = 1') } catch {} } } }); return globalThis.__wasm",
}, {
  unproven: {
    "eval": "the calibration, too, runs without code from text",
    "setTimeout of a text": "not in every release",
    "ShadowRealm": "V8 hides it behind a flag",
    "a worker with nothing": "a worker at all is what it shows",
    "the stack's functions": "strict code hides them",
    "a caller": "strict code has none",
  },
});

const NATIVE = attempts("A15", {
  "Deno.dlopen":
    "return typeof Deno.dlopen('libc.so.6', { getpid: { parameters: [], result: 'i32' } }).symbols.getpid()",
  "Deno.UnsafePointer": "return typeof Deno.UnsafePointer.of(new Uint8Array(8))",
  "Deno.UnsafePointerView":
    "return new Deno.UnsafePointerView(Deno.UnsafePointer.of(new Uint8Array(8))).getUint8() === 0",
  "Deno.UnsafeCallback":
    "return typeof new Deno.UnsafeCallback({ parameters: [], result: 'void' }, () => {})",
  "process.dlopen": "process.dlopen({ exports: {} }, '/usr/lib/x.node'); return true",
  "process._linkedBinding": "return typeof process._linkedBinding('fs')",
  "Deno.core": "return Object.keys(Deno.core.ops).length",
  "Deno[Deno.internal]": "return typeof Deno[Deno.internal].core",
  "Deno's symbols":
    "return Object.getOwnPropertySymbols(Deno).some((symbol) => Deno[symbol]?.core !== undefined || Deno[symbol]?.ops !== undefined || Object.keys(Deno[symbol] ?? {}).length > 0)",
  "globalThis.__bootstrap": "return typeof globalThis.__bootstrap.core",
  "Symbol.for Deno":
    "return [Symbol.for('Deno.internal'), Symbol.for('Deno.core')].some((symbol) => Deno[symbol]?.core !== undefined || globalThis[symbol]?.core !== undefined)",
  "navigator.gpu": "return (await navigator.gpu.requestAdapter()) !== undefined && 'asked'",
  "node:sqlite":
    "const { DatabaseSync } = process.getBuiltinModule('node:sqlite'); const db = new DatabaseSync(':memory:'); db.exec(`ATTACH '${at.outside}/attached.db' AS other; CREATE TABLE other.t (a)`); return true",
  "Deno.openKv": "const kv = await Deno.openKv(at.outside + '/kv'); kv.close(); return true",
  "Deno.openKv in memory": "const kv = await Deno.openKv(':memory:'); kv.close(); return true",
  "v8.setFlagsFromString":
    "process.getBuiltinModule('node:v8').setFlagsFromString('--allow-natives-syntax'); return true",
  "inspector": "process.getBuiltinModule('node:inspector').open(0); return true",
  "Deno.jupyter": "return typeof Deno.jupyter.broadcast",
  "Deno.bundle": "return (await Deno.bundle({ entrypoints: [at.secretTs], write: false })).success",
  "Deno.lint": "return typeof Deno.lint.runPlugin",
  "Deno.test": "Deno.test('x', () => {}); return true",
  "Deno.bench": "Deno.bench('x', () => {}); return true",
  "Deno.cron": "Deno.cron('x', '* * * * *', () => {}); return true",
  "Deno.telemetry": "return typeof Deno.telemetry.tracerProvider",
  "Deno.exitCode": "Deno.exitCode = 0; return Deno.exitCode === 0",
  "Deno.exit": "return typeof Deno.exit === 'function' && String(Deno.exit).includes('native')",
  "Deno.resources": "return typeof Deno.resources()",
  "gc": "gc(); return true",
  "process.emit": "process.emit('exit', 0); return true",
  "process.chdir": "process.chdir(at.outside); process.chdir(at.root); return true",
}, {
  unproven: {
    "process.dlopen": "there is no such module",
    "process._linkedBinding": "Deno has no 'fs' among its bindings",
    "Deno.core": "hidden from user code",
    "Deno[Deno.internal]": "hidden from user code",
    "Deno's symbols": "hidden from user code",
    "globalThis.__bootstrap": "hidden from user code",
    "Symbol.for Deno":
      "return [Symbol.for('Deno.internal'), Symbol.for('Deno.core')].some((symbol) => Deno[symbol]?.core !== undefined || globalThis[symbol]?.core !== undefined)",
    "navigator.gpu": "this machine may have no driver",
    "inspector": "not in every release",
    "v8.setFlagsFromString": "not in every release",
    "Deno.jupyter": "only in a notebook",
    "Deno.bundle": "newer, and behind a flag",
    "Deno.lint": "only in a linter's plugin",
    "Deno.test": "not in a worker",
    "Deno.bench": "not in a worker",
    "Deno.cron": "one at a time, and behind a flag",
    "Deno.exit": "a bound function",
    "Deno.resources": "Deno 2 has none",
    "process.chdir": "a worker may in some releases only",
    "gc": "behind a flag",
  },
});

const CHANNELS = attempts("A17", {
  "BroadcastChannel":
    "const channel = new BroadcastChannel('escape'); channel.postMessage('x'); channel.close(); return true",
  "localStorage": "localStorage.setItem('escape', 'x'); return localStorage.getItem('escape')",
  "sessionStorage": "sessionStorage.setItem('escape', 'x'); return sessionStorage.getItem('escape')",
  "navigator.locks": "return await navigator.locks.request('escape', () => true)",
  "indexedDB": "return typeof indexedDB.open('escape')",
  "SharedArrayBuffer in a message":
    "self.postMessage({ type: 'log', level: 'info', text: new SharedArrayBuffer(8) }); return true",
  "SharedArrayBuffer in an event": "context.event('x', { shared: new SharedArrayBuffer(8) }); return false",
  "a message port in an event": "context.event('x', { port: new MessageChannel().port1 }); return false",
  "a temporary file for another": "Deno.writeTextFileSync(at.temporary + '/escape', 'x'); return true",
  "/dev/shm":
    "Deno.writeTextFileSync('/dev/shm/osiris-escape', 'x'); Deno.removeSync('/dev/shm/osiris-escape'); return true",
  "/tmp":
    "Deno.writeTextFileSync('/tmp/osiris-escape', 'x'); Deno.removeSync('/tmp/osiris-escape'); return true",
  "a scratch folder of another": "return [...Deno.readDirSync(Deno.cwd() + '/..')].length",
  "node:worker_threads":
    "return process.getBuiltinModule('node:worker_threads').getEnvironmentData('x') === undefined",
}, {
  unproven: {
    "localStorage": "a worker has none",
    "sessionStorage": "a worker has none",
    "navigator.locks": "not in every release",
    "indexedDB": "Deno has none",
    "SharedArrayBuffer in a message": "the host refuses it; a calibration has no host",
    "SharedArrayBuffer in an event": "the run shows what came of it",
    "a message port in an event": "the run shows what came of it",
  },
});

/** Ways to fill the disk without a grant; what a granted folder may take is the matter of `filled.ts`. */
const STORES = attempts("A18", {
  "caches":
    "const cache = await caches.open('escape'); await cache.put('http://x/', new Response(new Uint8Array(1 << 20))); return true",
  "its working folder":
    "Deno.writeTextFileSync(Deno.cwd() + '/escape', 'x'); Deno.removeSync(Deno.cwd() + '/escape'); return true",
  "a relative path": "Deno.writeTextFileSync('escape', 'x'); Deno.removeSync('escape'); return true",
  "Deno.truncate":
    "Deno.writeTextFileSync(at.outside + '/big', ''); Deno.truncateSync(at.outside + '/big', 1e12); return true",
}, {
  unproven: {
    "caches": "a module of a data: address has no place for it",
  },
});

/** Every module of Node's that is allowed: whatever they lead to, a driver can follow. */
const MODULES = {
  assert: "node:assert",
  async_hooks: "node:async_hooks",
  buffer: "node:buffer",
  crypto_: "node:crypto",
  events: "node:events",
  path: "node:path",
  posix: "node:path/posix",
  querystring: "node:querystring",
  stream: "node:stream",
  stream_promises: "node:stream/promises",
  stream_web: "node:stream/web",
  string_decoder: "node:string_decoder",
  timers: "node:timers",
  timers_promises: "node:timers/promises",
  url: "node:url",
  util: "node:util",
  types: "node:util/types",
  zlib: "node:zlib",
};

/** What nobody may come by, however it is called where it is found. */
const DANGEROUS =
  "/^(op_|(readFile|readTextFile|writeFile|writeTextFile|open|kill|dlopen|_kill|execFile|execSync|spawn|spawnSync|fork|createRequire|runInThisContext|getBuiltinModule|binding|_linkedBinding|setuid|reallyExit|chdir|umask|listen|listenDatagram|postMessage|createWorker|BroadcastChannel|Worker|Command|CacheStorage|DatabaseSync|makeTempFile|watchFs|symlink|resolveDns|openKv|addSignalListener)(Sync)?$)/";

const REACH = attempts("A14", {
  "everything in reach":
    "const found = new Set(); const seen = new Set([at, context]); let edge = [[globalThis, 'globalThis'], ...Object.entries({ " +
    Object.keys(MODULES).join(", ") +
    " }).map(([name, module]) => [module, name])]; const fine = (path, name) => (path.startsWith('globalThis.Deno.') && ['readFile', 'readTextFile', 'writeFile', 'writeTextFile', 'open'].some((each) => name === each || name === each + 'Sync')) || /MessagePort|ClientRequest/.test(path); " +
    "for (let depth = 0; depth < 9 && edge.length > 0; depth++) { const next = []; for (const [value, path] of edge) { if (value === null || (typeof value !== 'object' && typeof value !== 'function') || seen.has(value)) continue; seen.add(value); if (typeof value === 'function' && " +
    DANGEROUS +
    ".test(value.name) && !fine(path, value.name)) found.add(path); let keys = []; try { keys = Reflect.ownKeys(value) } catch { /* a proxy */ } for (const key of keys) { const descriptor = Object.getOwnPropertyDescriptor(value, key); for (const inner of [descriptor?.value, descriptor?.get, descriptor?.set]) next.push([inner, path + '.' + String(key)]); if (descriptor?.get) { try { const inner = value[key]; if (inner instanceof Promise) inner.catch(() => {}); next.push([inner, path + '.' + String(key)]) } catch { /* not for this receiver */ } } } try { next.push([Object.getPrototypeOf(value), path + '.__proto__']) } catch { /* a proxy */ } } edge = next } return [...found].join(' ')",
  "what an emitter calls with":
    "const seen = []; const { emit } = events.EventEmitter.prototype; events.EventEmitter.prototype.emit = function (...args) { seen.push(this); return Reflect.apply(emit, this, args) }; try { const emitter = new events.EventEmitter(); emitter.setMaxListeners(1); emitter.on('a', () => {}).on('a', () => {}); await new Promise((done) => setTimeout(done, 10)) } finally { events.EventEmitter.prototype.emit = emit } return seen.some((each) => typeof each.kill === 'function' || typeof each.getBuiltinModule === 'function' || typeof each.binding === 'function' || typeof each.dlopen === 'function')",
  "the process behind a stream":
    "const real = []; const { defineProperty } = Object; Object.defineProperty(Object.prototype, 'stdout', { configurable: true, get() { real.push(this); return undefined } }); try { util.inspect(new Proxy({}, {}), { showProxy: true }); console.log('x'); await new Promise((done) => timers.setImmediate(done)) } finally { delete Object.prototype.stdout } return real.some((each) => typeof each?.kill === 'function')",
}, {
  imports: MODULES,
  unproven: {
    "what an emitter calls with": "Deno's own emitters hold no right in every release",
    "the process behind a stream": "Deno's own modules do not go that way",
  },
});

/** The doors of the worker itself: what is said behind the SDK's back. */
const DOORS = attempts("A20", {
  "postMessage": "self.postMessage({ type: 'log', level: 'info', text: 'forged' }); return true",
  "postMessage of the scope's prototype":
    "const post = Object.getPrototypeOf(self).postMessage ?? DedicatedWorkerGlobalScope.prototype.postMessage; post.call(self, { type: 'log', level: 'info', text: 'forged' }); return true",
  onmessage:
    "let got = false; self.onmessage = () => { got = true }; EventTarget.prototype.dispatchEvent.call(self, new MessageEvent('message', { data: { type: 'log' } })); await new Promise((done) => setTimeout(done, 5)); return got",
  "close": "return typeof self.close === 'function' && String(self.close).includes('native')",
  "a listener of its own for the host's messages":
    "const caught = []; EventTarget.prototype.addEventListener.call(globalThis, 'message', (event) => caught.push(event.ports, event.source, event.target)); await new Promise((done) => setTimeout(done, 20)); return caught.flat().some((each) => each !== null && each !== globalThis)",
  "a then of its own":
    "const caught = []; const { then } = Promise.prototype; Promise.prototype.then = function (...args) { caught.push(...args); return then.apply(this, args) }; try { await new Promise((done) => setTimeout(done, 5)) } finally { Promise.prototype.then = then } return caught.some((each) => typeof each === 'function' && /postMessage|opPostMessage/.test(String(each)))",
  "call and apply of its own":
    "const caught = []; const { call, apply, bind } = Function.prototype; Function.prototype.call = function (...args) { caught.push(this); return Reflect.apply(this, args[0], args.slice(1)) }; Function.prototype.apply = function (self, args) { caught.push(this); return Reflect.apply(this, self, args ?? []) }; try { context.log('x'); context.event('x', {}); context.progress(1) } finally { Function.prototype.call = call; Function.prototype.apply = apply } return caught.some((each) => /op_|postMessage/.test(each.name))",
  "a setter on Object.prototype":
    "const caught = []; for (const key of ['port', 'transfer', 'type', 'post', 'send', 'worker', 'rid', 'permissions']) Object.defineProperty(Object.prototype, key, { configurable: true, set(value) { caught.push([key, value]); Object.defineProperty(this, key, { value, writable: true, configurable: true, enumerable: true }) }, get() { return undefined } }); try { context.log('x'); context.event('y', {}) } finally { for (const key of ['port', 'transfer', 'type', 'post', 'send', 'worker', 'rid', 'permissions']) delete Object.prototype[key] } return caught.some(([, value]) => typeof value === 'function')",
  "the context's functions":
    "return Object.values(context).some((each) => typeof each === 'function' && each.constructor !== Function)",
}, {
  unproven: {
    "postMessage of the scope's prototype": "its own function is what a worker has",
    "close": "a function of JavaScript",
    "a listener of its own for the host's messages": "the calibration has no host to talk to",
    "a then of its own": "nothing goes by it",
    "call and apply of its own": "nothing goes by them",
    "a setter on Object.prototype": "the calibration has no host to talk to",
    "the context's functions": "nothing to find",
  },
});

export const REALM: readonly Attempt[] = [...CODE, ...NATIVE, ...REACH, ...CHANNELS, ...STORES, ...DOORS];

/**
 * The process: its environment and arguments, who else runs, signals, standard streams, and questions on the terminal.
 *
 * What would end the program that tries is not here but in `ends.ts`; nobody is signalled but the process that
 * started the driver, which a test started.
 *
 * @module
 */

import { type Attempt, attempts } from "./_attempt.ts";

const ENVIRONMENT = attempts("A9", {
  "Deno.env.get": "return Deno.env.get(at.variable)",
  "Deno.env.toObject": "return Deno.env.toObject()[at.variable]",
  "Deno.env.has": "return Deno.env.has(at.variable)",
  "Deno.env.get of PATH": "return Deno.env.get('PATH')",
  "Deno.env.set": "Deno.env.set('OSIRIS_FORGED', '1'); return Deno.env.get('OSIRIS_FORGED')",
  "Deno.env.delete": "Deno.env.set('OSIRIS_GONE', '1'); Deno.env.delete('OSIRIS_GONE'); return true",
  "process.env": "return process.env[at.variable]",
  "the keys of process.env": "return Object.keys(process.env).length",
  "process.env, set": "process.env.OSIRIS_FORGED = '1'; return Deno.env.get('OSIRIS_FORGED')",
  "the variable of a secret": "return Deno.env.get(at.secretVariable)",
  "process.getBuiltinModule of process": "return process.getBuiltinModule('node:process').env[at.variable]",
});

const AROUND = attempts("A10", {
  "Deno.args": "return Deno.args.join(' ')",
  "process.argv": "return process.argv.slice(1).join(' ')",
  "process.execArgv": "return process.execArgv.join(' ')",
  "process.title": "return process.title",
  "Deno.cwd": "return Deno.cwd() === at.root",
  "process.cwd": "return process.cwd() === at.root",
  "Deno.mainModule": "return Deno.mainModule",
  "Deno.execPath": "return Deno.execPath()",
  "Deno.hostname": "return Deno.hostname()",
  "Deno.osRelease": "return Deno.osRelease()",
  "Deno.networkInterfaces": "return Deno.networkInterfaces().length",
  "Deno.systemMemoryInfo": "return Deno.systemMemoryInfo().total",
  "Deno.loadavg": "return Deno.loadavg().length",
  "Deno.uid": "return String(Deno.uid())",
  "Deno.gid": "return String(Deno.gid())",
  "Deno.ppid": "return Deno.ppid",
  "process.ppid": "return process.ppid",
  "Deno.consoleSize": "return Deno.consoleSize().columns",
  "process.report": "return JSON.stringify(process.report.getReport()).includes(at.canary)",
  "globalThis, all of it":
    "const seen = new Set(); const look = (value, depth) => { if (depth === 0 || value === null || (typeof value !== 'object' && typeof value !== 'function') || seen.has(value) || value === at || value === context) return false; seen.add(value); for (const key of Reflect.ownKeys(value)) { let inner; try { inner = value[key] } catch { continue } if (inner instanceof Promise) inner.catch(() => {}); if (typeof inner === 'string' && inner.includes(at.canaryHead + 'VALUE')) return true; if (look(inner, depth - 1)) return true } return look(Object.getPrototypeOf(value), depth - 1) }; return look(globalThis, 6)",
  "what it was started with, beyond its step":
    "return JSON.stringify([context, at.connectionsOfOthers ?? null]).includes(at.canaryHead + 'VALUE')",
}, {
  unproven: {
    "process.execArgv": "empty when no option was given",
    "Deno.cwd": "the calibration runs elsewhere",
    "process.cwd": "the calibration runs elsewhere",
    "Deno.mainModule": "a worker is told none in every release",
    "process.title": "empty in a worker",
    "Deno.args": "the calibration has none",
    "Deno.consoleSize": "needs a terminal",
    "process.report": "Deno writes no reports",
    "globalThis, all of it": "nothing to find; a look over everything in reach",
    "what it was started with, beyond its step": "nothing to find",
  },
});

/** SIGCONT is harmless and is let through to whoever may be signalled: it shows that the others would be too. */
const SIGNALS = attempts("A11", {
  "SIGCONT to the parent": "Deno.kill(Deno.ppid, 'SIGCONT'); return true",
  "SIGCONT to the parent, process.kill": "process.kill(Deno.ppid, 'SIGCONT'); return true",
  "SIGCONT to itself": "Deno.kill(Deno.pid, 'SIGCONT'); return true",
  "SIGCONT to its group": "Deno.kill(0, 'SIGCONT'); return true",
  "signal 0 to the parent": "process.kill(process.ppid, 0); return true",
  "a listener":
    "const listener = () => {}; Deno.addSignalListener('SIGTERM', listener); Deno.removeSignalListener('SIGTERM', listener); return true",
  "a listener of Ctrl-C":
    "const listener = () => {}; Deno.addSignalListener('SIGINT', listener); Deno.removeSignalListener('SIGINT', listener); return true",
  "process.on": "process.on('SIGTERM', () => {}); return process.listenerCount('SIGTERM') > 0",
  "process.setuid": "process.setuid(process.getuid()); return true",
  "process.abort": "return typeof process.abort === 'function'",
  "Deno.Command": "return (await new Deno.Command('true').output()).success",
  "Deno.Command, detached": "new Deno.Command('sleep', { args: ['0'], detached: true }).spawn(); return true",
  "Deno.run": "return Deno.run({ cmd: ['true'] }).pid",
  "process.getBuiltinModule of child_process":
    "return String(process.getBuiltinModule('node:child_process').execFileSync('id'))",
}, {
  unproven: {
    "Deno.run": "Deno 2 has none",
    "SIGCONT to its group": "would go to whoever runs the tests",
    "process.setuid": "not on this platform in every release",
    "process.on": "process.on('SIGTERM', () => {}); return process.listenerCount('SIGTERM') > 0",
  },
});

/** Lethal signals, one each: only ever to the parent, and never in the calibration. */
const LETHAL = attempts(
  "A11",
  Object.fromEntries(
    [
      "SIGKILL",
      "SIGTERM",
      "SIGINT",
      "SIGHUP",
      "SIGQUIT",
      "SIGSTOP",
      "SIGTSTP",
      "SIGABRT",
      "SIGSEGV",
      "SIGBUS",
      "SIGFPE",
      "SIGILL",
      "SIGTRAP",
      "SIGSYS",
      "SIGPIPE",
      "SIGALRM",
      "SIGUSR1",
      "SIGUSR2",
      "SIGVTALRM",
      "SIGPROF",
      "SIGXCPU",
      "SIGXFSZ",
      "SIGIO",
      "SIGPWR",
      "SIGSTKFLT",
      "SIGTTIN",
      "SIGTTOU",
      "SIGCHLD",
      "SIGURG",
      "SIGWINCH",
    ].map((signal) => [`${signal} to the parent`, `Deno.kill(Deno.ppid, '${signal}'); return true`]),
  ),
  { unproven: "it would end the program that calibrates; SIGCONT stands for it" },
);

const STREAMS = attempts("A12", {
  "Deno.stdin.readSync": "return Deno.stdin.readSync(new Uint8Array(3))",
  "Deno.stdin.setRaw": "Deno.stdin.setRaw(true); return true",
  "Deno.stdin.isTerminal": "return Deno.stdin.isTerminal()",
  "Deno.stdout.writeSync": "return Deno.stdout.writeSync(new TextEncoder().encode(at.forged))",
  "Deno.stderr.writeSync": "return Deno.stderr.writeSync(new TextEncoder().encode(at.forged))",
  "Deno.stdout.writable":
    "const writer = Deno.stdout.writable.getWriter(); await writer.write(new TextEncoder().encode(at.forged)); writer.releaseLock(); return true",
  "process.stdout": "return process.stdout.write(at.forged)",
  "process.stderr": "return process.stderr.write(at.forged)",
  "/dev/tty":
    "using file = Deno.openSync('/dev/tty', { write: true }); return file.writeSync(new TextEncoder().encode(at.forged))",
  "/dev/stdout":
    "using file = Deno.openSync('/dev/stdout', { write: true }); return file.writeSync(new TextEncoder().encode(at.forged))",
  "/proc/self/fd/1":
    "using file = Deno.openSync('/proc/self/fd/1', { write: true }); return file.writeSync(new TextEncoder().encode(at.forged))",
  "/proc/self/fd/0": "using file = Deno.openSync('/proc/self/fd/0'); return file.readSync(new Uint8Array(3))",
  "Deno.stdin.readable":
    "const reader = Deno.stdin.readable.getReader(); const { value } = await reader.read(); reader.releaseLock(); return value?.length",
  "a connection of descriptor 1":
    "const connection = await Deno.connect({ hostname: '127.0.0.1', port: at.port }); const { constructor } = connection; let n = 0; for (const kind of [constructor, Object.getPrototypeOf(constructor)]) { try { n += await new kind(1, connection.remoteAddr, connection.localAddr).write(new TextEncoder().encode(at.forged)) } catch { /* not that way */ } } connection.close(); return n",
  "a file of descriptor 1":
    "using file = Deno.openSync(at.granted + '/ok.txt'); const { constructor } = file; return new constructor(1).writeSync(new TextEncoder().encode(at.forged))",
  "a file of descriptor 0":
    "using file = Deno.openSync(at.granted + '/ok.txt'); const { constructor } = file; return new constructor(0).readSync(new Uint8Array(3))",
  "an emitter's warning":
    "const emitter = new events.EventEmitter(); emitter.setMaxListeners(1); for (let i = 0; i < 3; i++) emitter.on(at.forged, () => {}); return false",
  "console's prototype":
    "return Object.getPrototypeOf(console).constructor === undefined && console.constructor('return 1')",
  "Deno.core.print": "Deno.core.print(at.forged); return true",
  "Deno[internal].core.print":
    "Deno[Object.getOwnPropertySymbols(Deno)[0]].core.print(at.forged); return true",
  "an unhandled rejection's text":
    "const error = new Error(at.forged); error.name = '\\x1b[2J'; context.log(String(error)); return false",
  "console.log": "console.log(at.forged); console.error(at.forged); return false",
  "a log with control characters":
    "context.log(at.forged); context.log('\\x1b]0;owned\\x07\\x1b[2J' + at.forged, 'error'); return false",
  "a log with a line of the program":
    "context.log('x\\n' + at.forged.trim() + '\\nSession logs/forged', 'warn'); return false",
  "an event with a line of the program":
    "context.event('done', { text: at.forged, '\\x1b[2J': at.forged }); return false",
}, {
  unproven: {
    "Deno.stdin.isTerminal": "the calibration has no terminal",
    "Deno.stdin.setRaw": "the calibration has no terminal",
    "/dev/tty": "the calibration has no terminal",
    "/dev/stdout": "it depends on what standard output is",
    "/proc/self/fd/1": "it depends on what standard output is",
    "a connection of descriptor 1": "Deno hides what makes one",
    "a file of descriptor 1": "Deno hides what makes one",
    "a file of descriptor 0": "Deno hides what makes one",
    "an emitter's warning": "the terminal shows what came of it",
    "Deno.core.print": "gone since Deno 1.39",
    "console's prototype": "what it reaches is no string of code",
    "an unhandled rejection's text": "the terminal shows what came of it",
    "console.log": "the terminal shows what came of it",
    "a log with control characters": "the terminal shows what came of it",
    "a log with a line of the program": "the terminal shows what came of it",
    "an event with a line of the program": "the terminal shows what came of it",
    "Deno[internal].core.print": "the symbol is hidden from user code",
  },
  imports: { util: "node:util", events: "node:events" },
});

const QUESTIONS = attempts("A13", {
  "Deno.permissions.request read":
    "return (await Deno.permissions.request({ name: 'read' })).state === 'granted'",
  "Deno.permissions.request run":
    "return (await Deno.permissions.request({ name: 'run' })).state === 'granted'",
  "Deno.permissions.request net":
    "return (await Deno.permissions.request({ name: 'net' })).state === 'granted'",
  "Deno.permissions.request env":
    "return (await Deno.permissions.request({ name: 'env' })).state === 'granted'",
  "Deno.permissions.request ffi":
    "return (await Deno.permissions.request({ name: 'ffi' })).state === 'granted'",
  "Deno.permissions.request sys":
    "return (await Deno.permissions.request({ name: 'sys' })).state === 'granted'",
  "Deno.permissions.requestSync write":
    "return Deno.permissions.requestSync({ name: 'write' }).state === 'granted'",
  "Deno.permissions.request import":
    "return (await Deno.permissions.request({ name: 'import', host: '127.0.0.1' })).state === 'granted'",
  "navigator.permissions": "return (await navigator.permissions.request({ name: 'read' })).state",
  "prompt": "return prompt('may I?')",
  "confirm": "return confirm('may I?')",
  "alert": "alert('forged'); return typeof alert === 'function' && Deno.stdin.isTerminal()",
}, {
  unproven: {
    "navigator.permissions": "Deno has none",
    "prompt": "the calibration has no terminal",
    "confirm": "the calibration has no terminal",
    "alert": "the calibration has no terminal",
  },
});

export const PROCESS: readonly Attempt[] = [
  ...ENVIRONMENT,
  ...AROUND,
  ...SIGNALS,
  ...LETHAL,
  ...STREAMS,
  ...QUESTIONS,
];

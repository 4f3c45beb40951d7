/**
 * Published advisories about Deno's permissions, replayed: what each was about, tried again by a driver. Where an
 * advisory cannot concern a driver, the reason stands in its place.
 *
 * @module
 */

import { type Attempt, attempts } from "./_attempt.ts";

/** Advisory → the attempt. */
export const ADVISORIES: readonly Attempt[] = attempts("A22", {
  "CVE-2021-41641, a link made and then written through":
    "Deno.symlinkSync(at.outside + '/w22', at.mine + '/l22'); Deno.writeTextFileSync(at.mine + '/l22', 'x'); return true",
  "CVE-2022-24783, internal operations within reach":
    "const symbols = Object.getOwnPropertySymbols(Deno); const core = symbols.map((symbol) => Deno[symbol]?.core).find(Boolean); core.ops.op_read_file_text_sync(at.secret); return true",
  "CVE-2023-22499, a question overtaken by a worker":
    "const worker = new Worker('data:application/javascript,Deno.permissions.request({name:%22run%22})', { type: 'module' }); const asked = Deno.permissions.request({ name: 'read' }); const { state } = await asked; worker.terminate(); return state === 'granted'",
  "CVE-2023-28445, a buffer resized under an operation":
    "const buffer = new ArrayBuffer(8, { maxByteLength: 1 << 20 }); const view = new Uint8Array(buffer); using file = Deno.openSync(at.secret); const reading = file.read(view); buffer.resize(0); buffer.resize(1 << 20); return (await reading) > 0",
  "CVE-2023-28446, control characters in the name of a program":
    "return (await new Deno.Command('\\x1b[2K\\x1b[1Atrue').output()).success",
  "CVE-2023-33966, requests by node:http without a look at net":
    "const http = process.getBuiltinModule('node:http'); return await new Promise((done, fail) => http.get({ host: '127.0.0.1', port: at.otherPort }, (answer) => { answer.destroy(); done(answer.statusCode) }).on('error', fail))",
  "CVE-2024-27931, a temporary file by its prefix":
    "return Deno.makeTempFileSync({ dir: at.mine, prefix: '../outside/t22' })",
  "CVE-2024-27933, a descriptor taken for a channel":
    "process.env.NODE_CHANNEL_FD = '1'; return process.getBuiltinModule('node:child_process').fork !== undefined && typeof process.send",
  "CVE-2024-27934, a pointer in place of a socket": "return typeof Deno.UnsafePointer.create(16n)",
  "CVE-2024-27936, ANSI sequences in a question":
    "return (await Deno.permissions.request({ name: 'env', variable: '\\x1b[2K\\rALLOWED' })).state === 'granted'",
  "CVE-2024-32477, keys sent ahead of a question":
    "Deno.stdout.writeSync(new TextEncoder().encode('\\x1b[6n')); return (await Deno.permissions.request({ name: 'run' })).state === 'granted'",
  "CVE-2024-34346, memory by way of /proc":
    "using file = Deno.openSync('/proc/self/mem', { read: true, write: true }); return true",
  "CVE-2024-34346, a block device": "return Deno.statSync('/dev/mem').isFile === false",
  "CVE-2025-21620, a credential carried along by a redirect":
    "await fetch(`http://127.0.0.1:${at.port}/redirect`, { headers: { authorization: 'Bearer ' + at.canaryHead } }); return true",
  "CVE-2025-48934, all of the environment": "return Object.keys(Deno.env.toObject()).length",
  "CVE-2025-48935, ATTACH in node:sqlite":
    "const { DatabaseSync } = process.getBuiltinModule('node:sqlite'); const db = new DatabaseSync(':memory:'); db.exec(`ATTACH '${at.outside}/a22.db' AS other`); db.exec('CREATE TABLE other.t (a)'); return true",
  "CVE-2025-61785, utime by way of an open file":
    "using file = Deno.openSync(at.secret); file.utimeSync(1, 1); return true",
  "CVE-2025-61786, stat by way of an open file":
    "using file = Deno.openSync(at.secret); return file.statSync().size",
  "CVE-2026-27190, a command with a shell":
    "return String(process.getBuiltinModule('node:child_process').execSync('echo x'))",
  "CVE-2026-49401, another spelling of a name":
    "return Deno.readTextFileSync(at.outside + '/cafe\\u0301.txt')",
  "CVE-2026-49406, a package that names another file":
    "return process.getBuiltinModule('node:module').createRequire(at.root + '/x.js')('evil-pkg').canary",
  "CVE-2026-49860, a WebSocket to a name that is another address":
    "const socket = new WebSocket(`ws://localhost:${at.otherPort}/`); return await new Promise((done) => { socket.onopen = () => done(true); socket.onerror = (event) => done(/handshake|failed to connect|status/i.test(event.message ?? '')) })",
}, {
  unproven: {
    "CVE-2026-49406, a package that names another file": "mended in Deno 2.7.12",
    "CVE-2022-24783, internal operations within reach": "mended in Deno 1.20.3",
    "CVE-2023-22499, a question overtaken by a worker": "not every release answers at once",
    "CVE-2023-28445, a buffer resized under an operation": "mended in Deno 1.32.1: it throws",
    "CVE-2023-28446, control characters in the name of a program": "there is no such program",
    "CVE-2024-27931, a temporary file by its prefix": "mended in Deno 1.41.1",
    "CVE-2024-27933, a descriptor taken for a channel": "mended in Deno 1.41",
    "CVE-2024-34346, a block device": "this machine may have none",
    "CVE-2024-32477, keys sent ahead of a question": "writes to standard output, where the results go",
  },
});

/** Advisories about permissions that no driver can replay, and why. */
export const NOT_REPLAYED: Readonly<Record<string, string>> = {
  "CVE-2021-32619":
    "static imports of an imported module: admission refuses every import; tried as components in admission.ts",
  "CVE-2024-27932": "tokens of .npmrc: nothing is fetched from a registry at run time",
  "CVE-2024-37150": "tokens of .npmrc: nothing is fetched from a registry at run time",
  "CVE-2024-27935": "data of one connection in another: each driver has a process of its own",
  "CVE-2025-48888": "precedence of flags: the host writes every permission out itself",
  "CVE-2025-61787": "batch files of Windows: a driver starts no program",
  "CVE-2026-22864": "batch files of Windows: a driver starts no program",
  "CVE-2026-44726": "a connection that falls back without TLS: no permission is concerned",
};

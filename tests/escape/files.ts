/**
 * Files: reading, writing and asking about what was not granted, by every door of `Deno`, by links, and by names
 * that mean another file than they seem to.
 *
 * @module
 */

import { type Attempt, attempts } from "./_attempt.ts";

const READS = attempts("A1", {
  "Deno.readTextFileSync": `return Deno.readTextFileSync(at.secret)`,
  "Deno.readTextFile": `return await Deno.readTextFile(at.secret)`,
  "Deno.readFileSync": `return new TextDecoder().decode(Deno.readFileSync(at.secret))`,
  "Deno.readFile": `return new TextDecoder().decode(await Deno.readFile(at.secret))`,
  "Deno.open":
    `using file = await Deno.open(at.secret); const bytes = new Uint8Array(99); const n = await file.read(bytes); return new TextDecoder().decode(bytes.subarray(0, n))`,
  "Deno.openSync": `using file = Deno.openSync(at.secret); return file.readSync(new Uint8Array(9))`,
  "Deno.open of a URL":
    `using file = await Deno.open(new URL("file://" + at.secret)); return file.statSync().size`,
  "Deno.readDirSync": `return [...Deno.readDirSync(at.outside)].length`,
  "Deno.readDir": `let n = 0; for await (const _ of Deno.readDir(at.outside)) n++; return n`,
  "Deno.readDirSync of /": `return [...Deno.readDirSync("/")].length`,
  "Deno.statSync": `return Deno.statSync(at.secret).size`,
  "Deno.stat": `return (await Deno.stat(at.secret)).size`,
  "Deno.lstatSync": `return Deno.lstatSync(at.secret).size`,
  "Deno.lstat": `return (await Deno.lstat(at.secret)).size`,
  "Deno.realPathSync": `return Deno.realPathSync(at.secret)`,
  "Deno.realPath": `return await Deno.realPath(at.outside)`,
  "Deno.readLinkSync": `return Deno.readLinkSync(at.outsideLink)`,
  "Deno.readLink": `return await Deno.readLink(at.outsideLink)`,
  "Deno.copyFileSync":
    `Deno.copyFileSync(at.secret, at.mine + "/copy.txt"); return Deno.readTextFileSync(at.mine + "/copy.txt")`,
  "Deno.copyFile":
    `await Deno.copyFile(at.secret, at.mine + "/copy2.txt"); return Deno.readTextFileSync(at.mine + "/copy2.txt")`,
  "Deno.watchFs": `const watcher = Deno.watchFs(at.outside); watcher.close(); return true`,
  "fetch of file:": `return await (await fetch("file://" + at.secret)).text()`,
  "the other step's connection": `return Deno.readTextFileSync(at.root + "/osiris_connections.yaml")`,
  "the project's .env": `return Deno.readTextFileSync(at.root + "/.env")`,
  "another component's code": `return Deno.readTextFileSync(at.sibling)`,
  "its own code": `return Deno.readTextFileSync(at.own)`,
  "the program's own code": `return Deno.readFileSync(at.program).length`,
  "/etc/passwd": `return Deno.readTextFileSync("/etc/passwd").length`,
  "process.getBuiltinModule": `return process.getBuiltinModule("node:fs").readFileSync(at.secret, "utf8")`,
  "process.mainModule":
    `return globalThis.process.mainModule.require("node:fs").readFileSync(at.secret, "utf8")`,
  "process.binding": `return typeof process.binding("fs")`,
  "require": `return require("node:fs").readFileSync(at.secret, "utf8")`,
}, {
  unproven: {
    "process.mainModule": "there is no CommonJS in a module",
    "another component's code": "the calibration has none",
    "its own code": "the calibration has none",
    "require": "there is no CommonJS in a module",
    "process.binding": "Deno has no 'fs' among its bindings",
  },
});

const WRITES = attempts("A1", {
  "Deno.writeTextFileSync": `Deno.writeTextFileSync(at.outside + "/w1", "x"); return true`,
  "Deno.writeTextFile": `await Deno.writeTextFile(at.outside + "/w2", "x"); return true`,
  "Deno.writeFile": `await Deno.writeFile(at.outside + "/w3", new Uint8Array(1)); return true`,
  "Deno.create": `(await Deno.create(at.outside + "/w4")).close(); return true`,
  "Deno.open to append": `(await Deno.open(at.victim, { append: true })).close(); return true`,
  "Deno.mkdirSync": `Deno.mkdirSync(at.outside + "/w5"); return true`,
  "Deno.removeSync": `Deno.removeSync(at.outside + "/removable"); return true`,
  "Deno.rename out":
    `Deno.writeTextFileSync(at.mine + "/out.txt", "x"); Deno.renameSync(at.mine + "/out.txt", at.outside + "/w6"); return true`,
  "Deno.rename in":
    `Deno.renameSync(at.outside + "/movable", at.mine + "/in.txt"); return Deno.readTextFileSync(at.mine + "/in.txt")`,
  "Deno.truncateSync": `Deno.truncateSync(at.victim, 1); return true`,
  "Deno.chmodSync": `Deno.chmodSync(at.victim, 0o777); return true`,
  "Deno.chownSync": `Deno.chownSync(at.victim, null, null); return true`,
  "Deno.utimeSync": `Deno.utimeSync(at.victim, 1, 1); return true`,
  "Deno.makeTempFileSync": `const file = Deno.makeTempFileSync(); Deno.removeSync(file); return file`,
  "Deno.makeTempDirSync": `const folder = Deno.makeTempDirSync(); Deno.removeSync(folder); return folder`,
  "Deno.makeTempFileSync by its prefix":
    `return Deno.makeTempFileSync({ dir: at.mine, prefix: "../outside/w7" })`,
  "Deno.makeTempFileSync by its suffix":
    `return Deno.makeTempFileSync({ dir: at.mine, suffix: "/../../outside/w8" })`,
  "Deno.umask": `const old = Deno.umask(0); Deno.umask(old); return "changed"`,
  "Deno.chdir": `Deno.chdir(at.outside); Deno.chdir(at.root); return true`,
  "the target of another step": `Deno.writeTextFileSync(at.root + "/others.csv", "forged"); return true`,
  "the lock": `Deno.writeTextFileSync(at.root + "/osiris.lock", ""); return true`,
}, {
  unproven: {
    "Deno.makeTempFileSync by its prefix": "a separator in a prefix is refused since CVE-2024-27931",
    "Deno.makeTempFileSync by its suffix": "a separator in a suffix is refused since CVE-2024-27931",
  },
});

/** Made by a driver, or planted in the granted folder by whoever filled it. */
const LINKS = attempts("A4", {
  "Deno.symlinkSync to a file, then read":
    `Deno.symlinkSync(at.secret, at.mine + "/s1"); return Deno.readTextFileSync(at.mine + "/s1")`,
  "Deno.symlink to a folder, then read":
    `await Deno.symlink(at.outside, at.mine + "/s2"); return Deno.readTextFileSync(at.mine + "/s2/canary.txt")`,
  "Deno.linkSync, then read":
    `Deno.linkSync(at.secret, at.mine + "/h1"); return Deno.readTextFileSync(at.mine + "/h1")`,
  "Deno.link, then write":
    `await Deno.link(at.victim, at.mine + "/h2"); Deno.writeTextFileSync(at.mine + "/h2", "x"); return true`,
  "a planted link to a file, read": `return Deno.readTextFileSync(at.granted + "/planted-file")`,
  "a planted link to a file, opened":
    `using file = Deno.openSync(at.granted + "/planted-file"); return file.statSync().size`,
  "a planted link to a folder, read":
    `return Deno.readTextFileSync(at.granted + "/planted-folder/canary.txt")`,
  "a planted link to a folder, listed": `return [...Deno.readDirSync(at.granted + "/planted-folder")].length`,
  "a planted link, written": `Deno.writeTextFileSync(at.granted + "/planted-victim", "x"); return true`,
  "a planted link to nothing yet, written":
    `Deno.writeTextFileSync(at.granted + "/planted-new", "x"); return true`,
  "a planted link, renamed over":
    `Deno.writeTextFileSync(at.granted + "/planted-folder/w9", "x"); return true`,
  "a planted link to /proc/self/environ":
    `return Deno.readTextFileSync(at.granted + "/planted-environ").length`,
  "a planted link to the root of the process":
    `return Deno.readTextFileSync(at.granted + "/planted-root" + at.secret)`,
});

/** Names of the secret, or of something as bad, from inside the granted folder. */
const NAMES: Readonly<Record<string, string>> = {
  "..": "at.granted + '/../outside/canary.txt'",
  "./..": "at.granted + '/./../outside/canary.txt'",
  "a folder and ..": "at.granted + '/deep/../../outside/canary.txt'",
  "slashes and ..": "at.granted + '//..//outside//canary.txt'",
  "many ..": "at.granted + '/' + '../'.repeat(60) + at.secret.slice(1)",
  "a relative path": "'outside/canary.txt'",
  "a relative path with ..": "'../outside/canary.txt'",
  "/proc/self/root": "'/proc/self/root' + at.secret",
  "/proc/self/cwd": "'/proc/self/cwd/outside/canary.txt'",
  "/proc/thread-self/root": "'/proc/thread-self/root' + at.secret",
  "/proc/self/environ": "'/proc/self/environ'",
  "/proc/self/maps": "'/proc/self/maps'",
  "/proc/self/cmdline": "'/proc/self/cmdline'",
  "/proc/self/status": "'/proc/self/status'",
  "/proc/self/task": "'/proc/self/task/' + globalThis.Deno?.pid + '/environ'",
  "/proc/1/environ": "'/proc/1/environ'",
  "the host's environ": "'/proc/' + Deno.ppid + '/environ'",
  "the host's command line": "'/proc/' + Deno.ppid + '/cmdline'",
  "the host's root": "'/proc/' + Deno.ppid + '/root' + at.secret",
  "a URL": "new URL('file://' + at.secret)",
  "a URL with ..": "new URL('file://' + at.granted + '/../outside/canary.txt')",
  "a URL with %2e": "new URL('file://' + at.granted + '/%2e%2e/outside/canary.txt')",
  "a URL with %2f": "new URL('file://' + at.granted + '%2f..%2foutside%2fcanary.txt')",
  "a path of 3000 dots": "at.granted + '/' + './'.repeat(1000) + '../outside/canary.txt'",
  "a trailing dot folder": "at.outside + '/./canary.txt'",
  "an NFC name": "at.outside + '/caf\\u00e9.txt'",
  "an NFD name": "at.outside + '/cafe\\u0301.txt'",
  "a name like the granted folder's": "at.granted + '-sibling/canary.txt'",
  "an object that changes its text":
    "(() => { let n = 0; return { toString: () => (n++ === 0 ? at.granted + '/ok.txt' : at.secret) } })()",
};

/** The same where no system would find the file: some path check might decode what the system does not. */
const MEANINGLESS: Readonly<Record<string, string>> = {
  "percent dots": "at.granted + '/%2e%2e/outside/canary.txt'",
  "twice percent dots": "at.granted + '/%252e%252e/outside/canary.txt'",
  "percent slashes": "at.granted + '/..%2foutside%2fcanary.txt'",
  "a NUL": "at.granted + '/ok.txt\\0/../../outside/canary.txt'",
  "a NUL at the end": "at.secret + '\\0'",
  "backslashes": "at.granted + '\\\\..\\\\outside\\\\canary.txt'",
  "a file: text": "'file://' + at.secret",
  "a tilde": "'~/../..' + at.secret",
  "a variable": "'$PWD/outside/canary.txt'",
  "fullwidth dots": "at.granted + '/\\uff0e\\uff0e/outside/canary.txt'",
  "overlong dots": "at.granted + '/\\u2025/outside/canary.txt'",
  "a fraction slash": "at.granted + '/..\\u2044outside\\u2044canary.txt'",
  "upper case": "at.secret.toUpperCase()",
  "a trailing slash": "at.secret + '/'",
  "spaces": "' ' + at.secret",
  "a line break": "at.granted + '/ok.txt\\n' + at.secret",
  "a lone surrogate": "at.granted + '/\\ud800/../../outside/canary.txt'",
  "5000 characters": "at.granted + '/' + 'a/'.repeat(2500) + '../'.repeat(2500) + '../outside/canary.txt'",
  "a descriptor": "'/dev/fd/3'",
  "a descriptor of the process": "'/proc/self/fd/3'",
};

const reading = (names: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(names).map(([name, path]) => [name, `return Deno.readTextFileSync(${path}).length`]),
  );

const PATHS = [
  ...attempts("A5", reading(NAMES), {
    unproven: {
      "a relative path with ..": "no such file from where a driver stands",
      "/proc/self/task": "a worker's thread has another number",
      "/proc/1/environ": "whose it is depends on the machine",
      "a URL with %2f": "Deno refuses such addresses",
      "an object that changes its text": "an object is no path",
    },
  }),
  ...attempts("A5", reading(MEANINGLESS), { unproven: "no system finds a file by this name" }),
];

export const FILES: readonly Attempt[] = [...READS, ...WRITES, ...LINKS, ...PATHS];

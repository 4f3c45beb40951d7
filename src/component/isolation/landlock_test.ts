import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { osSandbox } from "../os_sandbox.ts";
import { landlockAbi, type Wall } from "./landlock.ts";

/** What a process tries that has every permission Deno can give, behind a wall. */
const ATTEMPTS = `
const [wall, paths, port] = JSON.parse(Deno.args[0]);
const { confine } = await import(MODULE);
confine(wall);
const outcomes = {};
const attempt = async (name, act) => {
  try { outcomes[name] = { done: (await act()) ?? null }; } catch (error) { outcomes[name] = { refused: error.code ?? error.name }; }
};
await attempt("read granted", () => Deno.readTextFileSync(paths.granted));
await attempt("read /etc/passwd", () => Deno.readTextFileSync("/etc/passwd").length);
await attempt("read through a link", () => Deno.readTextFileSync(paths.link));
await attempt("read beside what is granted", () => Deno.readTextFileSync(paths.beside));
await attempt("list a folder", () => [...Deno.readDirSync("/")].length);
await attempt("read the host's memory map", () => Deno.readTextFileSync("/proc/" + Deno.ppid + "/maps").length);
await attempt("write granted", () => Deno.writeTextFileSync(paths.writable + "/new.txt", "x"));
await attempt("write what may be read", () => Deno.writeTextFileSync(paths.granted, "changed"));
await attempt("write elsewhere", () => Deno.writeTextFileSync(paths.beside, "changed"));
await attempt("make a link", () => Deno.symlinkSync("/etc/passwd", paths.writable + "/link"));
await attempt("make a name for another file", () => Deno.linkSync(paths.beside, paths.writable + "/name"));
await attempt("move a file out", () => Deno.renameSync(paths.writable + "/new.txt", paths.beside + ".moved"));
await attempt("remove a file", () => Deno.removeSync(paths.beside));
await attempt("start a program", () => new Deno.Command("/bin/true").outputSync().code);
await attempt("connect to the granted port", async () => (await Deno.connect({ port })).close());
await attempt("connect to another port", async () => (await Deno.connect({ port: paths.otherPort })).close());
await attempt("listen", () => Deno.listen({ port: 0, hostname: "127.0.0.1" }).close());
await attempt("listen on a port", () => Deno.listen({ port: paths.freePort, hostname: "127.0.0.1" }).close());
await attempt("signal the host", () => Deno.kill(Deno.ppid, "SIGCONT"));
const inWorker = (body) => new Promise((resolve) => {
  const text = \`try { \${body}; postMessage("read"); } catch (error) { postMessage(error.code ?? error.name); }\`;
  const worker = new Worker("data:application/javascript," + encodeURIComponent(text), { type: "module" });
  worker.onmessage = ({ data }) => resolve(data);
});
const refusing = async (body) => {
  const outcome = await inWorker(body);
  if (outcome !== "read") throw { code: outcome };
};
await attempt("read granted in a worker", () => refusing(\`await Deno.readTextFile(\${JSON.stringify(paths.granted)})\`));
await attempt("read in a worker", () => refusing('Deno.readTextFileSync("/etc/passwd")'));
await attempt("read in a thread of a worker", () => refusing('await Deno.readTextFile("/etc/passwd")'));
await attempt("read in a worker of a worker", () => refusing(
  \`await new Promise((resolve, reject) => {
    const text = 'Deno.readTextFile("/etc/passwd").then(() => postMessage("read"), () => postMessage("refused"))';
    new Worker("data:application/javascript," + encodeURIComponent(text), { type: "module" }).onmessage = ({ data }) =>
      data === "read" ? resolve() : reject({ code: data });
  })\`));
console.log(JSON.stringify(outcomes));
Deno.exit(0);
`;

type Outcome = { readonly done?: unknown; readonly refused?: string };

async function attemptAll(): Promise<Record<string, Outcome>> {
  const folder = await Deno.realPath(await Deno.makeTempDir());
  using granted = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  using other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const freePort = (() => {
    using free = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    return free.addr.port;
  })();
  try {
    const paths = {
      granted: `${folder}/granted.txt`,
      link: `${folder}/writable/old-link`,
      beside: `${folder}/beside.txt`,
      writable: `${folder}/writable`,
      otherPort: other.addr.port,
      freePort,
    };
    await Deno.mkdir(paths.writable);
    await Deno.writeTextFile(paths.granted, "granted");
    await Deno.writeTextFile(paths.beside, "beside");
    await Deno.symlink("/etc/passwd", paths.link);
    const wall: Wall = {
      read: [paths.granted, `${folder}/not there`],
      write: [paths.writable],
      run: [],
      connect: [granted.addr.port],
    };
    const script = `${folder}/attempts.ts`;
    const module = JSON.stringify(new URL("./landlock.ts", import.meta.url).href);
    await Deno.writeTextFile(script, ATTEMPTS.replace("MODULE", module));
    const config = fileURLToPath(new URL("../../../deno.json", import.meta.url));
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "--quiet",
        "--no-check",
        `--config=${config}`,
        script,
        JSON.stringify([wall, paths, granted.addr.port]),
      ],
    });
    const { stdout, stderr } = await child.output();
    const text = new TextDecoder().decode(stdout);
    assert.ok(text.startsWith("{"), text + new TextDecoder().decode(stderr));
    assert.equal(await Deno.readTextFile(paths.granted), "granted");
    assert.equal(await Deno.readTextFile(paths.beside), "beside");
    return JSON.parse(text);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** What is done behind the wall; the versions of Landlock from which on the kernel refuses the rest. */
const DONE = [
  "read granted",
  "read granted in a worker",
  "write granted",
  "connect to the granted port",
];
const SINCE: Readonly<Record<string, number>> = {
  "connect to another port": 4,
  "listen on a port": 4,
  "listen": 4,
  "signal the host": 6,
};

Deno.test("confine() leaves to a process with all of Deno's permissions what the wall allows, and nothing else", async () => {
  const abi = landlockAbi();
  if (abi === 0) {
    assert.equal(osSandbox().available, false);
    return;
  }
  const outcomes = await attemptAll();
  assert.equal(Object.keys(outcomes).length, 23);
  for (const [name, outcome] of Object.entries(outcomes)) {
    if (DONE.includes(name)) assert.ok("done" in outcome, `${name}: ${JSON.stringify(outcome)}`);
    else if (abi >= (SINCE[name] ?? 1)) {
      assert.ok("refused" in outcome, `${name}: ${JSON.stringify(outcome)}`);
    }
  }
});

Deno.test("osSandbox() says what the kernel says", () => {
  const abi = landlockAbi();
  assert.equal(osSandbox().available, abi > 0);
  assert.equal(osSandbox().abi, abi > 0 ? abi : undefined);
  assert.match(osSandbox().reason, abi > 0 ? /has Landlock/ : /no Landlock|part of Linux/);
});

/**
 * Where attempts happen: a project with a stranger's components, canaries around it, servers that count who comes,
 * and a look from outside at what a run left behind.
 *
 * What must stay true: every canary's value is random and stands nowhere but where it was planted, so that finding it
 * anywhere else is a leak; what the test starts is in a process group of its own, and whatever outlives its parents
 * becomes the test's child and is seen.
 *
 * @module
 */

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { osirisCommand } from "../_osiris.ts";
import { REPO } from "../_repo.ts";
import { freePort } from "../_servers.ts";
import { adopted, becomeForeman } from "./_foreman.ts";

/** What attempts are told; JSON in the step's configuration. */
export interface At {
  readonly root: string;
  readonly granted: string;
  readonly outside: string;
  readonly secret: string;
  readonly secretJson: string;
  readonly secretTs: string;
  readonly victim: string;
  readonly outsideLink: string;
  readonly sibling: string;
  readonly own: string;
  readonly program: string;
  readonly temporary: string;
  readonly socket: string;
  readonly variable: string;
  readonly secretVariable: string;
  /** How every canary begins. */
  readonly canaryHead: string;
  readonly forged: string;
  readonly port: number;
  readonly freePort: number;
  readonly otherPort: number;
  readonly udpPort: number;
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly ms: number;
}

/** Begins a line that only a driver can have written. */
const FORGED = "FORGED";

export class Arena implements AsyncDisposable {
  readonly at: At;
  readonly canary: string;
  /** Connections that reached what was not granted. */
  strangers = 0;
  readonly #servers: { close(): void }[];

  private constructor(at: At, canary: string, servers: { close(): void }[]) {
    this.at = at;
    this.canary = canary;
    this.#servers = servers;
  }

  static async create(): Promise<Arena> {
    becomeForeman();
    const top = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "osiris-escape-" }));
    const root = join(top, "project");
    const outside = join(root, "outside"), granted = join(root, "granted");
    for (const folder of [outside, granted, join(granted, "deep"), `${granted}-sibling`, join(top, "tmp")]) {
      mkdirSync(folder, { recursive: true });
    }
    const head = `CANARY${crypto.randomUUID().replaceAll("-", "").slice(0, 12)}`;
    const canary = `${head}VALUE`;
    const servers: { close(): void }[] = [];
    const counts = { strangers: 0 };
    const other = countingServer(counts, "127.0.0.1", servers);
    const udp = createSocket("udp4").on("message", () => counts.strangers++).bind(0, "127.0.0.1");
    await once(udp, "listening");
    servers.push(udp);
    const socket = join(outside, "socket");
    accept(Deno.listen({ transport: "unix", path: socket }), counts, servers);
    const granting = grantedServer(other);
    servers.push({ close: () => void granting.shutdown() });
    const at: At = {
      root,
      granted,
      outside,
      secret: join(outside, "canary.txt"),
      secretJson: join(outside, "canary.json"),
      secretTs: join(outside, "canary.ts"),
      victim: join(outside, "victim.txt"),
      outsideLink: join(outside, "link"),
      sibling: join(root, "components/evil.bare/driver.js"),
      own: join(root, "components/evil.granted/driver.js"),
      program: join(REPO, "main.ts"),
      temporary: join(top, "tmp"),
      socket,
      variable: "OSIRIS_CANARY",
      secretVariable: "OTHER_PASSWORD",
      canaryHead: head,
      forged: `\n${FORGED} ✓ all done\n`,
      port: (granting.addr as Deno.NetAddr).port,
      freePort: freePort(),
      otherPort: other,
      udpPort: udp.address().port,
    };
    plant(at, canary);
    const arena = new Arena(at, canary, servers);
    Object.defineProperty(arena, "strangers", { get: () => counts.strangers });
    return arena;
  }

  path(name: string): string {
    return join(this.at.root, name);
  }

  write(name: string, text: string): void {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    Deno.writeTextFileSync(this.path(name), text);
  }

  read(name: string): string {
    return Deno.readTextFileSync(this.path(name));
  }

  exists(name: string): boolean {
    return existsSync(this.path(name));
  }

  async remove(...names: readonly string[]): Promise<void> {
    for (const name of names) if (this.exists(name)) await Deno.remove(this.path(name), { recursive: true });
  }

  component(name: string, spec: string, driver: string): void {
    this.write(`components/${name}/spec.yaml`, spec);
    this.write(`components/${name}/driver.js`, driver);
  }

  /** The user agrees to every component as it is. */
  async consent(): Promise<Ran> {
    return await this.osiris(["components", "lock", "--yes"]);
  }

  /** Runs the program, in a session and a process group of its own. */
  async osiris(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
    const started = performance.now();
    const command = [...options.prefix ?? [], ...osirisCommand(), ...args];
    const child = new Deno.Command("setsid", {
      args: ["--wait", ...command],
      cwd: this.at.root,
      env: this.environment(options.env),
      clearEnv: true,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const output = child.output();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(`y\n${this.canary}\ny\ny\n`)).catch(() => {});
    await writer.close().catch(() => {});
    const timer = setTimeout(() => child.kill("SIGKILL"), options.patience ?? 180_000);
    const watch = setInterval(() => options.onHost?.(child.pid), 50);
    const { code, stdout, stderr } = await output;
    clearTimeout(timer);
    clearInterval(watch);
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code, stdout: text(stdout), stderr: text(stderr), ms: performance.now() - started };
  }

  environment(more: Readonly<Record<string, string>> = {}): Record<string, string> {
    const kept = ["PATH", "HOME", "DENO_DIR", "DENO_TLS_CA_STORE", "LANG"];
    const inherited = kept.flatMap((name) => {
      const value = Deno.env.get(name);
      return value === undefined ? [] : [[name, value]];
    });
    return {
      ...Object.fromEntries(inherited),
      NO_COLOR: "1",
      TMPDIR: this.at.temporary,
      [this.at.variable]: this.canary,
      [this.at.secretVariable]: this.canary,
      // Who reaches this proxy is counted.
      HTTP_PROXY: `http://127.0.0.1:${this.at.otherPort}`,
      ...more,
    };
  }

  /** Where the canary stands although nobody planted it there: names of files, `output` for what was printed. */
  leaks(ran?: Ran): string[] {
    const planted = new Set(this.#planted());
    const found = filesBelow(this.at.root).filter((file) =>
      !planted.has(file) && readFileSync(join(this.at.root, file)).includes(this.canary)
    );
    if (ran !== undefined && `${ran.stdout}${ran.stderr}`.includes(this.canary)) found.push("output");
    return found;
  }

  #planted(): string[] {
    return [
      "outside/canary.txt",
      "outside/canary.json",
      "outside/canary.ts",
      "outside/café.txt",
      "outside/cafe\u0301.txt",
      "outside/movable",
      "granted-sibling/canary.txt",
      ".env",
    ];
  }

  /** What nobody but an escape can have changed. */
  damages(): string[] {
    const damages: string[] = [];
    const mustBe = (file: string, text: string) => {
      if (!existsSync(this.path(file)) || Deno.readTextFileSync(this.path(file)) !== text) damages.push(file);
    };
    mustBe("outside/victim.txt", VICTIM);
    mustBe("outside/movable", this.canary);
    mustBe("outside/removable", VICTIM);
    const known = new Set([
      ...this.#planted(),
      "outside/victim.txt",
      "outside/removable",
      "outside/link",
      "outside/socket",
    ]);
    damages.push(...filesBelow(this.at.root, "outside").filter((file) => !known.has(file)));
    return damages;
  }

  /** The living processes of runs that are over. */
  processes(): string[] {
    return adopted();
  }

  /** What a run left behind: processes, and files in the temporary folder. */
  remains(): string[] {
    return [
      ...adopted().map((process) => `process ${process}`),
      ...readdirSync(this.at.temporary).map((name) => `tmp/${name}`),
    ];
  }

  /** Every session, newest last. */
  sessions(): { readonly id: string; readonly status: Record<string, unknown>; readonly events: string }[] {
    if (!existsSync(this.path("logs"))) return [];
    return readdirSync(this.path("logs")).filter((name) => name.startsWith("run_")).sort().map((id) => ({
      id,
      status: JSON.parse(Deno.readTextFileSync(this.path(`logs/${id}/status.json`))),
      events: Deno.readTextFileSync(this.path(`logs/${id}/events.jsonl`)),
    }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers) server.close();
    await Deno.remove(dirname(this.at.root), { recursive: true });
  }
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly prefix?: readonly string[];
  /** Milliseconds after which the run is taken for stuck. */
  readonly patience?: number;
  /** Told the host's process id, now and then while it runs. */
  readonly onHost?: (pid: number) => void;
}

const VICTIM = "unharmed\n";

function plant(at: At, canary: string): void {
  const write = (path: string, text: string) => Deno.writeTextFileSync(path, text);
  write(at.secret, canary);
  write(at.secretJson, JSON.stringify({ canary }));
  write(at.secretTs, `export const canary: string = "${canary}"; globalThis.postMessage?.(canary);\n`);
  write(at.victim, VICTIM);
  write(join(at.outside, "removable"), VICTIM);
  write(join(at.outside, "movable"), canary);
  write(join(at.outside, "caf\u00e9.txt"), canary);
  write(join(at.outside, "cafe\u0301.txt"), canary);
  write(`${at.granted}-sibling/canary.txt`, canary);
  write(join(at.root, ".env"), `FROM_DOTENV=${canary}\n`);
  write(join(at.root, "others.csv"), VICTIM);
  write(
    join(at.root, "osiris_connections.yaml"),
    `version: 1\nconnections:\n  test:\n    other:\n      host: db.local\n      password: \${${at.secretVariable}}\n`,
  );
  write(join(at.granted, "ok.txt"), "granted");
  symlinkSync("canary.txt", at.outsideLink);
  symlinkSync("../outside/canary.txt", join(at.granted, "planted-file"));
  symlinkSync("../outside", join(at.granted, "planted-folder"));
  symlinkSync("../outside/victim.txt", join(at.granted, "planted-victim"));
  symlinkSync("../outside/w-new", join(at.granted, "planted-new"));
  symlinkSync("/proc/self/environ", join(at.granted, "planted-environ"));
  symlinkSync("/proc/self/root", join(at.granted, "planted-root"));
  const inner = join(at.root, "node_modules/evil-pkg");
  mkdirSync(inner, { recursive: true });
  write(join(inner, "package.json"), JSON.stringify({ name: "evil-pkg", main: "../../outside/canary.json" }));
}

function countingServer(
  counts: { strangers: number },
  hostname: string,
  servers: { close(): void }[],
): number {
  const listener = Deno.listen({ hostname, port: 0 });
  accept(listener, counts, servers);
  const { port } = listener.addr as Deno.NetAddr;
  try {
    accept(Deno.listen({ hostname: "::1", port }), counts, servers);
  } catch {
    // no IPv6 here
  }
  return port;
}

/** Counts who connects and answers what every client takes for an answer. */
async function accept(listener: Deno.Listener, counts: { strangers: number }, servers: { close(): void }[]) {
  servers.push(listener);
  try {
    for await (const connection of listener) {
      counts.strangers++;
      answer(connection);
    }
  } catch {
    // closed
  }
}

async function answer(connection: Deno.Conn): Promise<void> {
  try {
    const bytes = new Uint8Array(4096);
    const n = await connection.read(bytes) ?? 0;
    const events = new TextDecoder().decode(bytes.subarray(0, n)).startsWith("GET /events");
    const head = events ? "200 OK\r\ncontent-type: text/event-stream" : "299 Reached";
    const text = `HTTP/1.1 ${head}\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok`;
    await connection.write(new TextEncoder().encode(text));
  } catch {
    // it left
  } finally {
    try {
      connection.close();
    } catch {
      // it left
    }
  }
}

/** The server that is granted: it answers, and sends its visitors elsewhere. */
function grantedServer(other: number): Deno.HttpServer {
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { pathname } = new URL(request.url);
    const elsewhere = (location: string, status = 302) =>
      new Response(null, { status, headers: { location } });
    switch (pathname) {
      case "/redirect":
        return elsewhere(`http://127.0.0.1:${other}/`);
      case "/redirect307":
        return elsewhere(`http://127.0.0.1:${other}/`, 307);
      case "/chain":
        return elsewhere("/redirect");
      case "/to-file":
        return elsewhere("file:///etc/passwd");
      default:
        return new Response("ok");
    }
  });
}

/** Every file below `root/folder`, relative to `root`; links are not followed. */
function filesBelow(root: string, folder = ""): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return filesBelow(root, path);
    return lstatSync(join(root, path)).isFile() ? [path] : [];
  });
}

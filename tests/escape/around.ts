// deno-lint-ignore-file no-control-regex -- what a terminal obeys is what is looked for
/** What happens to drivers and their host from outside, and what a terminal shows of them. @module */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { osirisCommand } from "../_osiris.ts";
import { within } from "../_until.ts";
import { Arena } from "./_arena.ts";
import { attempts } from "./_attempt.ts";
import { driverOf, plainSpec, specOf } from "./_driver.ts";
import { count } from "./_figures.ts";
import { PROCESS } from "./process.ts";

/** What a driver logs when it is where it stays. */
const HERE = "here it stays";
/** Drivers that say so, and let it be heard first. */
const staying = (how: string) =>
  `import { defineDriver } from "osiris/driver";
async function stay(context) {
  context.log("${HERE}");
  await new Promise((heard) => setTimeout(heard, 50));
  ${how}
}
export default defineDriver({ read: stay, transform: stay });
`;
const STUCK = staying("for (;;);");
const PATIENT = staying("await new Promise(() => {});");

/** A project whose only step reads with this driver. */
async function withDriver(driver: string, step = ""): Promise<Arena> {
  const arena = await Arena.create();
  arena.component("evil.stuck", plainSpec("evil.stuck"), driver);
  arena.write(
    "stuck.oml",
    `oml_version: "0.1.0"
name: stuck
steps:
  - id: stuck
    component: evil.stuck
    mode: read
${step}    config: {}
  - id: save
    component: filesystem.csv_writer
    mode: write
    config: { path: out.csv }
`,
  );
  const agreed = await arena.consent();
  assert.equal(agreed.code, 0, agreed.stderr);
  return arena;
}

interface Process {
  readonly pid: number;
  readonly parent: number;
}

/** Every living process below one that the test started. */
function below(root: number): number[] {
  const all: Process[] = readdirSync("/proc").filter((name) => /^\d+$/.test(name)).flatMap((pid) => {
    try {
      const [, state, parent] = /^\d+ \(.*\) (\S) (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))!;
      return state === "Z" ? [] : [{ pid: Number(pid), parent: Number(parent) }];
    } catch {
      return [];
    }
  });
  const found = [root];
  for (const pid of found) found.push(...all.filter((each) => each.parent === pid).map((each) => each.pid));
  return found.slice(1);
}

/** What a process has computed so far, in hundredths of a second. */
function computed(pid: number): number {
  const [, ...fields] = readFileSync(`/proc/${pid}/stat`, "utf8").split(/ (?=[^)]*$)/);
  return Number(fields[11]) + Number(fields[12]);
}

/** Starts a run, waits until its driver is where it stays, and does something to one of both. */
async function during(
  arena: Arena,
  staysAt: "waiting" | "computing",
  act: (host: number, driver: number) => void,
): Promise<{ code: number; ms: number; stderr: string }> {
  let acted = 0, before: number | undefined;
  const ran = await arena.osiris(["run", "stuck.oml"], {
    onHost: (pid) => {
      if (acted !== 0 || arena.sessions().at(-1)?.events.includes(HERE) !== true) return;
      const [driver] = below(pid);
      if (driver === undefined) return;
      before ??= computed(driver);
      if (staysAt === "computing" && computed(driver) < before + 20) return;
      acted = performance.now();
      act(pid, driver);
    },
  });
  assert.notEqual(acted, 0, "the driver was never seen where it stays");
  return { code: ran.code, ms: performance.now() - acted, stderr: ran.stderr };
}

export function around(): void {
  const linux = { ignore: Deno.build.os !== "linux" };

  Deno.test({
    name: "a host that is interrupted or killed takes its stuck driver along",
    ...linux,
    fn: async () => {
      for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143], ["SIGKILL", undefined]] as const) {
        await using arena = await withDriver(STUCK);
        const ended = await during(arena, "computing", (host) => Deno.kill(host, signal));
        if (code !== undefined) {
          assert.equal(ended.code, code);
          // A driver that is stuck gets its grace, and the user a word meanwhile.
          assert.match(ended.stderr, /^Stopping: what was begun is undone; once more ends at once$/m);
        }
        assert.ok(ended.ms < 10_000, `${signal}: it took ${ended.ms} ms`);
        const gone = await within(10_000, () => arena.processes().length === 0);
        count("B11", { tried: 1, left: arena.processes().length });
        assert.ok(gone, `${signal}: ${arena.processes().join("\n")}`);
      }
    },
  });

  Deno.test({
    name: "a driver's process that is killed or stopped from outside fails its step",
    ...linux,
    fn: async () => {
      for (const signal of ["SIGSEGV", "SIGKILL", "SIGABRT", "SIGSTOP"] as const) {
        // One that is stopped is noticed by its step's time alone.
        await using arena = await withDriver(PATIENT, `    timeout: ${signal === "SIGSTOP" ? 5 : 60}s\n`);
        let again = 0;
        const ended = await during(arena, "waiting", (host, driver) => {
          Deno.kill(driver, signal);
          // The engine in it takes a first SIGSEGV for a fault that it may mend.
          again = setInterval(() => {
            try {
              if (below(host).includes(driver)) Deno.kill(driver, signal);
            } catch {
              // It ended meanwhile.
            }
          }, 200);
        });
        clearInterval(again);
        const [session] = arena.sessions().slice(-1);
        count("B5", { tried: 1, died: Number(ended.code !== 1), left: arena.remains().length });
        assert.equal(ended.code, 1, signal);
        assert.equal(session!.status["state"], "failed");
        if (signal !== "SIGSTOP") assert.ok(ended.ms < 30_000, `${signal}: it was its time that ended it`);
        assert.ok(!arena.exists("out.csv"));
        assert.deepEqual(arena.remains(), [], signal);
      }
    },
  });

  Deno.test("a run says when the system's sandbox is missing, and fails where it is required", async () => {
    await using arena = await withDriver(PATIENT);
    const off = { OSIRIS_OS_SANDBOX: "off" };
    const plan = await arena.osiris(["plan", "stuck.oml"], { env: off });
    assert.equal(plan.code, 0, plan.stderr);
    assert.match(plan.stdout + plan.stderr, /without the operating system's sandbox|process(?!\+os)/);
    const required = await arena.osiris(["run", "stuck.oml", "--require-os-sandbox"], { env: off });
    assert.equal(required.code, 4, required.stdout + required.stderr);
    assert.deepEqual(arena.sessions().filter(({ events }) => events.includes("step.start")), []);
    count("A21", { tried: 2 });
  });

  Deno.test({
    name: "a driver shows nothing on the terminal, reads none of it, and asks nobody",
    ...linux,
    fn: async () => {
      await using arena = await Arena.create();
      const tried = PROCESS.filter(({ row }) => row === "A12" || row === "A13");
      arena.component("evil.granted", specOf("evil.granted", true), driverOf(tried));
      const at = JSON.stringify(JSON.stringify(arena.at));
      arena.write(
        "terminal.oml",
        `oml_version: "0.1.0"
name: terminal
steps:
  - id: attack
    component: evil.granted
    mode: read
    config: { at: ${at}, folder: granted, host: 127.0.0.1, port: ${arena.at.port}, free_port: ${arena.at.freePort} }
  - id: save
    component: filesystem.csv_writer
    mode: write
    config: { path: out.csv }
`,
      );
      const agreed = await arena.consent();
      assert.equal(agreed.code, 0, agreed.stderr);
      const line = [...osirisCommand(), "run", "terminal.oml", "--verbose"].map((word) => `'${word}'`).join(
        " ",
      );
      const child = new Deno.Command("script", {
        args: ["-qec", line, "/dev/null"],
        cwd: arena.at.root,
        env: { ...arena.environment(), TERM: "xterm" },
        clearEnv: true,
        stdin: "piped",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      const keys = child.stdin.getWriter();
      const typing = setInterval(() => keys.write(new TextEncoder().encode("y\n")).catch(() => {}), 100);
      const { code, stdout } = await child.output();
      clearInterval(typing);
      await keys.close().catch(() => {});
      const shown = new TextDecoder().decode(stdout);
      assert.equal(code, 0, shown);
      assert.doesNotMatch(arena.read("out.csv"), /,through,/);
      assert.doesNotMatch(shown, /\?.*\[y\/n|Allow\?|requests .* access|may I\?/i, "somebody asked");
      assert.doesNotMatch(
        shown,
        /^\x1b?[^A-Za-z\n]*FORGED/m,
        "a line of the driver's looks like the program's",
      );
      assert.doesNotMatch(
        shown,
        /\x1b\]0;owned|\x1b\[2J/,
        "the driver's control characters reach the terminal",
      );
      count("A12", { tried: tried.length });
      count("A13", { tried: tried.length });
    },
  });

  Deno.test({
    name: "a granted name that means this machine leads nowhere",
    ignore: Deno.build.os !== "linux" || Deno.uid() !== 0,
    fn: async () => {
      await using arena = await Arena.create();
      const tried = attempts("A7", {
        "fetch": "return (await fetch(`http://rebound.example:${at.otherPort}/`)).status",
        "Deno.connect":
          "(await Deno.connect({ hostname: 'rebound.example', port: at.otherPort })).close(); return true",
        "WebSocket":
          "const socket = new WebSocket(`ws://rebound.example:${at.otherPort}/`); return await new Promise((done) => { socket.onopen = () => done(true); socket.onerror = () => done(false) })",
        "fetch of a name that ends with a dot":
          "return (await fetch(`http://rebound.example.:${at.otherPort}/`)).status",
      });
      arena.component("evil.granted", specOf("evil.granted", true), driverOf(tried));
      const at = JSON.stringify(JSON.stringify(arena.at));
      arena.write(
        "rebound.oml",
        `oml_version: "0.1.0"
name: rebound
steps:
  - id: attack
    component: evil.granted
    mode: read
    config: { at: ${at}, folder: granted, host: rebound.example, port: ${arena.at.otherPort}, free_port: ${arena.at.freePort} }
  - id: save
    component: filesystem.csv_writer
    mode: write
    config: { path: out.csv }
`,
      );
      const hosts = join(arena.at.temporary, "..", "hosts");
      Deno.writeTextFileSync(hosts, "127.0.0.1 localhost rebound.example\n");
      const agreed = await arena.consent();
      assert.equal(agreed.code, 0, agreed.stderr);
      const ran = await arena.osiris(["run", "rebound.oml"], {
        prefix: ["unshare", "-m", "sh", "-c", `mount --bind ${hosts} /etc/hosts && exec "$@"`, "sh"],
      });
      count("A7", { tried: tried.length, through: arena.strangers });
      assert.equal(ran.code, 4, ran.stdout + ran.stderr);
      assert.match(ran.stderr, /DRV419.*'rebound\.example', which is '127\.0\.0\.1': this machine/);
      assert.equal(arena.strangers, 0);
      assert.equal(arena.exists("out.csv"), false);
    },
  });
}

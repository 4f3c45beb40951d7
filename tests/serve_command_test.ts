/** `osiris serve` as it is met: the address it prints, the browser it opens, its end. */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { recordSession } from "../src/report/_recorded_for_tests.ts";
import { osiris, osirisCommand } from "./_osiris.ts";
import { until } from "./_until.ts";

/** A project with one run, and a desktop that only notes what it is asked to open. */
async function withProject(
  test: (root: string, env: Record<string, string>) => Promise<void>,
): Promise<void> {
  const root = await Deno.realPath(await Deno.makeTempDir({ prefix: "osiris-serve-" }));
  try {
    await Deno.writeTextFile(join(root, "osiris_connections.yaml"), "");
    await recordSession(join(root, "logs"), {
      manifest: JSON.stringify({
        pipeline: { name: "sales" },
        steps: [{ id: "load", config: { query: "SELECT 1" } }],
      }),
    });
    await Deno.mkdir(join(root, "bin"));
    await Deno.writeTextFile(
      join(root, "bin", "xdg-open"),
      `#!/bin/sh\nprintf '%s\\n' "$*" >"${root}/opened"\n`,
      {
        mode: 0o755,
      },
    );
    const TMPDIR = join(root, "temporary");
    await Deno.mkdir(TMPDIR);
    await test(root, {
      TMPDIR,
      NO_COLOR: "1",
      PATH: `${join(root, "bin")}${delimiter}${Deno.env.get("PATH")}`,
    });
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test({
  name:
    "osiris serve shows the runs to the browser it opens, names no token to other programs, and ends with Ctrl-C",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    withProject(async (root, env) => {
      const token = "0123456789abcdef0123456789abcdef";
      await Deno.writeTextFile(join(root, "scrape"), `${token}\n`);
      const [program, ...args] = ["prlimit", "--nofile=256:256", ...osirisCommand()];
      const child = new Deno.Command(program!, {
        args: [...args, "serve", "--open", "--json", "--metrics-token", "scrape"],
        cwd: root,
        env,
        stdin: "null",
        stdout: "piped",
        stderr: "inherit",
      }).spawn();
      const lines = linesOf(child.stdout);
      const said = JSON.parse(await lines());
      assert.deepEqual(Object.keys(said), ["logs", "url", "token"]);

      const noted = () => existsSync(join(root, "opened")) ? Deno.readTextFileSync(join(root, "opened")) : "";
      await until(() => noted().endsWith("\n"));
      const opened = noted().trim();
      assert.match(opened, /^file:\/\/\/\S+\.html$/);
      const file = new URL(opened);
      assert.equal((await Deno.stat(file)).mode! & 0o777, 0o600);
      assert.ok((await Deno.readTextFile(file)).includes(`${said.url}?token=${said.token}`));
      const commandLine = await Deno.readTextFile(`/proc/${child.pid}/cmdline`);
      assert.ok(![opened, commandLine].some((text) => text.includes(said.token)));

      const entered = await fetch(`${said.url}?token=${said.token}`, { redirect: "manual" });
      assert.equal(entered.status, 303);
      await entered.body?.cancel();
      const headers = { cookie: entered.headers.get("set-cookie")!.split(";")[0]! };
      const list = await (await fetch(said.url, { headers })).text();
      const [run] = /\/runs\/run_\w+/.exec(list)!;
      const page = await (await fetch(new URL(run, said.url), { headers })).text();
      assert.match(page, /<span class="hl-\w+">SELECT<\/span>/);
      assert.match(page, /<title id="graph-name">Graph of sales<\/title>/);
      const scraped = await fetch(new URL("/metrics", said.url), {
        headers: { authorization: `Bearer ${token}` },
      });
      assert.match(await scraped.text(), /^# HELP osiris_/m);

      const second = await osiris(["serve", "--port", new URL(said.url).port], { cwd: root, env });
      assert.equal(second.code, 1);
      assert.match(second.stderr, /Cannot open port \d+ of this machine: another program has it/);
      const short = await osiris(["serve", "--metrics-token", "osiris_connections.yaml"], { cwd: root, env });
      assert.equal(short.code, 2);
      assert.match(short.stderr, /one line of 32 letters and digits or more/);

      const taken = await connectionsTo(Number(new URL(said.url).port), 300);
      for (const connection of taken) connection.close();
      await until(() => isServed(said.url));

      child.kill("SIGINT");
      assert.equal((await child.status).code, 130);
      assert.deepEqual([...Deno.readDirSync(env["TMPDIR"]!)], [], "what led to the pages is gone");
      await lines();
    }),
});

/** So many connections that ask for nothing, or as many as there are. */
async function connectionsTo(port: number, many: number): Promise<Deno.Conn[]> {
  const connections: Deno.Conn[] = [];
  try {
    while (connections.length < many) {
      connections.push(await Deno.connect({ hostname: "127.0.0.1", port }));
    }
  } catch {
    // The server has no more.
  }
  return connections;
}

/** Whether a new connection is answered. */
async function isServed(url: string): Promise<boolean> {
  using client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  try {
    const answer = await fetch(url, { client });
    await answer.body?.cancel();
    return answer.status === 401;
  } catch {
    return false;
  }
}

/** Gives the lines of a stream one by one; an empty text at its end. */
function linesOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): () => Promise<string> {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  return async () => {
    while (!text.includes("\n")) {
      const { value, done } = await reader.read();
      if (done) break;
      text += value;
    }
    const [line = "", ...rest] = text.split("\n");
    text = rest.join("\n");
    return line;
  };
}

/** Ctrl-C and SIGTERM, a reader that goes away, and a terminal: what a story cannot tell. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { osirisCommand } from "./_osiris.ts";
import { withPlaceholders } from "./_story.ts";

/** A query that nobody waits for. */
const ENDLESS = `oml_version: "0.1.0"
name: endless
steps:
  - id: count
    component: duckdb.processor
    mode: transform
    config: { query: "SELECT i.range % 10 AS i, sum(sqrt(j.range)) AS s FROM range(4000000) i, range(1000000) j GROUP BY ALL" }
  - id: save
    component: filesystem.csv_writer
    mode: write
    config: { path: out.csv }
`;

const QUICK = `oml_version: "0.1.0"
name: quick
steps:
  - id: count
    component: duckdb.processor
    mode: transform
    config: { query: "SELECT * FROM range(5)" }
  - id: save
    component: filesystem.csv_writer
    mode: write
    config: { path: out.csv }
`;

/** How long a busy machine may hold up what takes no time. */
const BUSY_MS = 5000;

async function inProject(pipeline: string, tell: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "osiris-interruption-" }));
  try {
    await Deno.writeTextFile(join(folder, "p.oml"), pipeline);
    await Deno.writeTextFile(join(folder, "out.csv"), "old");
    await tell(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function start(folder: string, ...args: string[]): Deno.ChildProcess {
  const [program, ...rest] = osirisCommand();
  const streams = { stdin: "null", stdout: "piped", stderr: "piped" } as const;
  return new Deno.Command(program!, { args: [...rest, ...args], cwd: folder, ...streams }).spawn();
}

/** Waits until the writer has staged its file, and so the statement runs. */
async function untilItWorks(folder: string): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline) {
    if ([...Deno.readDirSync(folder)].some((entry) => entry.name.startsWith(".out.csv"))) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("the run did not begin");
}

/** Kills a run that did not end by itself, so that a failing test ends too. */
async function ended(child: Deno.ChildProcess): Promise<Deno.CommandOutput> {
  const timer = setTimeout(() => child.kill("SIGKILL"), 120_000);
  try {
    return await child.output();
  } finally {
    clearTimeout(timer);
  }
}

for (const [signal, exit] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
  Deno.test({
    name: `run stops within five seconds of one ${signal}, undoes what was staged and records it`,
    ignore: Deno.build.os === "windows",
    fn: () =>
      inProject(ENDLESS, async (folder) => {
        const child = start(folder, "run", "p.oml");
        const output = ended(child);
        await untilItWorks(folder);
        const asked = performance.now();
        child.kill(signal);
        const { code, stdout } = await output;
        assert.equal(code, exit);
        assert.ok(performance.now() - asked < 5000 + BUSY_MS, "it took longer than five seconds");
        const said = withPlaceholders(new TextDecoder().decode(stdout), folder);
        assert.ok(said.endsWith("Cancelled in <time>\nSession logs/<session>\n"), said);
        assert.deepEqual([...Deno.readDirSync(folder)].map((e) => e.name).sort(), [
          ".osiris",
          "logs",
          "out.csv",
          "p.oml",
        ]);
        assert.equal(await Deno.readTextFile(join(folder, "out.csv")), "old");
        const [session] = [...Deno.readDirSync(join(folder, "logs"))];
        const status = JSON.parse(
          await Deno.readTextFile(join(folder, "logs", session!.name, "status.json")),
        );
        assert.deepEqual([status.state, status.exit_code], ["cancelled", exit]);
      }),
  });
}

Deno.test({
  name: "run ends at once when it is interrupted twice, and leaves the old output",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inProject(ENDLESS, async (folder) => {
      const child = start(folder, "run", "p.oml", "--quiet");
      const output = ended(child);
      await untilItWorks(folder);
      const asked = performance.now();
      child.kill("SIGINT");
      child.kill("SIGINT");
      const { code } = await output;
      assert.equal(code, 130);
      assert.ok(performance.now() - asked < 5000 + BUSY_MS, "it did not end at once");
      assert.equal(await Deno.readTextFile(join(folder, "out.csv")), "old");
    }),
});

Deno.test({
  name: "components test says that it was interrupted before its end",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inProject(QUICK, async (folder) => {
      await start(folder, "components", "new", "shop.orders_extractor").output();
      // So many checks that it cannot have come to its end before it is interrupted.
      const examples = join(folder, "components/shop.orders_extractor/examples");
      const [example] = [...Deno.readDirSync(examples)].map(({ name }) => name).sort();
      for (let i = 0; i < 200; i++) {
        await Deno.copyFile(join(examples, example!), join(examples, `more_${i}.yaml`));
      }
      const child = start(folder, "components", "test", "components/shop.orders_extractor");
      let said = "";
      for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
        if (said === "") child.kill("SIGINT");
        said += text;
      }
      assert.match(said, /\nInterrupted before the end: \d+ of \d+ checks held \(isolation: .*\)\n$/);
      await child.stderr.cancel();
      assert.equal((await child.status).code, 130);
    }),
});

Deno.test({
  name: "run finishes its work when nobody reads its output any more",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inProject(QUICK, async (folder) => {
      const child = start(folder, "run", "p.oml");
      await child.stdout.cancel();
      const stderr = new TextDecoder().decode(await new Response(child.stderr).arrayBuffer());
      assert.equal((await child.status).code, 0, stderr);
      assert.equal(stderr, "");
      assert.equal(await Deno.readTextFile(join(folder, "out.csv")), "range\n0\n1\n2\n3\n4\n");
    }),
});

Deno.test({
  name: "run updates its lines in place on a terminal, and NO_COLOR takes the colours away",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    inProject(QUICK, async (folder) => {
      const shown = await onTerminal(folder, {}, "run", "p.oml");
      assert.ok(shown.includes("\x1b[?25l") && shown.trimEnd().includes("\x1b[?25h"), shown);
      assert.ok(shown.includes("\x1b[32m✓\x1b[39m count  done, 5 rows"), shown);
      const plain = await onTerminal(folder, { NO_COLOR: "1" }, "run", "p.oml");
      assert.ok(plain.includes("✓ count  done, 5 rows"), plain);
      // deno-lint-ignore no-control-regex
      assert.doesNotMatch(plain, /\x1b\[\d*m/);
    }),
});

/** What a terminal of 60 columns is told. `script` (util-linux) is the terminal. */
async function onTerminal(folder: string, env: Record<string, string>, ...args: string[]): Promise<string> {
  const line = [...osirisCommand(), ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
  const { stdout } = await new Deno.Command("script", {
    // Whoever runs the tests may have taken the colours away.
    args: ["-qec", `stty cols 60; ${env.NO_COLOR ? "" : "unset NO_COLOR;"} ${line}`, "/dev/null"],
    cwd: folder,
    env: { TERM: "xterm", CI: "", ...env },
    stdin: "null",
  }).output();
  return new TextDecoder().decode(stdout);
}

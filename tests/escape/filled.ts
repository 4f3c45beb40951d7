/** Drivers that fill the disk where they may write: they are ended soon after their limit, and nothing stays. @module */

import assert from "node:assert/strict";
import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Arena } from "./_arena.ts";
import { HONEST_STEPS } from "./_driver.ts";
import { count, note } from "./_figures.ts";

const LIMIT = 20_000_000;
/** Bytes that may stand on the disk beyond the limit: what a machine writes between two looks. */
const BEYOND = 4_000_000_000;

const WRITES: Readonly<Record<string, string>> = {
  "one file": `const file = Deno.openSync(folder + "/a", { write: true, create: true });
    for (;;) file.writeSync(block);`,
  "many files": `for (let i = 0;; i++) Deno.writeFileSync(folder + "/" + i, block);`,
  "many files at once": `for (let i = 0;;) {
      await Promise.all(Array.from({ length: 32 }, () => Deno.writeFile(folder + "/" + i++, block)));
    }`,
  "deep folders": `for (let path = folder, i = 0;; i++) {
      if (i % 50 === 0) path = folder + "/" + i;
      Deno.mkdirSync(path += "/d", { recursive: true });
      Deno.writeFileSync(path + "/a", block.subarray(0, 100_000));
    }`,
  "a file with a hole": `Deno.writeFileSync(folder + "/a", block);
    Deno.truncateSync(folder + "/a", 2 ** 42);
    await new Promise(() => {});`,
  "empty files": `for (let i = 0;; i++) Deno.writeTextFileSync(folder + "/" + i, "");`,
  "removed files": `for (let kept = [];;) {
      kept.push(Deno.openSync(folder + "/a", { write: true, create: true }));
      Deno.removeSync(folder + "/a");
      kept.at(-1).writeSync(block);
    }`,
  "a folder that nobody may look into": `Deno.mkdirSync(folder + "/closed", { mode: 0o300 });
    for (let i = 0;; i++) Deno.writeFileSync(folder + "/closed/" + i, block);`,
  "more, and then it commits": `for (let i = 0; i < 30; i++) Deno.writeFileSync(folder + "/" + i, block);`,
};

/** Not beyond any limit: its host is killed meanwhile. */
const WAITS = `Deno.writeFileSync(folder + "/a", block);
    Deno.writeFileSync(folder + "/b", block);
    await new Promise(() => {});`;

const DRIVER = `import { defineDriver } from "osiris/driver";
const block = new Uint8Array(1_000_000).fill(1);
const writes = {
${
  Object.entries({ ...WRITES, "half, and then it waits": WAITS }).map(([how, body]) =>
    `  ${JSON.stringify(how)}: async (folder) => { ${body} },`
  )
    .join(
      "\n",
    )
}
};
export default defineDriver({
  async write({ config, grants }, input) {
    for await (const batch of input.batches());
    await writes[config.how](grants.write[0]);
    return { commit: async () => {}, abort: async () => {} };
  },
});
`;

const SPEC = `name: evil.filler
version: 1.0.0
title: A stranger's driver
description: Fills the disk.
status: experimental
modes: [write]
permissions: { write: ["\${config.path}"] }
config:
  type: object
  required: [path, how]
  properties:
    path: { type: string, format: path, description: Where, examples: [out] }
    how: { type: string, description: How, examples: [one file] }
examples:
  - title: It
    mode: write
    config: { path: out, how: one file }
`;

function pipeline(how: string): string {
  return `oml_version: "0.1.0"
name: filled
steps:
${HONEST_STEPS}  - id: fill
    component: evil.filler
    mode: write
    needs: [others]
    inputs: { df: "\${honest.output.df}" }
    timeout: 30s
    config: { path: target/out, how: ${JSON.stringify(how)} }
`;
}

export function filled(): void {
  Deno.test({
    name: "a driver fills no more of the disk than it may, and leaves nothing of it",
    ignore: Deno.build.os !== "linux",
    fn: async () => {
      await using arena = await Arena.create();
      arena.component("evil.filler", SPEC, DRIVER);
      arena.write("target/kept.txt", "kept\n");
      const agreed = await arena.consent();
      assert.equal(agreed.code, 0, agreed.stderr);
      const beyond: number[] = [];
      for (const how of Object.keys(WRITES)) {
        arena.write("filled.oml", pipeline(how));
        let most = 0;
        const watch = setInterval(() => (most = Math.max(most, taken(arena.path("target")))), 10);
        const ran = await arena.osiris(["run", "filled.oml", "--driver-disk", "20MB"]);
        clearInterval(watch);
        beyond.push(Math.max(0, most - LIMIT));
        const left = [...readdirSync(arena.path("target")), ...arena.remains()];
        const through = ran.code === 1 && /error\[DRV429\]/.test(ran.stderr) ? 0 : 1;
        count("A18", { tried: 1, through, left: left.length - 1 });
        assert.equal(ran.code, 1, `${how}: ${ran.stdout}${ran.stderr}`);
        assert.match(
          ran.stderr,
          /error\[DRV429\]: Cannot run evil\.filler in step 'fill': it wrote .*\n = help: .*--driver-disk SIZE/,
        );
        assert.deepEqual(left, ["kept.txt"], how);
        assert.equal(arena.read("honest.csv"), "answer\n42\n");
        assert.ok(beyond.at(-1)! < BEYOND, `${how}: ${beyond.at(-1)} bytes beyond the limit`);
      }
      note(
        `disk: at most ${Math.round(Math.max(...beyond) / 1e6)} MB beyond a limit of ${
          LIMIT / 1e6
        } MB, in ${beyond.length} ways to fill it`,
      );
    },
  });

  Deno.test({
    name: "what a driver wrote is cleared away after its host was killed, by whoever looks for old runs",
    ignore: Deno.build.os !== "linux",
    fn: async () => {
      await using arena = await Arena.create();
      arena.component("evil.filler", SPEC, DRIVER);
      arena.write("target/kept.txt", "kept\n");
      arena.write("filled.oml", pipeline("half, and then it waits"));
      const agreed = await arena.consent();
      assert.equal(agreed.code, 0, agreed.stderr);
      const beside = () => readdirSync(arena.path("target")).filter((name) => name !== "kept.txt");
      let killed = false;
      const ran = await arena.osiris(["run", "filled.oml"], {
        onHost: (pid) => {
          if (killed || taken(arena.path("target")) <= 1_000_000) return;
          killed = true;
          Deno.kill(pid, "SIGKILL");
        },
      });
      assert.equal(ran.code, 137, ran.stdout + ran.stderr);
      const [left, ...more] = beside();
      assert.match(left!, /^\.out\.osiris-driver-\d+-[0-9a-f]{16}$/);
      assert.deepEqual(more, []);
      const shown = await arena.osiris(["logs", "gc"]);
      assert.match(shown.stdout, new RegExp(`^target/${left}  left by a killed run$`, "m"));
      assert.match(shown.stdout, /^Nothing was removed: add --yes to do it$/m);
      assert.deepEqual(beside(), [left]);
      const gone = await arena.osiris(["logs", "gc", "--yes"]);
      assert.match(gone.stdout, new RegExp(`^Removed target/${left}$`, "m"));
      assert.deepEqual(readdirSync(arena.path("target")), ["kept.txt"]);
      const again = await arena.osiris(["logs", "gc", "--yes"]);
      assert.match(again.stdout, /^Nothing to remove; 1 run stay/);
      count("A18", { tried: 1, left: beside().length });
    },
  });

  Deno.test("a limit for the disk is a size", async () => {
    await using arena = await Arena.create();
    arena.write("filled.oml", `oml_version: "0.1.0"\nname: filled\nsteps:\n${HONEST_STEPS}`);
    const ran = await arena.osiris(["run", "filled.oml", "--driver-disk", "plenty"]);
    assert.equal(ran.code, 2, ran.stdout);
    assert.match(ran.stderr, /CLI804.*'--driver-disk'.*'plenty' is not a number with a unit/);
    const more = await arena.osiris(["run", "filled.oml", "--driver-disk", "1.5 TiB"]);
    assert.equal(more.code, 0, more.stderr);
  });
}

/** Bytes that a folder takes of the disk, as far as its files have names. */
function taken(folder: string): number {
  let bytes = 0;
  const folders = [folder];
  for (const each of folders) {
    try {
      for (const { name } of readdirSync(each, { withFileTypes: true })) {
        const found = lstatSync(join(each, name));
        bytes += found.blocks * 512;
        if (found.isDirectory()) folders.push(join(each, name));
      }
    } catch {
      // It is gone meanwhile.
    }
  }
  return bytes;
}

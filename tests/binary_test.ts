/** What only the compiled binary can get wrong. Runs where `OSIRIS_BIN` names one (`scripts/test --binary`). */

import { deepEqual, equal, match } from "node:assert/strict";
import { existsSync, readdirSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { osiris } from "./_osiris.ts";
import { TestProject } from "./_project.ts";

const binary = Deno.env.get("OSIRIS_BIN");
const unpacked = /^native-[0-9a-f]{16}$/;

const PIPELINE = `oml_version: "0.1.0"
name: three-rows
steps:
  - id: rows
    component: filesystem.csv_extractor
    mode: read
    config: { path: three.csv }
  - id: save
    component: filesystem.csv_writer
    mode: write
    config: { path: out.csv }
`;

async function project(): Promise<TestProject> {
  return await TestProject.create({ "three.oml": PIPELINE, "three.csv": "id,name\n1,a\n2,b\n3,c\n" });
}

async function run(at: TestProject, cache: string): Promise<void> {
  const { code, stderr } = await osiris(["run", "three.oml"], {
    cwd: at.root,
    env: { XDG_CACHE_HOME: cache },
  });
  equal(code, 0, stderr);
  equal(await at.read("out.csv"), "id,name\n1,a\n2,b\n3,c\n");
}

/** The folder of the one library that was unpacked. */
function library(cache: string): string {
  const names = readdirSync(join(cache, "osiris"));
  equal(names.length, 1, names.join());
  match(names[0]!, unpacked);
  return join(cache, "osiris", names[0]!);
}

Deno.test({
  name: "binary: the library is unpacked once, where the cache is, and mended when it was damaged",
  ignore: binary === undefined,
  async fn() {
    await using at = await project();
    const cache = at.path("cache");
    await run(at, cache);
    const files = readdirSync(library(cache));
    const entry = join(library(cache), files.find((name) => name.endsWith("duckdb.node"))!);
    const first = statSync(entry);
    await run(at, cache);
    deepEqual(statSync(entry).ino, first.ino, "the second run took what was there");
    truncateSync(entry, 1000);
    await run(at, cache);
    equal(statSync(entry).size, first.size);
  },
});

Deno.test({
  name: "binary: two processes that start at once unpack one library",
  ignore: binary === undefined,
  async fn() {
    await using a = await project();
    await using b = await project();
    await Promise.all([run(a, a.path("cache")), run(b, a.path("cache"))]);
    library(a.path("cache"));
  },
});

Deno.test({
  name: "binary: a cache that cannot be written is no obstacle, and nothing is left behind",
  ignore: binary === undefined || Deno.build.os === "windows",
  async fn() {
    await using at = await project();
    writeFileSync(at.path("cache"), "a file where the folder should be");
    const temporary = at.path("tmp");
    await Deno.mkdir(temporary);
    const { code, stderr } = await osiris(["run", "three.oml"], {
      cwd: at.root,
      env: { XDG_CACHE_HOME: at.path("cache"), TMPDIR: temporary },
    });
    equal(code, 0, stderr);
    deepEqual(readdirSync(temporary), []);
  },
});

Deno.test({
  name: "binary: where nothing can be unpacked, the error names both folders and the way out",
  ignore: binary === undefined || Deno.build.os === "windows",
  async fn() {
    await using at = await project();
    writeFileSync(at.path("file"), "");
    const { code, stderr } = await osiris(["run", "three.oml"], {
      cwd: at.root,
      env: { XDG_CACHE_HOME: at.path("file"), TMPDIR: at.path("file") },
    });
    equal(code, 1);
    match(stderr, /ENG590/);
    match(stderr, /help: make one of the two folders writable/);
    equal(existsSync(at.path("out.csv")), false);
  },
});

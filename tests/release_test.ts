/** A binary and what lies beside it: made again they are the same, and the bill of materials leaves nothing out. Runs where `OSIRIS_BIN` names one. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { filesUnder } from "../scripts/_files.ts";
import { sha256 } from "../scripts/_sha256.ts";
import { osiris } from "./_osiris.ts";
import { TestProject } from "./_project.ts";
import { REPO } from "./_repo.ts";

const binary = Deno.env.get("OSIRIS_BIN") ?? "";
const ignore = binary === "";

interface Component {
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
  readonly licenses: readonly { readonly license: { readonly id: string; readonly text?: object } }[];
}

function sbom(): { text: string; osiris: Component; npm: Component[]; programs: Component[] } {
  const text = readFileSync(`${binary}.cdx.json`, "utf8");
  const { metadata, components } = JSON.parse(text);
  const isNpm = ({ purl }: Component) => purl.startsWith("pkg:npm/");
  return {
    text,
    osiris: metadata.component,
    npm: components.filter(isNpm),
    programs: components.filter((each: Component) => !isNpm(each)),
  };
}

interface Locked {
  readonly integrity: string;
  readonly dependencies?: readonly string[];
  readonly optionalDependencies?: readonly string[];
}

const LOCKED: Readonly<Record<string, Locked>> =
  JSON.parse(readFileSync(join(REPO, "deno.lock"), "utf8")).npm;

/** `name@version` of a key of the lock, which may say behind a '_' what it was resolved with. */
function plain(key: string): string {
  return key.replace(/(?<=.@[^_]*)_.*$/, "");
}

/** The program's own texts, without its tests. */
function ownTexts(): string[] {
  return filesUnder(`${REPO}/`, ["src", "plugins", "schemas"], /\.(?:tsx?|json|yaml)$/)
    .filter((path) => !/_test\.ts$|_for_tests\.ts$|_testing\.ts$/.test(path))
    .map((path) => readFileSync(join(REPO, path), "utf8"));
}

/** What the program imports from npm, and what that needs in turn, as `name@version`. */
function reachable(): { direct: Set<string>; all: Set<string> } {
  const { imports } = JSON.parse(readFileSync(join(REPO, "deno.json"), "utf8"));
  const named = new Set(
    ownTexts().flatMap((text) =>
      [...text.matchAll(/(?:from|import\()\s*"([^".][^"]*)"/g)].map(([, name]) => name!)
    ),
  );
  const direct = new Set(
    Object.entries<string>(imports).filter(([name, at]) => named.has(name) && at.startsWith("npm:"))
      .map(([, at]) => /^npm:(@?[^@]+@[^/]+)/.exec(at)![1]!),
  );
  const all = new Set<string>();
  const waiting = [...direct];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (all.has(next)) continue;
    all.add(next);
    for (const key of Object.keys(LOCKED).filter((key) => plain(key) === next)) {
      const { dependencies = [], optionalDependencies = [] } = LOCKED[key]!;
      for (const needed of [...dependencies, ...optionalDependencies].map(plain)) {
        waiting.push(
          ...Object.keys(LOCKED).map(plain).filter((key) => key === needed || key.startsWith(`${needed}@`)),
        );
      }
    }
  }
  return { direct, all };
}

Deno.test({
  name: "the bill of materials has what the program imports, as deno.lock pins it, and nothing else",
  ignore,
  fn() {
    const { npm } = sbom();
    const listed = npm.map(({ name, version }) => `${name}@${version}`);
    const { direct, all } = reachable();
    assert.ok(direct.size >= 10, [...direct].join());
    // The bindings are there as the package of one machine.
    const wanted = [...direct].filter((each) => !each.startsWith("@duckdb/node-bindings@"));
    assert.deepEqual(wanted.filter((each) => !listed.includes(each)), [], "imported, and not listed");
    assert.deepEqual(listed.filter((each) => !all.has(each)), [], "listed, and not imported by anything");
    for (const { name, version, purl, hashes } of npm) {
      const [, locked] = Object.entries(LOCKED).find(([key]) => plain(key) === `${name}@${version}`) ?? [];
      const hash = Buffer.from(locked!.integrity.replace("sha512-", ""), "base64").toString("hex");
      assert.deepEqual(hashes, [{ alg: "SHA-512", content: hash }], purl);
    }
  },
});

Deno.test({
  name: "the bill of materials misses no package whose words are in the binary",
  // Where the program's own data begin is known of Linux' binaries alone.
  ignore: ignore || Deno.build.os !== "linux",
  async fn() {
    const listed = new Set(sbom().npm.map(({ name, version }) => `${name}@${version}`));
    const program = phrasesIn(programIn(binary));
    const phrases = await phrasesOfPackages();
    const owners = new Map<string, number>();
    for (const some of [phrasesIn(ownTexts().join("\n")), ...phrases.values()]) {
      for (const phrase of some) owners.set(phrase, (owners.get(phrase) ?? 0) + 1);
    }
    const seen = new Set<string>();
    for (const [key, some] of phrases) {
      const found = [...some].filter((phrase) => program.has(phrase) && owners.get(phrase) === 1);
      if (found.length > 0) seen.add(key);
      assert.ok(
        listed.has(key) || found.length === 0,
        `${key} is in the binary and not listed: "${found[0]}"`,
      );
    }
    assert.ok(seen.size >= 15, `the search works: ${[...seen].join(", ")}`);
  },
});

/** What Deno put behind the runtime: all JavaScript and all assets. */
function programIn(file: string): string {
  const bytes = readFileSync(file);
  const length = Number(bytes.readBigUInt64LE(bytes.length - 8));
  return bytes.subarray(bytes.length - length).toString("latin1");
}

/** Texts of a few words in quotes. */
function phrasesIn(code: string): Set<string> {
  const quoted = [...code.matchAll(/["'`]([A-Za-z][\w ,.:;()-]{21,80})["'`]/g)].map(([, phrase]) => phrase!);
  return new Set(quoted.filter((phrase) => / .* /.test(phrase)));
}

/** Such texts in the code of each locked package that is on this machine. */
async function phrasesOfPackages(): Promise<Map<string, Set<string>>> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  const { npmCache } = JSON.parse(new TextDecoder().decode(stdout));
  const phrases = new Map<string, Set<string>>();
  for (const host of readdirSync(npmCache)) {
    for (const key of new Set(Object.keys(LOCKED).map(plain))) {
      const folder = join(npmCache, host, key.replace(/(?<=.)@/, "/"));
      if (!existsSync(folder)) continue;
      const some = phrases.get(key) ?? new Set();
      for (const path of filesUnder(`${folder}/`, ["."], /(?<!\.min)\.[cm]?js$/)) {
        const text = readFileSync(join(folder, path), "latin1");
        for (const phrase of phrasesIn(text)) some.add(phrase);
      }
      phrases.set(key, some);
    }
  }
  return phrases;
}

Deno.test({
  name:
    "the bill of materials has a licence for everything, the binary's own hash, and no address to fetch from",
  ignore,
  async fn() {
    const { text, osiris: own, npm, programs } = sbom();
    assert.equal(own.hashes![0]!.content, sha256(readFileSync(binary)));
    assert.equal(own.licenses[0]!.license.id, "Apache-2.0");
    for (const { purl, licenses } of [...npm, ...programs]) {
      assert.match(licenses[0]!.license.id, /^(?:MIT|ISC|BSD-[23]-Clause|Apache-2\.0|0BSD|MIT-0)$/, purl);
    }
    assert.ok(
      npm.filter(({ licenses }) => licenses[0]!.license.text !== undefined).length > npm.length * 0.8,
    );
    assert.doesNotMatch(text, /registry|\.tgz|\.tar\.gz/);
    await using project = await TestProject.create({
      "version.oml": `oml_version: "0.1.0"
name: version
steps:
  - id: ask
    component: duckdb.processor
    mode: transform
    config: { query: "SELECT version() AS v" }
  - id: save
    component: filesystem.csv_writer
    mode: write
    config: { path: out.csv }
`,
    });
    assert.equal((await osiris(["run", "version.oml"], { cwd: project.root })).code, 0);
    const { stdout } = await osiris(["version", "--json"], { cwd: project.root });
    assert.deepEqual(programs.map(({ name, version }) => [name, version]), [
      ["deno", JSON.parse(stdout).deno],
      ["duckdb", (await project.read("out.csv")).trim().replace("v\nv", "")],
    ]);
  },
});

/** What the build reads. */
const SOURCES = ["main.ts", "deno.json", "deno.lock", "src", "plugins", "schemas", "scripts"];

Deno.test({
  name: "the same checkout in another folder, zone and language gives the same bytes",
  ignore,
  async fn() {
    await using project = await TestProject.create();
    const copy = project.path("some where/else/checkout");
    for (const name of SOURCES) cpSync(join(REPO, name), join(copy, name), { recursive: true });
    const output = project.path(`out/${basename(binary)}`);
    mkdirSync(project.path("out"));
    const temporary = join(copy, "tmp");
    mkdirSync(temporary);
    const runtime = Deno.env.get("DENORT_BIN");
    const { success, stderr } = await new Deno.Command(join(copy, "scripts/build"), {
      args: ["--output", output],
      cwd: copy,
      env: {
        TMPDIR: temporary,
        TZ: "Pacific/Chatham",
        LC_ALL: "C",
        PATH: `${resolve(Deno.execPath(), "..")}:${Deno.env.get("PATH")}`,
        ...(runtime === undefined ? {} : { DENORT_BIN: resolve(REPO, runtime) }),
      },
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    const differing = ["", ".cdx.json"].filter((ending) =>
      !readFileSync(output + ending).equals(readFileSync(binary + ending))
    );
    assert.deepEqual(differing, [], `${binary} is not what this checkout gives; was it built from it?`);
    assert.deepEqual(readdirSync(temporary), []);
  },
});

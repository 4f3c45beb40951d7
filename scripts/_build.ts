/**
 * Builds the binary: bundle, pack, compile.
 *
 * The program is bundled with code splitting, so that a module imported where it is used stays lazy.
 * What makes it smaller is `scripts/_squeeze.ts`, never the bundler's `--minify`.
 * DuckDB's library is packed with brotli (the best that Deno 2.6 can unpack natively) and unpacked once by
 * `src/engine/_native_library.ts`. Two builds of the same checkout give the same bytes, when the output
 * has the same name: Deno writes that name into the binary. Beside each binary lies what it is made of, `NAME.cdx.json`.
 *
 * @module
 */

// deno-lint-ignore-file no-console -- a script for developers

import { basename, join, resolve } from "node:path";
import { bundle } from "./_build_bundle.ts";
import { type Packed, packLibrary, writePacked } from "./_build_library.ts";
import { deno, lockedPackages, root } from "./_build_tools.ts";
import { type BundledPackage, together } from "./_packages.ts";
import { sbomText } from "./_sbom.ts";
import { sha256 } from "./_sha256.ts";

/** A machine to build for. */
interface Target {
  /** As it stands in the file's name. */
  readonly name: string;
  /** As Deno calls it. */
  readonly triple: string;
  /** As DuckDB's npm packages call it. */
  readonly platform: string;
  /** Files of that package to pack; the first one is loaded. */
  readonly library: readonly [string, string];
}

const TARGETS: readonly Target[] = [
  {
    name: "linux-x64",
    triple: "x86_64-unknown-linux-gnu",
    platform: "linux-x64",
    library: ["duckdb.node", "libduckdb.so"],
  },
  {
    name: "linux-arm64",
    triple: "aarch64-unknown-linux-gnu",
    platform: "linux-arm64",
    library: ["duckdb.node", "libduckdb.so"],
  },
  {
    name: "macos-x64",
    triple: "x86_64-apple-darwin",
    platform: "darwin-x64",
    library: ["duckdb.node", "libduckdb.dylib"],
  },
  {
    name: "macos-arm64",
    triple: "aarch64-apple-darwin",
    platform: "darwin-arm64",
    library: ["duckdb.node", "libduckdb.dylib"],
  },
  {
    name: "windows-x64",
    triple: "x86_64-pc-windows-msvc",
    platform: "win32-x64",
    library: ["duckdb.node", "duckdb.dll"],
  },
];

const HELP = `Builds the binary: scripts/build [OPTION]

  (none)       dist/osiris, for this machine, with dist/osiris.cdx.json: what is in it, as CycloneDX
  --all        also dist/osiris-<target> for ${TARGETS.map((t) => t.name).join(", ")},
               with dist/SHA256SUMS
  --output F   the binary for this machine, written to F instead

DENORT_BIN names the runtime to embed for this machine; without it Deno downloads it.`;

const dist = join(root, "dist");

async function main(args: readonly string[]): Promise<number> {
  const [option, value, ...rest] = args;
  const all = option === "--all" && value === undefined;
  const elsewhere = option === "--output" && value !== undefined && rest.length === 0;
  if (option === "--help") {
    console.log(HELP);
    return 0;
  }
  if (option !== undefined && !all && !elsewhere) {
    console.error(`Cannot read the options: '${args.join(" ")}' is not among those below\n\n${HELP}`);
    return 2;
  }
  const own = TARGETS.find((target) => target.triple === Deno.build.target);
  if (own === undefined) {
    console.error(
      `Cannot build for ${Deno.build.target}: the targets are ${TARGETS.map((t) => t.triple).join(", ")}`,
    );
    return 1;
  }
  Deno.mkdirSync(dist, { recursive: true });
  const stage = Deno.makeTempDirSync({ prefix: "osiris-build-" });
  try {
    const packages = await bundle(stage);
    const output = elsewhere ? value : join(dist, Deno.build.os === "windows" ? "osiris.exe" : "osiris");
    await build(stage, own, output, true, packages);
    return all ? await buildAll(stage, own, output, packages) : 0;
  } catch (error) {
    console.error(`Cannot build for ${own.name}: ${reason(error)}`);
    return 1;
  } finally {
    Deno.removeSync(stage, { recursive: true });
  }
}

/** Every target; one that fails is named with its reason and does not keep the others from being built. */
async function buildAll(
  stage: string,
  own: Target,
  ownOutput: string,
  packages: readonly BundledPackage[],
): Promise<number> {
  const outputs: string[] = [];
  const failures: string[] = [];
  for (const target of TARGETS) {
    const output = join(dist, `osiris-${target.name}${target.name.startsWith("windows") ? ".exe" : ""}`);
    try {
      if (target === own) {
        Deno.copyFileSync(ownOutput, output);
        Deno.copyFileSync(sbomFile(ownOutput), sbomFile(output));
      } else await build(stage, target, output, false, packages);
      outputs.push(output);
    } catch (error) {
      failures.push(target.name);
      console.error(`Cannot build for ${target.name}: ${reason(error)}`);
    }
  }
  const sums = outputs.flatMap((output) => [output, sbomFile(output)])
    .map((output) => `${sha256(Deno.readFileSync(output))}  ${basename(output)}\n`);
  Deno.writeTextFileSync(join(dist, "SHA256SUMS"), sums.join(""));
  console.log(
    `${outputs.length} built, ${failures.length} not built${
      failures.length === 0 ? "" : ` (${failures.join(", ")})`
    }`,
  );
  return failures.length === 0 ? 0 : 1;
}

async function build(
  stage: string,
  target: Target,
  output: string,
  own: boolean,
  packages: readonly BundledPackage[],
): Promise<void> {
  const start = performance.now();
  const native = join(stage, "assets", "native");
  const packed = await packLibrary(target.platform, target.library);
  if (target.name.startsWith("linux")) await buildAround(packed, native, stage, target, output, own);
  else {
    writePacked(native, packed.files, packed.entry);
    await compile(stage, target, output, own);
  }
  Deno.writeTextFileSync(sbomFile(output), await sbomOf(output, target, packed, packages, own));
  const megabytes = (Deno.statSync(output).size / 1e6).toFixed(1);
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  console.log(`${target.name}: ${output} (${megabytes} MB, ${seconds} s)`);
}

function sbomFile(output: string): string {
  return `${output.replace(/\.exe$/, "")}.cdx.json`;
}

async function sbomOf(
  output: string,
  { triple }: Target,
  packed: Packed,
  packages: readonly BundledPackage[],
  own: boolean,
): Promise<string> {
  const { version, license } = JSON.parse(Deno.readTextFileSync(join(root, "deno.json")));
  return sbomText({
    version,
    license,
    triple,
    sha256: sha256(Deno.readFileSync(output)),
    packages: together(packages, [packed.package]),
    locked: lockedPackages(join(root, "deno.lock")),
    deno: own ? await runtimeVersion(output) : Deno.version.deno,
    duckdb: packed.package.version.replace(/-.*/, ""),
    native: packed.files.map(({ file }) => file),
  });
}

/** The runtime may be of another release than this Deno: `DENORT_BIN` says which one it is. */
async function runtimeVersion(program: string): Promise<string> {
  const { success, stdout } = await new Deno.Command(resolve(program), { args: ["version", "--json"] })
    .output();
  if (!success) throw new Error(`'${program} version' failed`);
  return JSON.parse(new TextDecoder().decode(stdout)).deno;
}

/**
 * On Linux, Deno finds what it embeds from the file's end and reads all of it at every start. So the library
 * goes before that, right behind the runtime, where nothing looks but `src/engine/_native_library.ts`. Where
 * that is, only a first compilation tells; the second one writes it down.
 */
async function buildAround(
  { entry, files }: Packed,
  native: string,
  stage: string,
  target: Target,
  output: string,
  own: boolean,
): Promise<void> {
  writePacked(native, [], entry);
  await compile(stage, target, output, own);
  let offset = runtimeSize(output);
  const placed = files.map(({ file, bytes }) => {
    const at = { offset, bytes: bytes.length };
    offset += bytes.length;
    return { file: { ...file, at } };
  });
  writePacked(native, placed, entry);
  await compile(stage, target, output, own);
  const program = Deno.readFileSync(output);
  const end = runtimeSize(output);
  if (end !== (placed[0]?.file.at.offset ?? end)) {
    throw new Error("two compilations embed different runtimes");
  }
  using file = Deno.openSync(output, { write: true, truncate: true });
  for (const part of [program.subarray(0, end), ...files.map(({ bytes }) => bytes), program.subarray(end)]) {
    for (let done = 0; done < part.length;) done += file.writeSync(part.subarray(done));
  }
}

/** Bytes of the runtime in a compiled program; behind them Deno keeps its data, whose length ends the file. */
function runtimeSize(program: string): number {
  using file = Deno.openSync(program);
  const size = file.statSync().size;
  const length = new Uint8Array(8);
  file.seekSync(size - length.length, Deno.SeekMode.Start);
  file.readSync(length);
  const runtime = size - Number(new DataView(length.buffer).getBigUint64(0, true));
  const magic = new Uint8Array(8);
  file.seekSync(runtime, Deno.SeekMode.Start);
  file.readSync(magic);
  if (new TextDecoder().decode(magic) !== "d3n0l4nd") {
    throw new Error("this Deno lays its programs out differently");
  }
  return runtime;
}

const V8_FLAGS = [
  "--disallow-code-generation-from-strings",
  "--enable-experimental-regexp-engine-on-excessive-backtracks",
  // From 1 MB, the young heap of a small run is collected six times while it grows: 4 ms. Up to 16 MB, those of a long
  // run and its driver take 25 MB more, and save no time.
  "--min-semi-space-size=4",
  "--max-semi-space-size=4",
];

async function compile(stage: string, target: Target, output: string, own: boolean): Promise<void> {
  setTimes(stage);
  await deno([
    "compile",
    "--quiet",
    "--no-check",
    "--no-lock",
    "--allow-all",
    "--no-prompt",
    // Deno would keep compiled code in the folder for temporary files, where others could plant theirs.
    "--no-code-cache",
    `--v8-flags=${V8_FLAGS.join(",")}`,
    `--include=${join(stage, "assets")}`,
    ...(own ? [] : [`--target=${target.triple}`]),
    `--config=${join(stage, "deno.json")}`,
    `--output=${output}`,
    join(stage, "main.js"),
  ], { runtime: own });
}

/** Deno writes each file's time into the binary: one and the same makes two builds the same bytes. */
function setTimes(folder: string): void {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = join(folder, name);
    if (isDirectory) setTimes(path);
    Deno.utimeSync(path, 0, 0);
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message.trim() : String(error);
}

if (import.meta.main) Deno.exit(await main(Deno.args));

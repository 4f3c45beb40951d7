/**
 * Bundles the built-in drivers for the binary: `deno run -A scripts/_embed_drivers.ts FOLDER`.
 *
 * Writes `FOLDER/builtins.json` (specs and hashes, as the catalog has them from source) and
 * `FOLDER/drivers/NAME.js` for each code: a module that serves its drivers when a worker loads it. The
 * module `drivers/guest.js` takes code from outside instead. Prints which npm packages are in them, as JSON.
 *
 * @module
 */

import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import process from "node:process";
import { tmpdir } from "node:os";
import { isBuiltin } from "node:module";
import { fileURLToPath } from "node:url";
import { bundleFile, type EmbeddedComponent, loadPlugins } from "../src/component/_builtins.ts";
import type { CatalogEntry } from "../src/component/catalog.ts";
import { entryText } from "../src/component/_entry.ts";
import { type BundledPackage, packagesIn, together } from "./_packages.ts";
import { withoutPlaces } from "./_places.ts";
import { squeezed } from "./_squeeze.ts";
import { GLUE_FILE, guestEntry } from "../src/component/admission/glue.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

/** Writes the assets of every component under `plugins` into a folder; gives the npm packages that are in them. */
export async function embedDrivers(
  folder: string,
  plugins: string = join(ROOT, "plugins"),
): Promise<BundledPackage[]> {
  const entries = await loadPlugins(plugins);
  await mkdir(join(folder, "drivers"), { recursive: true });
  const codes = new Map(entries.map((entry) => [bundleFile(entry), entry]));
  const packages: BundledPackage[][] = [];
  for (const [file, entry] of codes) {
    packages.push(await bundleEntry(await entryOf(entry), join(folder, file)));
  }
  packages.push(await bundleEntry(guestEntry(), join(folder, GLUE_FILE)));
  const list: EmbeddedComponent[] = entries.map(({ origin: _, code: __, ...kept }) => kept);
  await writeFile(join(folder, "builtins.json"), JSON.stringify(list));
  return together(...packages);
}

async function entryOf(entry: CatalogEntry): Promise<string> {
  const code = await entry.code();
  if (code.kind !== "modules") throw new Error(`${entry.spec.name} is bundled already`);
  return entryText(code);
}

async function bundleEntry(text: string, output: string): Promise<BundledPackage[]> {
  const folder = await mkdtemp(join(tmpdir(), "osiris-driver-"));
  try {
    const main = join(folder, "main.js");
    await writeFile(main, text);
    await run([
      "bundle",
      "--quiet",
      "--config",
      join(ROOT, "deno.json"),
      "--output",
      output,
      main,
    ]);
    const bundle = await readFile(output, "utf8");
    await writeFile(output, await squeezed(withRequire(withoutPlaces(bundle))));
    return packagesIn(bundle, ROOT);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/**
 * A library in CommonJS asks for modules of the runtime with `require`. What the bundler makes of it wants to know
 * its own file, and a worker's code comes from none; so the bundle imports these modules and hands them out itself.
 * What is no module of the runtime is a package that the library can do without.
 */
function withRequire(bundle: string): string {
  const names = new Set([...bundle.matchAll(/\b__require\("([^"]+)"\)/g)].map((match) => match[1]!));
  if (names.size === 0) return bundle;
  const list = [...names].filter(isBuiltin).sort();
  const imports = list.map((name, at) => `import runtime${at} from ${JSON.stringify(name)};\n`).join("");
  const modules = list.map((name, at) => `${JSON.stringify(name)}: runtime${at}`).join(", ");
  const handed = bundle.replace(
    /(var __require = )[^\n]*createRequire\([^\n]*/,
    `$1(name) => { const found = { ${modules} }[name]; if (!found) throw new Error("no module " + name); return found; };`,
  );
  if (handed === bundle) throw new Error("the bundler makes something else of require() than it did");
  return imports + handed;
}

async function run(args: string[]): Promise<void> {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd: ROOT }).output();
  if (code !== 0) throw new Error(`deno ${args.join(" ")} failed:\n${new TextDecoder().decode(stderr)}`);
}

if (import.meta.main) {
  const [folder] = process.argv.slice(2);
  if (folder === undefined) throw new Error("usage: deno run -A scripts/_embed_drivers.ts FOLDER");
  process.stdout.write(JSON.stringify(await embedDrivers(resolve(folder))));
}

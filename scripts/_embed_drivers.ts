/**
 * Bundles the built-in drivers for the binary: `deno run -A scripts/_embed_drivers.ts FOLDER`.
 *
 * Writes `FOLDER/builtins.json` (specs and hashes, as the catalog has them from source) and one
 * `FOLDER/drivers/NAME.js` for each component: a module that serves its driver when a worker loads it.
 *
 * @module
 */

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import process from "node:process";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import type { EmbeddedComponent } from "../src/component/_builtins.ts";
import type { CatalogEntry } from "../src/component/catalog.ts";
import { entryText } from "../src/component/_entry.ts";
import { loadFolder } from "../src/component/_folder.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

/** Writes the assets of every component under `plugins` into a folder. */
export async function embedDrivers(folder: string, plugins: string = join(ROOT, "plugins")): Promise<void> {
  const entries = await loadFolder(plugins, "builtin");
  await mkdir(join(folder, "drivers"), { recursive: true });
  for (const entry of entries) await bundleDriver(entry, join(folder, "drivers", `${entry.spec.name}.js`));
  const list: EmbeddedComponent[] = entries.map(({ spec, specHash, driverHash }) => ({
    spec,
    specHash,
    driverHash,
  }));
  await writeFile(join(folder, "builtins.json"), JSON.stringify(list));
}

async function bundleDriver(entry: CatalogEntry, output: string): Promise<void> {
  const code = await entry.code();
  if (code.kind !== "module") throw new Error(`${entry.spec.name} is bundled already`);
  const folder = await mkdtemp(join(tmpdir(), "osiris-driver-"));
  try {
    const main = join(folder, "main.js");
    await writeFile(main, entryText(new URL("../src/component/_serve.ts", import.meta.url).href, code.url));
    await run([
      "bundle",
      "--quiet",
      "--minify",
      "--config",
      join(ROOT, "deno.json"),
      "--output",
      output,
      main,
    ]);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function run(args: string[]): Promise<void> {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd: ROOT }).output();
  if (code !== 0) throw new Error(`deno ${args.join(" ")} failed:\n${new TextDecoder().decode(stderr)}`);
}

if (import.meta.main) {
  const [folder] = process.argv.slice(2);
  if (folder === undefined) throw new Error("usage: deno run -A scripts/_embed_drivers.ts FOLDER");
  await embedDrivers(resolve(folder));
}

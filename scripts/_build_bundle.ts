/**
 * The program as the binary embeds it: a few JavaScript files, one for each driver, and the texts they read.
 *
 * What must stay true: nothing in them says where the checkout, the packages or the temporary folder were.
 *
 * @module
 */

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { AUTHOR_FILES, authorFiles } from "../src/component/author_files.ts";
import { WARDEN_FILE } from "../src/component/isolation/_warden_file.ts";
import { deno, install, root } from "./_build_tools.ts";
import { renamedChunks } from "./_chunk_names.ts";
import { type BundledPackage, packagesIn, together } from "./_packages.ts";
import { withoutPlaces } from "./_places.ts";
import { squeezed } from "./_squeeze.ts";

/** The program as a few JavaScript files in `stage`, with what it reads at run time in `stage/assets`; gives the npm packages in them. */
export async function bundle(stage: string): Promise<BundledPackage[]> {
  const assets = join(stage, "assets");
  Deno.mkdirSync(assets);
  Deno.writeTextFileSync(join(assets, AUTHOR_FILES), JSON.stringify(await authorFiles()));
  const inDrivers: BundledPackage[] = JSON.parse(
    await deno([
      "run",
      "--frozen",
      "--no-check",
      "--allow-all",
      join(root, "scripts/_embed_drivers.ts"),
      assets,
    ]),
  );
  await deno([
    "bundle",
    "--quiet",
    "--frozen",
    "--platform=deno",
    `--output=${join(assets, WARDEN_FILE)}`,
    join(root, "src/component/isolation/warden.ts"),
  ]);
  const warden = join(assets, WARDEN_FILE);
  const wardenText = Deno.readTextFileSync(warden);
  Deno.writeTextFileSync(warden, await squeezed(wardenText));
  const packages = together(inDrivers, packagesIn(wardenText, root));
  Deno.writeTextFileSync(
    join(stage, "deno.json"),
    JSON.stringify({ unstable: ["worker-options"], nodeModulesDir: "none" }),
  );
  const yaml = await install("yaml");
  try {
    await bundleProgram(stage, join(yaml.folder, "browser/dist/index.js"));
    return together(packages, await finish(stage));
  } finally {
    yaml.remove();
  }
}

/**
 * With the YAML library as the ES modules it brings for browsers: Deno would take its CommonJS, which a bundle
 * keeps in wrappers, one for each file, that are parsed twice and cost every start 8 ms.
 */
async function bundleProgram(stage: string, yaml: string): Promise<void> {
  const { imports, compilerOptions: { jsx, jsxImportSource } } = JSON.parse(
    Deno.readTextFileSync(join(root, "deno.json")),
  );
  const url = (at: string) => at.startsWith("./") ? pathToFileURL(join(root, at)).href : at;
  const placed = Object.fromEntries(Object.entries<string>(imports).map(([name, at]) => [name, url(at)]));
  const config = join(stage, "bundle.json");
  const lock = join(stage, "bundle.lock");
  Deno.writeTextFileSync(
    config,
    JSON.stringify({
      imports: { ...placed, yaml: pathToFileURL(yaml).href },
      compilerOptions: { jsx, jsxImportSource },
    }),
  );
  Deno.copyFileSync(join(root, "deno.lock"), lock);
  await deno([
    "bundle",
    "--quiet",
    `--config=${config}`,
    `--lock=${lock}`,
    "--code-splitting",
    "--platform=deno",
    "--external=@duckdb/node-bindings",
    `--outdir=${stage}`,
    join(root, "main.ts"),
  ]);
}

/** How a bundled CommonJS module asks for what is not in the bundle. */
const REQUIRE = "var __require = __deno_internal_createRequire(import.meta.url);";

/** Gives such modules Node's own modules, and the bindings that `src/engine/_native.ts` has loaded before. */
const OSIRIS_REQUIRE = `const osirisRequire = __deno_internal_createRequire(import.meta.url);
var __require = (name) =>
  name === "@duckdb/node-bindings" ? globalThis[Symbol.for("osiris.duckdb")] : osirisRequire(name);`;

/** Takes from the program what is of this machine alone, and what is long; gives the npm packages in it. */
async function finish(stage: string): Promise<BundledPackage[]> {
  const packages: BundledPackage[][] = [];
  const files = new Map<string, string>();
  let given = 0;
  for (const { name } of [...Deno.readDirSync(stage)].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (!name.endsWith(".js")) continue;
    const bundle = Deno.readTextFileSync(join(stage, name));
    Deno.removeSync(join(stage, name));
    packages.push(packagesIn(bundle, root));
    const text = withoutPlaces(bundle);
    if (text.includes(REQUIRE)) given++;
    files.set(name, await squeezed(text.replace(REQUIRE, OSIRIS_REQUIRE)));
  }
  for (const [name, text] of renamedChunks(files)) Deno.writeTextFileSync(join(stage, name), text);
  if (given === 0) throw new Error("the bundle has no `__require` to give the engine's bindings to");
  return together(...packages);
}

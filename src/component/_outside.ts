/**
 * Components from outside: folders that a project carries, written by nobody that Osiris knows.
 *
 * What must stay true: of such a folder only `spec.yaml`, the one code file and the signature are read, as plain
 * files that lie in it; the code that runs is the code that was hashed when the catalog was loaded.
 *
 * @module
 */

import { lstat, readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type Diagnostic, OsirisError } from "../diagnostic.ts";
import { readSpec } from "./_check_spec.ts";
import { deepFreeze } from "./_folder.ts";
import { fileHashes, hashSources, hashSpec, type SourceFile } from "./_hash.ts";
import { SEAL_FILE, sealedBy, SUMS_FILE } from "./_seal.ts";
import type { BrokenComponent, CatalogEntry } from "./catalog.ts";
import type { ComponentSpec } from "./spec.ts";

/** The files a driver's code may be in; a component has exactly one of them. */
const CODE_FILES: readonly string[] = ["driver.ts", "driver.js"];

/** What a folder of components holds. */
export interface OutsideComponents {
  readonly entries: readonly CatalogEntry[];
  /** Those that cannot be used, and why. */
  readonly broken: readonly BrokenComponent[];
}

/** Loads every component of a folder that holds one folder per component. One that is broken does not keep others from use. */
export async function loadOutside(folder: string): Promise<OutsideComponents> {
  const found = await readdir(folder, { withFileTypes: true });
  const names = found.filter((each) => !each.isFile() && !each.name.startsWith(".")).map(({ name }) => name);
  const entries: CatalogEntry[] = [];
  const broken: BrokenComponent[] = [];
  for (const name of names.sort()) {
    try {
      entries.push(await loadOne(resolve(folder, name), name));
    } catch (error) {
      if (!(error instanceof OsirisError)) throw error;
      broken.push({ name, error });
    }
  }
  return { entries, broken };
}

/** Loads the component of a folder. */
export async function loadOne(folder: string, name: string): Promise<CatalogEntry> {
  const found = await lstat(folder);
  if (!found.isDirectory()) {
    const what = found.isSymbolicLink() ? "is a link, and should be a folder" : "is not a folder";
    throw fault(name, `'${folder}' ${what}`, "a component is a folder with spec.yaml and driver.ts");
  }
  const specFile = await plainFile(name, folder, "spec.yaml");
  const spec = readOwnSpec(name, join(folder, "spec.yaml"), specFile.bytes);
  const code = await codeFile(name, folder);
  const driverHash = hashSources([code]);
  const signedBy = await sealedBy(name, [specFile, code, ...await sealFiles(name, folder)]);
  let text: Promise<string> | undefined;
  return Object.freeze({
    spec: deepFreeze(spec),
    specHash: hashSpec(spec),
    driverHash,
    origin: "outside",
    files: fileHashes([specFile, code]),
    ...(signedBy === undefined ? {} : { signedBy }),
    code: async () => {
      const now = await plainFile(name, folder, code.path);
      if (hashSources([now]) !== driverHash) {
        throw fault(name, `'${code.path}' was changed while Osiris was running`, "run it again");
      }
      // The same bytes, read once for every step that needs them.
      text ??= admitted(spec, join(folder, code.path), now.bytes);
      return { kind: "guest", text: await text, promised: promisedBy(spec) } as const;
    },
  });
}

function readOwnSpec(name: string, file: string, bytes: Uint8Array): ComponentSpec {
  const { value: spec, diagnostics } = readSpec(new TextDecoder().decode(bytes), file);
  if (spec === undefined) throw fault(name, "its spec is not valid", diagnostics[0]?.message, diagnostics);
  if (spec.name !== name) {
    throw fault(
      name,
      `its spec says '${spec.name}', and should say as the folder does`,
      "rename one of them",
    );
  }
  return spec;
}

/** What a spec says that its driver can do, as far as each has a function of its own. */
function promisedBy(spec: ComponentSpec): readonly string[] {
  const contract = spec.capabilities.includes("contract") && spec.carries !== "engine" ? ["target"] : [];
  const own = spec.capabilities.filter((each) => each === "check" || each === "discover");
  return [...spec.modes, ...own, ...contract];
}

async function codeFile(name: string, folder: string): Promise<SourceFile> {
  const here = (await readdir(folder)).filter((file) => CODE_FILES.includes(file));
  if (here.length === 1) return await plainFile(name, folder, here[0]!);
  if (here.length === 0) {
    throw fault(name, "it has no code", `write its driver into ${CODE_FILES.join(" or ")}`);
  }
  throw fault(name, `it has both ${here.join(" and ")}, and should have one of them`, "remove one of them");
}

/** The author's signature and what it is of, as far as they are there. */
async function sealFiles(name: string, folder: string): Promise<SourceFile[]> {
  const here = (await readdir(folder)).filter((file) => file === SUMS_FILE || file === SEAL_FILE);
  return await Promise.all(here.map((file) => plainFile(name, folder, file)));
}

/** A file of the component itself: a link could lead anywhere, and to another place each time. */
async function plainFile(name: string, folder: string, path: string): Promise<SourceFile> {
  const file = join(folder, path);
  const found = await lstat(file).catch(() => undefined);
  if (found === undefined) {
    throw fault(name, `it has no ${path}`, "'osiris components new' makes a component to start from");
  }
  if (!found.isFile()) {
    throw fault(name, `'${path}' is not a plain file`, "put the file itself into the folder");
  }
  return { path, bytes: await readFile(file) };
}

/** The library that reads code is loaded when a driver from outside is used. */
async function admitted(spec: ComponentSpec, file: string, bytes: Uint8Array): Promise<string> {
  const { admit } = await import("./admission/admit.ts");
  const { value, diagnostics } = await admit(bytes, file, { net: (spec.permissions.net ?? []).length > 0 });
  if (value !== undefined) return value;
  const { message, line, column, help } = diagnostics[0]!;
  const where = line === undefined ? file : `${file}:${line}:${column}`;
  const options = { category: "usage", diagnostics, help } as const;
  const what = message.replace(/^[^:]*: /, "");
  throw new OsirisError("DRV414", `Cannot use component '${spec.name}': ${where}: ${what}`, options);
}

function fault(
  name: string,
  what: string,
  help: string | undefined,
  diagnostics: readonly Diagnostic[] = [],
): OsirisError {
  return new OsirisError("DRV400", `Cannot load component '${name}': ${what}`, {
    category: "usage",
    help,
    diagnostics,
  });
}

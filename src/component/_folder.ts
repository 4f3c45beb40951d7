import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { OsirisError } from "../diagnostic.ts";
import type { CatalogEntry } from "./catalog.ts";
import { readSpec } from "./_check_spec.ts";
import { hashSources, hashSpec, type SourceFile } from "./_hash.ts";

/** Loads every built-in component of a folder that holds one folder per component. */
export async function loadFolder(folder: string): Promise<CatalogEntry[]> {
  const found = await readdir(folder, { withFileTypes: true });
  const names = found.filter((each) => each.isDirectory() && each.name.includes(".")).map((each) =>
    each.name
  );
  return await Promise.all(names.sort().map((name) => loadComponent(resolve(folder, name), name)));
}

async function loadComponent(folder: string, name: string): Promise<CatalogEntry> {
  const file = join(folder, "spec.yaml");
  const { value: spec, diagnostics } = readSpec(await readFile(file, "utf8"), file);
  if (spec === undefined || spec.name !== name) {
    const why = spec === undefined
      ? "its spec is not valid"
      : `its spec says '${spec.name}', and should say as the folder does`;
    const options = { category: "usage", diagnostics, help: diagnostics[0]?.message } as const;
    throw new OsirisError("DRV400", `Cannot load component '${name}': ${why}`, options);
  }
  const url = pathToFileURL(join(folder, "driver.ts")).href;
  const sources = await driverSources(folder);
  sources.push(...await sharedSources(folder, sources));
  return Object.freeze({
    spec: deepFreeze(spec),
    specHash: hashSpec(spec),
    driverHash: hashSources(sources),
    origin: "builtin",
    code: () => Promise.resolve({ kind: "modules", urls: { [name]: url }, relations: false } as const),
  });
}

/** The files that make up a driver: all code and data in its folder but the spec, tests and examples. */
async function driverSources(folder: string, under = ""): Promise<SourceFile[]> {
  const files: SourceFile[] = [];
  for (const each of await readdir(join(folder, under), { withFileTypes: true })) {
    const path = under === "" ? each.name : `${under}/${each.name}`;
    if (each.isDirectory() && path !== "examples") files.push(...await driverSources(folder, path));
    else if (each.isFile() && /\.(ts|js|mjs|json)$/.test(path) && !/_test\.[a-z]+$/.test(path)) {
      files.push({ path, bytes: await readFile(join(folder, path)) });
    }
  }
  return files;
}

/** The files of the families that a built-in driver imports, and that these import: as much a part of it as its own. */
async function sharedSources(folder: string, own: readonly SourceFile[]): Promise<SourceFile[]> {
  const families = new Set<string>();
  const files: SourceFile[] = [];
  for (let news = own; news.length > 0;) {
    const named = news.flatMap(({ bytes }) => [
      ...new TextDecoder().decode(bytes).matchAll(/ from "(\.\.\/[a-z_]+)\/mod\.ts"/g),
    ]);
    const found = [...new Set(named.map((match) => match[1]!))].filter((family) => !families.has(family));
    for (const family of found) families.add(family);
    const read = await Promise.all(found.map(async (family) => {
      const sources = await driverSources(join(folder, family));
      return sources.map(({ path, bytes }) => ({ path: `${family}/${path}`, bytes }));
    }));
    news = read.flat();
    files.push(...news);
  }
  return files;
}

/** A value none of whose parts can be changed any more. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  Object.values(value).forEach(deepFreeze);
  return Object.freeze(value);
}

/**
 * The only place that loads DuckDB, and only when an engine is opened: saying `--version` must not pay for it.
 *
 * From source, npm's packages bring the native library. The compiled binary carries it packed instead;
 * `scripts/build` makes the bundled `@duckdb/node-api` ask for its bindings under {@linkcode CARRIED}.
 *
 * @module
 */

import { createRequire } from "node:module";
import type { UnpackedLibrary } from "./_native_library.ts";

type Api = typeof import("@duckdb/node-api");
type Bindings = typeof import("@duckdb/node-bindings");

/** Where the binary's bundle looks for the native bindings: on the global object, under this symbol's name. */
const CARRIED = Symbol.for("osiris.duckdb");

/**
 * DuckDB's JavaScript interface. `cacheFolder` is where the binary unpacks the native library, the
 * system's own place for caches when absent.
 */
export async function loadDuckDB(cacheFolder?: string): Promise<Api> {
  await loadBindings(cacheFolder);
  return plain(await import("@duckdb/node-api"));
}

/** DuckDB's raw bindings, for batches that are copied whole rather than value by value. */
export async function loadBindings(cacheFolder?: string): Promise<Bindings> {
  return Deno.build.standalone ? await carried(cacheFolder) : plain(await import("@duckdb/node-bindings"));
}

/**
 * Has the system load the library that the binary carries while this thread does something else, such as waiting
 * for a worker to start: 10 ms. What goes wrong here is said by who needs the library.
 */
export async function foresee(cacheFolder?: string): Promise<void> {
  if (!Deno.build.standalone) return;
  const { loadAside } = await import("./_load_aside.ts");
  for (const path of (await unpacked(cacheFolder)).beside) loadAside(path);
}

/** The bindings that the binary carries, loaded once. */
async function carried(cacheFolder?: string): Promise<Bindings> {
  const place = globalThis as { [CARRIED]?: Bindings };
  if (place[CARRIED] !== undefined) return place[CARRIED];
  const library = await unpacked(cacheFolder);
  const bindings: Bindings = createRequire(library.entry)(library.entry);
  library.release();
  place[CARRIED] = bindings;
  return bindings;
}

let library: UnpackedLibrary | undefined;

async function unpacked(cacheFolder?: string): Promise<UnpackedLibrary> {
  const { defaultCacheFolder, unpackLibrary } = await import("./_native_library.ts");
  const assets = new URL("./assets/native/", import.meta.url);
  return library ??= unpackLibrary(assets, cacheFolder ?? defaultCacheFolder());
}

/** A CommonJS module as itself: a bundle gives it as the default export alone. */
function plain<Module extends object>(module: Module): Module {
  return (module as { default?: Module }).default ?? module;
}

import { OsirisError } from "../diagnostic.ts";
import { loadBuiltins } from "./_builtins.ts";
import { loadFolder } from "./_folder.ts";
import type { ComponentSpec } from "./spec.ts";

/** Modules that export drivers, with their imports beside them. */
export interface SourceCode {
  readonly kind: "modules";
  /** By the names of the components. */
  readonly urls: { readonly [component: string]: string };
  /** Whether they are built-in ones that only answer with relations; through others, rows may pass. */
  readonly relations: boolean;
}

/** The code of a driver, as a worker can load it. */
export type DriverCode =
  | SourceCode
  /** One bundled module that serves by itself. */
  | { readonly kind: "bundle"; readonly text: string };

/** One component that is known here. */
export interface CatalogEntry {
  readonly spec: ComponentSpec;
  /** sha256 hex of the canonical JSON of the spec. */
  readonly specHash: string;
  /** sha256 hex over the driver's source files; the same from source and in the binary. */
  readonly driverHash: string;
  /** Whether it is part of Osiris, or came to a project from somebody else. */
  readonly origin: "builtin" | "outside";
  /** Of a component from outside: the hash of each file's very bytes, which is what the lock pins. */
  readonly files?: Readonly<Record<string, string>>;
  /** Names the code when it serves other components too: those share their workers. */
  readonly sharedCode?: string;
  code(): Promise<DriverCode>;
}

/** The components that are known here, by name. */
export interface Catalog {
  get(name: string): CatalogEntry | undefined;
  /** Sorted. */
  names(): readonly string[];
  /** In the order of the names. */
  entries(): readonly CatalogEntry[];
}

/**
 * Loads the components: the built-in ones, and those of extra folders (each holding one folder per
 * component). Throws DRV400 when a spec is not valid or a name is there twice.
 *
 * @example
 * ```ts
 * const catalog = await loadCatalog();
 * catalog.get("filesystem.csv_extractor")?.spec.title; // "CSV files"
 * ```
 */
export async function loadCatalog(options: { folders?: readonly string[] } = {}): Promise<Catalog> {
  const found = [await loadBuiltins()];
  for (const folder of options.folders ?? []) found.push(await loadFolder(folder, "outside"));
  return catalogOf(found.flat());
}

/** A catalog of these components. Throws DRV400 when a name is there twice. */
export function catalogOf(found: readonly CatalogEntry[]): Catalog {
  const byName = new Map<string, CatalogEntry>();
  for (const entry of found) {
    if (byName.has(entry.spec.name)) {
      throw new OsirisError("DRV400", `Cannot load components: '${entry.spec.name}' is there twice`, {
        category: "usage",
        help: "rename one of them",
      });
    }
    byName.set(entry.spec.name, entry);
  }
  const names = Object.freeze([...byName.keys()].sort());
  const entries = Object.freeze(names.map((name) => byName.get(name)!));
  return { get: (name) => byName.get(name), names: () => names, entries: () => entries };
}

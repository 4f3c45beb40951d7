import { OsirisError } from "../diagnostic.ts";
import { loadBuiltins } from "./_builtins.ts";
import { loadOutside, type OutsideComponents } from "./_outside.ts";
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
  | { readonly kind: "bundle"; readonly text: string }
  /** Code from outside as it was admitted; it is handed to a worker that started with `guestGlue()`. */
  | {
    readonly kind: "guest";
    readonly text: string;
    /** Functions that the driver has to have: its spec says so. */
    readonly promised: readonly string[];
  };

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
  /** The fingerprint of the key whose signature of those files was checked; absent when they are not signed. */
  readonly signedBy?: string;
  /** Names the code when it serves other components too: those share their workers. */
  readonly sharedCode?: string;
  code(): Promise<DriverCode>;
}

/** A component from outside that cannot be used. */
export interface BrokenComponent {
  /** As its folder is called. */
  readonly name: string;
  readonly error: OsirisError;
}

/** The components that are known here, by name. */
export interface Catalog {
  get(name: string): CatalogEntry | undefined;
  /** Sorted. */
  names(): readonly string[];
  /** In the order of the names. */
  entries(): readonly CatalogEntry[];
  /** Components from outside that cannot be used, in the order of their names. */
  broken(): readonly BrokenComponent[];
}

/**
 * Loads the components: the built-in ones, and those of extra folders (each holding one folder per
 * component). One from outside that is not valid, or has a name that is taken, is among the broken ones.
 *
 * @example
 * ```ts
 * const catalog = await loadCatalog();
 * catalog.get("filesystem.csv_extractor")?.spec.title; // "CSV files"
 * ```
 */
export async function loadCatalog(options: { folders?: readonly string[] } = {}): Promise<Catalog> {
  const outside: OutsideComponents[] = [];
  for (const folder of options.folders ?? []) outside.push(await loadOutside(folder));
  return catalogOf(
    [...await loadBuiltins(), ...outside.flatMap(({ entries }) => entries)],
    outside.flatMap(({ broken }) => broken),
  );
}

/** A catalog of these components. Of two with one name the first is used; the other is broken. */
export function catalogOf(
  found: readonly CatalogEntry[],
  invalid: readonly BrokenComponent[] = [],
): Catalog {
  const byName = new Map<string, CatalogEntry>();
  const broken = [...invalid];
  for (const entry of found) {
    const { name } = entry.spec;
    const first = byName.get(name);
    if (first === undefined) byName.set(name, entry);
    else broken.push({ name, error: takenName(name, first) });
  }
  broken.sort((a, b) => a.name < b.name ? -1 : 1);
  const names = Object.freeze([...byName.keys()].sort());
  const entries = Object.freeze(names.map((name) => byName.get(name)!));
  return {
    get: (name) => byName.get(name),
    names: () => names,
    entries: () => entries,
    broken: () => broken,
  };
}

function takenName(name: string, { origin }: CatalogEntry): OsirisError {
  const owner = origin === "builtin" ? "a built-in component" : "another component";
  return new OsirisError("DRV400", `Cannot load component '${name}': ${owner} has that name`, {
    category: "usage",
    help: "rename its folder, and 'name' in its spec.yaml",
  });
}

/**
 * A YAML value that knows where each of its parts stands in the text.
 *
 * @module
 */

/** A way into a document: keys of maps and indexes of lists. */
export type Path = readonly (string | number)[];

/** Offsets into the text; the end is exclusive. */
export interface Place {
  readonly start: number;
  readonly end: number;
}

interface Part extends Place {
  /** How many collections deep it is, aliases followed. */
  readonly depth: number;
  /** How many nodes it stands for, aliases followed. */
  readonly size: number;
}

export interface LocatedScalar extends Part {
  readonly kind: "scalar";
  readonly value: string | number | boolean | null;
}

export interface LocatedList extends Part {
  readonly kind: "list";
  readonly value: unknown[];
  readonly items: readonly Located[];
}

export interface LocatedMap extends Part {
  readonly kind: "map";
  readonly value: Record<string, unknown>;
  readonly entries: ReadonlyMap<string, { readonly key: Place; readonly node: Located }>;
}

export type Located = LocatedScalar | LocatedList | LocatedMap;

/** What stands under a key of a map, or at an index of a list. */
export function child(node: Located | undefined, key: string | number): Located | undefined {
  if (node?.kind === "map") return node.entries.get(String(key))?.node;
  return node?.kind === "list" ? node.items[Number(key)] : undefined;
}

/** The entries of a map; none of anything else. */
export function entriesOf(node: Located | undefined): Iterable<[string, { key: Place; node: Located }]> {
  return node?.kind === "map" ? node.entries : [];
}

/** The items of a list; none of anything else. */
export function itemsOf(node: Located | undefined): readonly Located[] {
  return node?.kind === "list" ? node.items : [];
}

/** The text of a scalar that is one. */
export function textOf(node: Located | undefined): string | undefined {
  return node?.kind === "scalar" && typeof node.value === "string" ? node.value : undefined;
}

/** Where a path leads: its key, its value, or as far as it exists. */
export function placeOf(root: Located, path: Path, at: "key" | "value" = "value"): Place {
  let node = root;
  let key: Place | undefined;
  for (const name of path) {
    const next = child(node, name);
    // A value that is not there is best shown at the key that should hold it.
    if (next === undefined) return key ?? node;
    key = node.kind === "map" ? node.entries.get(String(name))?.key : undefined;
    node = next;
  }
  return (at === "key" || node.start === node.end) ? key ?? node : node;
}

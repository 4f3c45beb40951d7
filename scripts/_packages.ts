/**
 * Which npm packages are in a bundle, by the bundler's own word: it says of each part where that was found.
 *
 * @module
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A package of which something is in a bundle. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** Its licence by its SPDX name, with the text that it brings. */
  readonly license: { readonly id: string; readonly text?: string };
}

/** The place of a part, in a line of its own or as the name of a CommonJS module, when it is not the project's own. */
const PLACE = /^ *(?:\/\/ |")([^\s"]*\b(?:npm|node_modules)\/[^\s"]+)(?:"\(|$)/gm;

/** A package's folder in such a place: in Deno's cache, `npm/HOST/NAME/VERSION/`, or in `node_modules/NAME/`. */
const FOLDER =
  /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)|^.*?\bnpm\/[^/]+\/(?:@[^/]+\/)?[^/]+\/\d[^/]*(?=\/)/;

/** The packages of a bundle whose places are relative to a folder. Throws when a part lies where no package is. */
export function packagesIn(bundle: string, base: string): BundledPackage[] {
  const folders = new Set<string>();
  for (const [, place] of bundle.matchAll(PLACE)) {
    const [folder] = FOLDER.exec(place!) ?? [];
    if (folder === undefined) {
      throw new Error(`the bundle has a part from ${place}, which is no package's place`);
    }
    folders.add(folder);
  }
  return together([...folders].map((folder) => packageAt(join(base, folder))));
}

/** What a package says of itself. Throws when it does not name one licence. */
export function packageAt(folder: string): BundledPackage {
  const { name, version, license: id } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  if (typeof id !== "string" || !/^[A-Za-z0-9.-]+$/.test(id)) {
    throw new Error(`${name}@${version} does not name one licence: ${JSON.stringify(id)}`);
  }
  const file = readdirSync(folder).sort().find((file) => /^(?:licen[cs]e|copying)(?:\.[a-z]+)?$/i.test(file));
  if (file === undefined) return { name, version, license: { id } };
  const text = readFileSync(join(folder, file), "utf8").replaceAll("\r\n", "\n");
  return { name, version, license: { id, text } };
}

/** All of several lists, each package once, sorted. */
export function together(...lists: readonly (readonly BundledPackage[])[]): BundledPackage[] {
  const byKey = new Map(lists.flat().map((each) => [`${each.name}@${each.version}`, each]));
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => each);
}

/**
 * Names for the files of a bundle that come from what is in them alone.
 *
 * The bundler puts a hash into each name, over the text and over the places where its parts were found, and those are others
 * in every folder. The new names have a hash over the text and, by their names, over what it imports.
 *
 * @module
 */

import { createHash } from "node:crypto";

/** A name that the bundler made: of what is in the file, and eight characters of a hash. */
const NAMED = /^(.+)-[0-9A-Z]{8}\.js$/;

/** The same files under names that do not depend on where they were made; every mention of a name changes with it. */
export function renamedChunks(files: ReadonlyMap<string, string>): Map<string, string> {
  const stems = new Map<string, string>();
  for (const name of files.keys()) stems.set(name, NAMED.exec(name)?.[1] ?? name);
  // Each round tells apart what the round before could not: two texts that differ in what their imports import.
  let names = new Map([...stems].map(([name, stem]) => [name, stem === name ? name : `${stem}.js`]));
  for (let count = 0, before = -1; count !== before;) {
    before = count;
    names = new Map([...files].map(([name, text]) => {
      const stem = stems.get(name)!;
      const hash = createHash("sha256").update(mentioning(text, names)).digest("hex").slice(0, 16);
      return [name, stem === name ? name : `${stem}-${hash}.js`];
    }));
    count = new Set(names.values()).size;
  }
  if (new Set(names.values()).size < files.size) throw new Error("two files of the bundle are the same");
  return new Map([...files].map(([name, text]) => [names.get(name)!, mentioning(text, names)]));
}

/** The text with each name of a file, as it is mentioned between quotes, replaced. */
function mentioning(text: string, names: ReadonlyMap<string, string>): string {
  return text.replaceAll(/"\.\/([^"\n]+\.js)"/g, (whole, name) => {
    const now = names.get(name);
    return now === undefined ? whole : `"./${now}"`;
  });
}

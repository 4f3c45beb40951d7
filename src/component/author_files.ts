/**
 * What an author gets from the program itself: the types of `osiris/driver`, and a component to start from.
 *
 * The files lie beside this one in a checkout and are among the assets of the binary, which `scripts/_build.ts`
 * fills with the same folder.
 *
 * @module
 */

import { readdir, readFile } from "node:fs/promises";
import type { Mode } from "./spec.ts";

/** A file for an author. */
export interface AuthorFile {
  /** With `/` between the parts. */
  readonly path: string;
  readonly text: string;
}

/** The types of `osiris/driver` with their documentation, as `scripts/_sdk_types.ts` wrote them from `sdk.ts`. */
export function readSdkTypes(): Promise<string> {
  return readFile(asset("osiris-driver.d.ts"), "utf8");
}

/** The files of a component of that name to start from. */
export async function newComponent(name: string, mode: Mode): Promise<AuthorFile[]> {
  const files = await Promise.all(["", "examples/"].map(async (folder) => {
    const found = await readdir(asset(`new/${mode}/${folder}`), { withFileTypes: true });
    return found.filter((each) => each.isFile()).map((each) => folder + each.name);
  }));
  return await Promise.all(
    files.flat().sort().map(async (path) => {
      const text = await readFile(asset(`new/${mode}/${path}`), "utf8");
      return { path, text: text.replace(/^(name: |# )example\.\w+$/m, `$1${name}`) };
    }),
  );
}

function asset(path: string): URL {
  return new URL(`./assets/${path}`, import.meta.url);
}

/**
 * What an author gets from the program itself: the types of `osiris/driver`, and a component to start from.
 *
 * In a checkout they are files beside this one. The binary carries the same files as one document, which
 * `scripts/_build.ts` makes: code that lies among its assets would be taken for a part of the program.
 *
 * @module
 */

import { readdir, readFile } from "node:fs/promises";
import { relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { isStandalone } from "./_standalone.ts";
import type { Mode } from "./spec.ts";

/** A file for an author. */
export interface AuthorFile {
  /** With `/` between the parts. */
  readonly path: string;
  readonly text: string;
}

/** The document that the binary carries, under its assets. */
export const AUTHOR_FILES = "author.json";

const TYPES = "osiris-driver.d.ts";

/** The types of `osiris/driver` with their documentation, as `scripts/_sdk_types.ts` wrote them from `sdk.ts`. */
export async function readSdkTypes(): Promise<string> {
  return (await authorFiles()).find(({ path }) => path === TYPES)!.text;
}

/** The files of a component of that name to start from. */
export async function newComponent(name: string, mode: Mode): Promise<AuthorFile[]> {
  const folder = `new/${mode}/`;
  return (await authorFiles()).filter(({ path }) => path.startsWith(folder)).map(({ path, text }) => ({
    path: path.slice(folder.length),
    text: text.replace(/^(name: |# )example\.\w+$/m, `$1${name}`),
  }));
}

/** All of them, in the order of their paths. */
export async function authorFiles(): Promise<AuthorFile[]> {
  const assets = new URL("./assets/", import.meta.url);
  if (isStandalone()) return JSON.parse(await readFile(new URL(AUTHOR_FILES, assets), "utf8"));
  const folder = fileURLToPath(assets);
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = found.filter((each) => each.isFile()).map((each) => `${each.parentPath}${sep}${each.name}`);
  const files = paths.map((path) => relative(folder, path)).sort();
  return await Promise.all(files.map(async (path) => ({
    path: path.replaceAll(sep, "/"),
    text: await readFile(new URL(path.replaceAll(sep, "/"), assets), "utf8"),
  })));
}

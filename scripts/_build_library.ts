/** DuckDB's library as the binary carries it: compressed, with what it has to be when it is unpacked. @module */

import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import type { PackedFile, PackedLibrary } from "../src/engine/_native_library.ts";
import { install } from "./_build_tools.ts";
import { type BundledPackage, packageAt } from "./_packages.ts";
import { sha256 } from "./_sha256.ts";

/** A library's files, compressed in memory. */
export interface Packed {
  /** Where they are from. */
  readonly package: BundledPackage;
  readonly entry: string;
  readonly files: readonly { readonly file: PackedFile; readonly bytes: Uint8Array }[];
}

/** DuckDB's native files of a platform's npm package, compressed; the first one is loaded. */
export async function packLibrary(platform: string, names: readonly [string, string]): Promise<Packed> {
  const source = await install(`@duckdb/node-bindings-${platform}`);
  try {
    const files = names.map((name) => {
      const bytes = Deno.readFileSync(join(source.folder, name));
      return { file: { name, size: bytes.length, sha256: sha256(bytes) }, bytes: pack(bytes) };
    });
    return { package: packageAt(source.folder), entry: names[0], files };
  } finally {
    source.remove();
  }
}

/** Fills the folder that the program embeds: `library.json`, and the files whose bytes are given. */
export function writePacked(
  folder: string,
  files: readonly { readonly file: PackedFile; readonly bytes?: Uint8Array }[],
  entry: string,
): void {
  Deno.mkdirSync(folder, { recursive: true });
  for (const { name } of Deno.readDirSync(folder)) Deno.removeSync(join(folder, name));
  for (const { file, bytes } of files) {
    if (bytes !== undefined) Deno.writeFileSync(join(folder, `${file.name}.br`), bytes);
  }
  const library: PackedLibrary = { entry, files: files.map(({ file }) => file) };
  Deno.writeTextFileSync(join(folder, "library.json"), JSON.stringify(library));
}

/** Quality 6: 11 takes minutes and saves a few percent. */
function pack(bytes: Uint8Array): Uint8Array {
  return brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 6,
      [constants.BROTLI_PARAM_LGWIN]: 24,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });
}

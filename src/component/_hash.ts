import { createHash } from "node:crypto";
import { canonicalJson } from "./_canonical.ts";

/** One source file of a driver; `path` is relative to the component's folder, with `/`. */
export interface SourceFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** sha256 hex of the canonical JSON of a spec. */
export function hashSpec(spec: unknown): string {
  return createHash("sha256").update(canonicalJson(spec)).digest("hex");
}

/** sha256 hex over paths and bytes, each preceded by its length, in the order of the paths. */
export function hashSources(files: readonly SourceFile[]): string {
  const hash = createHash("sha256");
  for (const file of [...files].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    const path = new TextEncoder().encode(file.path);
    hash.update(`${path.length} ${file.bytes.length}\n`).update(path).update(file.bytes);
  }
  return hash.digest("hex");
}

/** `sha256:` and 64 hex digits of each file's very bytes, in the order of the paths. */
export function fileHashes(files: readonly SourceFile[]): Readonly<Record<string, string>> {
  return Object.freeze(Object.fromEntries(
    [...files].sort((a, b) => (a.path < b.path ? -1 : 1)).map(({ path, bytes }) =>
      [path, `sha256:${createHash("sha256").update(bytes).digest("hex")}`] as const
    ),
  ));
}

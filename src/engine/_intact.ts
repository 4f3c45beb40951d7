/**
 * Whether compressed sources are whole. DuckDB reads a gzip or zstd file that was cut off as if it ended
 * there (tried on 1.5.5), so rows would be missing without a word. So a gzip stream is decompressed a second
 * time beside the statement and a zstd file's frames are walked, and the statement counts only when that
 * reaches the end.
 *
 * @module
 */

import { createReadStream } from "node:fs";
import type { Transform } from "node:stream";
import { createGunzip } from "node:zlib";
import { OsirisError } from "../diagnostic.ts";
import type { ScanPart } from "./_compose.ts";
import { walkZstdFrames } from "./_zstd_frames.ts";

const CHUNK = 1 << 20;

/** How many bytes of a file tell its compression. */
const MAGIC_BYTES = 4;

/** Follows every compressed file of the scans to its end; throws ENG501 for the first that is cut off or damaged. */
export async function verifyCompressed(
  scans: readonly ScanPart[],
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const { relation, scan } of scans) {
    if (scan.feed !== undefined) continue;
    for (const file of scan.files) await verify(relation.step, file, signal);
  }
}

async function verify(step: string, file: string, signal: AbortSignal | undefined): Promise<void> {
  const compression = await compressionOf(file);
  try {
    if (compression === "gzip") await readToEnd(file, createGunzip({ chunkSize: CHUNK }), signal);
    if (compression === "zstd") await walkZstdFrames(file);
  } catch (error) {
    signal?.throwIfAborted();
    throw new OsirisError(
      "ENG501",
      `Cannot read '${file}': it is not whole: ${error instanceof Error ? error.message : String(error)}`,
      { step, help: "it was cut off or damaged on its way; fetch it again" },
    );
  }
}

/** Told by the first bytes, as the engine does when the name says nothing. */
async function compressionOf(file: string): Promise<"gzip" | "zstd" | undefined> {
  const magic = new Uint8Array(MAGIC_BYTES);
  using opened = await Deno.open(file);
  await opened.read(magic);
  if (magic[0] === 0x1f && magic[1] === 0x8b) return "gzip";
  const isZstd = magic[0] === 0x28 && magic[1] === 0xb5 && magic[2] === 0x2f && magic[3] === 0xfd;
  return isZstd ? "zstd" : undefined;
}

async function readToEnd(
  file: string,
  decompressor: Transform,
  signal: AbortSignal | undefined,
): Promise<void> {
  const source = createReadStream(file, { highWaterMark: CHUNK });
  source.on("error", (error) => decompressor.destroy(error));
  try {
    for await (const _ of source.pipe(decompressor)) signal?.throwIfAborted();
  } finally {
    source.destroy();
    decompressor.destroy();
  }
}

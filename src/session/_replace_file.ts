/** Files that are there whole or not at all. */

import { dirname, join } from "node:path";

const encoder = new TextEncoder();

/**
 * Replaces a file in one instant: a reader sees the old content or the new, never half. With
 * `durable` it also survives a loss of power once this returns.
 *
 * A failure leaves the old content and no litter.
 */
export function replaceFile(path: string, content: string | Uint8Array, options: { durable: boolean }): void {
  const temporary = `${path}.new`;
  try {
    writeWhole(temporary, content, options);
    Deno.renameSync(temporary, path);
  } catch (error) {
    removeIfThere(temporary);
    throw error;
  }
  if (options.durable) syncFolder(dirname(path));
}

/** Writes a file in full, or throws. */
export function writeWhole(path: string, content: string | Uint8Array, options: { durable: boolean }): void {
  const bytes = typeof content === "string" ? encoder.encode(content) : content;
  using file = Deno.openSync(path, { create: true, write: true, truncate: true });
  for (let done = 0; done < bytes.length;) {
    const written = file.writeSync(bytes.subarray(done));
    if (written === 0) throw new Error("nothing was written");
    done += written;
  }
  if (options.durable) file.syncSync();
}

/** Makes the names in a folder durable, where the system can. */
export function syncFolder(folder: string): void {
  // Windows does not open folders, and keeps their entries itself.
  if (Deno.build.os === "windows") return;
  using handle = Deno.openSync(folder, { read: true });
  handle.syncSync();
}

/** Moves a file, across file systems too. */
export function moveFile(from: string, to: string): void {
  try {
    Deno.renameSync(from, to);
  } catch (error) {
    if (!isCrossDevice(error)) throw error;
    const temporary = join(dirname(to), `.${crypto.randomUUID()}.new`);
    try {
      Deno.copyFileSync(from, temporary);
      Deno.renameSync(temporary, to);
    } catch (failure) {
      removeIfThere(temporary);
      throw failure;
    }
    Deno.removeSync(from);
  }
}

/** Removes a file; that it is gone already is fine. */
export function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function isCrossDevice(error: unknown): boolean {
  return error instanceof Error && (error as { code?: string }).code === "EXDEV";
}

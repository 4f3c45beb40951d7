/**
 * The native library that the compiled binary carries compressed: unpacked once into a cache folder
 * that is named by the content's hash, and found there afterwards.
 *
 * What must stay true: nothing is loaded whose bytes are not those the binary carries. The full hash is
 * taken when unpacking and whenever size or modification time are not those recorded then. The folder
 * appears under its name by one rename, so two processes at once cannot see half of it.
 *
 * @module
 */

import { createHash, randomUUID } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { brotliDecompressSync } from "node:zlib";
import { OsirisError } from "../diagnostic.ts";

/**
 * One file of the library as it must be after unpacking. It lies compressed in `<name>.br` beside
 * `library.json`, or, where `at` is stated, in the program's own file: Deno reads what it embeds into memory at
 * every start, and 20 MB that only the first start needs would cost each of them 20 ms.
 */
export interface PackedFile {
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
  /** First byte and number of bytes in the program's own file. */
  readonly at?: { readonly offset: number; readonly bytes: number };
}

/** What lies in `native/library.json`. */
export interface PackedLibrary {
  /** The file to load; it finds the others beside itself. */
  readonly entry: string;
  readonly files: readonly PackedFile[];
}

/** A library that can be loaded. */
export interface UnpackedLibrary {
  /** Absolute path of the file to load. */
  readonly entry: string;
  /** Absolute paths of what that file needs. */
  readonly beside: readonly string[];
  /** To be called once it is loaded: removes what was unpacked for this process alone. */
  readonly release: () => void;
}

/** Where unpacked files are kept when the caller names no folder: the system's place for caches. */
export function defaultCacheFolder(): string {
  switch (Deno.build.os) {
    case "windows":
      return join(homedir(), "AppData", "Local", "osiris", "cache");
    case "darwin":
      return join(homedir(), "Library", "Caches", "osiris");
    default:
      return join(homedir(), ".cache", "osiris");
  }
}

/**
 * Makes the library that lies packed in `assets` ready for loading. Where `cacheFolder` cannot be
 * written, a temporary folder of this process serves.
 *
 * @throws {OsirisError} ENG590 when neither can be written, ENG591 when the packed bytes are damaged.
 */
export function unpackLibrary(assets: URL, cacheFolder: string): UnpackedLibrary {
  const library: PackedLibrary = JSON.parse(readFileSync(new URL("library.json", assets), "utf8"));
  const folder = join(cacheFolder, `native-${fingerprint(library)}`);
  if (!isIntact(folder, library)) {
    try {
      place(assets, library, cacheFolder, folder);
    } catch (error) {
      if (error instanceof OsirisError) throw error;
      return unpackForThisProcess(assets, library, cacheFolder, error);
    }
  }
  return { ...placesIn(folder, library), release: () => {} };
}

/** Unpacks beside the final folder and renames; a folder that another process placed meanwhile is as good. */
function place(assets: URL, library: PackedLibrary, cacheFolder: string, folder: string): void {
  mkdirSync(cacheFolder, { recursive: true, mode: 0o700 });
  const staging = join(cacheFolder, `.unpacking-${randomUUID()}`);
  const discarded = join(cacheFolder, `.discarded-${randomUUID()}`);
  try {
    mkdirSync(staging, { mode: 0o700 });
    unpackInto(assets, library, staging);
    try {
      renameSync(staging, folder);
    } catch {
      if (isIntact(folder, library)) return;
      renameSync(folder, discarded);
      renameSync(staging, folder);
    }
  } finally {
    rmSync(staging, { recursive: true, force: true });
    rmSync(discarded, { recursive: true, force: true });
  }
}

function unpackForThisProcess(
  assets: URL,
  library: PackedLibrary,
  cacheFolder: string,
  cause: unknown,
): UnpackedLibrary {
  try {
    const folder = mkdtempSync(join(tmpdir(), "osiris-native-"));
    unpackInto(assets, library, folder);
    return {
      ...placesIn(folder, library),
      // Windows keeps a loaded file; elsewhere it lives on without its name.
      release: () => Deno.build.os !== "windows" && rmSync(folder, { recursive: true, force: true }),
    };
  } catch (error) {
    if (error instanceof OsirisError) throw error;
    throw new OsirisError(
      "ENG590",
      `Cannot unpack the engine's library: neither '${cacheFolder}' (${reason(cause)}) ` +
        `nor '${tmpdir()}' (${reason(error)}) can be written`,
      { help: "make one of the two folders writable, or free space on its disk", cause: error },
    );
  }
}

function placesIn(
  folder: string,
  { entry, files }: PackedLibrary,
): Pick<UnpackedLibrary, "entry" | "beside"> {
  const beside = files.map(({ name }) => name).filter((name) => name !== entry);
  return { entry: join(folder, entry), beside: beside.map((name) => join(folder, name)) };
}

function unpackInto(assets: URL, library: PackedLibrary, folder: string): void {
  for (const file of library.files) {
    const bytes = decompress(packedBytes(assets, file), file);
    if (sha256(bytes) !== file.sha256) throw damaged(file);
    writeDurably(join(folder, file.name), bytes);
  }
  remember(folder, library);
}

function packedBytes(assets: URL, { name, at }: PackedFile): Uint8Array {
  if (at === undefined) return readFileSync(new URL(`${name}.br`, assets));
  const program = openSync(Deno.execPath(), "r");
  try {
    const packed = new Uint8Array(at.bytes);
    for (let done = 0; done < at.bytes;) {
      const got = readSync(program, packed, done, at.bytes - done, at.offset + done);
      if (got === 0) break;
      done += got;
    }
    return packed;
  } finally {
    closeSync(program);
  }
}

function decompress(packed: Uint8Array, file: PackedFile): Uint8Array {
  try {
    return brotliDecompressSync(packed, { maxOutputLength: file.size });
  } catch (error) {
    throw damaged(file, error);
  }
}

function damaged(file: PackedFile, cause?: unknown): OsirisError {
  return new OsirisError(
    "ENG591",
    `Cannot unpack the engine's library: '${file.name}' in this binary is damaged, its hash should be ${file.sha256}`,
    { help: "download the binary again and compare its checksum", cause },
  );
}

/** A write may take fewer bytes than it was given, and a crash must not leave a name without its bytes. */
function writeDurably(path: string, bytes: Uint8Array): void {
  const file = openSync(path, "wx", 0o700);
  try {
    for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Whether the folder holds exactly the library's bytes. */
function isIntact(folder: string, library: PackedLibrary): boolean {
  try {
    if (readFileSync(join(folder, MARK), "utf8") === mark(folder, library)) return true;
    if (!library.files.every((file) => sha256(readFileSync(join(folder, file.name))) === file.sha256)) {
      return false;
    }
  } catch {
    return false;
  }
  try {
    remember(folder, library);
  } catch {
    // A read-only cache is still a good one; it is only hashed each time.
  }
  return true;
}

/** Beside the files: their sizes and modification times when their hashes were last taken. */
const MARK = "checked.json";

function remember(folder: string, library: PackedLibrary): void {
  const draft = join(folder, `${MARK}.${randomUUID()}`);
  writeFileSync(draft, mark(folder, library));
  renameSync(draft, join(folder, MARK));
}

function mark(folder: string, library: PackedLibrary): string {
  return JSON.stringify(library.files.map(({ name, sha256 }) => {
    const { size, mtimeMs } = statSync(join(folder, name));
    return { name, sha256, size, mtimeMs };
  }));
}

/** Of the unpacked bytes alone: where a binary keeps them packed does not matter. */
function fingerprint(library: PackedLibrary): string {
  return sha256(JSON.stringify(library.files.map(({ name, sha256 }) => [name, sha256]))).slice(0, 16);
}

function sha256(data: Uint8Array | string): string {
  return createHash("sha256").update(data).digest("hex");
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

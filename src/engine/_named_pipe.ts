/**
 * Named pipes, through which a text passes between this thread and the engine's without lying on a disk.
 *
 * @module
 */

const MAKE = { mkfifo: { parameters: ["buffer", "u32"], result: "i32" } } as const;
const WIDEN = {
  open: { parameters: ["buffer", "i32"], result: "i32" },
  fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
} as const;

/** Of Linux: to read and to write, and a command of `fcntl`. */
const O_RDWR = 2;
const F_SETPIPE_SZ = 1031;

/** Bytes that wait in a pipe, where the system allows it: a writer and a reader wake each other less often. */
const WIDTH = 1024 * 1024;

/** Where the C library is, by system; the first that opens. */
const LIBRARIES: { readonly [os: string]: readonly string[] } = {
  linux: ["libc.so.6", "libc.so"],
  darwin: ["libSystem.B.dylib"],
};

/** Makes a named pipe that only this user may open; false where there are none, such as on Windows. */
export function makeNamedPipe(path: string): boolean {
  const library = systemLibrary(MAKE);
  if (library === undefined) return false;
  const done = library.symbols.mkfifo(text(path), 0o600) === 0;
  library.close();
  return done;
}

/**
 * A named pipe that is held open at both ends: opening an end of it waits for nobody, and what was written
 * stays until it is read. Closing it leaves the two who use it to each other.
 */
export async function holdOpen(path: string): Promise<Deno.FsFile> {
  const held = await Deno.open(path, { read: true, write: true });
  if (Deno.build.os === "linux") widen(path);
  return held;
}

/** Makes room in a pipe that is held open; a system that has no more to give leaves it as it is. */
function widen(path: string): void {
  const library = systemLibrary(WIDEN);
  if (library === undefined) return;
  const { open, fcntl, close } = library.symbols;
  const end = open(text(path), O_RDWR);
  if (end >= 0) {
    fcntl(end, F_SETPIPE_SZ, WIDTH);
    close(end);
  }
  library.close();
}

function text(path: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${path}\0`);
}

function systemLibrary<S extends Deno.ForeignLibraryInterface>(
  symbols: S,
): Deno.DynamicLibrary<S> | undefined {
  for (const name of LIBRARIES[Deno.build.os] ?? []) {
    try {
      return Deno.dlopen(name, symbols);
    } catch {
      // another name may do
    }
  }
  return undefined;
}

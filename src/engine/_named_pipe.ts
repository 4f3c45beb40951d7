/**
 * Named pipes, through which a text passes between this thread and the engine's without lying on a disk.
 *
 * @module
 */

const MKFIFO = { mkfifo: { parameters: ["buffer", "u32"], result: "i32" } } as const;

/** Where the C library is, by system; the first that opens. */
const LIBRARIES: { readonly [os: string]: readonly string[] } = {
  linux: ["libc.so.6", "libc.so"],
  darwin: ["libSystem.B.dylib"],
};

/** Makes a named pipe that only this user may open; false where there are none, such as on Windows. */
export function makeNamedPipe(path: string): boolean {
  for (const name of LIBRARIES[Deno.build.os] ?? []) {
    const library = opened(name);
    if (library === undefined) continue;
    const done = library.symbols.mkfifo(new TextEncoder().encode(`${path}\0`), 0o600) === 0;
    library.close();
    return done;
  }
  return false;
}

function opened(name: string): Deno.DynamicLibrary<typeof MKFIFO> | undefined {
  try {
    return Deno.dlopen(name, MKFIFO);
  } catch {
    return undefined; // another name may do
  }
}

/**
 * A named pipe that is held open at both ends: opening an end of it waits for nobody, and what was written
 * stays until it is read. Closing it leaves the two who use it to each other.
 */
export async function holdOpen(path: string): Promise<Deno.FsFile> {
  return await Deno.open(path, { read: true, write: true });
}

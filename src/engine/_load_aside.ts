/** Loading a shared library on a thread of its own, for who will need it soon. @module */

/** Where the system's own loader is found. */
const LOADERS: { readonly [os: string]: string } = { linux: "libc.so.6", darwin: "libSystem.dylib" };
const RTLD_NOW = 2;

const LOADER = {
  dlopen: { parameters: ["buffer", "i32"], result: "pointer", nonblocking: true },
} as const satisfies Deno.ForeignLibraryInterface;

/**
 * Loads the library at a path, which stays loaded; false where that cannot be, for whatever reason.
 *
 * @example
 * ```ts
 * await loadAside("/usr/lib/x86_64-linux-gnu/libm.so.6"); // true
 * ```
 */
export async function loadAside(path: string): Promise<boolean> {
  const loader = LOADERS[Deno.build.os];
  if (loader === undefined) return false;
  let libc;
  try {
    libc = Deno.dlopen(loader, LOADER);
    return await libc.symbols.dlopen(new TextEncoder().encode(`${path}\0`), RTLD_NOW) !== null;
  } catch {
    return false; // a C library of another name
  } finally {
    libc?.close();
  }
}

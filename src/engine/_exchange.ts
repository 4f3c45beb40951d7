/**
 * Two folders change places in one step, so that nobody ever sees neither. POSIX has no such call;
 * Linux and macOS each have their own, reached through the C library.
 *
 * @module
 */

const RENAME_EXCHANGE = 2;
const AT_FDCWD = -100;

/** Exchanges two paths. False when this system cannot; then nothing has changed. */
export function exchange(a: string, b: string): boolean {
  const [from, to] = [terminated(a), terminated(b)];
  try {
    if (Deno.build.os === "linux") {
      using libc = opened("libc.so.6", {
        renameat2: { parameters: ["i32", "buffer", "i32", "buffer", "u32"], result: "i32" },
      });
      return libc.symbols.renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_EXCHANGE) === 0;
    }
    if (Deno.build.os === "darwin") {
      using libc = opened("libSystem.dylib", {
        renamex_np: { parameters: ["buffer", "buffer", "u32"], result: "i32" },
      });
      return libc.symbols.renamex_np(from, to, RENAME_EXCHANGE) === 0;
    }
  } catch {
    // Without the library or the right to use it the caller renames twice.
  }
  return false;
}

function opened<const S extends Deno.ForeignLibraryInterface>(name: string, symbols: S) {
  const library = Deno.dlopen(name, symbols);
  return { symbols: library.symbols, [Symbol.dispose]: () => library.close() };
}

function terminated(path: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${path}\0`);
}

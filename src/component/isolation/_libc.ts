/**
 * The few calls to the C library that confine a process. Linux with glibc only; elsewhere there is no
 * library, and whoever asks says so.
 *
 * @module
 */

const SYMBOLS = {
  landlockCreateRuleset: {
    name: "syscall",
    parameters: ["i64", "buffer", "usize", "u32"],
    result: "i64",
  },
  landlockAddRule: { name: "syscall", parameters: ["i64", "i32", "i32", "buffer", "u32"], result: "i64" },
  landlockRestrictSelf: { name: "syscall", parameters: ["i64", "i32", "u32"], result: "i64" },
  prctl: { parameters: ["i32", "u64", "u64", "u64", "u64"], result: "i32" },
  open: { parameters: ["buffer", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
  setrlimit: { parameters: ["i32", "buffer"], result: "i32" },
  getppid: { parameters: [], result: "i32" },
  kill: { parameters: ["i32", "i32"], result: "i32" },
  __errno_location: { parameters: [], result: "pointer" },
} as const;

/** The C library, opened. */
export interface Libc extends Disposable {
  readonly call: Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];
  /** Why the last call failed. */
  errno(): number;
}

/** Opens the C library; undefined where there is none of the kind. */
export function openLibc(): Libc | undefined {
  if (Deno.build.os !== "linux") return undefined;
  try {
    const library = Deno.dlopen("libc.so.6", SYMBOLS);
    const errno = () => {
      const at = library.symbols.__errno_location();
      return at === null ? 0 : new Deno.UnsafePointerView(at).getInt32();
    };
    return { call: library.symbols, errno, [Symbol.dispose]: () => library.close() };
  } catch {
    return undefined;
  }
}

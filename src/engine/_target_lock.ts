/**
 * One writer per target at a time, whichever process it is in: a lock file beside the target, locked by the
 * operating system, so that a run which was killed blocks nobody.
 *
 * Deno 2.6 can only wait for a lock, never try one; the C library can.
 *
 * @module
 */

import { randomUUID } from "node:crypto";

const LOCK_AND_DO_NOT_WAIT = 2 | 4;
const READ_WRITE_CLOSE_ON_EXEC = Deno.build.os === "darwin" ? 0x1000002 : 0o2000002;
const HELD_BY_ANOTHER = Deno.build.os === "darwin" ? 35 : 11;
const TRIES = 50;

const SYMBOLS = {
  open: { parameters: ["buffer", "i32"], result: "i32" },
  flock: { parameters: ["i32", "i32"], result: "i32" },
  ftruncate: { parameters: ["i32", "i64"], result: "i32" },
  write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  close: { parameters: ["i32"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

const ERRNO = { parameters: [], result: "pointer" } as const;

/** Who writes a target that cannot be locked. */
export interface Holder {
  /** The run's token; empty when it was not told. */
  readonly token: string;
  readonly pid: string;
}

/** A lock that was taken. Releasing it removes its file; idempotent. */
export interface TargetLock {
  release(): Promise<void>;
}

/** Locks the file `path`, or tells who holds it. The lock of a process that died is taken over. */
export async function takeLock(path: string, token: string): Promise<TargetLock | Holder> {
  for (let i = 0; i < TRIES; i++) {
    (await Deno.open(path, { write: true, create: true })).close();
    const mark = `${token} ${Deno.pid} ${randomUUID()}\n`;
    const taken = lockAndMark(path, mark);
    if (taken === "held") return await holderOf(path);
    if (taken === "gone") continue;
    if (taken === "unknown here") return lockUntil(path, () => {});
    // The one who held it before removes the file: what was locked may have no name any more.
    if (await Deno.readTextFile(path).catch(() => "") === mark) return lockUntil(path, taken.close);
    taken.close();
  }
  return await holderOf(path);
}

/** The name goes before the lock does, so that a lock that can be had always has its name. */
function lockUntil(path: string, close: () => void): TargetLock {
  let released = false;
  return {
    async release() {
      if (released) return;
      released = true;
      await Deno.remove(path).catch(() => {});
      close();
    },
  };
}

/** `unknown here` is a file system, or a system, without locks. What was locked keeps the library until it is closed. */
function lockAndMark(path: string, mark: string): { close(): void } | "held" | "gone" | "unknown here" {
  using opened = new DisposableStack();
  const libc = opened.use(cLibrary());
  if (libc === undefined) return "unknown here";
  const { open, flock, ftruncate, write, close } = libc.symbols;
  const fd = open(new TextEncoder().encode(`${path}\0`), READ_WRITE_CLOSE_ON_EXEC);
  if (fd < 0) return "gone";
  opened.defer(() => close(fd));
  if (flock(fd, LOCK_AND_DO_NOT_WAIT) !== 0) {
    return libc.errno() === HELD_BY_ANOTHER ? "held" : "unknown here";
  }
  const bytes = new TextEncoder().encode(mark);
  ftruncate(fd, 0n);
  write(fd, bytes, BigInt(bytes.length));
  const kept = opened.move();
  return { close: () => kept.dispose() };
}

async function holderOf(path: string): Promise<Holder> {
  const [token, pid] = (await Deno.readTextFile(path).catch(() => "")).trim().split(" ");
  return { token: token ?? "", pid: pid ?? "" };
}

function cLibrary() {
  const number = (at: Deno.PointerValue) => at === null ? 0 : new Deno.UnsafePointerView(at).getInt32();
  try {
    if (Deno.build.os === "linux") {
      const library = Deno.dlopen("libc.so.6", { ...SYMBOLS, __errno_location: ERRNO });
      const { symbols } = library;
      return {
        symbols,
        errno: () => number(symbols.__errno_location()),
        [Symbol.dispose]: () => library.close(),
      };
    }
    if (Deno.build.os === "darwin") {
      const library = Deno.dlopen("libSystem.dylib", { ...SYMBOLS, __error: ERRNO });
      const { symbols } = library;
      return { symbols, errno: () => number(symbols.__error()), [Symbol.dispose]: () => library.close() };
    }
  } catch {
    // Without the library or the right to use it there is no lock, and writing is as it was.
  }
  return undefined;
}

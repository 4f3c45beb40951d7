/**
 * What keeps a driver's process from outliving or starving the others: limits of the kernel, set by the
 * process on itself before foreign code runs in it.
 *
 * The number of processes is not limited: threads count as processes, and the count is one of the whole user.
 * What starts no program (`run: false`, no right to execute in the wall) needs no such limit.
 *
 * @module
 */

import { type Libc, openLibc } from "./_libc.ts";

const DIE_WITH_PARENT = 1, SIGKILL = 9;
const FILE_SIZE = 1, DATA = 2, CORE = 4, OPEN_FILES = 7;
const SET_PIPE_SIZE = 1031;
const MAX_OPEN_FILES = 1024n;
const PIPE_BYTES = 1_048_576;

/** The process's hold on itself; absent where the system has no such calls. */
export interface Limits {
  /** Whether the process that started this one is still there. */
  parentIs(pid: number): boolean;
  /** Lets the process take `bytes` of memory more than it has now. */
  memory(bytes: number): void;
  /** Lets no file that the process writes grow beyond `bytes`: the kernel ends it instead. */
  fileSize(bytes: number): void;
  /** Ends this process at once. */
  end(): void;
}

/** Limits this process, and gives what is left to limit later. */
export function limitProcess(): Limits | undefined {
  const c = openLibc(); // stays open as long as the process lives
  if (c === undefined) return undefined;
  c.call.prctl(DIE_WITH_PARENT, BigInt(SIGKILL), 0n, 0n, 0n);
  limit(c, CORE, 0n);
  limit(c, OPEN_FILES, MAX_OPEN_FILES);
  for (const pipe of [0, 1]) c.call.fcntl(pipe, SET_PIPE_SIZE, PIPE_BYTES); // a hint: smaller pipes do too
  // Opened now: the wall does not let it be opened later.
  const status = Deno.openSync("/proc/self/status");
  return {
    parentIs: (pid) => c.call.getppid() === pid,
    memory: (bytes) => limit(c, DATA, dataOf(status) + BigInt(bytes)),
    fileSize: (bytes) => limit(c, FILE_SIZE, BigInt(bytes)),
    end: () => void c.call.kill(Deno.pid, SIGKILL),
  };
}

function limit(c: Libc, resource: number, most: bigint): void {
  if (c.call.setrlimit(resource, new BigUint64Array([most, most])) === 0) return;
  throw new Error(`the limit ${resource} of the process could not be set: error ${c.errno()} of the system`);
}

/** Bytes of data that the process has now. */
function dataOf(status: Deno.FsFile): bigint {
  const buffer = new Uint8Array(8192);
  status.seekSync(0, Deno.SeekMode.Start);
  const text = new TextDecoder().decode(buffer.subarray(0, status.readSync(buffer) ?? 0));
  const kilobytes = /^VmData:\s+(\d+) kB$/m.exec(text)?.[1];
  if (kilobytes === undefined) throw new Error("the process cannot tell how much memory it has");
  return BigInt(kilobytes) * 1024n;
}

/**
 * Whether the process that wrote a session still lives.
 *
 * A process id alone does not tell: ids are used again, and a folder may be read in another container
 * or on another machine. So a session names its process by id, start and boot, and where those cannot
 * be compared, the age of its last sign of life decides.
 */

import { readFileSync, readlinkSync } from "node:fs";
import process from "node:process";

/** Who writes a session. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly host: string;
  /** Which boot of which kernel; absent where the system does not tell. */
  readonly boot?: string;
  /** The process id namespace: a container's ids mean nothing outside it. */
  readonly namespace?: string;
  /** Start in clock ticks since boot, which a later process of the same id cannot share. */
  readonly started?: string;
}

/** How long a run of another machine or container counts as alive without a sign, in milliseconds. */
const SILENCE_MS = 60_000;

/** The identity of this process. */
export function thisProcess(): ProcessIdentity {
  const started = startOf(process.pid);
  const boot = bootId();
  const namespace = pidNamespace();
  return {
    pid: process.pid,
    host: Deno.hostname(),
    ...(boot === undefined ? {} : { boot }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(started === undefined ? {} : { started }),
  };
}

/**
 * Whether a process still runs.
 *
 * @param lastSign When it last wrote its status, if known.
 */
export function isAlive(identity: ProcessIdentity, lastSign: Date | undefined, now: Date): boolean {
  const boot = bootId();
  const comparable = boot !== undefined && identity.boot !== undefined && identity.started !== undefined;
  if (comparable && identity.boot === boot && identity.namespace === pidNamespace()) {
    return startOf(identity.pid) === identity.started;
  }
  const hereButEarlierBoot = comparable && identity.boot !== boot && identity.host === Deno.hostname();
  if (hereButEarlierBoot) return false;
  return lastSign !== undefined && now.getTime() - lastSign.getTime() < SILENCE_MS;
}

/** When a process started, or undefined when it is gone (a zombie is gone) or the system does not tell. */
function startOf(pid: number): string | undefined {
  const stat = readOrUndefined(() => readFileSync(`/proc/${pid}/stat`, "latin1"));
  // The second field is the program's name in parentheses and may hold anything, parentheses too.
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (fields === undefined || fields[0] === "Z" || fields[0] === "X") return undefined;
  return fields[19];
}

function bootId(): string | undefined {
  return readOrUndefined(() => readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim());
}

function pidNamespace(): string | undefined {
  return readOrUndefined(() => readlinkSync("/proc/self/ns/pid"));
}

function readOrUndefined(read: () => string): string | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

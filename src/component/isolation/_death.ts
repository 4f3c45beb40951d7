import type { Code } from "../../diagnostic.ts";
import { type DiskLimit, tooMuch } from "./disk_watch.ts";
import type { End } from "./_messages.ts";

/** Why a driver is no more, in words, with the code that goes with them. */
export interface Death {
  /** Absent when nothing more is known than that it stopped. */
  readonly code?: Code;
  readonly what: string;
  readonly help: string;
}

/** What the driver was given. */
export interface Allowed {
  readonly deadlineMs?: number;
  /** Bytes. */
  readonly memory: number;
  readonly disk?: DiskLimit;
}

/** What V8 and Deno write to standard error when there is no more memory. */
const OUT_OF_MEMORY = /out of memory|allocation failed|memory allocation of \d+ bytes/i;

/** What Deno 2.9 writes when there is no memory left for a thread; it leaves with an exit code then. */
const NO_THREAD = /unable to create worker threads/;

/** Tells how a child came to its end. */
export function deathOf(end: End, { deadlineMs, memory, disk }: Allowed): Death {
  if (end.by === "deadline") {
    return {
      code: "DRV415",
      what: `it was killed at its deadline of ${deadlineMs} ms`,
      help: "raise the step's 'timeout', or make it read less",
    };
  }
  if (end.by === "unstarted") {
    return {
      what: `its process could not be started: ${end.reason}`,
      help: "see what the system has too little of",
    };
  }
  if (end.by === "full" || (end.signal === "SIGXFSZ" && disk !== undefined)) {
    return { code: "DRV429", what: `${end.reason ?? tooMuch(disk!)}: it was ended`, help: MORE_DISK };
  }
  if (end.by === "broken") {
    const help = "this is a fault of the component; tell its author";
    return { code: "DRV402", what: end.reason ?? "it broke off", help };
  }
  const megabytes = Math.round(memory / 1_000_000);
  if (end.signal !== null && end.signal !== "SIGKILL" && OUT_OF_MEMORY.test(end.stderr)) {
    return {
      code: "DRV416",
      what: `it ran out of memory: its process may take ${megabytes} MB`,
      help: LESS_MEMORY,
    };
  }
  // Whatever else aborts a process says why.
  const silent = end.signal === "SIGABRT" && end.stderr.trim() === "";
  if (silent || NO_THREAD.test(end.stderr)) {
    const how = silent ? "was aborted without a word" : "could not start a thread";
    const what = `it most likely ran out of memory: its process, which may take ${megabytes} MB, ${how}`;
    return { code: "DRV416", what, help: LESS_MEMORY };
  }
  const how = end.signal === null ? `left with exit code ${end.code}` : `was ended by ${end.signal}`;
  const help = end.signal === "SIGKILL"
    ? "somebody killed it: perhaps the system, when memory ran out"
    : "its log in the session has what it wrote last; tell the component's author";
  return { what: `its process ${how}`, help };
}

/** What to do about a driver that wrote more than it may. */
export const MORE_DISK =
  "if it is meant to write that much in one piece, raise the limit with 'osiris run --driver-disk SIZE'";
const LESS_MEMORY = "the component's author can make it hold fewer rows at a time";

/**
 * Node's `process` in a worker: an object that Node's own modules hold on to, and that code from outside can
 * come by (it is an event emitter, and what an emitter calls can be replaced). So it is emptied where it is.
 *
 * @module
 */

import process from "node:process";

type Bag = Record<string | symbol, unknown>;

/** What Node's modules ask of it. All else is taken away. */
const KEPT = new Set<string | symbol>([
  "_events",
  "_eventsCount",
  "_maxListeners",
  "arch",
  "config",
  "features",
  "hrtime",
  "nextTick",
  "noDeprecation",
  "platform",
  "release",
  "version",
  "versions",
]);

/** Empties the `process` that Node's modules share. */
export function closeProcess(leave: () => never): void {
  // Who is told of a warning would print it.
  process.removeAllListeners();
  const real = process as unknown as Bag;
  const own = Object.getPrototypeOf(process) as Bag;
  for (const target of [real, own]) {
    for (const key of Reflect.ownKeys(target)) {
      if (typeof key === "symbol" || KEPT.has(key) || key === "constructor") continue;
      Reflect.deleteProperty(target, key);
    }
  }
  Object.assign(real, standIns(leave));
}

/** The `process` that code from outside sees. */
export function processStandIn(leave: () => never): object {
  const { arch, platform, version, versions, nextTick, hrtime } = process;
  return Object.freeze({
    arch,
    platform,
    version,
    versions: Object.freeze({ ...versions }),
    nextTick,
    hrtime,
    ...standIns(leave),
  });
}

function standIns(leave: () => never): Bag {
  const quiet = () => {};
  return {
    argv: Object.freeze([]),
    execArgv: Object.freeze([]),
    env: Object.freeze({}),
    cwd: () => "/",
    emitWarning: quiet,
    exit: leave,
    on: quiet,
    once: quiet,
    off: quiet,
    removeListener: quiet,
    listenerCount: () => 0,
  };
}

/**
 * The client library looks for defaults in the environment, which a driver has not: to look is an error there.
 * Imported before the library.
 *
 * @module
 */

import process from "node:process";

if ("DedicatedWorkerGlobalScope" in globalThis) {
  Object.defineProperty(process, "env", { value: {}, writable: true, configurable: true });
}

/** Runs code from outside in a worker of a test, as a driver host does. */

import type { DriverMessage } from "../protocol.ts";
import { admit } from "./admit.ts";
import { guestGlue } from "./glue.ts";
import type { Doors } from "./realm.ts";

const DEADLINE_MS = 20_000;
const FINAL = new Set(["end", "relation", "error"]);
const NONE: Doors = { net: [], read: [], write: [] };

/** Everything the driver says to a `read`, up to its final answer. */
export async function readOutside(
  code: string,
  { file = "driver.js", grants = NONE }: { file?: string; grants?: Doors } = {},
): Promise<DriverMessage[]> {
  const rights = { net: grants.net.length > 0 };
  const { value, diagnostics } = await admit(new TextEncoder().encode(code), file, rights);
  if (value === undefined) throw new Error(diagnostics.map(({ message }) => message).join("; "));
  const worker = new Worker(`data:application/javascript,${encodeURIComponent(guestGlue())}`, {
    type: "module",
    deno: { permissions: permissionsOf(grants) },
  });
  const said: DriverMessage[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => reject(new Error("the driver said nothing final")), DEADLINE_MS);
  worker.onerror = (event) => {
    event.preventDefault();
    reject(new Error(`the worker failed: ${event.message}`));
  };
  worker.onmessage = ({ data }) => {
    if (data.type === "loaded") return begin(worker, value, grants);
    said.push(data);
    if (FINAL.has(data.type)) resolve();
  };
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    worker.terminate();
  }
  return said;
}

function begin(worker: Worker, code: string, grants: Doors): void {
  const component = "test.outside";
  worker.postMessage({ type: "load", component, code, grants });
  const start = { type: "start", protocol: 1, component, step: "s", config: {}, connection: null, grants };
  const read = { type: "read", cursor: null, columns: null, limit: null };
  for (const message of [start, read, { type: "credit", batches: 64 }]) worker.postMessage(message);
}

function permissionsOf({ net, read, write }: Doors): Deno.PermissionOptionsObject {
  const list = (items: readonly string[]) => (items.length === 0 ? false : [...items]);
  const none = { env: false, run: false, sys: false, ffi: false, import: false } as const;
  return { net: list(net), read: list(read), write: list(write), ...none };
}

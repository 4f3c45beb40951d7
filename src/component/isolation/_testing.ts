/** Drivers from outside for tests, and what a test can see of their processes. @module */

import assert from "node:assert/strict";
import { readSpec } from "../_check_spec.ts";
import { NO_GRANTS } from "../_made_driver_for_tests.ts";
import { specText } from "../_spec_for_tests.ts";
import { admit } from "../admission/admit.ts";
import type { CatalogEntry } from "../catalog.ts";
import type { Driver, DriverHooks, DriverStart, PoolOptions } from "../driver.ts";
import { createDriverPool } from "../host.ts";

/** A component from outside whose driver is this text, with these permissions as YAML. */
export async function outside(driver: string, permissions = "{}"): Promise<CatalogEntry> {
  const config =
    "{ type: object, properties: { path: { type: string, description: Where, examples: [x] } } }";
  const checked = readSpec(specText({ config, permissions }), "spec.yaml");
  const text = `import { columns, defineDriver, emit, relay } from "osiris/driver";\n${driver}`;
  const admitted = await admit(new TextEncoder().encode(text), "driver.js");
  assert.deepEqual([...checked.diagnostics, ...admitted.diagnostics], []);
  return {
    spec: checked.value!,
    specHash: "",
    driverHash: "",
    origin: "outside",
    code: () => Promise.resolve({ kind: "guest", text: admitted.value!, promised: [] }),
  };
}

/** A driver from outside whose `read` does this. */
export function reading(body: string): Promise<CatalogEntry> {
  return outside(`export default defineDriver({ async read(context, request) { ${body} } });`);
}

/** What a test changes about how a driver is opened. */
export interface Opening {
  readonly start?: Partial<DriverStart>;
  readonly hooks?: DriverHooks;
  readonly pool?: PoolOptions;
}

/** Opens a driver in a pool of its own, uses it, and ends both. */
export async function withDriver<T>(
  entry: CatalogEntry,
  use: (driver: Driver) => Promise<T>,
  { start, hooks = {}, pool: options = {} }: Opening = {},
): Promise<T> {
  await using pool = createDriverPool(options);
  const whole = { step: "s1", config: {}, connection: null, grants: NO_GRANTS, ...start };
  await using driver = await pool.open(entry, whole, hooks);
  return await use(driver);
}

/** The processes that host a driver and descend from this one. */
export function driverProcesses(of: number = Deno.pid): number[] {
  const pids: number[] = [];
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const parent = /^PPid:\s+(\d+)$/m.exec(Deno.readTextFileSync(`/proc/${name}/status`))?.[1];
      const command = Deno.readTextFileSync(`/proc/${name}/cmdline`);
      if (parent === String(of) && /_child_main|--driver-host/.test(command)) pids.push(Number(name));
    } catch {
      // It ended meanwhile.
    }
  }
  return pids;
}

/** Waits until something holds. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  const end = performance.now() + 30_000;
  while (!holds()) {
    assert.ok(performance.now() < end, `${what} after 30 s`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

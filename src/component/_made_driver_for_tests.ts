/** Drivers that are made for one test, from their text. @module */

import assert from "node:assert/strict";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { OsirisError } from "../diagnostic.ts";
import { loadPlugins } from "./_builtins.ts";
import { GRACE_MS } from "./_life.ts";
import { specText } from "./_spec_for_tests.ts";
import { type CatalogEntry, createDriverPool, type Driver, type DriverHooks, type Grants } from "./mod.ts";

/** A driver that may touch nothing. */
export const NO_GRANTS: Grants = { net: [], read: [], write: [] };

/** A component whose driver is this text, with these fields of its spec. */
export async function componentOf(
  driver: string,
  spec: Parameters<typeof specText>[0] = {},
): Promise<{ entry: CatalogEntry } & AsyncDisposable> {
  const folder = await Deno.makeTempDir({ prefix: "osiris-host-test-" });
  const component = join(folder, "test.made");
  await Deno.mkdir(component);
  await writeFile(
    join(component, "driver.ts"),
    `import { defineDriver, emit, columns } from "osiris/driver";\n${driver}`,
  );
  await writeFile(join(component, "spec.yaml"), specText(spec));
  const [entry] = await loadPlugins(folder);
  return {
    entry: entry!,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

/** Uses a driver of this text in the step `s1`. */
export async function withDriver<T>(
  text: string,
  use: (driver: Driver) => Promise<T>,
  hooks: DriverHooks = {},
  grants = NO_GRANTS,
): Promise<T> {
  await using made = await componentOf(text);
  await using pool = createDriverPool();
  await using driver = await pool.open(
    made.entry,
    { step: "s1", config: {}, connection: null, grants },
    hooks,
  );
  return await use(driver);
}

/** While it is held, a cancelled driver may take a minute to clean up: what ends sooner ended by itself. */
export function unhurried(): Disposable {
  const { setTimeout } = globalThis;
  const patient = (run: () => void, ms: number, ...more: unknown[]) =>
    setTimeout(run, ms === GRACE_MS ? 60_000 : ms, ...more);
  globalThis.setTimeout = patient as typeof setTimeout;
  return { [Symbol.dispose]: () => void (globalThis.setTimeout = setTimeout) };
}

/** Reads to the end, and gives the number of rows. */
export async function rowsOf(driver: Driver): Promise<number> {
  const answer = await driver.read();
  assert.ok(answer.kind === "batches");
  while (true) {
    const next = await answer.batches.next();
    if (next.done === true) return next.value.rows;
  }
}

/** Whether an error of the step has this code, says this, and names the component. */
export function failsWith(code: string, text: RegExp, component = "test.made"): (error: OsirisError) => true {
  return (error) => {
    assert.deepEqual([error.code, error.step], [code, "s1"], error.message);
    assert.match(error.message, text);
    assert.ok(error.message.includes(component), error.message);
    return true;
  };
}

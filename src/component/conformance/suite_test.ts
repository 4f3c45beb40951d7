import { deepEqual, equal, match } from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { newComponent } from "../author_files.ts";
import { LIARS } from "./_liars_for_tests.ts";
import type { Listen } from "./_server.ts";
import { type CheckOutcome, type SuiteOptions, testComponent } from "./suite.ts";

const listen: Listen = (handler) => {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, handler);
  return Promise.resolve({ address: `127.0.0.1:${server.addr.port}`, close: () => server.shutdown() });
};

async function outcomes(folder: string, options: Omit<SuiteOptions, "listen">): Promise<CheckOutcome[]> {
  return await Array.fromAsync(testComponent(folder, { listen, limitMs: 30_000, ...options }));
}

function failing(checks: readonly CheckOutcome[]): readonly CheckOutcome[] {
  return checks.filter(({ state }) => state === "failed");
}

/** Does something with a component's folder of these files. */
async function inFolder<T>(
  name: string,
  files: { readonly [path: string]: string },
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const place = mkdtempSync(join(tmpdir(), "osiris-suite-"));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(place, name, path)), { recursive: true });
      writeFileSync(join(place, name, path), text);
    }
    return await work(join(place, name));
  } finally {
    rmSync(place, { recursive: true });
  }
}

for (const mode of ["read", "transform", "write"] as const) {
  // The system's library that puts walls up stays loaded.
  const options = { sanitizeResources: false };
  Deno.test(`testComponent finds nothing wrong with a new component that can ${mode}`, options, async () => {
    const files = await newComponent(`shop.${mode}`, mode);
    const checks = await inFolder(
      `shop.${mode}`,
      Object.fromEntries(files.map(({ path, text }) => [path, text])),
      (folder) => outcomes(folder, { origin: "outside" }),
    );
    deepEqual(checks.filter(({ state }) => state !== "passed"), []);
    equal(checks.length > 15, true);
  });
}

// Those of plugins/ are held to it by examples_test.ts.
const DRIVERS = fileURLToPath(new URL("../../../tests/drivers/", import.meta.url));
for (const name of readdirSync(DRIVERS)) {
  Deno.test(`testComponent finds nothing wrong with tests/drivers/${name}`, async () => {
    const checks = await outcomes(join(DRIVERS, name), { origin: "builtin" });
    deepEqual(failing(checks), []);
    equal(checks.some(({ id }) => id.startsWith("example.")), true);
  });
}

for (const { does, failing: expected, files, walled, endless } of LIARS) {
  Deno.test(
    `testComponent finds out a driver that ${does}`,
    { sanitizeResources: walled !== true },
    async () => {
      const origin = walled ? "outside" : "builtin";
      const found = failing(
        await inFolder(
          "test.liar",
          files,
          (folder) => outcomes(folder, { origin, ...(endless ? { limitMs: 5_000 } : {}) }),
        ),
      );
      deepEqual(found.map(({ id }) => id), expected, JSON.stringify(found, null, 2));
      for (const { reason, next } of found) {
        match(reason!, /\w{3}/);
        match(next!, /\w{3}/);
      }
    },
  );
}

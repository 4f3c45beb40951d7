/** What the tests of this folder share: a temporary `logs` folder, a status to begin with, and the published schemas. */

import { type Schema, Validator } from "@cfworker/json-schema";
import { join } from "node:path";
import { createSession, type SessionOptions, type SessionWriter, type Status } from "./mod.ts";

export const ID = "run_20260115T100000Z_k3f9qa";

/** Where the system keeps files in memory: thousands of small ones cost nothing there. */
const MEMORY = "/dev/shm";

/** Runs a test with a folder that is gone afterwards. */
export async function withRoot(test: (root: string) => Promise<void> | void): Promise<void> {
  const inMemory = await Deno.stat(MEMORY).then(() => ({ dir: MEMORY }), () => ({}));
  const root = await Deno.makeTempDir({ prefix: "osiris-session-", ...inMemory });
  try {
    await test(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

export function runningStatus(id: string = ID, steps: readonly string[] = ["load", "save"]): Status {
  return {
    session_id: id,
    pipeline: "sales",
    fingerprint: "sha256:0",
    profile: null,
    state: "running",
    started_at: "2026-01-15T10:00:00.000Z",
    steps: steps.map((step) => ({ id: step, state: "pending" })),
  };
}

export function begin(root: string, changes: Partial<SessionOptions> = {}): Promise<SessionWriter> {
  const id = changes.id ?? ID;
  return createSession({
    root,
    id,
    manifest: "manifest_version: '1'\n",
    plan: { order: ["load", "save"] },
    status: runningStatus(id),
    ...changes,
  });
}

/** The complaints of a published schema about a value; none when it is valid. */
export function complaints(schema: "event" | "metric" | "status", value: unknown): string[] {
  return validators[schema].validate(value).errors.map((e) => `${e.instanceLocation}: ${e.error}`);
}

/** What the tests look at in a schema. */
interface PublishedSchema extends Schema {
  properties: { [name: string]: { enum?: string[] } };
  $defs: { [name: string]: { properties?: { [name: string]: unknown } } };
}

export function schemaOf(name: "event" | "metric" | "status"): PublishedSchema {
  const path = join(import.meta.dirname!, "..", "..", "schemas", `${name}.schema.json`);
  return JSON.parse(Deno.readTextFileSync(path));
}

const validators = {
  event: new Validator(schemaOf("event"), "2020-12", false),
  metric: new Validator(schemaOf("metric"), "2020-12", false),
  status: new Validator(schemaOf("status"), "2020-12", false),
};

/** The lines of a file as JSON values; throws when one is not JSON. */
export function jsonLines(path: string): Record<string, unknown>[] {
  const text = Deno.readTextFileSync(path);
  return text.split("\n").slice(0, -1).map((line) => JSON.parse(line));
}

import assert from "node:assert/strict";
import { join } from "node:path";
import { complaints, withRoot } from "./_fixture_for_tests.ts";
import {
  applyGc,
  listSessions,
  newSessionId,
  planGc,
  readSession,
  type SessionRecord,
  sessionSummary,
} from "./mod.ts";

const WRITER = join(import.meta.dirname!, "_writing_process_for_tests.ts");

function startWriter(root: string, id: string): Deno.ChildProcess {
  const args = ["run", "-A", "--no-check", WRITER, root, id, "5000", "linger"];
  return new Deno.Command(Deno.execPath(), { args, stdout: "null", stderr: "null" }).spawn();
}

/** Ends a writer as a loss of power would. */
async function kill(writer: Deno.ChildProcess): Promise<void> {
  writer.kill("SIGKILL");
  await writer.status;
}

/** Waits until the writer's session is there. */
async function begun(root: string, id: string): Promise<void> {
  for (const start = performance.now(); performance.now() - start < 30_000;) {
    if (await sessionSummary(join(root, id)) !== undefined) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error("the writer did not begin");
}

function numbersIn(record: SessionRecord): number[] {
  return record.events.filter((e) => e.event_type === "driver.event").map((e) => Number(e.data.data.n));
}

function statusOf(folder: string): unknown {
  try {
    return JSON.parse(Deno.readTextFileSync(join(folder, "status.json")));
  } catch {
    return undefined;
  }
}

/** What holds of a session at every instant, while it is written and after its writer was killed. */
async function assertWhole(folder: string): Promise<SessionRecord> {
  const status = JSON.parse(Deno.readTextFileSync(join(folder, "status.json")));
  assert.deepEqual(complaints("status", status), []);
  const record = await readSession(folder);
  assert.ok(record.manifest !== undefined && record.plan !== undefined);
  assert.ok(record.damage.every((damage) => damage.kind === "torn"), JSON.stringify(record.damage));
  const numbers = numbersIn(record);
  assert.deepEqual(numbers, numbers.map((_, index) => index));
  for (const artifact of record.artifacts) {
    if (artifact.name === "sample.json") JSON.parse(Deno.readTextFileSync(artifact.path));
  }
  return record;
}

Deno.test("a writer killed at any instant leaves a session that reads, 40 times", () =>
  withRoot(async (root) => {
    const seed = Date.now() % 2147483647;
    let state = seed;
    // Park and Miller's minimal standard generator: the same seed kills at the same delays.
    const random = () => (state = state * 48271 % 2147483647) / 2147483647;
    const now = new Date();
    const killOne = async () => {
      const id = newSessionId(now, random);
      const writer = startWriter(root, id);
      const early = random() < 0.2;
      const delay = random() * 40;
      try {
        if (!early) await begun(root, id);
        await new Promise((resolve) => setTimeout(resolve, early ? 20 + delay * 3 : delay));
        if (!early) await assertWhole(join(root, id));
      } finally {
        await kill(writer);
      }
      if (early && !(await listSessions(root)).some((s) => s.session_id === id)) return;
      const record = await assertWhole(join(root, id));
      assert.ok(["interrupted", "failed"].includes(record.status.state), record.status.state);
    };
    for (let i = 0; i < 20; i++) {
      await Promise.all([killOne(), killOne()]).catch((cause) => {
        throw new Error(`seed ${seed}, kill ${i}`, { cause });
      });
    }
    await applyGc(await planGc(root, { now: new Date() }));
    const unfinished = [...Deno.readDirSync(root)].filter((entry) => entry.name.startsWith("."));
    // Only one that died before its first file was whole cannot be told from one that is just being made.
    assert.deepEqual(unfinished.filter(({ name }) => statusOf(join(root, name)) !== undefined), []);
    assert.ok((await listSessions(root)).every((session) => session.state !== "running"));
  }));

Deno.test("a run whose process lives reads as running, and as interrupted once it is gone", () =>
  withRoot(async (root) => {
    const id = newSessionId(new Date(), Math.random);
    const writer = startWriter(root, id);
    const seen = new Set<string>();
    try {
      await begun(root, id);
      for (let i = 0; i < 20; i++) seen.add((await readSession(join(root, id))).status.state);
    } finally {
      await kill(writer);
    }
    assert.ok(!seen.has("interrupted"), [...seen].join());
    const { status } = await readSession(join(root, id));
    assert.notEqual(status.state, "running");
  }));
